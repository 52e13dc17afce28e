"""r. Parallel jobs: files and tables in mini-batches, rows and files put out, partition keys, retries, timeouts, thresholds, shutdown."""
from _common import *
from azure.ai.ml import Input, Output, dsl, load_component
from azure.ai.ml.parallel import parallel_run_function, RunFunction
from azure.ai.ml.entities import Environment
from azure.core.exceptions import HttpResponseError

ml = client()
T = RUNTAG
env = ml.environments.create_or_update(
    Environment(name="envr" + T, image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04", conda_file={"name": "r", "dependencies": ["python=3.11", {"pip": ["pandas<3"]}]})
)
code = src("""
import argparse, os, pathlib, time
from azureml_user.parallel_run import EntryScript

parser = argparse.ArgumentParser()
parser.add_argument("--mode", default="good")
parser.add_argument("--factor", type=int, default=1)
parser.add_argument("--out")

def init():
    global asked
    asked = parser.parse_known_args()[0]
    EntryScript().logger.info("init of %s", EntryScript().agent_name)

def run(mini_batch, context):
    print("batch", context.minibatch_index, len(mini_batch))
    if hasattr(mini_batch, "assign"):
        return mini_batch.assign(twice=mini_batch["x"] * 2)
    if context.partition_key_value:
        return ["%s %d" % (context.partition_key_value["day"], len(mini_batch))]
    rows = []
    for path in map(pathlib.Path, mini_batch):
        number = int(path.read_text())
        tried = pathlib.Path("tried-%d" % number)
        if asked.mode == "flaky" and number % 2 and not tried.exists():
            tried.touch()
            raise ValueError("the first try of %d" % number)
        if asked.mode == "slow" and number == 3 and not tried.exists():
            tried.touch()
            time.sleep(600)
        if asked.mode == "bad" and number == 3:
            raise ValueError("three is bad")
        if asked.mode == "skips" and number == 3:
            continue
        if asked.out:
            pathlib.Path(asked.out, "%d.txt" % number).write_text(str(number * asked.factor))
        rows.append(number * asked.factor)
    return rows

def shutdown():
    print("shutdown")
""", "score.py")
numbers = pathlib.Path(tempfile.mkdtemp())
for number in range(7):
    (numbers / f"{number}.txt").write_text(str(number))
data = Input(type="uri_folder", path=str(numbers), mode="ro_mount")


def step(name, more={}, kind="uri_folder", out="uri_file", arguments="", **kw):
    """A parallel component over the input `data`, whose rows go to the output `rows`."""
    return parallel_run_function(
        name=name + T, display_name=name,
        inputs={"data": Input(type=kind), "mode": Input(type="string", default="good"), **more}, outputs={"rows": Output(type=out)}, input_data="${{inputs.data}}",
        task=RunFunction(code=str(code), entry_script="score.py", environment=env, program_arguments="--mode ${{inputs.mode}} " + arguments, **({} if arguments.startswith("--out") else {"append_row_to": "${{outputs.rows}}"})),
        **{"mini_batch_size": "2", "max_concurrency_per_instance": 2, "is_deterministic": False, **kw},
    )


def submitted(node, want="Completed", **inputs):
    @dsl.pipeline(default_compute=CPU)
    def one():
        all = node(**{"data": data, **inputs})
        return {"rows": all.outputs.rows}

    job = ml.jobs.create_or_update(one(), experiment_name="r_parallel")
    return wait_job(ml, job.name, (want,))


def output(job):
    """The files of the job's output by name."""
    to = pathlib.Path(tempfile.mkdtemp())
    ml.jobs.download(job.name, download_path=to, output_name="rows")
    return {each.name: each.read_text() for each in to.rglob("*") if each.is_file()}


def rows(job):
    (text,) = output(job).values()
    return sorted(text.split("\n")[:-1])


def logs(job):
    """The files that the job's only step left, by their path from `logs/` on."""
    child = next(iter(ml.jobs.list(parent_job_name=job.name)))
    to = pathlib.Path(tempfile.mkdtemp())
    ml.jobs.download(child.name, download_path=to, all=True)
    return {str(each).split("/logs/", 1)[-1]: each.read_text() for each in to.rglob("*") if each.is_file()}


def failure(job):
    try:
        ml.jobs.stream(next(iter(ml.jobs.list(parent_job_name=job.name))).name)
    except Exception as error:
        return str(error)
    return ""


# Files.
job = submitted(step("files", {"factor": Input(type="integer", default=1)}, arguments="--factor ${{inputs.factor}}"), factor=10)
check(rows(job) == ["0", "10", "20", "30", "40", "50", "60"], "each file once, its row appended: " + str(rows(job)))
left = logs(job)
begun = [line for name, text in left.items() if name.startswith("user/stdout/") for line in text.split("\n") if line.startswith("batch")]
check(len(begun) == 4 and begun.count("shutdown") == 0 and {each.split()[1] for each in begun} == {"0", "1", "2", "3"}, "mini-batches of two files: " + str(sorted(begun)))
# One process may have done all before the other was there.
check(all("shutdown" in text for name, text in left.items() if name.startswith("user/stdout/") and "batch" in text), "shutdown() in each process that had a mini-batch")
check(any("init of process00" in text for name, text in left.items() if name.startswith("user/entry_script_log/")), "EntryScript's log")
job = submitted(step("nofiles", out="uri_folder", arguments="--out ${{outputs.rows}}", mini_batch_size="3"))
check(output(job) == {f"{n}.txt": str(n) for n in range(7)}, "files put out by the script")

# Tables.
table = pathlib.Path(tempfile.mkdtemp())
(table / "a.csv").write_text("x,y\n" + "".join(f"{n},{n}\n" for n in range(100)))
(table / "MLTable").write_text("paths:\n  - file: ./a.csv\ntransformations:\n  - read_delimited:\n      delimiter: ','\n      header: all_files_same_headers\n")
job = submitted(step("table", kind="mltable", mini_batch_size="100"), data=Input(type="mltable", path=str(table), mode="direct"))
check(sorted(int(row.split()[-1]) for row in rows(job)) == [2 * n for n in range(100)], "a table comes as frames, and every row goes out once")
folders = pathlib.Path(tempfile.mkdtemp())
for day, count in (("mo", 3), ("tu", 2)):
    (folders / f"day={day}").mkdir()
    for at in range(count):
        (folders / f"day={day}" / f"{at}.txt").write_text("1")
job = submitted(step("keys", mini_batch_size=None, partition_keys=["day"]), data=Input(type="uri_folder", path=str(folders), mode="ro_mount"))
check(rows(job) == ["mo 3", "tu 2"], "partition keys: one mini-batch a key")

# Tried again.
job = submitted(step("flaky", mini_batch_size="1", retry_settings={"max_retries": 2, "timeout": 60}), mode="flaky")
check(rows(job) == [str(n) for n in range(7)], "what failed was tried again, and its row stands there once")
job = submitted(step("slow", mini_batch_size="1", retry_settings={"max_retries": 1, "timeout": 5}), mode="slow")
check(rows(job) == [str(n) for n in range(7)], "a run() beyond its timeout was stopped and tried again")

# Thresholds.
said = failure(submitted(step("bad", mini_batch_size="1", mini_batch_error_threshold=0, retry_settings={"max_retries": 0, "timeout": 60}), "Failed", mode="bad"))
check("1 mini-batches have failed" in said, "more mini-batches failed than may")
job = submitted(step("lenient", mini_batch_size="1", mini_batch_error_threshold=1, retry_settings={"max_retries": 0, "timeout": 60}), mode="bad")
check(rows(job) == ["0", "1", "2", "4", "5", "6"], "as many failed as may: the rest is there")
said = failure(submitted(step("items", mini_batch_size="3", error_threshold=0), "Failed", mode="skips"))
check("1 items have failed" in said, "more items failed than may")
job = submitted(step("item", mini_batch_size="3", error_threshold=1), mode="skips")
check(rows(job) == ["0", "1", "2", "4", "5", "6"], "an item that run() did not return counts as failed")

# Refused before anything runs.
try:
    submitted(step("wrong", error_threshold=-2))
    check(False, "must be refused")
except HttpResponseError as error:
    check("error_threshold is a whole number from -1" in str(error), "a threshold below -1 is refused")
