"""q. Command jobs further: distributions and nodes with their logs in the stream, modes of inputs and outputs, registered outputs, services, queue settings, likely causes."""
from _common import *
from azure.ai.ml import command, Input, Output, MpiDistribution, PyTorchDistribution, TensorFlowDistribution
from azure.ai.ml.entities import Environment, JupyterLabJobService, QueueSettings, AmlCompute
from azure.ai.ml.exceptions import JobException
from azure.core.exceptions import HttpResponseError
import contextlib, io, json, re
ml=client(); T=RUNTAG; store="azureml://datastores/workspaceblobstore/paths/"
env=ml.environments.create_or_update(Environment(name="envq"+T,image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04")); E=f"{env.name}:{env.version}"
pool=ml.compute.begin_create_or_update(AmlCompute(name="q"+T,size="Standard_DS2_v2",min_instances=0,max_instances=3)).result(timeout=TIMEOUT); C=pool.name
def mk(cmd,**kw): return command(command=cmd,environment=E,compute=C,experiment_name="q_command",**kw)
def run(cmd,**kw): return wait_job(ml,ml.jobs.create_or_update(mk(cmd,**kw)).name)
def logs(name):
    t=pathlib.Path(tempfile.mkdtemp()); ml.jobs.download(name,download_path=t,all=True); return {p.name:p.read_text() for p in t.rglob("*") if p.is_file()}
def streamed(job):
    b=io.StringIO()
    with contextlib.redirect_stdout(b): ml.jobs.stream(job.name)
    return b.getvalue()
j=ml.jobs.create_or_update(mk("sleep 4; echo rank $RANK of $WORLD_SIZE on $NODE_RANK",instance_count=2,distribution=PyTorchDistribution(process_count_per_instance=2)))
out=streamed(j); check("Streaming user_logs/std_log_process_00.txt" in out and "rank 0 of 4 on 0" in out,"the stream shows the first process")
f=logs(j.name); check([f[f"std_log_process_0{r}.txt"] for r in range(4)]==[f"rank {r} of 4 on {r//2}\n" for r in range(4)],"four ranks on two nodes, a log each")
f=logs(run("echo $TF_CONFIG",instance_count=2,distribution=TensorFlowDistribution(worker_count=2)).name); c=json.loads(f["std_log_process_01.txt"]); check(c["task"]=={"type":"worker","index":1} and len(c["cluster"]["worker"])==2,"TF_CONFIG "+str(c["task"]))
f=logs(run("echo node $NODE_RANK",instance_count=3).name); check(f["std_log_process_02.txt"]=="node 2\n","three nodes without a distribution")
def fails(says,cmd,**kw):
    j=ml.jobs.create_or_update(mk(cmd,**kw)); wait_job(ml,j.name,("Failed",))
    try: ml.jobs.stream(j.name); check(False,"a failed job's stream must raise")
    except JobException as e: check(re.search(says,str(e),re.S),f"failure says {says}")
fails("code 7.*broken","if [ $RANK = 1 ]; then echo broken; exit 7; fi; sleep 200",distribution=PyTorchDistribution(process_count_per_instance=2))
import shutil
if shutil.which("mpirun"): check(sorted(logs(run("echo rank $RANK",distribution=MpiDistribution(process_count_per_instance=2)).name)["std_log_process_00.txt"].split())==["0","1","rank","rank"],"two ranks of MPI")
else: fails("Mpi needs .{1,2}mpirun","true",distribution=MpiDistribution(process_count_per_instance=2))
fails("Likely cause.*nosuchmodule","python -c 'import nosuchmodule'")
try: ml.jobs.create_or_update(mk("true",instance_count=4)); check(False,"must be refused")
except HttpResponseError as e: check("4 nodes" in str(e),"more nodes than the compute has are refused")
d=src("a,b\n","one.csv"); (d/"MLTable").write_text("paths:\n  - file: ./one.csv\n"); (d/"other.txt").write_text("x")
j=run("ls ${{inputs.t}}; echo ${{inputs.d}}; echo ${{inputs.flag}} ${{inputs.n}}; echo new > ${{inputs.w}}/new.txt; echo ${{outputs.own}}; echo made > ${{outputs.out}}/r.txt",
  inputs={"t":Input(type="mltable",path=str(d),mode="eval_mount"),"d":Input(type="uri_folder",path=store+"q/",mode="direct"),"w":Input(type="uri_folder",path=str(src("first","first.txt")),mode="rw_mount"),"flag":True,"n":3},
  outputs={"own":Output(type="uri_folder",mode="direct"),"out":Output(type="uri_folder",mode="rw_mount",name="made"+T,version="4")})
text=logs(j.name)["std_log.txt"].splitlines(); check(text[0]=="one.csv" and text[1].startswith("azureml://") and text[2]=="True 3" and text[3].startswith("azureml://"),"modes: "+str(text))
check(ml.data.get("made"+T,version="4").path,"registered output")
j2=run("cat ${{inputs.w}}/new.txt",inputs={"w":Input(type="uri_folder",path=j.inputs["w"].path)}); check(logs(j2.name)["std_log.txt"]=="new\n","what was written to an input is stored")
j=run("true",services={"lab":JupyterLabJobService()}); s=ml.jobs.get(j.name).services["lab"]; check(s.status=="Failed","a service says that it can't be reached")
job=mk("true"); job.queue_settings=QueueSettings(job_tier="premium",priority="high"); check(wait_job(ml,ml.jobs.create_or_update(job).name).status=="Completed","queue settings")
ml.compute.begin_delete(C).result(timeout=TIMEOUT)
