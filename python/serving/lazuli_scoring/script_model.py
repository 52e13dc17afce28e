"""A user's score script, called as Microsoft's inference server calls it: `init()` once, `run()` for each request."""
import importlib.util
import inspect
import json
import logging.config
import os
import signal
import sys
import time
import traceback

from . import cors, lines, shims, swagger
from .failures import Failure, words
from .http import (
    HEADER_LIMIT,
    UNEXPECTED,
    Head,
    Identifiers,
    Response,
    head_of,
    json_answer,
    refuse,
    titled,
)
from .inputs import ObjectInput, RawInput, Refused, TextInput

_SCORING = b"POST /score\n"
_HEAD = (
    b"content-type: application/json\nx-ms-run-function-failed: False\nx-ms-run-fn-exec-ms: %.3f\n"
    b"x-request-id: %b\nx-ms-request-id: %b\n"
)
# Values that json.dumps takes to the letter and that are no answer of a web framework.
_PLAIN = (list, dict, str, int, float, bool)
_encode = json.dumps


class Timeout(BaseException):
    pass


class ScriptModel:
    def __init__(self, settings):
        self.root = os.environ.get("AML_APP_ROOT", os.getcwd())
        self.limit_ms = int(os.environ.get("SCORING_TIMEOUT_MS", 3600 * 1000))
        self.limited = "SCORING_TIMEOUT_MS" in os.environ
        self.cors = cors.Origins(os.environ.get("AML_CORS_ORIGINS", ""))
        sys.path.append(self.root)
        if os.environ.get("AZUREML_SOURCE_DIRECTORY"):
            sys.path.append(os.path.join(self.root, os.environ["AZUREML_SOURCE_DIRECTORY"]))
        self.collects(settings)
        self.load(os.environ.get("AZUREML_ENTRY_SCRIPT", "main.py"))
        self.read_signature()
        self.init()
        self.swagger = swagger.Swagger(self.root, self._run)
        if self.limited:
            signal.signal(signal.SIGALRM, _alarm)
        lines.log("I", "azmlinfsrv", "Scoring timeout is set to %d" % self.limit_ms)

    def collects(self, settings):
        """Begins the data collection that the deployment wishes."""
        self.payloads = False
        if settings.get("collector"):
            from . import collector

            collector.begin(settings["collector"], settings["folder"])
            self.payloads = collector.wants("request") or collector.wants("response")

    def load(self, script):
        path = os.path.join(self.root, script)
        for folder in (self.root, os.path.dirname(path)):
            settings = os.path.join(folder, "logging.json")
            if os.path.isfile(settings):
                try:
                    with open(settings) as file:
                        logging.config.dictConfig(json.load(file))
                except (ValueError, OSError, TypeError, AttributeError, ImportError) as error:
                    raise Failure("EntryScript", "%s can't be used: %s" % (settings, words(error)), error)
                break
        if not os.path.isfile(path):
            raise Failure("EntryScript", "The entry script '%s' is not among the deployment's code." % script)
        try:
            spec = importlib.util.spec_from_file_location("entry_module", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        except BaseException as error:
            if isinstance(error, ModuleNotFoundError) and error.name:
                hint = "; add its package to the environment's conda file"
                raise Failure("Import", "The script can't be imported: %s%s" % (words(error), hint), error)
            raise Failure("Import", "The script can't be imported: " + words(error), error)
        for name in ("init", "run"):
            if not hasattr(module, name):
                raise Failure(
                    "EntryScript", "User script at %s does not have a %s() function defined." % (module.__file__, name)
                )
        # A driver script stands before the script whose run() it only passes on.
        driven = getattr(module, "driver_module", None)
        self._run = driven.run if inspect.ismodule(driven) and hasattr(driven, "run") else module.run
        self._init = module.init
        lines.log("I", "azmlinfsrv.user_script", "Found user script at %s" % module.__file__)

    def read_signature(self):
        run = self._run
        parameters = list(inspect.signature(run).parameters.values())
        if any(each.kind not in (each.KEYWORD_ONLY, each.POSITIONAL_OR_KEYWORD) for each in parameters):
            raise Failure("EntryScript", "run() cannot accept positional-only arguments, *args, or **kwargs.")
        self.wants_headers = any(each.name == "request_headers" for each in parameters)
        parameters = [each for each in parameters if each.name != "request_headers"]
        if not parameters:
            other = ' other than "request_headers"' if self.wants_headers else " for input data"
            raise Failure("EntryScript", "run() needs to accept an argument%s." % other)
        raw, decorated = shims.raw_http_requested(), swagger.is_decorated(run)
        if raw and decorated:
            raise Failure("EntryScript", "run() cannot be decorated with both @rawhttp and @input_schema")
        # The usual case is worth a path of its own: one argument, the body as text.
        self.plain = not (raw or decorated or self.wants_headers or self.limited or self.cors.any or self.payloads)
        if parameters[0].kind == inspect.Parameter.KEYWORD_ONLY:
            self.plain = False
        flask = shims.flask() if "flask" in sys.modules or raw else None
        self.flask = flask
        self.inputs = RawInput(parameters, flask) if raw else (ObjectInput if decorated else TextInput)(parameters)
        self.responses = (Response,) + ((flask.Response,) if flask else ())
        how = (
            "is decorated with @rawhttp. Server will invoke it with the request object."
            if raw
            else "is decorated with @input_schema. Server will invoke it with the following arguments: %s."
            % ", ".join(each.name for each in parameters)
            if decorated
            else "is not decorated. Server will invoke it with the input in JSON string."
        )
        lines.log("I", "azmlinfsrv.user_script", "run() " + how)

    def init(self):
        lines.log("I", "azmlinfsrv.user_script", "Invoking user's init function")
        try:
            self._init()
        except BaseException as error:
            tell_tree(os.environ.get("AZUREML_MODEL_DIR", ""))
            raise Failure("Init", "The script's init() failed: " + words(error), error)
        lines.log("I", "azmlinfsrv.user_script", "User's init has completed successfully")

    def score(self, raw, body):
        """An answer's status, head and body: bytes, or parts to iterate."""
        if self.plain and raw.startswith(_SCORING):
            # What nearly every request is: nothing is looked at that does not matter to it.
            at = raw.find(b"\nx-request-id: ")
            if at >= 0 and b"\nx-ms-" not in raw and b"\ntraceid: " not in raw and b"form" not in raw:
                name = raw[at + 15 : raw.index(b"\n", at + 15)]
                if 0 < len(name) <= HEADER_LIMIT:
                    return self.quickly(raw, name, body)
        return self.score_any(raw, body)

    def quickly(self, raw, name, body):
        try:
            text = str(body, "utf-8")
        except UnicodeDecodeError:
            return self.score_any(raw, body)
        began = time.perf_counter()
        try:
            output = self._run(text)
            spent = (time.perf_counter() - began) * 1e3
        except Exception as error:
            output = error
        if type(output) not in _PLAIN:
            return self.finish(raw, body, began, output)
        try:
            answer = _encode(output).encode("ascii")
        except Exception:
            return self.finish(raw, body, began, output)
        lines.add("POST /score 200 %.3fms %d" % ((time.perf_counter() - began) * 1e3, len(answer)))
        return 200, _HEAD % (spent, name, name), answer

    def finish(self, raw, body, began, output):
        """The rest of an answer that is none of the usual, for a run() that is through or that raised."""
        head = Head(raw)
        try:
            if isinstance(output, Exception):
                status, headers, answer = self.script_failed(output)
            else:
                spent = (time.perf_counter() - began) * 1e3
                status, headers, answer = self.answer_of(output, spent, head, body)
        except Exception:
            status, headers, answer = unexpected()
        return self.finished(head, Identifiers(head), began, (status, headers, answer))

    def score_any(self, raw, body):
        began = time.perf_counter()
        head = Head(raw)
        identifiers = Identifiers(head)
        try:
            if identifiers.refusal:
                status, headers, answer = refuse(431, identifiers.refusal)
            else:
                status, headers, answer = self.answer(head, body)
                if status in (404, 405) and head.path != "/score":
                    identifiers = None
        except Exception:
            status, headers, answer = unexpected()
        parts = self.finished(head, identifiers, began, (status, headers, answer))
        if self.payloads and head.path == "/score":
            from . import collector

            collector.payload(head, identifiers.request, body, parts)
        return parts

    def finished(self, head, identifiers, began, parts):
        status, headers, answer = parts
        if identifiers:
            identifiers.add_to(headers)
        if head.path != "/":
            lines.add(
                "%s %s %d %.3fms %s"
                % (
                    head.method,
                    head.path + ("?" + head.query if head.query else ""),
                    status,
                    (time.perf_counter() - began) * 1e3,
                    len(answer) if type(answer) is bytes else "N/A",
                )
            )
        return status, head_of(headers), answer

    def answer(self, head, body):
        parts = self.scored(head, body) if head.path == "/score" else self.page(head)
        return parts if parts[0] == 404 else self.cors.allow(head, parts)

    def page(self, head):
        if head.path == "/":
            if head.method in ("GET", "HEAD"):
                return 200, [("content-type", "text/html; charset=utf-8")], b"Healthy"
        elif head.path == "/swagger.json":
            if head.method in ("GET", "HEAD"):
                try:
                    return json_answer(200, self.swagger.version(head.arguments().get("version", ["2"])[0]))
                except swagger.NoSwagger as error:
                    return refuse(404, str(error))
        else:
            return refuse(
                404,
                "The requested URL was not found on the server. If you entered the URL manually please check your "
                "spelling and try again.",
            )
        if head.method == "OPTIONS":
            return 200, [("content-type", "text/html; charset=utf-8"), ("allow", "GET, HEAD, OPTIONS")], b""
        return refuse(405, "The method is not allowed for the requested URL.")

    def scored(self, head, body):
        if head.method not in ("GET", "POST", "OPTIONS", "HEAD"):
            return refuse(405, "The method is not allowed for the requested URL.")
        try:
            arguments = self.inputs.read(head, body)
        except Refused as refused:
            if refused.status == 405 and head.method == "OPTIONS":
                return 200, [("content-type", "text/html; charset=utf-8"), ("x-ms-run-function-failed", "False")], b""
            return refuse(refused.status, refused.message)
        if self.wants_headers:
            arguments["request_headers"] = {titled(name): value for name, value in head.headers}
        began = time.perf_counter()
        try:
            if self.limited:
                signal.setitimer(signal.ITIMER_REAL, self.limit_ms / 1000)
            try:
                output = self._run(**arguments)
            finally:
                if self.limited:
                    signal.setitimer(signal.ITIMER_REAL, 0)
        except Timeout:
            lines.log("E", "azmlinfsrv", "Encountered Exception: " + traceback.format_exc().rstrip())
            return refuse(500, "Scoring timeout after %d ms" % self.limit_ms, failed=True)
        except Exception as error:
            return self.script_failed(error)
        return self.answer_of(output, (time.perf_counter() - began) * 1e3, head, body)

    def script_failed(self, error):
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        lines.log("E", "azmlinfsrv", "Encountered Exception: " + text.rstrip())
        return refuse(500, "An unexpected error occurred in scoring script. Check the logs for more info.", failed=True)

    def answer_of(self, output, spent_ms, head, body):
        if isinstance(output, self.responses) or (self.flask is None and self.is_late_flask(output)):
            lines.add("run() output is HTTP Response")
            status, headers, answer = self.whole(output, head, body)
            if status >= 500:
                headers = [pair for pair in headers if pair[0].lower() != "x-ms-run-function-failed"]
                headers.append(("x-ms-run-function-failed", "True"))
        else:
            if output is None:
                output = {}
            status, answer = 200, json.dumps(output).encode("utf-8")
            headers = [("content-type", "application/json"), ("x-ms-run-function-failed", "False")]
        headers.append(("x-ms-run-fn-exec-ms", "%.3f" % spent_ms))
        return status, headers, answer

    def is_late_flask(self, output):
        """A script may import Flask as late as in run()."""
        if "flask" not in sys.modules:
            return False
        self.flask = sys.modules["flask"]
        self.responses = (Response, self.flask.Response)
        return isinstance(output, self.responses)

    def whole(self, response, head, body):
        if isinstance(response, Response):
            return response.status_code, list(response.headers.items()), response.parts()
        parts, status, headers = response.get_wsgi_response(head.environ(body))
        headers = [pair for pair in headers if pair[0].lower() != "content-length"]
        return int(status.split(" ")[0]), headers, parts if response.is_streamed else b"".join(parts)


def unexpected():
    lines.log("E", "azmlinfsrv", "Encountered Exception: " + traceback.format_exc().rstrip())
    return refuse(500, UNEXPECTED)


def began_of():
    return time.perf_counter()


def spent_header(began):
    return "x-ms-run-fn-exec-ms", "%.3f" % ((time.perf_counter() - began) * 1e3)


def tell_tree(folder):
    """What the model's folder holds: what most failures of init() are about."""
    if not os.path.isdir(folder):
        return
    lines.log("I", "azmlinfsrv", "Model Directory Contents:")
    count = 0
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            count += 1
            if count > 200:
                lines.log("I", "azmlinfsrv", "Output Truncated. First 200 lines shown.")
                return
            lines.log("I", "azmlinfsrv", os.path.relpath(os.path.join(place, name), folder))


def _alarm(*_):
    raise Timeout()
