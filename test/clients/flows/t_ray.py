"""t. A Ray distribution on two nodes with the real ray; a job under another by parent_job_name."""
from _common import *
from azure.ai.ml import command, RayDistribution
from azure.ai.ml.entities import Environment

ml = client()
T = RUNTAG
IMAGE = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"
env = ml.environments.create_or_update(Environment(name="envt" + T, image=IMAGE, conda_file={"name": "ray", "dependencies": ["python=3.11", {"pip": ["ray"]}]}))
code = src("""
import ray
ray.init(address="auto")
print("nodes", len([node for node in ray.nodes() if node["Alive"]]))
@ray.remote
def square(x):
    return x * x
print("sum", sum(ray.get([square.remote(x) for x in range(10)])))
ray.shutdown()
import os, subprocess, sys
plain = {name: value for name, value in os.environ.items() if not name.startswith("RAY_AUTH_")}
print("stranger", subprocess.run([sys.executable, "-c", "import ray; ray.init(address='auto')"], env=plain, capture_output=True, timeout=120).returncode)
""")
job = ml.jobs.create_or_update(
    command(code=str(code), command="python train.py", environment=f"{env.name}:{env.version}", compute=CPU, instance_count=2, distribution=RayDistribution(include_dashboard=False))
)
check(isinstance(job.distribution, RayDistribution) and isinstance(ml.jobs.get(job.name).distribution, RayDistribution), "a Ray distribution is kept, and read back")
wait_job(ml, job.name)
to = pathlib.Path(tempfile.mkdtemp())
ml.jobs.download(job.name, download_path=to, all=True)
text = next(to.rglob("std_log_process_00.txt")).read_text()
check("nodes 2\n" in text and "sum 285\n" in text, "Ray's head has the other node, and they work")
check("stranger 1\n" in text, "who lacks the job's token does not get into its cluster")

plain = ml.environments.create_or_update(Environment(name="plaint" + T, image=IMAGE))
def mk(cmd, **kw): return command(command=cmd, environment=f"{plain.name}:{plain.version}", compute=CPU, experiment_name="t_ray", **kw)
parent = ml.jobs.create_or_update(mk("sleep 300"))
child = ml.jobs.create_or_update(mk("echo child", parent_job_name=parent.name))
wait_job(ml, child.name)
check([each.name for each in ml.jobs.list(parent_job_name=parent.name)] == [child.name], "a job under another is listed there")
late = ml.jobs.create_or_update(mk("sleep 300", parent_job_name=parent.name))
ml.jobs.begin_cancel(parent.name).result(timeout=TIMEOUT)
wait_job(ml, late.name, ("Canceled",))
check(ml.jobs.get(parent.name).status == "Canceled", "a parent that is cancelled takes its jobs along")
