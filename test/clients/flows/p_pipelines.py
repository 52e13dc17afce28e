"""p. Pipelines and sweeps beyond their first steps: reuse, failures, nested and controlled steps, sampling, policies."""
from _common import *
os.environ["AZURE_ML_CLI_PRIVATE_FEATURES_ENABLED"] = "true"  # control flow is in preview in the SDK
from azure.ai.ml import command, Input, Output, dsl, load_component
from azure.ai.ml.entities import Environment, QueueSettings
from azure.ai.ml.sweep import Choice, Uniform, QUniform, BanditPolicy
from azure.ai.ml.dsl._condition import condition
from azure.ai.ml.dsl._do_while import do_while
from azure.ai.ml.dsl._parallel_for import parallel_for

ml = client()
T = RUNTAG
code = src(
    "import argparse, os\n"
    "p = argparse.ArgumentParser()\n"
    "p.add_argument('--lr', type=float, default=0.1); p.add_argument('--out'); p.add_argument('--fail'); p.add_argument('--log')\n"
    "a, _ = p.parse_known_args()\n"
    "print('lr', a.lr)  # " + T + "\n"
    "if a.fail: raise SystemExit('told to fail')\n"
    "if a.log:\n"
    "    import mlflow\n"
    "    for step in range(3): mlflow.log_metric('acc', 1 - (a.lr - 0.3) ** 2, step=step)\n"
    "if a.out:\n"
    "    os.makedirs(a.out, exist_ok=True); open(a.out + '/r.txt', 'w').write(str(a.lr))\n"
)
env = ml.environments.create_or_update(
    Environment(image="python:3.11-slim", name="pe" + T, conda_file={"name": "pe", "dependencies": ["python=3.11", {"pip": ["mlflow-skinny<2.23", "azureml-mlflow"]}]})
)


def steps(name, **more):
    """A component that writes its learning rate into its output."""
    return command(
        name=name, display_name=name, code=str(code), environment=env,
        command="python train.py --lr ${{inputs.lr}} --out ${{outputs.out}} $[[--fail ${{inputs.fail}}]] $[[--log ${{inputs.log}}]]",
        inputs={"lr": Input(type="number", default=0.1), "fail": Input(type="string", optional=True), "log": Input(type="string", optional=True)},
        outputs={"out": Output(type="uri_folder")}, **more,
    )


train = steps("train" + T)
show = command(name="show" + T, command="cp ${{inputs.inp}}/r.txt ${{outputs.res}}/r.txt", environment=env, inputs={"inp": Input(type="uri_folder")}, outputs={"res": Output(type="uri_folder")})


def run(pipeline, want=("Completed",), **kw):
    job = ml.jobs.create_or_update(pipeline, experiment_name="pipelines", **kw)
    return wait_job(ml, job.name, want)


def children(job):
    import requests
    tok = cred().get_token("https://management.azure.com/.default").token
    ws = f"/subscriptions/{SUB}/resourceGroups/{RG}/providers/Microsoft.MachineLearningServices/workspaces/{WS}"
    r = requests.get(f"https://{LOC}.api.azureml.ms/history/v1.0{ws}/runs/{job}/children", headers={"Authorization": "Bearer " + tok})
    return {each["displayName"]: each for each in r.json()["value"]}


# Reuse, and what it says.
@dsl.pipeline(default_compute=CPU)
def chain(lr: float = 0.3):
    x = train(lr=lr)
    y = show(inp=x.outputs.out)
    return {"final": y.outputs.res}


first = run(chain(lr=0.5))
kids = children(first.name)
check(set(kids) == {"x", "y"} and kids["x"]["properties"]["lazuli.reuse"] == "Ran: no earlier run of this step has completed.", "the first pipeline ran its first step, and says why")
again = run(chain(lr=0.5))
kids = children(again.name)
check(all(k["properties"].get("azureml.isreused") == "true" for k in kids.values()), "the second takes both steps from the first")
t = pathlib.Path(tempfile.mkdtemp())
ml.jobs.download(again.name, download_path=t, output_name="final")
check(next(t.rglob("r.txt")).read_text() == "0.5", "a reused pipeline's output can be downloaded")
other = run(chain(lr=0.6))
kids = children(other.name)
check("input 'lr' differs" in kids["x"]["properties"]["lazuli.reuse"] and "0.5" in kids["x"]["properties"]["lazuli.reuse"], "a miss names what differs: " + kids["x"]["properties"]["lazuli.reuse"])
forced = chain(lr=0.5)
forced.settings.force_rerun = True
kids = children(run(forced).name)
check(all("azureml.isreused" not in k["properties"] for k in kids.values()), "force_rerun runs every step")
check(first.name in [j.name for j in ml.jobs.list()] and kids["x"]["runId"] not in [j.name for j in ml.jobs.list()], "jobs.list has pipelines and not their steps")
child = ml.jobs.get(kids["x"]["runId"])
check(child.status == "Completed", "a step is a job of its own")

# A named output becomes an asset of that name.
@dsl.pipeline(default_compute=CPU)
def registering():
    x = train(lr=0.7)
    x.outputs.out.name = "registered" + T
    x.outputs.out.version = "3"
    return {"final": x.outputs.out}


run(registering())
check(ml.data.get("registered" + T, "3").path.startswith("azureml://"), "a pipeline's named output is a data asset")

# Failures.
@dsl.pipeline(default_compute=CPU)
def failing():
    a = train(lr=0.1, fail="yes")
    b = show(inp=a.outputs.out)
    c = train(lr=0.9)
    c.name = "free"


j = run(failing(), ("Failed",))
try:
    ml.jobs.stream(j.name)
    check(False, "stream of a failed pipeline raises")
except Exception as error:
    check("told to fail" in str(error) or "failed steps" in str(error), "stream of a failed pipeline says which step failed")
p = failing()
p.settings.continue_on_step_failure = True
kids = children(run(p, ("Failed",)).name)
check(kids["free"]["status"] == "Completed" and "b" not in kids, "with continue_on_step_failure what does not depend on it finishes")

# A registered component, defaults, an optional input that nothing gives, a literal and a compute that are inputs of the
# pipeline, the queue of one step, and what another SDK's node may have besides.
registered = ml.components.create_or_update(steps("registered" + T).component)
check(registered.version and ml.components.get(registered.name, registered.version).version == registered.version, "a component knows its version: " + str(registered.version))


@dsl.pipeline()
def given(where: str, rate: float = 0.25, word: str = None):
    x = ml.components.get(registered.name, registered.version)(lr=rate, log=word)
    x.compute = where
    x.queue_settings = QueueSettings(job_tier="premium", priority="low")
    y = show(inp=x.outputs.out)
    y.compute = where
    y.outputs.res = Output(type="uri_folder", path="azureml://datastores/workspaceblobstore/paths/own" + T + "/")
    return {"final": y.outputs.res}


job = given(where=CPU)
job.settings.default_datastore = "workspaceblobstore"
job = run(job)
kids = children(job.name)
x = ml.jobs.get(kids["x"]["runId"])
check(x.compute.endswith(CPU) and x.queue_settings.job_tier.lower() == "premium", "a step's compute is an input of its pipeline; its queue is the node's")
check(kids["x"]["parameters"] == {"lr": "0.25"}, "defaults are filled in, and an optional input that nothing gives is left out: " + str(kids["x"]["parameters"]))
check(kids["x"]["properties"].get("azureml.moduleid", "").endswith(f"/components/{registered.name}/versions/{registered.version}"), "a registered component is the step's")
t = pathlib.Path(tempfile.mkdtemp())
ml.jobs.download(job.name, download_path=t, output_name="final")
check(next(t.rglob("r.txt")).read_text() == "0.25" and ml.jobs.get(job.name).outputs["final"].path.endswith("own" + T + "/"), "an output is promoted, and lies where its node says")

# A pipeline in a pipeline.
@dsl.pipeline()
def inner(rate: float = 1.0, word: str = "w"):
    n = train(lr=rate)
    return {"so": n.outputs.out}


@dsl.pipeline(default_compute=CPU)
def outer():
    z = inner(rate=3.5)
    s = show(inp=z.outputs.so)
    return {"final": s.outputs.res}


j = run(outer())
kids = children(j.name)
check(set(kids) == {"z", "s"} and set(children(kids["z"]["runId"])) == {"n"}, "a pipeline in a pipeline has runs of its own")
t = pathlib.Path(tempfile.mkdtemp())
ml.jobs.download(j.name, download_path=t, output_name="final")
check(next(t.rglob("r.txt")).read_text() == "3.5", "its output reaches the outer pipeline's")

# Control flow. A control output is what the step writes into its file.
decide = load_component(source=src("""
name: decide
type: command
inputs: {count: {type: integer, default: 0}, limit: {type: integer, default: 3}}
outputs: {go: {type: boolean, is_control: true}, next: {type: integer, is_control: true}}
command: >-
  echo -n $(( ${{inputs.count}} + 1 )) > ${{outputs.next}};
  if [ $(( ${{inputs.count}} + 1 )) -lt ${{inputs.limit}} ]; then echo -n true > ${{outputs.go}}; else echo -n false > ${{outputs.go}}; fi
environment: azureml:%s
""" % (env.name + ":" + env.version), "c.yml") / "c.yml")


@dsl.pipeline(default_compute=CPU)
def choosing(limit: int):
    d = decide(count=0, limit=limit)
    yes = train(lr=1.0)
    no = train(lr=2.0)
    condition(condition=d.outputs.go, true_block=yes, false_block=no)


kids = children(run(choosing(limit=5)).name)
check("yes" in kids and "no" not in kids, "if-else takes the true branch")
kids = children(run(choosing(limit=1)).name)
check("no" in kids and "yes" not in kids, "if-else takes the false branch")


@dsl.pipeline()
def body(count: int, limit: int):
    d = decide(count=count, limit=limit)
    return {"go": d.outputs.go, "next": d.outputs.next}


@dsl.pipeline(default_compute=CPU)
def looping():
    w = body(count=0, limit=3)
    do_while(body=w, mapping={w.outputs.next: w.inputs.count}, condition=w.outputs.go, max_iteration_count=10)


j = run(looping())
import requests
tok = cred().get_token("https://management.azure.com/.default").token
ws = f"/subscriptions/{SUB}/resourceGroups/{RG}/providers/Microsoft.MachineLearningServices/workspaces/{WS}"
rounds = requests.get(f"https://{LOC}.api.azureml.ms/history/v1.0{ws}/runs/{j.name}/children", headers={"Authorization": "Bearer " + tok}).json()["value"]
check(len(rounds) == 3, f"do-while ran its body {len(rounds)} times of 3")


@dsl.pipeline(default_compute=CPU)
def fanning():
    f = train(lr=1.0)
    parallel_for(body=f, items=[{"lr": 1.5}, {"lr": 2.5}])


j = run(fanning())
rounds = requests.get(f"https://{LOC}.api.azureml.ms/history/v1.0{ws}/runs/{j.name}/children", headers={"Authorization": "Bearer " + tok}).json()["value"]
check(sorted(r["parameters"]["lr"] for r in rounds) == ["1.5", "2.5"], "parallel-for ran its body for each item")

# Sweeps.
def sweep(space, **kw):
    base = command(code=str(code), command="python train.py --lr ${{inputs.lr}} --log yes", environment=env, inputs={"lr": 0.1}, compute=CPU)
    limits = {"max_total_trials": kw.pop("trials"), "max_concurrent_trials": 2}
    s = base(**space).sweep(primary_metric="acc", goal="Maximize", **kw)
    s.set_limits(timeout=600, **limits)
    s.experiment_name = "sweeps"
    return wait_job(ml, ml.jobs.create_or_update(s).name)


s = sweep({"lr": Choice([0.1, 0.3, 0.9])}, sampling_algorithm="grid", trials=10)
best = s.properties["best_child_run_id"]
kids = children(s.name)
check(len(kids) == 3 and ml.jobs.get(best).properties is not None, "a grid has each combination once")
check([k["parameters"]["lr"] for k in kids.values() if k["runId"] == best] == ["0.3"], "the best child run is the best")
ml.jobs.download(s.name, download_path=pathlib.Path(tempfile.mkdtemp()))
check(True, "a sweep's download is its best trial's")
s = sweep({"lr": QUniform(0.1, 0.9, 0.1)}, sampling_algorithm="bayesian", trials=4)
check(len(children(s.name)) == 4, "a Bayesian sweep ran")
s = sweep({"lr": Uniform(0.1, 0.9)}, sampling_algorithm="random", trials=3, early_termination_policy=BanditPolicy(slack_factor=0.1, evaluation_interval=1))
check(len(children(s.name)) == 3, "a random sweep with a bandit policy ran")


@dsl.pipeline(default_compute=CPU)
def sweeping():
    t = train(log="yes")
    n = t.sweep(primary_metric="acc", goal="maximize", sampling_algorithm="grid", search_space=None) if False else train(lr=Choice([0.2, 0.3]), log="yes").sweep(primary_metric="acc", goal="maximize", sampling_algorithm="grid")
    n.set_limits(max_total_trials=4, max_concurrent_trials=2)
    n.name = "tune"
    show(inp=n.outputs.out)


kids = children(run(sweeping()).name)
check(kids["tune"]["properties"].get("best_child_run_id") is not None, "a sweep as a step of a pipeline names its best trial")

# Cancel of the tree.
slow = command(name="slow" + T, command="sleep 300", environment=env)


@dsl.pipeline(default_compute=CPU)
def endless():
    a = slow()


p = ml.jobs.create_or_update(endless(), experiment_name="pipelines")
until = time.time() + 60
while not any(k["status"] == "Running" for k in children(p.name).values()):
    check(time.time() < until, "the step of a pipeline to cancel runs") if time.time() >= until else time.sleep(0.5)
ml.jobs.begin_cancel(p.name).result(timeout=60)
wait_job(ml, p.name, ("Canceled",))
check(all(k["status"] == "Canceled" for k in children(p.name).values()), "cancelling a pipeline cancels its steps")
