"""Requests and answers, as far as a worker needs them; and what scripts see of them where Flask is not installed."""
import io
import json
import uuid
from urllib.parse import parse_qs, parse_qsl, unquote

from . import lines

HEADER_LIMIT = 100
UNEXPECTED = "An unexpected internal error occurred. Check the logs for more info."


class Head:
    """The first part of a request's frame. Most scripts never ask for more of it than its identifiers."""

    __slots__ = ("method", "path", "query", "raw", "_headers")

    def __init__(self, raw):
        end = raw.index(b"\n")
        method, _, target = raw[:end].decode("latin-1").partition(" ")
        path, _, query = target.partition("?")
        if "%" in path:
            path = unquote(path)
        self.method, self.path, self.query, self.raw, self._headers = method, path, query, raw[end:], None

    @property
    def headers(self):
        """Lower-case names and values, in order."""
        if self._headers is None:
            pairs = [line.partition(": ") for line in self.raw.decode("latin-1").split("\n") if line]
            self._headers = [(name, value) for name, _, value in pairs]
        return self._headers

    def get(self, name, default=""):
        """The first value of a header by its lower-case name, without reading the others."""
        key = ("\n%s: " % name).encode("latin-1")
        at = self.raw.find(key)
        if at < 0:
            return default
        at += len(key)
        return self.raw[at : self.raw.index(b"\n", at)].decode("latin-1")

    def arguments(self):
        """The query's values by name, in order of the names' first appearance."""
        return parse_qs(self.query, keep_blank_values=True)

    def environ(self, body):
        """The request as WSGI has it, for Flask."""
        found = {
            "REQUEST_METHOD": self.method,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path.encode("utf-8", "replace").decode("latin-1"),
            "QUERY_STRING": self.query,
            "SERVER_NAME": "127.0.0.1",
            "SERVER_PORT": "5001",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.input_terminated": True,
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "CONTENT_LENGTH": str(len(body)),
        }
        for name, value in self.headers:
            key = name.upper().replace("-", "_")
            if key == "CONTENT_LENGTH":
                continue
            if key != "CONTENT_TYPE":
                key = "HTTP_" + key
            found[key] = found[key] + "," + value if key in found else value
        return found


def titled(name):
    return "-".join(part.capitalize() for part in name.split("-"))


class Identifiers:
    """The headers that name a request, as Microsoft's server reads and repeats them."""

    __slots__ = ("request", "legacy", "client", "trace", "refusal")

    def __init__(self, head):
        self.refusal = None
        raw = head.raw
        # Nearly always the server has put exactly one of them there.
        self.request = head.get("x-request-id", None) or str(uuid.uuid4())
        self.legacy = self.client = ""
        self.trace = head.get("traceid", None) if b"traceid" in raw else None
        if len(self.request) > HEADER_LIMIT:
            self.request, self.refusal = "", "x-request-id must not exceed %d characters" % HEADER_LIMIT
            return
        if b"x-ms-" in raw:
            legacy, client = head.get("x-ms-request-id"), head.get("x-ms-client-request-id")
            if legacy:
                lines.log(
                    "W",
                    "azmlinfsrv",
                    "x-ms-request-id header has been deprecated and will be removed from future versions of the "
                    "server. Please use x-ms-client-request-id.",
                )
                client = client or legacy
            if max(len(legacy), len(client)) > HEADER_LIMIT:
                self.refusal = (
                    "x-ms-request-id and x-ms-client-request-id must not exceed %d characters" % HEADER_LIMIT
                )
                return
            self.legacy, self.client = legacy, client
        self.legacy = self.legacy or self.client or self.request

    def add_to(self, headers):
        """Sets what a script has set differently, too."""
        for name, value in (
            ("x-request-id", self.request),
            ("x-ms-request-id", self.legacy),
            ("x-ms-client-request-id", self.client),
        ):
            if value:
                headers[:] = [pair for pair in headers if pair[0].lower() != name]
                headers.append((name, value))
        if self.trace is not None:
            headers.append(("TraceId", self.trace))


def head_of(headers):
    """Header lines of an answer. What would be a second line is no value."""
    return "".join(
        "%s: %s\n" % (name, str(value).replace("\r", " ").replace("\n", " ")) for name, value in headers
    ).encode("latin-1", "replace")


def json_answer(status, value, failed=False):
    return (
        status,
        [("content-type", "application/json"), ("x-ms-run-function-failed", str(failed))],
        json.dumps(value).encode("utf-8"),
    )


def refuse(status, message, failed=False):
    return json_answer(status, {"message": message}, failed)


class Headers(dict):
    """Headers as scripts look them up: whatever the case."""

    def __init__(self, pairs):
        super().__init__()
        for name, value in pairs:
            key = titled(name)
            self[key] = super().get(key) + "," + value if key in self else value

    def __getitem__(self, name):
        return super().__getitem__(titled(name))

    def __contains__(self, name):
        return super().__contains__(titled(name))

    def get(self, name, default=None):
        return super().get(titled(name), default)


class Arguments(dict):
    """The values of a query: the first by `get`, all by `getlist`."""

    def __init__(self, query):
        super().__init__()
        self._all = {}
        for name, value in parse_qsl(query, keep_blank_values=True):
            self._all.setdefault(name, []).append(value)
            self.setdefault(name, value)

    def getlist(self, name):
        return list(self._all.get(name, ()))


class Request:
    """What a script with @rawhttp gets where Flask is not installed: the part of Flask's request that needs no parser."""

    def __init__(self, head=None, body=b""):
        if head is None:
            return
        self.method, self.path = head.method, head.path
        self.query_string = head.query.encode("latin-1")
        self.headers, self.args = Headers(head.headers), Arguments(head.query)
        self.full_path = "%s?%s" % (self.path, head.query)
        self.url = "http://127.0.0.1:5001" + (self.full_path if head.query else self.path)
        self.base_url = "http://127.0.0.1:5001" + self.path
        self.content_type = self.headers.get("Content-Type")
        self.mimetype = (self.content_type or "").partition(";")[0].strip().lower()
        self.content_length = len(body)
        self.data, self.stream = body, io.BytesIO(body)

    @property
    def is_json(self):
        return is_json(self.mimetype)

    def get_data(self, cache=True, as_text=False, parse_form_data=False):
        return self.data.decode("utf-8", "replace") if as_text else self.data

    def get_json(self, force=False, silent=False, cache=True):
        try:
            if not force and not self.is_json:
                raise ValueError("Content-Type is not application/json")
            return json.loads(self.data)
        except ValueError:
            if silent:
                return None
            raise

    @property
    def json(self):
        return self.get_json()

    def _needs_flask(self):
        raise AttributeError("forms and files of a request need Flask: add 'flask' to the environment's conda file")

    form = files = values = property(_needs_flask)


class Response:
    """What a script answers with where Flask is not installed."""

    def __init__(self, response=None, status=200, headers=None, mimetype=None, content_type=None):
        self.status_code = int(str(status).split(" ")[0])
        kind = content_type or mimetype or "text/html"
        if kind.startswith("text/") and "charset" not in kind:
            kind += "; charset=utf-8"
        self.headers = Headers([("Content-Type", kind)])
        for name, value in dict(headers or {}).items():
            self.headers[titled(name)] = value
        self.response = response if response is not None else b""

    def parts(self):
        """Bytes where the answer is whole, or what has to be iterated."""
        if isinstance(self.response, str):
            return self.response.encode("utf-8")
        if isinstance(self.response, (bytes, bytearray)):
            return bytes(self.response)
        if isinstance(self.response, (list, tuple)):
            return b"".join(part.encode("utf-8") if isinstance(part, str) else bytes(part) for part in self.response)
        return iter(self.response)


def is_json(mimetype):
    return mimetype == "application/json" or (mimetype.startswith("application/") and mimetype.endswith("+json"))
