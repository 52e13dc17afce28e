"""The script that every server of the comparison runs."""
import json
import os

import joblib


def init():
    global model
    model = joblib.load(os.path.join(os.environ["AZUREML_MODEL_DIR"], os.environ.get("MODEL_FILE", "iris.pkl")))


def run(data):
    return model.predict(json.loads(data)["data"]).tolist()
