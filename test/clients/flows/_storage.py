"""What the storage flows share: accounts with their keys, counted checks, refusals by code."""
import time,uuid
from _common import *
from azure.core.exceptions import HttpResponseError
K=dict(retry_total=0); V="api-version=2023-01-01"; G=f"/subscriptions/{SUB}/resourceGroups/{RG}/providers/Microsoft.Storage/storageAccounts"
counted=0; where=""
def at(place):
    global where; where=place
def account(name,hierarchical=False,**properties):
    r=arm("PUT",f"{G}/{name}?{V}",json={"location":LOC,"kind":"StorageV2","sku":{"name":"Standard_LRS"},"properties":{"isHnsEnabled":hierarchical,**properties}})
    if r.status_code>=300: check(False,f"account {name}: {r.status_code} {r.text}")
    while True:
        r=arm("POST",f"{G}/{name}/listKeys?{V}")
        if r.status_code==200 and all(k["value"] for k in r.json()["keys"]): return [k["value"] for k in r.json()["keys"]]
        time.sleep(.2)
def service(name,**properties):
    r=arm("PUT",f"{G}/{name}/blobServices/default?{V}",json={"properties":properties}); check(r.status_code==200,f"blob service settings {sorted(properties)} -> {r.status_code} {'' if r.status_code==200 else r.text}")
def remove(*names):
    for n in names: check(arm("DELETE",f"{G}/{n}?{V}").status_code in (200,202,204),f"delete account {n[:-8]}")
def ok(c,what=""):
    global counted; counted+=1
    if not c: check(False,f"{what} (check {counted} {where})")
def refused(code,f):
    try: f()
    except HttpResponseError as e:
        told=getattr(e,"error_code",None) or e.response.headers.get("x-ms-error-code")
        return ok(getattr(told,"value",told)==code,f"wanted {code}, got {told}: {str(e)[:300]}")
    ok(False,"not refused with "+code)
def told(what):
    global counted; check(True,f"{what}: {counted} checks"); counted=0
