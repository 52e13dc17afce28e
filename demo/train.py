"""Trains a classifier on Fisher's iris, and logs metrics and the model with mlflow."""

import argparse
import csv
import sys

import mlflow
import mlflow.sklearn
import numpy as np
import sklearn
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser()
parser.add_argument("--data", required=True, help="a CSV: four measures and the species")
parser.add_argument("--model-name", required=True, help="register the model under this name")
args = parser.parse_args()

with open(args.data, newline="") as file:
    header, *rows = csv.reader(file)
measures = np.array([[float(value) for value in row[:-1]] for row in rows])
species = np.array([row[-1] for row in rows])
print(f"{len(rows)} rows, {len(header) - 1} features, species: {', '.join(sorted(set(species)))}", flush=True)

x_train, x_test, y_train, y_test = train_test_split(measures, species, test_size=0.3, random_state=7, stratify=species)


def classifier(strength):
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=2000))


with mlflow.start_run():
    mlflow.log_params({"rows": len(rows), "folds": 10})
    scores = {}
    for step, strength in enumerate([0.001, 0.01, 0.1, 1.0, 10.0, 100.0]):
        scores[strength] = cross_val_score(classifier(strength), x_train, y_train, cv=10).mean()
        mlflow.log_metric("cv_accuracy", scores[strength], step=step)
        print(f"C={strength:<7} accuracy over 10 folds: {scores[strength]:.3f}", flush=True)

    best = max(scores, key=scores.get)
    model = classifier(best).fit(x_train, y_train)
    accuracy = model.score(x_test, y_test)
    mlflow.log_param("C", best)
    mlflow.log_metric("test_accuracy", accuracy)
    print(f"best C={best}, accuracy on {len(y_test)} unseen flowers: {accuracy:.3f}", flush=True)

    mlflow.sklearn.log_model(
        model,
        artifact_path="model",
        registered_model_name=args.model_name,
        signature=infer_signature(x_train, model.predict(x_train)),
        pip_requirements=[f"scikit-learn=={sklearn.__version__}", f"numpy=={np.__version__}"],
    )
    print(f"registered {args.model_name}", flush=True)

sys.exit(0 if accuracy > 0.9 else 1)
