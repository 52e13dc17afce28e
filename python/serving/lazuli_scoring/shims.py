"""Modules of Microsoft's packages that a score script may import although its environment lacks them.

They are found last: a package that is installed always wins. Each is as small as the contract of a score script.
"""
import importlib.abc
import importlib.util
import sys

_services = ("azureml.contrib.services", "azureml_inference_server_http.api")
_packages = {
    "azureml",
    "azureml.contrib",
    "azureml.ai",
    "azureml.contrib.services",
    "azureml_inference_server_http",
    "azureml_inference_server_http.api",
    "azureml.ai.monitoring",
}
_modules = {
    **{package + ".aml_request": "request" for package in _services},
    **{package + ".aml_response": "response" for package in _services},
    "azureml.contrib.services": "services",
    "azureml_inference_server_http.log_config": "log_config",
    "azureml.ai.monitoring": "monitoring",
    "azureml.ai.monitoring.context": "context",
}


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name not in _packages and name not in _modules:
            return None
        spec = importlib.util.spec_from_loader(name, self, is_package=name in _packages)
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        kind = _modules.get(module.__name__)
        if kind:
            _fill[kind](module)


def install():
    sys.meta_path.append(_Finder())


def raw_http_requested():
    """Whether a decorator of either package was used, the real one's or ours."""
    names = [package + ".aml_request" for package in _services]
    return any(getattr(sys.modules.get(name), "_rawHttpRequested", False) for name in names)


def flask():
    """Flask, where the environment has it: scripts expect its requests and answers."""
    try:
        import flask as module

        return module
    except ImportError:
        return None


def _request(module):
    base = flask()
    if base:

        class AMLRequest(base.Request):
            def __init__(self):
                super().__init__({})

    else:
        from .http import Request as AMLRequest

    def rawhttp(function):
        """Says that run() takes the request itself."""
        module._rawHttpRequested = True
        return function

    module._rawHttpRequested, module.rawhttp, module.AMLRequest = False, rawhttp, AMLRequest


def _response(module):
    import json

    base = flask()
    if base:
        Base = base.Response
    else:
        from .http import Response as Base

    class AMLResponse(Base):
        """An answer of run() with a status and headers of its own."""

        def __init__(self, message, status_code, response_headers={}, json_str=False, run_function_failed=False):
            if message is None or json_str:
                text = json.dumps({} if message is None else message)
                super().__init__(text, status=status_code, mimetype="application/json")
            else:
                super().__init__(message, status=status_code)
                if "Content-Type" in response_headers:
                    del self.headers["Content-Type"]
            self.headers["x-ms-run-function-failed"] = str(run_function_failed)
            for name, value in response_headers.items():
                for part in value.split(","):
                    if base:
                        self.headers.add(name, part.strip())
                    else:
                        known = self.headers.get(name)
                        self.headers[name] = part.strip() if known is None else known + "," + part.strip()

    module.AMLResponse = AMLResponse


def _services_of(module):
    from azureml.contrib.services.aml_request import rawhttp

    module.rawhttp = rawhttp


def _log_config(module):
    from . import lines

    module.AMLLogFormatter = lines.AMLLogFormatter


def _monitoring(module):
    from . import collector

    module.Collector = collector.Collector


def _context(module):
    from . import collector

    module.BasicCorrelationContext = module.CorrelationContext = collector.Context


_fill = {
    "request": _request,
    "response": _response,
    "services": _services_of,
    "log_config": _log_config,
    "monitoring": _monitoring,
    "context": _context,
}
