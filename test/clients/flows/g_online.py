"""g. Online endpoints by the real SDK: endpoint, deployments, traffic, mirror, invoke, keys, tokens, logs, update, failure, delete."""
import json
import time

import requests
from _common import *
from azure.ai.ml.entities import (
    CodeConfiguration,
    Environment,
    ManagedOnlineDeployment,
    ManagedOnlineEndpoint,
    Model,
    OnlineRequestSettings,
    ProbeSettings,
)
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

ml = client()
T = RUNTAG
n = "ep" + T


def endpoint(name, **more):
    return ml.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=name, **more)).result(timeout=TIMEOUT)


def deploy(deployment):
    return ml.online_deployments.begin_create_or_update(deployment).result(timeout=TIMEOUT)


e = endpoint(n, auth_mode="key", description="d", tags={"a": "b"})
check(e.name == n and e.scoring_uri and e.provisioning_state == "Succeeded" and e.openapi_uri, "online endpoint " + e.scoring_uri)
check(e.identity.type.lower() == "system_assigned" and e.identity.principal_id, "its identity")

m = src("x", "model.txt")
SCORE = """import json, os
def init():
    global model
    model = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.txt")).read()
def run(raw):
    return {"echo": json.loads(raw), "model": model, "version": "%s", "A": os.environ.get("A")}
"""
env = Environment(name="ge" + T, image="mcr.microsoft.com/azureml/minimal-py312-inference:latest")
model = Model(path=str(m / "model.txt"), name="gm" + T, version="1")


def deployment(name, version="1", **more):
    return ManagedOnlineDeployment(
        **{
            "name": name,
            "endpoint_name": n,
            "model": model,
            "environment": env,
            "code_configuration": CodeConfiguration(code=str(src(SCORE % version, "score.py")), scoring_script="score.py"),
            "instance_type": "Standard_DS3_v2",
            "instance_count": 1,
            "environment_variables": {"A": "b"},
            "request_settings": OnlineRequestSettings(request_timeout_ms=30000, max_concurrent_requests_per_instance=4),
            "liveness_probe": ProbeSettings(initial_delay=1, period=5),
            **more,
        }
    )


d = deploy(deployment("blue"))
check(d.name == "blue" and d.provisioning_state == "Succeeded", "online deployment")
check(d.environment_variables == {"A": "b"} and d.request_settings.request_timeout_ms == 30000, "its settings")
check(ml.models.get("gm" + T, "1").name == "gm" + T, "its inline model is registered")

e = ml.online_endpoints.get(n)
e.traffic = {"blue": 100}
e = ml.online_endpoints.begin_create_or_update(e).result(timeout=TIMEOUT)
check(e.traffic == {"blue": 100}, "traffic")
k = ml.online_endpoints.get_keys(n)
check(k.primary_key and k.secondary_key, "keys")

req = src(json.dumps({"data": [[1, 2]]}), "req.json") / "req.json"
r = json.loads(ml.online_endpoints.invoke(n, request_file=str(req)))
check(r == {"echo": {"data": [[1, 2]]}, "model": "x", "version": "1", "A": "b"}, "invoke by traffic")
r = ml.online_endpoints.invoke(n, request_file=str(req), deployment_name="blue")
check("data" in r, "invoke a named deployment")


def post(key, body="{}", **headers):
    return requests.post(
        e.scoring_uri, headers={"Authorization": "Bearer " + key, "Content-Type": "application/json", **headers}, data=body
    )


r = post(k.primary_key, json.dumps({"data": 1}))
check(r.status_code == 200 and r.json()["echo"] == {"data": 1}, "raw scoring with key")
check(r.headers["azureml-model-deployment"] == "blue" and r.headers["x-ms-request-id"], "its headers")
check(post("nope").status_code == 401, "raw scoring with a wrong key -> 401")
check(post(k.secondary_key).status_code == 200, "raw scoring with the secondary key")
check(post(k.primary_key, **{"azureml-model-deployment": "none"}).status_code == 404, "a deployment that is not there -> 404")
r = post(k.primary_key, "no json")
check(r.status_code == 424 and r.headers["ms-azureml-model-error-statuscode"], "an error of the model -> 424")

log = ml.online_deployments.get_logs("blue", n, lines=50)
check(isinstance(log, str) and log.strip(), "get_logs")
check(isinstance(ml.online_deployments.get_logs("blue", n, lines=50, container_type="storage-initializer"), str), "logs of the initializer")
check("blue" in [x.name for x in ml.online_deployments.list(n)], "deployments list")
check(n in [x.name for x in ml.online_endpoints.list()], "endpoints list")

d.instance_count = 2
d = deploy(d)
check(d.instance_count == 2, "scale deployment")
ml.online_endpoints.begin_regenerate_keys(n, key_type="primary").result(timeout=TIMEOUT)
fresh = ml.online_endpoints.get_keys(n)
check(fresh.primary_key != k.primary_key and fresh.secondary_key == k.secondary_key, "regenerate keys")
check(post(k.primary_key).status_code == 401 and post(fresh.primary_key).status_code == 200, "the old key is none any more")

deploy(deployment("green", version="2"))
e = ml.online_endpoints.get(n)
e.traffic, e.mirror_traffic = {"blue": 100}, {"green": 50}
e = ml.online_endpoints.begin_create_or_update(e).result(timeout=TIMEOUT)
check(e.mirror_traffic == {"green": 50}, "mirror traffic")
check({post(fresh.primary_key).json()["version"] for _ in range(10)} == {"1"}, "a mirror answers nobody")
e.traffic, e.mirror_traffic = {"blue": 20, "green": 80}, {}
e = ml.online_endpoints.begin_create_or_update(e).result(timeout=TIMEOUT)
seen = {post(fresh.primary_key).json()["version"] for _ in range(60)}
check(seen == {"1", "2"}, "split traffic")
check(requests.get(e.openapi_uri, headers={"Authorization": "Bearer " + fresh.primary_key}).status_code in (200, 424), "swagger")

try:
    deploy(deployment("broken", code_configuration=CodeConfiguration(code=str(src("import nothing_like_it\n", "score.py")), scoring_script="score.py")))
    check(False, "a broken script fails")
except HttpResponseError as error:
    check("nothing_like_it" in str(error), "a broken script fails, and says why")
check("nothing_like_it" in ml.online_deployments.get_logs("broken", n, lines=100), "its log says why")
try:
    ml.online_deployments.begin_delete("green", n).result(timeout=TIMEOUT)
    check(False, "a deployment with traffic stays")
except HttpResponseError as error:
    check("traffic" in str(error), "a deployment with traffic stays")
try:
    deploy(deployment("gpu", instance_type="Standard_NC6s_v3"))
    check(False, "no GPU")
except HttpResponseError as error:
    check("GPU" in str(error), "a size with a GPU is refused")

endpoint("et" + T, auth_mode="aml_token")
k = ml.online_endpoints.get_keys("et" + T)
check(k.access_token and k.expiry_time_utc > time.time(), "aml_token endpoint token")
check(requests.post(ml.online_endpoints.get("et" + T).scoring_uri, headers={"Authorization": "Bearer " + k.access_token}, data="{}").status_code == 404, "a token opens the endpoint, which has no deployment")
ml.online_endpoints.begin_delete("et" + T).result(timeout=TIMEOUT)
endpoint("ea" + T, auth_mode="aad_token")
k = ml.online_endpoints.get_keys("ea" + T)
check(requests.post(ml.online_endpoints.get("ea" + T).scoring_uri, headers={"Authorization": "Bearer " + k.access_token}, data="{}").status_code == 404, "a token of Entra ID opens the endpoint")
ml.online_endpoints.begin_delete("ea" + T).result(timeout=TIMEOUT)

e = ml.online_endpoints.get(n)
e.traffic = {"blue": 0, "green": 0}
ml.online_endpoints.begin_create_or_update(e).result(timeout=TIMEOUT)
check(post(fresh.primary_key).status_code == 404, "without traffic -> 404")
ml.online_deployments.begin_delete("blue", n).result(timeout=TIMEOUT)
check("blue" not in [x.name for x in ml.online_deployments.list(n)], "deployment deleted")
ml.online_endpoints.begin_delete(n).result(timeout=TIMEOUT)
try:
    ml.online_endpoints.get(n)
    check(False, "404")
except ResourceNotFoundError:
    check(True, "endpoint deleted")
