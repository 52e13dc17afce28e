"""o. azure-identity signs people in: in a browser with PKCE, by device code, by name and password, on behalf of; what is wrong is told by its number."""
import base64,html,json,re,requests,threading,webbrowser
from _common import *
from azure.identity import *
from azure.core.exceptions import ClientAuthenticationError
SCOPE="https://management.azure.com/.default"; CLI="04b07795-8ddb-461a-bbee-02f9e1bf7b46"; PASSWORD="Difference-Engine-2"; NAME=f"mary{uuid.uuid4().hex[:6]}@lazuli.onmicrosoft.com"
def graph(method,path,**k):
    r=requests.request(method,"https://graph.microsoft.com/v1.0"+path,headers={"Authorization":"Bearer "+cred().get_token("https://graph.microsoft.com/.default").token},**k)
    if r.status_code>=300: check(False,f"{method} {path}: {r.status_code} {r.text}")
    return r.json() if r.content else {}
def claims(token): return json.loads(base64.urlsafe_b64decode(token.split(".")[1]+"==="))
user=graph("POST","/users",json={"accountEnabled":True,"displayName":"Mary","mailNickname":"mary","userPrincipalName":NAME,"passwordProfile":{"password":PASSWORD,"forceChangePasswordNextSignIn":False}})["id"]
def program(name,**more):
    app=graph("POST","/applications",json={"displayName":name,**more}); graph("POST","/servicePrincipals",json={"appId":app["appId"]}); return app
public=program("desktop",isFallbackPublicClient=True,publicClient={"redirectUris":["http://localhost"]})
# The person: fills in what the pages ask for. They have no scripts, so that the last one is sent by its button too.
person=requests.Session(); DIRECTLY={"http":None,"https":None}
def filled(page,**fill):
    action=html.unescape(re.search(r'<form[^>]*action="([^"]*)"',page.text).group(1)); hidden={m.group(1):html.unescape(m.group(2)) for m in re.finditer(r'name="([^"]+)" value="([^"]*)"',page.text)}
    return requests.compat.urljoin(page.url,action),{**hidden,**fill}
def browse(url):
    at,data=filled(person.get(url),login=NAME,passwd=PASSWORD); page=person.post(at,data=data); at,data=filled(page); requests.post(at,data=data,proxies=DIRECTLY)
class Browser:
    def open(self,url,*_,**__): threading.Thread(target=browse,args=(url,)).start(); return True
webbrowser.get=lambda *_,**__: Browser(); webbrowser.open=Browser().open
def enter(address,code,_):
    at,data=filled(person.get(address),otc=code); at,data=filled(person.post(at,data=data),login=NAME,passwd=PASSWORD); person.post(at,data=data)
for who,client in (("an own program",public["appId"]),("Azure CLI's",CLI)):
    check(claims(InteractiveBrowserCredential(client_id=client,tenant_id=TENANT,timeout=120).get_token(SCOPE).token)["oid"]==user,f"InteractiveBrowserCredential of {who}")
    check(claims(DeviceCodeCredential(client_id=client,tenant_id=TENANT,prompt_callback=enter,timeout=120).get_token(SCOPE).token)["oid"]==user,f"DeviceCodeCredential of {who}")
named=lambda password=PASSWORD,tenant=TENANT: UsernamePasswordCredential(CLI,NAME,password,tenant_id=tenant)
check(claims(named(tenant="organizations").get_token(SCOPE).token)["oid"]==user,"UsernamePasswordCredential, in no named tenant")
api=program("middle"); graph("PATCH",f"/applications/{api['id']}",json={"identifierUris":["api://"+api["appId"]]}); secret=graph("POST",f"/applications/{api['id']}/addPassword",json={})["secretText"]
got=named().get_token(f"api://{api['appId']}/.default").token
check(claims(OnBehalfOfCredential(TENANT,api["appId"],client_secret=secret,user_assertion=got).get_token(SCOPE).token)["oid"]==user,"OnBehalfOfCredential")
def refused(number,ask):
    try: ask()
    except ClientAuthenticationError as e: return check(number in str(e),f"refused: {number}")
    check(False,"not refused with "+number)
refused("AADSTS50126",lambda: named("wrong").get_token(SCOPE)); refused("AADSTS7000215",lambda: ClientSecretCredential(TENANT,api["appId"],"wrong").get_token(SCOPE)); refused("AADSTS50027",lambda: ClientAssertionCredential(TENANT,api["appId"],lambda: "a.b.c").get_token(SCOPE))
graph("DELETE","/users/"+user); refused("AADSTS50126",lambda: named().get_token(SCOPE))
for one in (public,api): graph("DELETE","/applications/"+one["id"])
