"""n1. azure-storage-blob against the blob service, through the proxy and on Lazuli's own origin: every operation that is there, and what is refused."""
import os,sys,time,uuid,hashlib,datetime as dt
from _common import *
from azure.storage.blob import *
from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential
from azure.core.exceptions import HttpResponseError, ResourceExistsError
K=dict(retry_total=0); V="api-version=2023-01-01"; G=f"/subscriptions/{SUB}/resourceGroups/{RG}/providers/Microsoft.Storage/storageAccounts"
def account(name):
    r=arm("PUT",f"{G}/{name}?{V}",json={"location":LOC,"kind":"StorageV2","sku":{"name":"Standard_LRS"},"properties":{"allowBlobPublicAccess":name.startswith("pub")}})
    while True:
        r=arm("POST",f"{G}/{name}/listKeys?{V}")
        if r.status_code==200 and all(k["value"] for k in r.json()["keys"]): return [k["value"] for k in r.json()["keys"]]
        time.sleep(.2)
tag=uuid.uuid4().hex[:8]; ACC,OTH="blob"+tag,"pub"+tag; (key,key2),(okey,_)=account(ACC),account(OTH)
counted=0
def ok(c,what):
    global counted; counted+=1
    if not c: check(False,f"{what} (check {counted} on {where})")
def refused(code,f):
    try: f()
    except HttpResponseError as e: return ok(getattr(e.error_code,"value",e.error_code)==code,f"wanted {code}, got {e.error_code}: {str(e)[:300]}")
    ok(False,"not refused with "+code)

for where,url,ourl in (("Azure's host",f"https://{ACC}.blob.core.windows.net",f"https://{OTH}.blob.core.windows.net"),("the own origin",os.environ["DIRECT"]+"/_blob/"+ACC,os.environ["DIRECT"]+"/_blob/"+OTH)):
    svc=BlobServiceClient(url,credential=AzureNamedKeyCredential(ACC,key),max_single_put_size=8*1024*1024,max_block_size=1024*1024,**K); start=counted
    cn='c'+uuid.uuid4().hex[:12]
    cc=svc.create_container(cn,metadata={'Hello':'World'})
    refused('ContainerAlreadyExists',lambda: svc.create_container(cn))
    p=cc.get_container_properties(); ok(p.metadata=={'Hello':'World'} or p.metadata=={'hello':'World'},p.metadata)
    b=cc.get_blob_client('dir/a b+ü%.txt')
    r=b.upload_blob(b'hello world',metadata={'upload_status':'completed','hdi_isfolder':'true'},content_settings=ContentSettings(content_type='text/x-y',cache_control='no-cache',content_disposition='inline',content_language='de'))
    ok(b.download_blob().readall()==b'hello world','dl')
    pr=b.get_blob_properties(); ok(pr.metadata['upload_status']=='completed' and pr.size==11 and pr.content_settings.content_type=='text/x-y' and pr.content_settings.cache_control=='no-cache',pr); ok(pr.name=='dir/a b+ü%.txt',pr.name)
    refused('BlobAlreadyExists',lambda: b.upload_blob(b'x'))
    b.upload_blob(b'new',overwrite=True); ok(b.download_blob().readall()==b'new','')
    refused('ConditionNotMet',lambda:b.upload_blob(b'x',overwrite=True,etag='"0x0"',match_condition=MatchConditions.IfNotModified))
    b.upload_blob(b'y',overwrite=True,etag=b.get_blob_properties().etag,match_condition=MatchConditions.IfNotModified)
    b.set_blob_metadata({'k':'v','zz_a':'1'}); ok(b.get_blob_properties().metadata=={'k':'v','zz_a':'1'},'')
    b.set_http_headers(ContentSettings(content_type='a/b')); ok(b.get_blob_properties().content_settings.content_type=='a/b','')
    # empty
    e=cc.get_blob_client('empty'); e.upload_blob(b''); ok(e.download_blob().readall()==b'','empty'); ok(e.get_blob_properties().size==0,'')
    # large by blocks, with checks
    data=os.urandom(9*1024*1024+5)
    L=cc.get_blob_client('large'); L.upload_blob(data,validate_content=True,max_concurrency=4)
    ok(L.download_blob(max_concurrency=4).readall()==data,'large'); ok(L.download_blob(offset=1048570,length=100).readall()==data[1048570:1048670],'range')
    ok(L.download_blob(validate_content=True).readall()==data,'validated')
    com,unc=L.get_block_list('all'); ok(len(com)==10 and len(unc)==0,(len(com),len(unc)))
    w=cc.get_blob_client('single'); w.upload_blob(data[:3000000],validate_content=True); ok(w.download_blob().readall()==data[:3000000],''); ok(bytes(w.get_blob_properties().content_settings.content_md5)==hashlib.md5(data[:3000000]).digest(),'md5')
    # blocks
    B=cc.get_blob_client('blk'); B.stage_block('0001',b'aaaa'); B.stage_block('0002',b'bb'); 
    com,unc=B.get_block_list('all'); ok([x.id for x in unc]==['0001','0002'] and com==[],unc)
    ok('blk' not in [x.name for x in cc.list_blobs()],''); ok('blk' in [x.name for x in cc.list_blobs(include=['uncommittedblobs'])],'unc')
    refused('BlobNotFound',lambda:B.download_blob())
    B.commit_block_list([BlobBlock('0002'),BlobBlock('0001'),BlobBlock('0002')]); ok(B.download_blob().readall()==b'bbaaaabb','')
    B.stage_block('0003',b'c'); B.commit_block_list([BlobBlock('0001',BlockState.COMMITTED),BlobBlock('0003')]); ok(B.download_blob().readall()==b'aaaac','')
    refused('InvalidBlockList',lambda:B.commit_block_list([BlobBlock('0009')]))
    ok(B.download_blob().readall()==b'aaaac','')
    # append
    A=cc.get_blob_client('app'); A.create_append_blob()
    for i in range(50): A.append_block(f'line {i}\n'.encode())
    ok(A.download_blob().readall()==b''.join(f'line {i}\n'.encode() for i in range(50)),'append'); ok(A.get_blob_properties().append_blob_committed_block_count==50,'')
    A.append_block(os.urandom(100000)); A.append_block(b'end'); ok(A.download_blob().readall()[-3:]==b'end','')
    refused('AppendPositionConditionNotMet',lambda:A.append_block(b'x',appendpos_condition=3)); refused('MaxBlobSizeConditionNotMet',lambda:A.append_block(b'x',maxsize_condition=3))
    refused('InvalidBlobType',lambda:B.append_block(b'x'))
    cc.upload_blob('app2',b'zz',blob_type='AppendBlob'); cc.upload_blob('app2',b'yy',blob_type='AppendBlob'); ok(cc.download_blob('app2').readall()==b'zzyy','')
    # lists
    for i in range(25): cc.upload_blob(f'p/{i%5}/{i:02}',b'1',metadata={'i':str(i)})
    names=[x.name for x in cc.list_blobs(name_starts_with='p/',results_per_page=7)]; ok(names==sorted(f'p/{i%5}/{i:02}' for i in range(25)),names)
    ok([x.name for x in cc.walk_blobs('p/',results_per_page=2)]==[f'p/{i}/' for i in range(5)],'walk')
    ok({x.metadata['i'] for x in cc.list_blobs('p/',include=['metadata'])}=={str(i) for i in range(25)},'meta')
    ok(cn in [c.name for c in svc.list_containers(results_per_page=1,include_metadata=True)],'')
    # copy
    C=cc.get_blob_client('cp'); r=C.start_copy_from_url(L.url); ok(r['copy_status']=='success',r); ok(C.download_blob().readall()==data,'copy'); ok(C.get_blob_properties().copy.status=='success','')
    ob=BlobServiceClient(ourl,credential=AzureNamedKeyCredential(OTH,okey),**K); 
    try: ob.create_container(cn)
    except ResourceExistsError: pass
    D=ob.get_blob_client(cn,'from'); 
    refused('CannotVerifyCopySource',lambda:D.start_copy_from_url(w.url))
    now=dt.datetime.now(dt.timezone.utc); exp=now+dt.timedelta(hours=1)
    def sas(blob,perm,**k): return generate_blob_sas(ACC,cn,blob,account_key=key,permission=perm,expiry=k.pop('expiry',exp),**k)
    D.start_copy_from_url(w.url+'?'+sas('single','r')); ok(D.download_blob().readall()==data[:3000000],'')
    D.upload_blob_from_url(w.url+'?'+sas('single','r'),overwrite=True); ok(D.get_blob_properties().size==3000000,'')
    refused('CannotVerifyCopySource',lambda:C.start_copy_from_url('https://example.com/x'))
    # blob sas
    S=BlobClient.from_blob_url(b.url+'?'+sas('dir/a b+ü%.txt','r',cache_control='max-age=3',content_type='x/y',start=now-dt.timedelta(hours=1)),**K); ok(S.download_blob().readall()==b'y',''); ok(S.get_blob_properties().content_settings.content_type=='x/y','')
    refused('AuthorizationPermissionMismatch',lambda:S.delete_blob()); refused('AuthorizationPermissionMismatch',lambda:S.upload_blob(b'1',overwrite=True))
    S2=BlobClient.from_blob_url(w.url+'?'+sas('dir/a b+ü%.txt','r'),**K); refused('AuthenticationFailed',lambda:S2.download_blob())
    S3=BlobClient.from_blob_url(w.url+'?'+sas('single','r',expiry=now-dt.timedelta(minutes=1)),**K); refused('AuthenticationFailed',lambda:S3.download_blob())
    S4=BlobClient.from_blob_url(cc.get_blob_client('only').url+'?'+sas('only','c'),**K); S4.upload_blob(b'1'); refused('UnauthorizedBlobOverwrite',lambda:S4.upload_blob(b'2',overwrite=True))
    S5=BlobClient.from_blob_url(w.url+'?'+sas('single','r',ip='10.0.0.1'),**K); refused('AuthorizationSourceIPMismatch',lambda:S5.download_blob())
    BlobClient.from_blob_url(w.url+'?'+sas('single','r',protocol='https'),**K).get_blob_properties()
    cs=generate_container_sas(ACC,cn,account_key=key,permission='racwdl',expiry=exp); CS=ContainerClient.from_container_url(cc.url+'?'+cs,**K)
    CS.upload_blob('viasas/x',b'1'); ok('viasas/x' in [x.name for x in CS.list_blobs()],''); CS.delete_blob('viasas/x'); refused('AuthorizationFailure',lambda:CS.delete_container())
    asas=generate_account_sas(ACC,key,resource_types=ResourceTypes(service=True,container=True,object=True),permission=AccountSasPermissions(read=True,write=True,list=True,create=True,delete=True),expiry=exp)
    AS=BlobServiceClient(url,credential=asas,**K); ok(cn in [c.name for c in AS.list_containers()],''); ok(AS.get_blob_client(cn,'single').download_blob().readall()==data[:3000000],'')
    t=AS.create_container(cn+'t'); t.delete_container()
    asas2=generate_account_sas(ACC,key,resource_types=ResourceTypes(object=True),permission=AccountSasPermissions(read=True),expiry=exp); refused('AuthorizationResourceTypeMismatch',lambda:list(BlobServiceClient(url,credential=asas2,**K).list_containers()))
    # policies
    cc.set_container_access_policy({'pol':AccessPolicy(permission='r',expiry=exp,start=now-dt.timedelta(minutes=5))}); ok(cc.get_container_access_policy()['signed_identifiers'][0].id=='pol','')
    ps=generate_blob_sas(ACC,cn,'single',account_key=key,policy_id='pol'); ok(BlobClient.from_blob_url(w.url+'?'+ps,**K).download_blob().readall()==data[:3000000],'policy')
    cc.set_container_access_policy({}); refused('AuthenticationFailed',lambda:BlobClient.from_blob_url(w.url+'?'+ps,**K).download_blob())
    refused('PublicAccessNotPermitted',lambda:cc.set_container_access_policy({},public_access='blob'))
    # public
    oc=ob.get_container_client(cn); oc.set_container_access_policy({},public_access='container'); anon=ContainerClient(ourl,cn,**K); ok([x.name for x in anon.list_blobs()]==['from'],''); ok(anon.download_blob('from').readall()==data[:3000000],'')
    oc.set_container_access_policy({},public_access='blob'); refused('NoAuthenticationInformation',lambda:list(anon.list_blobs())); anon.download_blob('from').readall(); oc.set_container_access_policy({}); refused('NoAuthenticationInformation',lambda:anon.download_blob('from'))
    # second key, wrong key, token
    BlobServiceClient(url,credential=AzureNamedKeyCredential(ACC,key2),**K).get_blob_client(cn,'single').get_blob_properties()
    refused('AuthenticationFailed',lambda:list(BlobServiceClient(url,credential=AzureNamedKeyCredential(ACC,okey),**K).list_containers()))
    # a token
    ok(BlobServiceClient(url,credential=cred(),**K).get_blob_client(cn,'single').get_blob_properties().size==3000000,'token') if url.startswith('https') else None
    # service
    svc.get_service_properties(); ok(svc.get_account_information()['account_kind']=='StorageV2','')
    refused('NotImplemented',lambda:svc.set_service_properties(static_website=StaticWebsite(enabled=True)))
    refused('LeaseNotPresentWithBlobOperation',lambda:w.delete_blob(lease=str(uuid.uuid4())))
    refused('InvalidRange',lambda:w.download_blob(offset=9000000,length=10))
    w.delete_blob(delete_snapshots='include'); refused('BlobNotFound',lambda:w.delete_blob())
    ok(not w.exists() and L.exists() and cc.exists(),'')
    cc.delete_container(); refused('ContainerNotFound',lambda:cc.get_container_properties()); svc.create_container(cn); ok(list(cc.list_blobs())==[],''); cc.delete_container(); ob.delete_container(cn)
    check(True,f"azure-storage-blob on {where}: {counted-start} checks")
for n in (ACC,OTH): check(arm("DELETE",f"{G}/{n}?{V}").status_code in (200,202,204),f"delete account {n[:-8]}")
