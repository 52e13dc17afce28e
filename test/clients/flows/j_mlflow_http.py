"""MLflow's own client against Lazuli's own origin: no Azure plug-in, a name and a password, artifacts through the server."""
import os, subprocess, sys, tempfile, time, warnings

warnings.simplefilter("ignore")
os.environ.update(
    MLFLOW_TRACKING_URI=os.environ["LAZULI_URL"] if "LAZULI_URL" in os.environ else os.environ["HTTPS_PROXY"],
    MLFLOW_TRACKING_USERNAME=os.environ["AZURE_CLIENT_ID"],
    MLFLOW_TRACKING_PASSWORD=os.environ["AZURE_CLIENT_SECRET"],
    GIT_PYTHON_REFRESH="quiet",
    MLFLOW_DISABLE_TELEMETRY="true",
    MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL="1",
    NO_PROXY="127.0.0.1,localhost",
)
os.environ.pop("no_proxy", None)
import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

V3 = mlflow.__version__ >= "3"
T = f"{mlflow.__version__.replace('.', '-')}-{int(time.time())}"


def check(what, holds):
    if not holds:
        print(f"FAIL {what}")
        sys.exit(1)
    print(f"ok   {what}")


c = MlflowClient()
e = mlflow.set_experiment(f"http-{T}")
X, y = load_iris(return_X_y=True)
mlflow.sklearn.autolog(registered_model_name=f"iris-{T}")
with mlflow.start_run(run_name="parent") as parent:
    with mlflow.start_run(nested=True, run_name="child") as child:
        mlflow.log_metrics({"a": 1.0, "nan": float("nan")})
    LogisticRegression(max_iter=300).fit(X, y)
    mlflow.log_text("hello", "notes/a.txt")
    mlflow.log_dict({"x": 1}, "d.json")
mlflow.sklearn.autolog(disable=True)
run = c.get_run(parent.info.run_id)
check("scikit-learn's autolog", run.data.metrics["training_accuracy_score"] > 0.9 and run.data.params["max_iter"] == "300")
check("a nested run", c.get_run(child.info.run_id).data.tags["mlflow.parentRunId"] == parent.info.run_id)
paths = {f.path for f in c.list_artifacts(parent.info.run_id)}
check("artifacts are listed", {"notes", "d.json"} <= paths)
check("an artifact comes back", open(mlflow.artifacts.download_artifacts(run_id=parent.info.run_id, artifact_path="notes/a.txt")).read() == "hello")
check("runs:/ is loaded", (mlflow.sklearn.load_model(f"runs:/{parent.info.run_id}/model").predict(X[:3]) == y[:3]).all())
v = c.search_model_versions(f"name = 'iris-{T}'")[0]
check("a version is registered", v.version in (1, "1") and v.status == "READY")
check("models:/ is loaded", (mlflow.pyfunc.load_model(f"models:/iris-{T}/1").predict(X[:3]) == y[:3]).all())
c.set_registered_model_alias(f"iris-{T}", "champion", "1")
check("models:/…@alias is loaded", (mlflow.pyfunc.load_model(f"models:/iris-{T}@champion").predict(X[:3]) == y[:3]).all())
for name in ("xgboost", "lightgbm"):
    try:
        module = __import__(name)
    except ImportError:
        continue
    # Its model is not what is looked at here, and takes half a minute to find its packages.
    getattr(mlflow, name).autolog(log_models=False)
    with mlflow.start_run() as r:
        if name == "xgboost":
            module.train({"objective": "multi:softmax", "num_class": 3}, module.DMatrix(X, label=y), num_boost_round=5, evals=[(module.DMatrix(X, label=y), "train")])
        else:
            data = module.Dataset(X, label=y)
            module.train({"objective": "multiclass", "num_class": 3, "verbose": -1}, data, num_boost_round=5, valid_sets=[data], valid_names=["train"])
    check(f"{name}'s autolog", any("mlogloss" in k or "multi_logloss" in k for k in c.get_run(r.info.run_id).data.metrics))
with mlflow.start_run(log_system_metrics=True) as r:
    deadline = time.time() + 60
    while time.time() < deadline and not any(k.startswith("system/") for k in c.get_run(r.info.run_id).data.metrics):
        time.sleep(0.5)
check("system metrics", any(k.startswith("system/") for k in c.get_run(r.info.run_id).data.metrics))
import pandas as pd

frame = pd.DataFrame(X, columns=list("abcd")).assign(label=y)
with mlflow.start_run() as r:
    kind = {"evaluator_config": {"log_model_explainability": False}}
    if V3:
        found = mlflow.models.evaluate(lambda d: np.zeros(len(d), dtype=int), frame, targets="label", model_type="classifier", **kind)
    else:
        found = mlflow.evaluate(lambda d: np.zeros(len(d), dtype=int), frame, targets="label", model_type="classifier", **kind)
check("evaluate", "accuracy_score" in c.get_run(r.info.run_id).data.metrics and "accuracy_score" in found.metrics)
frame = mlflow.search_runs([e.experiment_id], filter_string="metrics.training_accuracy_score > 0.9 and tags.mlflow.runName = 'parent'")
check("search_runs", list(frame.run_id) == [parent.info.run_id])
try:
    c.search_runs([e.experiment_id], "metrics.a >")
    check("a wrong filter is refused", False)
except mlflow.exceptions.MlflowException as error:
    check("a wrong filter is refused", "INVALID_PARAMETER_VALUE" in str(error))
c.log_batch(child.info.run_id, metrics=[mlflow.entities.Metric("many", float(i), i, i) for i in range(1000)])
check("a long history", len(c.get_metric_history(child.info.run_id, "many")) == 1000)
cli = lambda *words: subprocess.run([sys.executable, "-m", "mlflow", *words], capture_output=True, text=True, timeout=200)
check("the CLI: experiments", f"http-{T}" in cli("experiments", "search").stdout)
check("the CLI: artifacts", "d.json" in cli("artifacts", "list", "--run-id", parent.info.run_id).stdout)
c.delete_run(child.info.run_id)
check("a deleted run", c.get_run(child.info.run_id).info.lifecycle_stage == "deleted")
c.restore_run(child.info.run_id)
check("and restored", c.get_run(child.info.run_id).info.lifecycle_stage == "active")
if V3:
    @mlflow.trace(span_type="CHAIN")
    def outer(x):
        with mlflow.start_span("leaf") as span:
            span.set_inputs({"x": x})
        return x + 1

    outer(1)
    mlflow.flush_trace_async_logging()
    trace = c.search_traces(locations=[e.experiment_id], filter_string="span.name = 'leaf'")[0]
    check("a trace and its spans", [s.name for s in trace.data.spans] == ["outer", "leaf"])
    mlflow.log_feedback(trace_id=trace.info.trace_id, name="good", value=0.5)
    check("feedback is searched", len(c.search_traces(locations=[e.experiment_id], filter_string="feedback.good > 0.4")) == 1)
    mlflow.genai.register_prompt(name=f"prompt-{T}", template="Hello {{name}}")
    check("a prompt", mlflow.genai.load_prompt(f"prompts:/prompt-{T}/1").format(name="you") == "Hello you")
    with mlflow.start_run():
        info = mlflow.sklearn.log_model(LogisticRegression(max_iter=300).fit(X, y), name="lm")
    check("a logged model", (mlflow.sklearn.load_model(f"models:/{info.model_id}").predict(X[:3]) == y[:3]).all())
os.environ["MLFLOW_TRACKING_PASSWORD"] = "wrong"
try:
    MlflowClient().get_experiment(e.experiment_id)
    check("a wrong password is refused", False)
except mlflow.exceptions.MlflowException as error:
    check("a wrong password is refused", "401" in str(error) or "UNAUTHENTICATED" in str(error))
