"""An MLflow model without a script: Azure's `input_data`, MLflow's own formats, csv. The model's signature holds."""
import io
import json
import os

from . import collector, lines, swagger
from .failures import Failure, words
from .http import is_json, json_answer, refuse
from .model_without_script import ModelWithoutScript, Unfit, bad
from .script_model import began_of

_FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
_WANTED = "The input must be a JSON dictionary with exactly one of the input fields %s" % (("input_data",) + _FORMATS,)


class MlflowModel(ModelWithoutScript):
    def __init__(self, settings):
        super().__init__(settings)
        path = os.path.join(os.environ["AZUREML_MODEL_DIR"], os.environ["LAZULI_MODEL"])
        try:
            import mlflow.pyfunc
        except ImportError as error:
            hint = "the environment of an MLflow model needs 'mlflow'"
            raise Failure("Import", "MLflow can't be imported: %s; %s" % (words(error), hint), error)
        lines.log("I", "azmlinfsrv", "Loading the MLflow model of %s" % path)
        try:
            self.model = mlflow.pyfunc.load_model(path)
        except BaseException as error:
            raise Failure("Init", "The model can't be loaded: " + words(error), error)
        self.schema = self.model.metadata.get_input_schema()
        self.swagger = swagger.Swagger(os.path.dirname(path), self.model.predict, self.schemas())
        lines.log("I", "azmlinfsrv", "The model is loaded; its signature is %s" % self.model.metadata.signature)

    def schemas(self):
        """What swagger says of the model, by its signature."""
        columns = self.schema.input_names() if self.schema and self.schema.has_input_names() else []
        row = {"type": "array", "items": {"type": "object"}}
        split = {
            "type": "object",
            "properties": {
                "columns": {"type": "array", "items": {"type": "string"}, "example": columns},
                "index": {"type": "array", "items": {"type": "integer"}},
                "data": {"type": "array", "items": row},
            },
            "required": ["data"],
        }
        inputs = {"type": "object", "properties": {"input_data": split}, "required": ["input_data"]}
        return inputs, {"type": "array", "items": {"type": "object"}}

    def scored(self, head, body):
        from mlflow.exceptions import MlflowException

        if unasked := self.unasked(head):
            return unasked
        kind = head.get("content-type", "application/json").partition(";")[0].strip().lower()
        if kind not in ("text/csv", "application/json", "") and not is_json(kind):
            types = "This predictor only supports the following content types: Types: ['text/csv', 'application/json']."
            return refuse(415, "%s Got '%s'." % (types, kind))
        began = began_of()
        try:
            data, params, is_azure = self.csv(body) if kind == "text/csv" else self.parsed(body)
            context = self.keep("model_inputs", data, None)
            output = self.model.predict(data) if params is None else self.model.predict(data, params=params)
            self.keep("model_outputs", output, context)
            answer = self.text(output if is_azure else {"predictions": self.jsonable(output)})
        except Unfit as error:
            return bad(str(error))
        except MlflowException as error:
            lines.log("W", "azmlinfsrv", "The model refused its input: %s" % error.message)
            return json_answer(
                error.get_http_status_code(),
                {"error_code": error.error_code, "message": error.message},
                error.get_http_status_code() >= 500,
            )
        except Exception as error:
            return self.script_failed(error)
        return self.answered(began, answer)

    def parsed(self, body):
        """The data as the model takes it, its parameters, and whether Azure's format asked."""
        from mlflow.utils.proto_json_utils import dataframe_from_parsed_json, parse_tf_serving_input

        value = self.value_of(body)
        if not isinstance(value, dict):
            raise Unfit("%s. Received a %s." % (_WANTED, type(value).__name__))
        params = value.get("params")
        if "input_data" in value:
            return self.azure(value["input_data"]), params, True
        found = [name for name in _FORMATS if name in value]
        if len(found) != 1:
            raise Unfit("%s. Received dictionary with input fields: %s" % (_WANTED, list(value)))
        name = found[0]
        if name in ("instances", "inputs"):
            return parse_tf_serving_input({name: value[name]}, schema=self.schema), params, False
        orient = name[len("dataframe_") :]
        return dataframe_from_parsed_json(value[name], pandas_orient=orient, schema=self.schema), params, False

    def azure(self, data):
        """`input_data`: a table by columns and rows, records, or tensors, as the signature tells them apart."""
        from mlflow.utils.proto_json_utils import dataframe_from_parsed_json, parse_tf_serving_input

        tensors = self.schema is not None and self.schema.is_tensor_spec()
        if isinstance(data, dict) and "data" in data and set(data) <= {"columns", "index", "data"}:
            if tensors:
                return parse_tf_serving_input({"inputs": data["data"]}, schema=self.schema)
            table = {"data": data["data"]}
            names = self.schema.input_names() if self.schema and self.schema.has_input_names() else None
            columns = data.get("columns") or (names if self.fits(names, data["data"]) else None)
            if columns:
                table["columns"] = columns
            if data.get("index"):
                table["index"] = data["index"]
            return dataframe_from_parsed_json(table, pandas_orient="split", schema=self.schema)
        if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
            return dataframe_from_parsed_json(data, pandas_orient="records", schema=self.schema)
        if tensors or isinstance(data, dict):
            return parse_tf_serving_input({"inputs": data}, schema=self.schema)
        if not isinstance(data, list):
            raise Unfit("'input_data' must be a table, records or a tensor, not %s." % type(data).__name__)
        if data and isinstance(data[0], list):
            return self.azure({"data": data})
        return parse_tf_serving_input({"inputs": data}, schema=self.schema)

    @staticmethod
    def fits(names, rows):
        return bool(names) and bool(rows) and isinstance(rows[0], list) and len(rows[0]) == len(names)

    def csv(self, body):
        import pandas

        types = None
        if self.schema is not None and self.schema.has_input_names() and not self.schema.is_tensor_spec():
            types = dict(zip(self.schema.input_names(), self.schema.pandas_types()))
        try:
            return pandas.read_csv(io.StringIO(body.decode("utf-8")), dtype=types), None, False
        except Exception as error:
            raise Unfit("Failed to parse input as a Pandas DataFrame. Ensure that the input is valid CSV. %s" % error)

    @staticmethod
    def jsonable(output):
        import numpy
        import pandas

        if isinstance(output, numpy.ndarray):
            return output.tolist()
        if isinstance(output, pandas.Series):
            output = pandas.DataFrame(output)
        return output.to_dict(orient="records") if isinstance(output, pandas.DataFrame) else output

    def text(self, value):
        from mlflow.utils.proto_json_utils import NumpyEncoder

        return json.dumps(self.jsonable(value), cls=NumpyEncoder).encode("utf-8")

    def keep(self, name, data, context):
        """Azure's collector keeps an MLflow model's tables without a script that asks for it."""
        if not collector.wants(name):
            return context
        import pandas

        frame = data if isinstance(data, pandas.DataFrame) else pandas.DataFrame(data)
        return collector.Collector(name=name, on_error=lambda error: None).collect(frame, context)
