"""q. Assets further: datastores of every kind and credential, connections of every kind, a feature store with a feature set, curated environments and a registry's assets in jobs, promotion back, lineage."""
from _common import *
from azure.ai.ml import MLClient, command, Input, load_component
from azure.ai.ml.entities import *
from azure.ai.ml.entities._credentials import *
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
ml=client(); T=RUNTAG
sa=ml.workspaces.get(WS).storage_account.split("/")[-1]
def put_store(d,kind):
    ml.datastores.create_or_update(d); g=ml.datastores.get(d.name,include_secrets=True); check(g.type.lower().endswith(kind) or kind in str(g.type).lower(),f"datastore {d.name} {g.type} {type(g.credentials).__name__}"); return g
g=put_store(AzureBlobDatastore(name="bs"+T,account_name=sa,container_name="azureml",credentials=SasTokenConfiguration(sas_token="?sv=1&sig=abc")),"blob"); check(g.credentials.sas_token.endswith("sig=abc"),"sas token kept")
g=put_store(AzureDataLakeGen2Datastore(name="g2"+T,account_name=sa,filesystem="azureml",credentials=ServicePrincipalConfiguration(tenant_id=TENANT,client_id=CLIENT_ID,client_secret="s3")),"gen2"); check(g.credentials.client_secret=="s3" and g.credentials.client_id==CLIENT_ID,"service principal kept")
g=put_store(AzureDataLakeGen2Datastore(name="gi"+T,account_name=sa,filesystem="azureml"),"gen2")
g=put_store(AzureFileDatastore(name="fk"+T,account_name=sa,file_share_name="share",credentials=AccountKeyConfiguration(account_key="a2V5")),"file"); check(g.credentials.account_key=="a2V5","file key kept")
for name,c in dict(pat=PatTokenConfiguration(pat="p"),up=UsernamePasswordConfiguration(username="u",password="p"),sas=SasTokenConfiguration(sas_token="s"),sp=ServicePrincipalConfiguration(tenant_id="t",client_id="c",client_secret="s"),ak=AccessKeyConfiguration(access_key_id="i",secret_access_key="s"),none=NoneCredentialConfiguration()).items():
    kind=dict(pat="git",up="python_feed",sas="azure_synapse_analytics" if False else "generic_container_registry",sp="azure_sql_db",ak="s3",none="git")[name]
    try: c2=ml.connections.create_or_update(WorkspaceConnection(name=f"c{name}{T}",type=kind,target="https://x.org",credentials=c)); check(ml.connections.get(c2.name).type==kind,f"connection {kind} by {name}")
    except ValueError as e: check(True,f"the SDK itself takes no {name} for {kind}")
c=ml.connections.create_or_update(AzureBlobStoreConnection(name="cb"+T,url="https://x.blob.core.windows.net/c",container_name="c",account_name=sa,credentials=AccountKeyConfiguration(account_key="k"))); check(c.name=="cb"+T,"blob store connection")
c=ml.connections.create_or_update(APIKeyConnection(name="ca"+T,api_base="https://x",api_key="key!")); check(ml.connections.get("ca"+T,populate_secrets=True).api_key=="key!","api key connection")
c=ml.connections.create_or_update(AzureOpenAIConnection(name="co"+T,azure_endpoint="https://x.openai.azure.com",api_key="k2",api_version="2024-01")); check([x.name for x in ml.connections.list(connection_type="azure_open_ai")]==["co"+T],"connections by type")
fs=ml.feature_stores.begin_create(FeatureStore(name="fq"+T,location=LOC)).result(timeout=TIMEOUT); fs=ml.feature_stores.get("fq"+T); check(fs.offline_store is not None and fs.offline_store.target,"feature store with its offline store "+str(fs.offline_store and fs.offline_store.target))
fc=client(ws="fq"+T); fc.feature_store_entities.begin_create_or_update(FeatureStoreEntity(name="acc",version="1",index_columns=[DataColumn(name="id",type=DataColumnType.STRING)])).result(timeout=TIMEOUT)
sp=pathlib.Path(tempfile.mkdtemp()); (sp/"FeatureSetSpec.yaml").write_text("source:\n  type: parquet\n  path: https://x.org/p.parquet\n  timestamp_column:\n    name: ts\nfeatures:\n  - name: amount\n    type: double\n    description: how much\n  - name: n\n    type: integer\nindex_columns:\n  - name: id\n    type: string\n")
s=fc.feature_sets.begin_create_or_update(FeatureSet(name="pay",version="1",entities=["azureml:acc:1"],specification=FeatureSetSpecification(path=str(sp)),tags={"a":"b"})).result(timeout=TIMEOUT); check(s.name=="pay" and s.specification.path,"feature set "+s.specification.path)
fl=[f.name for f in fc.feature_sets.list_features(feature_set_name="pay",version="1")]; check(fl==["amount","n"],"features of the set "+str(fl)); check(fc.feature_sets.get_feature("pay","1",feature_name="n").name=="n","feature get")
check([x.name for x in fc.feature_sets.list()]==["pay"] and [x.name for x in fc.feature_store_entities.list()]==["acc"],"feature lists"); fc.feature_sets.archive("pay","1"); check([x for x in fc.feature_sets.list("pay")]==[],"feature set archived"); fc.feature_sets.restore("pay","1")
try: fc.feature_sets.begin_backfill(name="pay",version="1",data_status=["None"]).result(timeout=TIMEOUT); check(False,"backfill must be refused")
except HttpResponseError as e: check("Spark" in str(e),"backfill refused by name")
ml.feature_stores.begin_delete("fq"+T,delete_dependent_resources=True).result(timeout=TIMEOUT)
az=MLClient(cred(),registry_name="azureml"); e=az.environments.get("sklearn-1.5",label="latest"); check(e.image and e.id.startswith("azureml://registries/azureml/"),"curated environment "+e.id); check("lightgbm-3.3" in [x.name for x in az.environments.list()],"curated list")
e=ml.environments.get("AzureML-sklearn-1.5",label="latest"); check(e.version,"curated in the workspace "+e.id)
try: az.environments.create_or_update(Environment(name="mine",version="1",image="x")); check(False,"must be refused")
except HttpResponseError as x: check(x.status_code==403,"the built-in registry is read-only")
def submit(env,**kw):
    j=ml.jobs.create_or_update(command(command="echo hi",environment=env,compute=CPU,**kw)); ml.jobs.begin_cancel(j.name); return j
for env in ("azureml://registries/azureml/environments/sklearn-1.5/labels/latest","AzureML-sklearn-1.5@latest","azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:1","azureml://registries/azureml/environments/lightgbm-3.3/versions/2"):
    j=submit(env); check(j.name,"job by "+env+" -> "+j.environment)
try: submit("azureml://registries/azureml/environments/nothing-here/labels/latest"); check(False,"must be refused")
except HttpResponseError as x: check(x.status_code in (400,404),"an unknown curated environment is refused")
R="rq"+T; ml.registries.begin_create(Registry(name=R,location=LOC,replication_locations=[RegistryRegionDetails(location=LOC,acr_config=[SystemCreatedAcrAccount(acr_account_sku="Premium")],storage_config=SystemCreatedStorageAccount(storage_account_hns=False,storage_account_type="standard_lrs"))])).result(timeout=TIMEOUT)
rc=MLClient(cred(),registry_name=R); m=src("weights","m.txt"); ctx=src("FROM python:3.11-slim\n","Dockerfile")
rc.models.create_or_update(Model(name="rm",version="1",path=str(m/"m.txt"),type="custom_model")); rc.data.create_or_update(Data(name="rd",version="1",path=str(m),type="uri_folder")); rc.environments.create_or_update(Environment(name="re",version="1",image="python:3.11-slim")); b=rc.environments.create_or_update(Environment(name="rb",version="1",build=BuildContext(path=str(ctx)))); check(b.build.path,"build context in a registry "+b.build.path)
check(rc.models.create_or_update(Model(name="rm",path=str(m/"m.txt"),type="custom_model")).version=="2","registry auto version"); check(rc.models.get("rm",label="latest").version=="2","registry latest")
mine=MLClient(cred(),SUB,RG,WS); j=submit("azureml://registries/%s/environments/re/versions/1"%R,inputs={"m":Input(type="custom_model",path="azureml://registries/%s/models/rm/versions/1"%R),"d":Input(type="uri_folder",path="azureml://registries/%s/data/rd/versions/1"%R)}); check(j.name,"job over a registry's environment, model and data")
sc=src("import glob, os\ndef init():\n    global weights\n    weights=open(glob.glob(os.environ['AZUREML_MODEL_DIR']+'/**/m.txt',recursive=True)[0]).read()\ndef run(data): return weights\n","score.py"); E="oq"+T; rows=src("{}","rows.json")/"rows.json"
ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=E,auth_mode="key")).result(timeout=TIMEOUT); ml.online_deployments.begin_create_or_update(ManagedOnlineDeployment(name="blue",endpoint_name=E,instance_type="Standard_DS3_v2",instance_count=1,code_configuration=CodeConfiguration(code=str(sc),scoring_script="score.py"),model="azureml://registries/%s/models/rm/versions/1"%R,environment="azureml://registries/%s/environments/re/versions/1"%R)).result(timeout=TIMEOUT)
check(ml.online_endpoints.invoke(E,deployment_name="blue",request_file=str(rows))=='"weights"',"an endpoint with a registry's model and environment"); ml.online_endpoints.begin_delete(E).result(timeout=TIMEOUT)
back=ml.models.create_or_update(Model(name="back"+T,version="1",path="azureml://registries/%s/models/rm/versions/1"%R,type="custom_model")); t=pathlib.Path(tempfile.mkdtemp()); ml.models.download("back"+T,version="1",download_path=str(t)); check([p.read_text() for p in t.rglob("m.txt")]==["weights"],"promoted back "+back.path)
d=ml.data.create_or_update(Data(name="wd"+T,version="1",path=str(m),type="uri_folder")); check(ml.data.share(name="wd"+T,version="1",registry_name=R,share_with_name="wd",share_with_version="1").name=="wd","data shared")
e=ml.environments.create_or_update(Environment(name="we"+T,version="1",image="python:3.11-slim")); check(ml.environments.share(name="we"+T,version="1",registry_name=R,share_with_name="we",share_with_version="1").name=="we","environment shared")
u=lambda image: ml.environments.create_or_update(Environment(name="wu"+T,image=image)).version; check([u("python:3.11-slim"),u("python:3.11-slim"),u("python:3.12-slim")]==["1","1","2"],"an environment without a version: the same again is the same, another is the next")
rc.models.archive("rm",version="1"); check([x.version for x in rc.models.list("rm")]==["2"],"registry archive"); rc.models.restore("rm",version="1")
ml.registries.begin_delete(name=R).result(timeout=TIMEOUT)
try: ml.registries.get(R); check(False,"404")
except ResourceNotFoundError: check(True,"registry deleted")
