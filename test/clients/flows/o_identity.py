"""o. Identities inside jobs: DefaultAzureCredential and `az login --identity` act as the compute's identity, AzureMLOnBehalfOfCredential as who submitted the job."""
from _common import *
from azure.ai.ml import command
from azure.ai.ml.entities import AmlCompute, Environment, IdentityConfiguration, ManagedIdentityConfiguration, UserIdentityConfiguration
ml=client()
def pip(name,*packages):
    return ml.environments.create_or_update(Environment(name=name,image="python:3.11-slim",conda_file={"name":"x","channels":["conda-forge"],"dependencies":["python=3.11",{"pip":list(packages)}]}))
n="id"+RUNTAG
ml.compute.begin_create_or_update(AmlCompute(name=n,size="Standard_DS3_v2",min_instances=0,max_instances=1,identity=IdentityConfiguration(type="SystemAssigned"))).result(timeout=TIMEOUT)
principal=ml.compute.get(n).identity.principal_id; check(principal,"the cluster has an identity "+principal)
scope=f"/subscriptions/{SUB}/resourceGroups/{RG}"
r=arm("PUT",f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid.uuid4()}?api-version=2022-04-01",json={"properties":{"principalId":principal,"roleDefinitionId":f"{scope}/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"}}); check(r.status_code==201,"Reader on the group")
def run(env,script,**kw):
    j=ml.jobs.create_or_update(command(code=str(src(script,"ask.py")),command="python ask.py",environment=f"{env.name}:{env.version}",compute=n,experiment_name="identity",**kw))
    wait_job(ml,j.name,("Completed",)); t=pathlib.Path(tempfile.mkdtemp()); ml.jobs.download(j.name,download_path=t,all=True)
    return next(t.rglob("std_log.txt")).read_text()
sdk=pip("identity-sdk"+RUNTAG,"azure-identity==1.27.0","azure-ai-ml==1.35.2","azure-mgmt-resource==26.0.0")
READ="""
import os
from azure.mgmt.resource.resources import ResourceManagementClient
from azure.core.exceptions import HttpResponseError
groups=ResourceManagementClient(credential,os.environ["AZUREML_ARM_SUBSCRIPTION"]).resource_groups
import base64,json
claims=json.loads(base64.urlsafe_b64decode(credential.get_token("https://management.azure.com/.default").token.split(".")[1]+"==="))
print("OID",claims["oid"]); print("READ",groups.get(os.environ["AZUREML_ARM_RESOURCEGROUP"]).name)
try: print("MADE",groups.create_or_update("made-"+os.environ["AZUREML_RUN_ID"][:30],{"location":"eastus"}).name)
except HttpResponseError as e: print("REFUSED",e.error.code)
"""
out=run(sdk,"from azure.identity import DefaultAzureCredential\ncredential=DefaultAzureCredential()"+READ); check("OID "+principal in out and "READ "+RG in out,"DefaultAzureCredential is the cluster's identity and reads"); check("REFUSED AuthorizationFailed" in out,"... and may do no more than its role")
out=run(sdk,"from azure.identity import ManagedIdentityCredential\nimport os\ncredential=ManagedIdentityCredential(client_id=os.environ['DEFAULT_IDENTITY_CLIENT_ID'])"+READ,identity=ManagedIdentityConfiguration()); check("OID "+principal in out,"ManagedIdentityCredential by client id")
out=run(sdk,"from azure.ai.ml.identity import AzureMLOnBehalfOfCredential\ncredential=AzureMLOnBehalfOfCredential()"+READ,identity=UserIdentityConfiguration()); check("OID "+principal not in out and "MADE made-" in out,"AzureMLOnBehalfOfCredential acts for who submitted the job")
cli=pip("identity-az"+RUNTAG,"azure-cli==2.91.0")
AZ="""
import os,subprocess,sys
os.environ.update(AZURE_CONFIG_DIR=os.path.expanduser("~/az"),AZURE_CORE_COLLECT_TELEMETRY="no",AZURE_CORE_ONLY_SHOW_ERRORS="yes")
def az(*words):
    done=subprocess.run([sys.executable,"-m","azure.cli",*words],capture_output=True,text=True); print(" ".join(words[:2]),done.returncode,done.stdout.strip().replace("\\n"," "),done.stderr.strip()[-300:])
    return done
az("login","--identity","-o","none"); az("account","show","--query","user.assignedIdentityInfo","-o","tsv"); az("group","show","-n",os.environ["AZUREML_ARM_RESOURCEGROUP"],"--query","name","-o","tsv"); az("group","create","-n","made-by-az","-l","eastus","-o","none")
"""
out=run(cli,AZ); print(out)
check("login --identity 0" in out and "account show 0 MSI" in out,"az login --identity"); check(f"group show 0 {RG}" in out and "group create 1" in out and "does not have authorization" in out,"az may what the cluster's identity may")
ml.compute.begin_delete(n).result(timeout=TIMEOUT)
