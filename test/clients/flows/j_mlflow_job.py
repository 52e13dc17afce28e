"""j. What j_mlflow.py runs with a job's variables by hand, as a real command job: MLflow finds its run, and its server, by itself. And a trace."""
from _common import *
from azure.ai.ml import command
from azure.ai.ml.entities import Environment
import mlflow
from mlflow.tracking import MlflowClient

ml = client()
T = RUNTAG
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
pip = ["mlflow-skinny==2.22.5", "azureml-mlflow==1.62.0.post6"]
env = ml.environments.create_or_update(Environment(name="envj" + T, image=IMAGE, conda_file={"name": "mlflow", "dependencies": ["python=3.11", {"pip": pip}]}))
code = src("import mlflow\nmlflow.log_metric('inside',1)\nmlflow.log_param('p',2)\nmlflow.log_text('x','in.txt')\nprint(mlflow.active_run().info.run_id)\n")
job = ml.jobs.create_or_update(command(code=str(code), command="python train.py", environment=f"{env.name}:{env.version}", compute=CPU, experiment_name="inside" + T))
wait_job(ml, job.name)
to = pathlib.Path(tempfile.mkdtemp())
ml.jobs.download(job.name, download_path=to, all=True)
text = next(to.rglob("std_log.txt")).read_text()
check(job.name in text.splitlines(), "the script's run is the job: " + text)
os.environ.update(AZURE_TENANT_ID=TENANT, AZURE_CLIENT_ID=CLIENT_ID, AZURE_CLIENT_SECRET=SECRET)
mlflow.set_tracking_uri(ml.workspaces.get(WS).mlflow_tracking_uri)
tracking = MlflowClient()
run = tracking.get_run(job.name)
check(run.data.metrics["inside"] == 1 and run.data.params["p"] == "2", "metric and param logged from inside")
check(run.info.status == "FINISHED" and tracking.get_experiment(run.info.experiment_id).name == "inside" + T, "the job's experiment, and its end")
path = tracking.download_artifacts(job.name, "in.txt", tempfile.mkdtemp())
check(pathlib.Path(path).read_text() == "x", "a file logged from inside")
mlflow.set_experiment("inside" + T)
@mlflow.trace(name="asked", span_type="LLM")
def doubled(x):
    return 2 * x
doubled(21)
mlflow.flush_trace_async_logging()
[trace] = mlflow.search_traces(locations=[run.info.experiment_id], return_type="list")
check([span.name for span in trace.data.spans] == ["asked"] and trace.data.response == "42", "a trace with its spans through the plug-in")
