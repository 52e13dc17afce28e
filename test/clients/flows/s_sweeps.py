"""s. Sweeps clause by clause: each distribution, grid, random by seed and Sobol, Bayesian, early termination with delay and interval, limits, best child, no metric, cancel."""
from _common import *
from azure.ai.ml import command, Input, Output
from azure.ai.ml.entities import Environment
from azure.ai.ml.sweep import (
    BanditPolicy, BayesianSamplingAlgorithm, Choice, GridSamplingAlgorithm, LogNormal, LogUniform, MedianStoppingPolicy, Normal, QLogNormal,
    QLogUniform, QNormal, QUniform, Randint, RandomSamplingAlgorithm, TruncationSelectionPolicy, Uniform,
)
from azure.core.exceptions import HttpResponseError
import math, requests

ml = client()
T = RUNTAG
plain = ml.environments.create_or_update(Environment(image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", name="sp" + T))
logging_env = ml.environments.create_or_update(
    Environment(image="python:3.11-slim", name="se" + T, conda_file={"name": "pe", "dependencies": ["python=3.11", {"pip": ["mlflow-skinny<2.23", "azureml-mlflow"]}]})
)
# A good trial logs a few points and ends; a bad one goes on until somebody stops it.
code = src("""
import argparse, os, pathlib, time, mlflow
p = argparse.ArgumentParser()
p.add_argument("--x", type=float); p.add_argument("--out"); p.add_argument("--endless")
a = p.parse_args()
for step in range(600 if a.endless and a.x < 0.5 else 8):
    mlflow.log_metric("acc", a.x, step=step)
    time.sleep(0.3)
if a.out:
    pathlib.Path(a.out, "x.txt").write_text(str(a.x))
""")


def get(path):
    token = cred().get_token("https://management.azure.com/.default").token
    workspace = f"/subscriptions/{SUB}/resourceGroups/{RG}/providers/Microsoft.MachineLearningServices/workspaces/{WS}"
    answer = requests.get(f"https://{LOC}.api.azureml.ms{path.format(ws=workspace)}", headers={"Authorization": "Bearer " + token})
    answer.raise_for_status()
    return answer.json()


def trials(job):
    return sorted(get(f"/history/v1.0{{ws}}/runs/{job.name}/children")["value"], key=lambda each: int(each["runId"].rsplit("_", 1)[1]))


def values(job):
    return [each["parameters"] for each in trials(job)]


def begun(space, sampling_algorithm, cmd, env=plain, limits={}, outputs={}, **kw):
    base = command(command=cmd, environment=env, inputs={name: 0.5 for name in space}, outputs=outputs, compute=CPU, **({"code": str(code)} if env is logging_env else {}))
    job = base(**space).sweep(**{"primary_metric": "acc", "goal": "Maximize", "sampling_algorithm": sampling_algorithm, **kw})
    job.set_limits(**{"timeout": 900, "max_total_trials": 4, "max_concurrent_trials": 2, **limits})
    job.experiment_name = "s_sweeps"
    return ml.jobs.create_or_update(job)


def ended(job, *want):
    return wait_job(ml, job.name, want or ("Completed",))


def swept(*a, want=("Completed",), **kw):
    return ended(begun(*a, **kw), *want)


def whole(value, q):
    return abs(float(value) / q - round(float(value) / q)) < 1e-9


# Every distribution at once, by a seed.
space = {
    "choice": Choice(["a", "b", 3]), "randint": Randint(5), "uniform": Uniform(1, 2), "quniform": QUniform(0, 10, 0.5),
    "loguniform": LogUniform(-3, 0), "qloguniform": QLogUniform(0, 3, 2), "normal": Normal(100, 1), "qnormal": QNormal(50, 5, 5),
    "lognormal": LogNormal(0, 1), "qlognormal": QLogNormal(1, 1, 0.25),
}
echo = "echo " + " ".join(f"${{{{search_space.{name}}}}}" for name in space)
going = [
    begun(space, RandomSamplingAlgorithm(seed=7), echo),
    begun(space, RandomSamplingAlgorithm(seed=7), echo),
    begun(space, RandomSamplingAlgorithm(seed=8), echo),
    begun({"u": Uniform(0, 1), "v": Uniform(0, 1)}, RandomSamplingAlgorithm(rule="sobol", seed=3), "echo ${{search_space.u}} ${{search_space.v}}"),
    begun({"a": Choice([1, 2]), "b": Choice(["x", "y", "z"])}, "grid", "echo ${{search_space.a}} ${{search_space.b}}", limits={"max_total_trials": 100}),
    begun({"a": Choice([1, 2]), "b": Choice(["x", "y", "z"])}, GridSamplingAlgorithm(), "echo ${{search_space.a}}", limits={"max_total_trials": 2}),
]
first, again, other, sobol, grid, few = [ended(each) for each in going]
check(len(values(first)) == 4 and values(first) == values(again) != values(other), "a seed's samples are the same each time, another's are others")
for name, holds in {
    "choice": lambda v: v in ("a", "b", "3"), "randint": lambda v: v in "01234", "uniform": lambda v: 1 <= float(v) <= 2,
    "quniform": lambda v: 0 <= float(v) <= 10 and whole(v, 0.5), "loguniform": lambda v: math.exp(-3) <= float(v) <= 1, "qloguniform": lambda v: float(v) <= 20 and whole(v, 2),
    "normal": lambda v: 90 < float(v) < 110, "qnormal": lambda v: 0 < float(v) < 100 and whole(v, 5), "lognormal": lambda v: float(v) > 0, "qlognormal": lambda v: float(v) >= 0 and whole(v, 0.25),
}.items():
    seen = [each[name] for each in values(first) + values(other)]
    check(all(holds(each) for each in seen) and len(set(seen)) > 1, f"{name}: {seen}")
check(all({int(float(each[name]) * 4) for each in values(sobol)} == {0, 1, 2, 3} for name in "uv"), "four samples of Sobol lie in four quarters: " + str([each["u"] for each in values(sobol)]))
check(sorted((each["a"], each["b"]) for each in values(grid)) == [(a, b) for a in "12" for b in "xyz"], "a grid has each combination once")
check(len(values(few)) == 2, "and no more trials than its limit")

# Without the metric there is no best child, and it says so.
details = get(f"/history/v1.0{{ws}}/runs/{few.name}/details")
check("best_child_run_id" not in (few.properties or {}) and "primary metric 'acc'" in str(details["warnings"]), "no metric: Completed, a warning, no best child")

# The best child, its output, and Bayesian samples.
best = swept({"x": Choice([0.3, 0.9, 0.6])}, BayesianSamplingAlgorithm(), "python train.py --x ${{search_space.x}} --out ${{outputs.out}}", env=logging_env, limits={"max_total_trials": 5}, outputs={"out": Output(type="uri_folder")})
top = max(values(best), key=lambda each: float(each["x"]))["x"]
child = ml.jobs.get(best.properties["best_child_run_id"])
check(child.status == "Completed" and [each["parameters"]["x"] for each in trials(best) if each["runId"] == child.name] == [top], "the best child is the one with the best value: " + top)
to = pathlib.Path(tempfile.mkdtemp())
ml.jobs.download(best.name, download_path=to, output_name="out")
check(next(to.rglob("x.txt")).read_text() == top, "a sweep's output is its best child's")
least = swept({"x": Choice([0.3, 0.9])}, "grid", "python train.py --x ${{search_space.x}}", env=logging_env, goal="minimize")
check(values(least)[int(least.properties["best_child_run_id"].rsplit("_", 1)[1])]["x"] == "0.3", "minimize: the least is the best")

# Early termination: the good trial stays, the bad one would never end by itself.
policies = (
    BanditPolicy(slack_factor=0.2, evaluation_interval=2, delay_evaluation=5),
    BanditPolicy(slack_amount=0.3, evaluation_interval=1),
    MedianStoppingPolicy(evaluation_interval=1, delay_evaluation=3),
    TruncationSelectionPolicy(truncation_percentage=50, evaluation_interval=1, delay_evaluation=3),
)
command_of_both = "python train.py --x ${{search_space.x}} --endless yes"
for pair in (policies[:2], policies[2:]):
    # As many as the cluster has nodes for: the worse trial waits for the better one.
    going = [(each, begun({"x": Choice([0.9, 0.1])}, "grid", command_of_both, env=logging_env, early_termination_policy=each)) for each in pair]
    for policy, job in going:
        name = f"{policy.type} {vars(policy).get('slack_amount') or ''}".strip()
        job = ended(job)
        good, bad = trials(job)
        said = str(get(f"/history/v1.0{{ws}}/runs/{bad['runId']}/details")["warnings"])
        points = len(get(f"/mlflow/v2.0{{ws}}/api/2.0/mlflow/metrics/get-history?run_id={bad['runId']}&metric_key=acc")["metrics"])
        check(good["status"] == "Completed" and bad["status"] == "Canceled" and "early termination policy" in said, f"{name}: stopped the worse trial")
        check(policy.delay_evaluation <= points < 600, f"{name}: not before {policy.delay_evaluation} points; it had {points}")
        check(job.properties["best_child_run_id"] == good["runId"], f"{name}: the best child")

# Limits.
job = begun({"x": Choice([1, 2, 3, 4])}, "grid", "sleep 3; echo ${{search_space.x}}", limits={"max_concurrent_trials": 1})
most = 0
while ml.jobs.get(job.name).status not in ("Completed", "Failed", "Canceled"):
    most = max(most, sum(each["status"] not in ("Completed", "Failed", "Canceled") for each in trials(job)))
    time.sleep(0.3)
check(most == 1 and len(trials(job)) == 4, "no more trials at once than may be")
# The SDK sends whole minutes.
trial = begun({"x": Choice([300, 301])}, "grid", "sleep ${{search_space.x}}", limits={"trial_timeout": 60})
late = begun({"x": Choice([0, 300])}, "grid", "sleep ${{search_space.x}}", limits={"timeout": 60, "max_concurrent_trials": 2})
ended(late)
check([each["status"] for each in trials(late)] == ["Completed", "Canceled"], "a sweep's timeout stops what still runs")
check("timeout of 60 s" in str(get(f"/history/v1.0{{ws}}/runs/{late.name}/details")["warnings"]), "and says so")
trial = ended(trial)
said = str(get(f"/history/v1.0{{ws}}/runs/{trials(trial)[0]['runId']}/details")["warnings"])
check([each["status"] for each in trials(trial)] == ["Canceled", "Canceled"] and "timeout of 60 seconds" in said, "a trial's timeout stops it")

# Failures, cancel, refusals.
job = swept({"x": Choice([1, 2])}, "grid", "echo broken ${{search_space.x}}; exit 3", want=("Failed",))
try:
    ml.jobs.stream(job.name)
    check(False, "a failed sweep's stream raises")
except Exception as error:
    check("None of the 2 trials completed" in str(error) and "code 3" in str(error), "a sweep whose trials fail says how")
job = begun({"x": Choice([300, 301])}, "grid", "sleep ${{search_space.x}}")
until = time.time() + TIMEOUT
while not any(each["status"] == "Running" for each in trials(job)):
    check(time.time() < until, "a trial runs") if time.time() >= until else time.sleep(0.5)
ml.jobs.begin_cancel(job.name).result(timeout=TIMEOUT)
wait_job(ml, job.name, ("Canceled",))
check({each["status"] for each in trials(job)} == {"Canceled"}, "cancelling a sweep cancels its trials")
for what, asked, says in (
    ("a grid of numbers", ({"x": Uniform(0, 1)}, "grid", "true"), "Grid sampling is for choices alone"),
    ("a Bayesian logarithm", ({"x": LogUniform(0, 1)}, "bayesian", "true"), "Bayesian sampling is for choice"),
    ("a bandit without slack", ({"x": Choice([1])}, "grid", "true", plain, {}, {}), "slack"),
):
    try:
        begun(*asked, **({"early_termination_policy": BanditPolicy(evaluation_interval=1)} if "bandit" in what else {}))
        check(False, what + " must be refused")
    except HttpResponseError as error:
        check(says in str(error), f"{what} is refused")
