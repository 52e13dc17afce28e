"""What run() is called with: the request, its body as text, or its values by name, as Microsoft's server reads them."""
import inspect
import json

from .http import Request, is_json

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class Refused(Exception):
    """A request that never reaches the script."""

    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


class RawInput:
    """For a run() with @rawhttp: the request itself."""

    def __init__(self, parameters, flask):
        self.name, self.flask = parameters[0].name, flask

    def read(self, head, body):
        return {self.name: self.flask.Request(head.environ(body)) if self.flask else Request(head, body)}


class TextInput:
    """For a run() without a decorator: the body as it came."""

    def __init__(self, parameters):
        self.name = parameters[0].name

    def read(self, head, body):
        if head.method == "GET":
            return {self.name: json.dumps(query_values(head))}
        demand_post(head)
        if head.get("content-type").startswith(_FORMS):
            body = b""
        try:
            return {self.name: str(body, "utf-8")}
        except UnicodeDecodeError as error:
            raise Refused(400, "Input cannot be decoded as UTF-8: %s" % error)


class ObjectInput:
    """For a run() with @input_schema: a value for each of its parameters."""

    def __init__(self, parameters):
        self.parameters = parameters

    def read(self, head, body):
        if head.method == "GET":
            return self.named(query_values(head))
        demand_post(head)
        if not is_json(head.get("content-type").partition(";")[0].strip().lower()):
            raise Refused(415, "Expects Content-Type to be application/json")
        try:
            value = json.loads(body)
        except json.JSONDecodeError as error:
            if body:
                raise Refused(400, "POST body could not be decoded as JSON: %s" % error)
            raise Refused(400, "POST body is empty. Expecting a JSON dictionary.")
        if not isinstance(value, dict):
            raise Refused(400, "POST body should be a JSON dictionary.")
        return self.named(value)

    def named(self, values):
        found = {}
        for parameter in self.parameters:
            value = values.get(parameter.name, parameter.default)
            if value is inspect.Parameter.empty:
                raise Refused(400, "A value is not provided for the %r parameter." % parameter.name)
            found[parameter.name] = value
        return found


def demand_post(head):
    if head.method != "POST":
        raise Refused(405, "Method not allowed")


def query_values(head):
    def value(text):
        try:
            return json.loads(text)
        except ValueError:
            return text

    return {
        name: value(texts[0]) if len(texts) == 1 else [value(text) for text in texts]
        for name, texts in head.arguments().items()
    }
