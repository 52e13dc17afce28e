"""Makes the iris model as a pickle, as an MLflow model and as ONNX below the folder that is given."""
import sys

import joblib
import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

X, y = load_iris(return_X_y=True)
model = LogisticRegression(max_iter=1000).fit(X, y)
joblib.dump(model, sys.argv[1] + "/iris.pkl")
if "mlflow" in sys.argv:
    import mlflow

    mlflow.sklearn.save_model(model, sys.argv[1] + "/mlflow")
if "onnx" in sys.argv:
    from skl2onnx import to_onnx

    whole = to_onnx(model, X[:1].astype(np.float32), options={"zipmap": False})
    open(sys.argv[1] + "/iris.onnx", "wb").write(whole.SerializeToString())
