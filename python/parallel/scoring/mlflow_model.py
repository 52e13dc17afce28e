"""Scores an MLflow model over files: the entry script of batch deployments that bring no code.

A table gives a line for each of its rows (its number in the file, the prediction, the file's name), a picture one line.
https://learn.microsoft.com/azure/machine-learning/how-to-mlflow-batch, "Analyze the outputs"
"""
import os

import mlflow
import numpy
import pandas

TABLES = (".csv", ".parquet", ".pqt")
PICTURES = (".png", ".jpg", ".jpeg", ".tiff", ".bmp", ".gif")


def init():
    global model, schema
    model = mlflow.pyfunc.load_model(model_folder())
    schema = model.metadata.get_input_schema()


def run(mini_batch):
    if hasattr(mini_batch, "columns"):
        return lines(predict(mini_batch))
    return pandas.concat([score(path) for path in mini_batch], ignore_index=True)


def model_folder():
    root = os.environ["AZUREML_MODEL_DIR"]
    for folder, _, files in os.walk(root):
        if "MLmodel" in files:
            return folder
    raise FileNotFoundError("The model has no file named MLmodel.")


def score(path):
    name, kind = os.path.basename(path), os.path.splitext(path)[1].lower()
    if kind in TABLES:
        return lines(predict(table(path, kind)), name)
    if kind in PICTURES:
        return lines(predict(picture(path)), name, rows=False)
    raise ValueError(
        "The file '%s' can't be read without code: files named %s can." % (name, ", ".join(TABLES + PICTURES))
    )


def table(path, kind):
    if kind != ".csv":
        return pandas.read_parquet(path)
    columns = {} if is_tensor() else dict(zip(schema.input_names(), map(str, schema.input_types()))) if schema else {}
    texts = {name: str for name, its in columns.items() if "string" in its}
    times = [name for name, its in columns.items() if "datetime" in its]
    frame = pandas.read_csv(path, dtype=texts)
    for name in times:
        if name in frame.columns:
            frame[name] = pandas.to_datetime(frame[name])
    return frame


def is_tensor():
    return schema is not None and schema.is_tensor_spec()


def predict(data):
    """What the model says; its signature is enforced by MLflow."""
    if is_tensor() and not schema.has_input_names():
        kind = schema.inputs[0].type
        data = data.to_numpy() if hasattr(data, "to_numpy") else data
        return model.predict(data.astype(kind))
    return model.predict(data)


def picture(path):
    from PIL import Image

    return numpy.expand_dims(numpy.array(Image.open(path)), 0)


def lines(predicted, name=None, rows=True):
    """A prediction per line: what has columns keeps them, what has more dimensions stands as a list."""
    if isinstance(predicted, pandas.DataFrame):
        frame = predicted.reset_index(drop=True)
    else:
        values = numpy.asarray(predicted)
        whole = list(values) if values.ndim == 1 else [each.tolist() for each in values]
        frame = pandas.DataFrame({"prediction": whole})
    if rows:
        frame.insert(0, "row", range(len(frame)), allow_duplicates=True)
    if name is not None:
        frame.insert(len(frame.columns), "file", name, allow_duplicates=True)
    return frame
