"""An ONNX model without a script: tables and tensors in, the model's outputs out, on onnxruntime."""
import json
import os

from . import lines, swagger
from .failures import Failure, words
from .model_without_script import ModelWithoutScript, Unfit, bad
from .script_model import began_of

_FORMATS = ("input_data", "inputs", "instances")
_WANTED = "The input must be a JSON dictionary with exactly one of the input fields %s" % (_FORMATS,)
_TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(float16)": "float16",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(int16)": "int16",
    "tensor(int8)": "int8",
    "tensor(uint64)": "uint64",
    "tensor(uint32)": "uint32",
    "tensor(uint16)": "uint16",
    "tensor(uint8)": "uint8",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}


class OnnxModel(ModelWithoutScript):
    def __init__(self, settings):
        super().__init__(settings)
        path = find(os.path.join(os.environ["AZUREML_MODEL_DIR"], os.environ["LAZULI_MODEL"]))
        try:
            import numpy
            import onnxruntime
        except ImportError as error:
            hint = "the environment of an ONNX model needs 'onnxruntime'"
            raise Failure("Import", "onnxruntime can't be imported: %s; %s" % (words(error), hint), error)
        self.numpy, self.runtime = numpy, onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
        # Threads that wait for work by spinning would take the time of everything else on the machine.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self.session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        except BaseException as error:
            raise Failure("Init", "The model can't be loaded: " + words(error), error)
        self.inputs = self.session.get_inputs()
        self.outputs = [each.name for each in self.session.get_outputs()]
        for each in self.inputs:
            if each.type not in _TYPES:
                raise Failure("Model", "The model's input '%s' is a %s, which JSON can't carry." % (each.name, each.type))
        self.swagger = swagger.Swagger(os.path.dirname(path), self.scored, self.schemas())
        told = ", ".join("%s %s %s" % (each.name, each.type, each.shape) for each in self.inputs)
        lines.log("I", "azmlinfsrv", "The model is loaded; its inputs are %s" % told)

    def schemas(self):
        """What swagger says of the model."""
        each = {one.name: {"type": "array", "items": {}, "description": "%s %s" % (one.type, one.shape)} for one in self.inputs}
        inputs = {"type": "object", "properties": {"inputs": {"type": "object", "properties": each}}}
        return inputs, {"type": "object", "properties": {name: {"type": "array", "items": {}} for name in self.outputs}}

    def scored(self, head, body):
        if unasked := self.unasked(head):
            return unasked
        began = began_of()
        try:
            name, feeds = self.parsed(body)
        except Unfit as error:
            return bad(str(error))
        try:
            found = self.session.run(None, feeds)
        except Exception as error:
            if "INVALID_ARGUMENT" in str(error) or "INVALID_GRAPH" in str(error):
                return bad("The model refused its input: " + words(error))
            return self.script_failed(error)
        plain = [each.tolist() if hasattr(each, "tolist") else each for each in found]
        value = plain[0] if len(plain) == 1 else dict(zip(self.outputs, plain))
        answer = json.dumps(value if name == "input_data" else {"predictions": value}).encode("utf-8")
        return self.answered(began, answer)

    def parsed(self, body):
        """Which format asked, and a tensor for each of the model's inputs."""
        value = self.value_of(body)
        found = [name for name in _FORMATS if name in value] if isinstance(value, dict) else []
        if len(found) != 1:
            raise Unfit(_WANTED)
        data, columns = value[found[0]], None
        if isinstance(data, dict) and "data" in data and set(data) <= {"columns", "index", "data"}:
            data, columns = data["data"], data.get("columns")
        if isinstance(data, list) and data and all(isinstance(row, dict) for row in data):
            columns = list(data[0])
            data = [[row.get(name) for name in columns] for row in data]
        return found[0], self.by_name(data) if isinstance(data, dict) else self.by_rows(data, columns)

    def by_name(self, data):
        unknown = sorted(set(data) - {each.name for each in self.inputs})
        missing = [each.name for each in self.inputs if each.name not in data]
        if unknown or missing:
            raise Unfit(
                "The model's inputs are %s; %s."
                % ([each.name for each in self.inputs], "missing: %s, unknown: %s" % (missing, unknown))
            )
        return {each.name: self.tensor(each, data[each.name]) for each in self.inputs}

    def by_rows(self, rows, columns):
        """Rows for the only input; or a column for each input, by its name or its place."""
        if len(self.inputs) == 1:
            return {self.inputs[0].name: self.tensor(self.inputs[0], rows)}
        if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
            raise Unfit("The model has several inputs: rows of values, or values by the inputs' names, are needed.")
        places = columns or [each.name for each in self.inputs]
        try:
            table = {name: [[row[at]] for row in rows] for at, name in enumerate(places)}
        except IndexError:
            raise Unfit("A row has fewer values than the model has inputs (%d)." % len(places))
        return self.by_name(table)

    def tensor(self, each, value):
        try:
            return self.numpy.asarray(value, dtype=_TYPES[each.type])
        except (ValueError, TypeError, OverflowError) as error:
            raise Unfit("The input '%s' is a %s: %s" % (each.name, each.type, words(error)))


def find(path):
    """The model's file: itself, or the only .onnx of its folder."""
    if os.path.isfile(path):
        return path
    found = [
        os.path.join(place, name)
        for place, _, names in os.walk(path)
        for name in names
        if name.lower().endswith(".onnx")
    ]
    if len(found) != 1:
        raise Failure("Model", "The model's folder has %d files that end in .onnx, and one is needed." % len(found))
    return found[0]
