"""swagger.json of a deployment: the script's own file, or what inference-schema's decorators say, in the words of
Microsoft's inference server, whose clients read it."""
import json
import os
import sys

from . import lines

_ERROR = "The service failed to execute due to an error."
_OPERATIONS = (
    (
        "/",
        "get",
        "ServiceHealthCheck",
        "Simple health check endpoint to ensure the service is up at any given point.",
        "If service is up and running, this response will be returned with the content 'Healthy'",
    ),
    (
        "/score",
        "post",
        "RunMLService",
        "Run web service's model and get the prediction output",
        "The service processed the input correctly and provided a result prediction, if applicable.",
    ),
    (
        "/swagger.json",
        "get",
        "GetSwaggerSpec",
        "Get the Swagger specification.",
        "The Swagger specification.",
    ),
)
_PAYLOAD = "The input payload for executing the real-time machine learning service."
_BEARER = {
    "type": "apiKey",
    "name": "Authorization",
    "in": "header",
    "description": "For example: Bearer abc123",
}
_EMPTY = {"type": "object", "example": {}}
_FAILURE = {"type": "object", "properties": {"message": {"type": "string"}}}


class NoSwagger(Exception):
    pass


def is_decorated(run):
    schema = sys.modules.get("inference_schema.schema_util")
    return bool(schema) and schema.is_schema_decorated(run)


class Swagger:
    names = {"2": "2", "2.0": "2", "3": "3", "3.0": "3", "3.1": "3.1"}

    def __init__(self, root, run, schemas=None):
        """`schemas` are those of inputs and outputs where no decorator tells them."""
        self.made, self.schemas = {}, schemas or (_EMPTY, _EMPTY)
        files_of = {"2": ("swagger.json", "swagger2.json"), "3": ("swagger3.json",), "3.1": ("swagger3.1.json",)}
        for version, files in files_of.items():
            document = _own(root, files) or self._generate(version, run)
            if document is not None:
                self.made[version] = document
        if self.made:
            lines.log(
                "I",
                "azmlinfsrv.swagger",
                "Swaggers are prepared for the following versions: [%s]." % ", ".join(sorted(self.made)),
            )

    def version(self, asked):
        supported = ", ".join(sorted(self.made))
        if asked not in self.names:
            raise NoSwagger("Swagger version [%s] is not valid. Supported versions: [%s]." % (asked, supported))
        document = self.made.get(self.names[asked])
        if document is None:
            raise NoSwagger(
                "Swagger version [%s] is not supported for the scoring script. Supported swagger versions: [%s]."
                % (asked, supported)
            )
        return document

    def _generate(self, version, run):
        inputs, outputs = self.schemas
        if "inference_schema.schema_util" in sys.modules:
            from inference_schema.schema_util import get_input_schema, get_output_schema, get_supported_versions

            aliases = [name for name, of in self.names.items() if of == version]
            if not any(name in get_supported_versions(run) for name in aliases):
                return None
            if is_decorated(run):
                inputs, outputs = get_input_schema(run), get_output_schema(run)
        document = _second(inputs, outputs) if version == "2" else _third(inputs, outputs)
        if version == "3.1":
            document["openapi"] = "3.1.0"
        return document


def _own(root, files):
    for name in files:
        try:
            with open(os.path.join(root, name), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            pass
    return None


def _info():
    name = os.environ.get("SERVICE_NAME", "ML service")
    return {
        "title": name,
        "description": "API specification for the Azure Machine Learning service %s" % name,
        "version": os.environ.get("SERVICE_VERSION", "1.0"),
    }


def _prefix():
    prefix = os.environ.get("SERVICE_PATH_PREFIX", "").strip("/")
    return "/" + prefix if prefix else ""


def _second(inputs, outputs):
    def answer(description, schema):
        return {"description": description, "schema": schema}

    paths = {}
    for path, verb, name, description, fine in _OPERATIONS:
        schema = {"$ref": "#/definitions/ServiceOutput"} if path == "/score" else {"type": "string"}
        operation = {
            "operationId": name,
            "description": description,
            "responses": {
                "200": answer(fine, schema),
                "default": answer(_ERROR, {"$ref": "#/definitions/ErrorResponse"}),
            },
        }
        if path == "/":
            operation["responses"]["200"]["examples"] = {"application/json": "Healthy"}
        elif path == "/score":
            operation["security"] = [{"Bearer": []}]
            operation["parameters"] = [
                {
                    "name": "serviceInputPayload",
                    "in": "body",
                    "description": _PAYLOAD,
                    "schema": {"$ref": "#/definitions/ServiceInput"},
                }
            ]
        else:
            operation["parameters"] = [
                {"name": "version", "in": "query", "required": False, "type": "integer", "enum": [2, 3]}
            ]
        paths[_prefix() + path] = {verb: operation}
    return {
        "swagger": "2.0",
        "info": _info(),
        "schemes": ["https"],
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "securityDefinitions": {"Bearer": _BEARER},
        "paths": paths,
        "definitions": {"ServiceInput": inputs, "ServiceOutput": outputs, "ErrorResponse": _FAILURE},
    }


def _third(inputs, outputs):
    def answer(description, kind, schema):
        return {"description": description, "content": {kind: {"schema": schema}}}

    paths = {}
    for path, verb, name, description, fine in _OPERATIONS:
        if path == "/score":
            good = answer(fine, "application/json", {"$ref": "#/components/schemas/ServiceOutput"})
        else:
            good = answer(fine, "text/plain", {"type": "string", **({"example": "Healthy"} if path == "/" else {})})
        operation = {
            "operationId": name,
            "description": description,
            "responses": {
                "200": good,
                "default": answer(_ERROR, "application/json", {"$ref": "#/components/schemas/ErrorResponse"}),
            },
        }
        if path == "/score":
            operation["security"] = [{"Bearer": []}]
            operation["requestBody"] = answer(
                _PAYLOAD, "application/json", {"$ref": "#/components/schemas/ServiceInput"}
            )
        elif path == "/swagger.json":
            operation["parameters"] = [
                {"name": "version", "in": "query", "required": False, "schema": {"type": "integer", "enum": [2, 3]}}
            ]
        paths[_prefix() + path] = {verb: operation}
    return {
        "openapi": "3.0.3",
        "info": _info(),
        "security": [{"Bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {"ServiceInput": inputs, "ServiceOutput": outputs, "ErrorResponse": _FAILURE},
            "securitySchemes": {"Bearer": _BEARER},
        },
    }
