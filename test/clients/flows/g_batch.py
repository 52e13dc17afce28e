"""g. Batch endpoints by azure-ai-ml: deployments of a model, of an MLflow model without code and of a pipeline component; default, invoke, jobs, stream, download."""
from _common import *
import io, json, contextlib, requests
from azure.ai.ml import Input, Output, command, load_component
from azure.ai.ml.constants import BatchDeploymentOutputAction
from azure.ai.ml.entities import BatchEndpoint, BatchRetrySettings, CodeConfiguration, Data, Environment, Model, ModelBatchDeployment, ModelBatchDeploymentSettings, PipelineComponentBatchDeployment
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
ml=client(); T=RUNTAG; b="be"+T
env=Environment(name="gb"+T,image="python:3.11-slim")
e=ml.batch_endpoints.begin_create_or_update(BatchEndpoint(name=b,description="d",tags={"a":"b"})).result(timeout=TIMEOUT)
check(e.scoring_uri==f"https://{b}.{LOC}.inference.ml.azure.com/jobs" and e.provisioning_state=="Succeeded" and e.auth_mode=="aad_token","batch endpoint "+e.scoring_uri)
check(e.defaults.deployment_name is None,"no default yet")

# a model with a script
m=src("3\n","factor.txt")
script=src('''
import glob, os
def init():
    global factor
    factor = int(open(glob.glob(os.environ["AZUREML_MODEL_DIR"] + "/*")[0]).read())
def run(mini_batch):
    print("scoring", len(mini_batch))
    return [os.path.basename(each) + " " + str(int(open(each).read()) * factor) for each in mini_batch]
''',"score.py")
model=ml.models.create_or_update(Model(path=str(m/"factor.txt"),name="gbm"+T))
def deployment(name,**kw):
    return ModelBatchDeployment(**{**dict(name=name,endpoint_name=b,model=model,environment=env,code_configuration=CodeConfiguration(code=str(script),scoring_script="score.py"),compute=CPU,
        settings=ModelBatchDeploymentSettings(instance_count=2,max_concurrency_per_instance=2,mini_batch_size=2,output_action=BatchDeploymentOutputAction.APPEND_ROW,output_file_name="predictions.csv",retry_settings=BatchRetrySettings(max_retries=3,timeout=30),logging_level="info")),**kw})
d=ml.batch_deployments.begin_create_or_update(deployment("scripted")).result(timeout=TIMEOUT)
check(d.name=="scripted" and d.provisioning_state=="Succeeded","deployment of a model with a script")
g=ml.batch_deployments.get("scripted",b); check(g.mini_batch_size==2 and g.output_file_name=="predictions.csv" and g.resources.instance_count==2 and g.retry_settings.timeout==30,"its settings come back")
try: ml.batch_endpoints.invoke(endpoint_name=b,input=Input(type="uri_folder",path="azureml://datastores/workspaceblobstore/paths/x")); check(False,"invoked without a default")
except HttpResponseError as error: check("no default deployment" in str(error),"without a default an invocation is refused")
e=ml.batch_endpoints.get(b); e.defaults.deployment_name="scripted"; e=ml.batch_endpoints.begin_create_or_update(e).result(timeout=TIMEOUT); check(e.defaults.deployment_name=="scripted","default deployment")
data=pathlib.Path(tempfile.mkdtemp())
for at in range(7): (data/f"{at}.txt").write_text(str(at))
j=ml.batch_endpoints.invoke(endpoint_name=b,input=Input(type="uri_folder",path=str(data))); check(j.name and j.status,"invoked with a local folder "+j.name)
said=io.StringIO()
with contextlib.redirect_stdout(said): ml.jobs.stream(j.name)
check("batchscoring" in said.getvalue() and "Execution Summary" in said.getvalue(),"jobs.stream follows it")
job=ml.jobs.get(j.name); check(job.status=="Completed" and job.type=="pipeline" and job.experiment_name==b,"jobs.get reads it as a pipeline")
def rows(name,folder="",file="predictions.csv",**kw):
    t=pathlib.Path(tempfile.mkdtemp()); ml.jobs.download(name=name,download_path=t,**kw); return sorted((t/folder/file).read_text().split("\n")[:-1])
want=[f"{at}.txt {at*3}" for at in range(7)]
check(rows(j.name,output_name="score")==want,"predictions by jobs.download of the job")
step=list(ml.jobs.list(parent_job_name=j.name))[0]; check(rows(step.name,"named-outputs/score",output_name="score")==want,"and of its step")
check(j.name in [x.name for x in ml.batch_endpoints.list_jobs(endpoint_name=b)],"endpoint's jobs"); check(j.name in [x.name for x in ml.batch_deployments.list_jobs(endpoint_name=b,name="scripted")],"deployment's jobs")
check([x.name for x in ml.batch_deployments.list(b)]==["scripted"] and b in [x.name for x in ml.batch_endpoints.list()],"deployments and endpoints are listed")
a=ml.data.create_or_update(Data(name="gbd"+T,type="uri_folder",path=str(data)))
j=ml.batch_endpoints.invoke(endpoint_name=b,deployment_name="scripted",inputs={"numbers":Input(type="uri_folder",path=f"azureml:{a.name}:{a.version}")},params_override=[{"mini_batch_size":1},{"output_file_name":"other.csv"},{"retry_settings.max_retries":1},{"compute.instance_count":1},{"output_dataset.datastore_id":"azureml:workspaceblobstore"},{"output_dataset.path":"batch/"+T}])
wait_job(ml,j.name); check(rows(j.name,file="other.csv",output_name="score")==want,"registered data, overrides, a place and a file name of one's own")
j=ml.batch_endpoints.invoke(endpoint_name=b,input=Input(type="uri_file",path=str(data/"5.txt")),outputs={"score":Output(type="uri_file",path=f"azureml://datastores/workspaceblobstore/paths/batch/{T}/five.csv")},job_name="mine"+T,experiment_name="of-mine")
check(wait_job(ml,j.name).experiment_name=="of-mine" and j.name=="mine"+T and rows(j.name,file="five.csv",output_name="score")==["5.txt 15"],"a file, an output that is a file, a name and an experiment of one's own")
try: ml.batch_endpoints.invoke(endpoint_name=b,deployment_name="nobody",input=Input(type="uri_folder",path=str(data))); check(False,"invoked a deployment that is not there")
except Exception as error: check("nobody" in str(error),"a deployment that is not there")
try: ml.batch_deployments.begin_create_or_update(deployment("bad",compute="no-such")).result(timeout=TIMEOUT); check(False,"deployed to a compute that is not there")
except HttpResponseError as error: check("no-such" in str(error),"a compute that is not there is refused: "+str(error)[:80])

# a component
hello=src('''$schema: https://azuremlschemas.azureedge.net/latest/pipelineComponent.schema.json
name: gb_hello_NAME
type: pipeline
inputs: {data: {type: uri_folder}, word: {type: string, default: hello}}
outputs: {said: {type: uri_folder}}
jobs:
  main_job:
    type: command
    inputs: {data: "${{parent.inputs.data}}", word: "${{parent.inputs.word}}"}
    outputs: {said: "${{parent.outputs.said}}"}
    component:
      type: command
      inputs: {data: {type: uri_folder}, word: {type: string}}
      outputs: {said: {type: uri_folder}}
      environment: {image: "python:3.11-slim"}
      command: echo ${{inputs.word}} $(ls ${{inputs.data}} | wc -l) > ${{outputs.said}}/said.txt
'''.replace("NAME",T),"hello.yml")
component=ml.components.create_or_update(load_component(hello/"hello.yml"))
d=ml.batch_deployments.begin_create_or_update(PipelineComponentBatchDeployment(name="component",endpoint_name=b,component=component,settings={"default_compute":CPU,"continue_on_step_failure":False})).result(timeout=TIMEOUT)
check(d.name=="component","deployment of a pipeline component")
j=ml.batch_endpoints.invoke(endpoint_name=b,deployment_name="component",inputs={"data":Input(type="uri_folder",path=str(data)),"word":Input(type="string",default="salut")})
wait_job(ml,j.name); check(rows(j.name,"named-outputs/said","said.txt",output_name="said")==["salut 7"],"its inputs, by data and by value, and its output")
check(len(list(ml.jobs.list(parent_job_name=j.name)))==1,"its steps are the job's children")

# an MLflow model brings its own script and environment
mm=src('''flavors:
  python_function:
    env: conda.yaml
    loader_module: model
    code: code
    python_version: 3.11.7
signature:
  inputs: '[{"name": "x", "type": "double"}, {"name": "name", "type": "string"}]'
''',"MLmodel")
(mm/"conda.yaml").write_text("channels: [conda-forge]\ndependencies:\n- python=3.11\n- pip\n- pip:\n  - mlflow-skinny\n  - pandas\n  - pyarrow\n")
(mm/"code").mkdir(); (mm/"code"/"model.py").write_text("class Doubles:\n    def predict(self, frame, params=None):\n        return frame['x'] * 2\ndef _load_pyfunc(path):\n    return Doubles()\n")
mlm=ml.models.create_or_update(Model(path=str(mm),name="gbf"+T,type="mlflow_model"))
ml.batch_deployments.begin_create_or_update(deployment("mlflow",model=mlm,environment=None,code_configuration=None)).result(timeout=TIMEOUT)
tables=pathlib.Path(tempfile.mkdtemp())
for at in range(2): (tables/f"{at}.csv").write_text("x,name\n"+"".join(f"{at}.{n},{n:03d}\n" for n in range(2)))
import pandas; pandas.DataFrame({"x":[2.0,2.1],"name":["000","001"]}).to_parquet(tables/"2.parquet")
j=ml.batch_endpoints.invoke(endpoint_name=b,deployment_name="mlflow",input=Input(type="uri_folder",path=str(tables))); wait_job(ml,j.name)
check(rows(j.name,output_name="score")==sorted(f"{n},{2*float(f'{at}.{n}')},{at}.{'parquet' if at==2 else 'csv'}" for at in range(3) for n in range(2)),"an MLflow model without code scores tables: row, prediction, file")

(tables/"MLTable").write_text("paths:\n- file: ./0.csv\n- file: ./1.csv\ntransformations:\n- read_delimited:\n    delimiter: ','\n- convert_column_types:\n  - columns: name\n    column_type: string\n")
j=ml.batch_endpoints.invoke(endpoint_name=b,deployment_name="mlflow",inputs={"table":Input(type="mltable",path=str(tables),mode="ro_mount")},params_override=[{"mini_batch_size":1}]); wait_job(ml,j.name)
check(rows(j.name,output_name="score")==sorted(f"0,{2*float(f'{at}.{n}')}" for at in range(2) for n in range(2)),"and the rows of an mltable, one a mini-batch")
ml.batch_deployments.begin_delete("mlflow",b).result(timeout=TIMEOUT); ml.batch_deployments.begin_delete("scripted",b).result(timeout=TIMEOUT)
check(ml.batch_endpoints.get(b).defaults.deployment_name is None,"a deleted deployment is nobody's default"); ml.batch_endpoints.begin_delete(b).result(timeout=TIMEOUT)
try: ml.batch_endpoints.get(b); check(False,"still there")
except ResourceNotFoundError: check(True,"deleted with its deployments")
