"""Data collection: what scripts hand to `azureml.ai.monitoring`, as lines of JSON below the worker's folder.

The server moves the lines to the deployment's datastore. Where Microsoft's package is installed its own classes are
used, and only its sender, which posts to a process beside the model on Azure, is replaced.
"""
import json
import os
import random
import threading
import time
import uuid

_state = {"collections": {}, "folder": None, "source": "", "lock": threading.Lock(), "rate": "Hour", "headers": [], "files": {}}
_LONGEST = 1 << 20
_AGENT = "azureml-ai-monitoring/1.0.0"
_PATHS = {
    "Year": "%Y",
    "Month": "%Y/%m",
    "Day": "%Y/%m/%d",
    "Hour": "%Y/%m/%d/%H",
    "Minute": "%Y/%m/%d/%H/%M",
}


def begin(settings, folder):
    """Takes the deployment's settings: `collections` (name → samplingRate), `rollingRate`, `captureHeaders`, `source`."""
    _state["collections"] = {name.lower(): rate for name, rate in settings["collections"].items()}
    _state["folder"] = os.path.join(folder, "collected")
    _state["headers"] = settings.get("captureHeaders", [])
    _state["source"], _state["rate"] = settings.get("source", ""), settings.get("rollingRate", "Hour")
    config = os.path.join(folder, "mdc-config.json")
    with open(config, "w") as file:
        json.dump(
            {
                "runMode": "cloud",
                "collections": {
                    name: {"enabled": True, "sampleRatePercentage": rate * 100}
                    for name, rate in _state["collections"].items()
                },
            },
            file,
        )
    os.environ["AZUREML_MDC_CONFIG_PATH"] = config
    try:
        from azureml.ai.monitoring.worker import sender
    except ImportError:
        return

    def post(self, url, payload, headers=None):
        name = headers["ce-type"].rsplit(".", 1)[-1]
        write(
            name,
            json.loads(payload) if headers.get("Content-Type") == "application/json" else payload.decode("utf-8"),
            {
                "id": headers.get("trace-id"),
                "time": int(headers["ce-time"]),
                "correlation": headers.get("ce-x-request-id"),
                "version": headers.get("ce-model-version"),
                "type": headers.get("ce-collect-data-type"),
                "agent": headers.get("ce-agent"),
            },
        )
        return 200, "OK"

    sender.MdcSender._post_request = post


def wants(name):
    return name.lower() in _state["collections"]


def payload(head, request_id, body, parts):
    """What was asked and answered, letter by letter, where the deployment keeps `request` and `response`."""
    status, answered, answer = parts
    headers = {name: head.get(name.lower()) for name in _state["headers"] if head.get(name.lower())}
    for name, data, more in (
        ("request", body, {"method": head.method, "path": head.path, "headers": headers}),
        ("response", answer, {"statuscode": status}),
    ):
        if type(data) is bytes and sampled(name):
            about = {"correlation": request_id, "type": "text", "more": more}
            write(name, data[:_LONGEST].decode("utf-8", "replace"), about)


def sampled(name):
    rate = _state["collections"].get(name.lower())
    return rate is not None and (rate >= 1 or random.random() < rate)


def write(name, data, about):
    """A line of a collection, in the form of Azure's collected data (CloudEvents)."""
    at = time.gmtime(about.get("time") or time.time())
    text = json.dumps(data)
    line = {
        "specversion": "1.0",
        "id": about.get("id") or str(uuid.uuid4()),
        "source": _state["source"],
        "type": "azureml.inference.%s" % name,
        "datacontenttype": "application/json",
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", at),
        "data": data,
        "contentrange": "bytes 0-%d/%d" % (len(text) - 1, len(text)),
        "correlationid": about.get("correlation"),
        "xrequestid": about.get("correlation"),
        "modelversion": about.get("version") or "default",
        "collectdatatype": about.get("type"),
        "agent": about.get("agent") or _AGENT,
    }
    line.update(about.get("more") or {})
    path = os.path.join(_state["folder"], name.lower(), time.strftime(_PATHS[_state["rate"]], at))
    whole = (json.dumps(line) + "\n").encode("utf-8")
    with _state["lock"]:
        file = _open(name, path)
        try:
            os.write(file, whole)
        finally:
            os.close(file)


def _open(name, path):
    """The collection's file of the moment. The server takes files away that rested: another name begins another blob."""
    known, file = _state["files"].get(name, (None, ""))
    if known == path:
        try:
            return os.open(file, os.O_WRONLY | os.O_APPEND)
        except FileNotFoundError:
            pass
    os.makedirs(path, exist_ok=True)
    file = os.path.join(path, "%s.jsonl" % uuid.uuid4().hex)
    _state["files"][name] = (path, file)
    return os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


class Context:
    """What ties the data of one request together."""

    def __init__(self, id=None, timestamp=None, headers=None):
        self.id, self.timestamp = id or str(uuid.uuid4()), timestamp or int(time.time())
        self.headers = headers or {}

    def get_id(self):
        return self.id

    def get_timestamp(self):
        return self.timestamp

    def get_headers(self):
        return self.headers


class Collector:
    """As `azureml.ai.monitoring.Collector`, where that package is not installed."""

    def __init__(self, *, name, on_error=None):
        self.name, self.on_error = name, on_error or _raise
        self._refusal()

    def _refusal(self):
        if not self.name:
            why = "collection name is not provided"
        elif not _state["collections"]:
            why = "custom logging is not enabled, drop the data"
        elif self.name.lower() not in _state["collections"]:
            why = "collection %s is not enabled, drop the data" % self.name
        else:
            return None
        self.on_error(Exception(why))
        return why

    def collect(self, data, correlation_context=None):
        context = correlation_context or Context()
        if self._refusal() or not sampled(self.name):
            return context
        if not hasattr(data, "to_json"):
            kind = type(data).__name__
            self.on_error(TypeError("data type (%s) not supported, supported types: pandas.DataFrame" % kind))
            return context
        kind = type(data)
        write(
            self.name,
            json.loads(data.to_json(orient="records")),
            {
                "correlation": context.get_id(),
                "time": context.get_timestamp(),
                "type": "%s.%s" % (kind.__module__, kind.__qualname__),
            },
        )
        return context


def _raise(error):
    raise error
