"""Key Vault: azure-keyvault-secrets, -keys and -certificates drive their operations; an ML workspace with a customer-managed key by azure-ai-ml."""
import base64, hashlib
from datetime import datetime, timedelta, timezone
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.certificates import CertificateClient, CertificateContact, CertificateContentType, CertificatePolicy
from azure.keyvault.keys import KeyClient, KeyRotationLifetimeAction, KeyRotationPolicy, KeyRotationPolicyAction, KeyType
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm
from azure.keyvault.secrets import SecretClient
from _common import LOC, RG, RUNTAG, SUB, TENANT, arm, check, client, cred

NAME = f"kv{RUNTAG}"
ID = f"/subscriptions/{SUB}/resourceGroups/{RG}/providers/Microsoft.KeyVault/vaults/{NAME}"
VAULT = {"location": LOC, "properties": {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True, "enablePurgeProtection": None}}
made = arm("PUT", f"{ID}?api-version=2023-07-01", json=VAULT)
check(made.status_code in (200, 201), f"vault {NAME} -> {made.status_code}")
url = made.json()["properties"]["vaultUri"]


def refused(kind, work, say):
    try:
        work()
    except kind as error:
        check(True, f"{say}: {error.error.code if getattr(error, 'error', None) else error.status_code}")
        return error
    check(False, say)


secrets = SecretClient(url, cred())
first = secrets.set_secret("one", "v1", content_type="text/plain", tags={"a": "b"}, expires_on=datetime.now(timezone.utc) + timedelta(days=5))
secrets.set_secret("one", "v2")
check(secrets.get_secret("one").value == "v2" and secrets.get_secret("one", first.properties.version).value == "v1", "secret versions")
changed = secrets.update_secret_properties("one", enabled=False)
refused(HttpResponseError, lambda: secrets.get_secret("one"), "a disabled secret is not read")
secrets.update_secret_properties("one", enabled=True, tags={"c": "d"})
check(secrets.get_secret("one").properties.tags == {"c": "d"}, "update_secret_properties")
for n in range(30):
    secrets.set_secret(f"many-{n}", str(n))
check(len([p for p in secrets.list_properties_of_secrets(max_page_size=7)]) == 31, "list_properties_of_secrets in pages")
check(len(list(secrets.list_properties_of_secret_versions("one"))) == 2, "list_properties_of_secret_versions")
backup = secrets.backup_secret("one")
deleted = secrets.begin_delete_secret("one").result()
check(deleted.recovery_id.endswith("/deletedsecrets/one"), "begin_delete_secret")
refused(ResourceNotFoundError, lambda: secrets.get_secret("one"), "it is gone")
refused(ResourceExistsError, lambda: secrets.set_secret("one", "v3"), "its name is taken")
check([d.name for d in secrets.list_deleted_secrets()] == ["one"], "list_deleted_secrets")
secrets.begin_recover_deleted_secret("one").wait()
check(secrets.get_secret("one").value == "v2", "begin_recover_deleted_secret")
secrets.begin_delete_secret("one").wait()
secrets.purge_deleted_secret("one")
check(secrets.restore_secret_backup(backup).name == "one" and secrets.get_secret("one").value == "v2", "purge, restore_secret_backup")

keys = KeyClient(url, cred())
for size in (2048, 3072, 4096):
    key = keys.create_rsa_key(f"rsa-{size}", size=size)
    crypto = CryptographyClient(key, cred())
    for algorithm in (EncryptionAlgorithm.rsa1_5, EncryptionAlgorithm.rsa_oaep, EncryptionAlgorithm.rsa_oaep_256):
        sealed = crypto.encrypt(algorithm, b"clear")
        assert crypto.decrypt(algorithm, sealed.ciphertext).plaintext == b"clear"
    wrapped = crypto.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, b"k" * 32)
    assert crypto.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped.encrypted_key).key == b"k" * 32
    for algorithm, digest in ((SignatureAlgorithm.rs256, "sha256"), (SignatureAlgorithm.ps384, "sha384"), (SignatureAlgorithm.rs512, "sha512")):
        hashed = hashlib.new(digest, b"message").digest()
        signed = crypto.sign(algorithm, hashed)
        assert crypto.verify(algorithm, hashed, signed.signature).is_valid
    check(True, f"RSA {size}: encrypt here, decrypt there; wrap, sign, verify")
for curve, algorithm, digest in (("P-256", "ES256", "sha256"), ("P-384", "ES384", "sha384"), ("P-521", "ES512", "sha512"), ("P-256K", "ES256K", "sha256")):
    key = keys.create_ec_key(f"ec-{curve}", curve=curve)
    hashed = hashlib.new(digest, b"message").digest()
    crypto = CryptographyClient(key, cred())
    signed = crypto.sign(SignatureAlgorithm(algorithm), hashed)
    check(crypto.verify(SignatureAlgorithm(algorithm), hashed, signed.signature).is_valid, f"EC {curve}: signed there, verified here")
octet = keys.create_key("oct", KeyType.oct, size=256)
crypto = CryptographyClient(octet, cred())
sealed = crypto.encrypt(EncryptionAlgorithm.a256_gcm, b"clear", additional_authenticated_data=b"about")
opened = crypto.decrypt(EncryptionAlgorithm.a256_gcm, sealed.ciphertext, iv=sealed.iv, authentication_tag=sealed.tag, additional_authenticated_data=b"about")
check(opened.plaintext == b"clear", "oct: AES-GCM")
keys.create_rsa_key("limited", key_operations=["encrypt", "decrypt"])
refused(HttpResponseError, lambda: CryptographyClient(f"{url}keys/limited/{keys.get_key('limited').properties.version}", cred()).sign(SignatureAlgorithm.rs256, b"d" * 32), "key_ops hold")
rotated = keys.rotate_key("rsa-2048")
check(len(list(keys.list_properties_of_key_versions("rsa-2048"))) == 2, "rotate_key")
policy = keys.update_key_rotation_policy("rsa-2048", KeyRotationPolicy(), expires_in="P90D", lifetime_actions=[KeyRotationLifetimeAction(KeyRotationPolicyAction.rotate, time_before_expiry="P30D")])
check(policy.expires_in == "P90D" and keys.get_key_rotation_policy("rsa-2048").lifetime_actions[0].action == KeyRotationPolicyAction.rotate, "rotation policy")
from cryptography.hazmat.primitives.asymmetric import rsa
own = rsa.generate_private_key(public_exponent=65537, key_size=2048)
numbers = own.private_numbers()
big = lambda value: value.to_bytes((value.bit_length() + 7) // 8, "big")
from azure.keyvault.keys import JsonWebKey
imported = keys.import_key("brought", JsonWebKey(kty="RSA", key_ops=["sign", "verify"], n=big(numbers.public_numbers.n), e=big(numbers.public_numbers.e), d=big(numbers.d), p=big(numbers.p), q=big(numbers.q), dp=big(numbers.dmp1), dq=big(numbers.dmq1), qi=big(numbers.iqmp)))
hashed = hashlib.sha256(b"message").digest()
signature = CryptographyClient(imported, cred()).sign(SignatureAlgorithm.rs256, hashed).signature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
own.public_key().verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())
check(True, "import_key: the vault signs with it")
backup = keys.backup_key("brought")
keys.begin_delete_key("brought").wait()
keys.purge_deleted_key("brought")
check(keys.restore_key_backup(backup).name == "brought", "backup, delete, purge, restore_key_backup")
keys.begin_delete_key("limited").wait()
keys.begin_recover_deleted_key("limited").wait()
check({"limited", "brought", "oct"} <= {p.name for p in keys.list_properties_of_keys()}, "recover, list_properties_of_keys")

certificates = CertificateClient(url, cred())
made = certificates.begin_create_certificate("self", CertificatePolicy(issuer_name="Self", subject="CN=example.com", san_dns_names=["example.com"], validity_in_months=6)).result()
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs12
parsed = x509.load_der_x509_certificate(bytes(made.cer))
check(parsed.subject.rfc4514_string() == "CN=example.com", "begin_create_certificate, self-signed")
pfx = base64.b64decode(secrets.get_secret("self").value)
key, loaded, _ = pkcs12.load_key_and_certificates(pfx, None)
check(loaded == parsed and key.public_key() == parsed.public_key(), "its secret is a PFX with the key")
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
sealed = pkcs12.serialize_key_and_certificates(b"x", key, loaded, None, BestAvailableEncryption(b"password"))
brought = certificates.import_certificate("brought-pfx", sealed, password="password")
check(bytes(brought.cer) == bytes(made.cer), "import_certificate, PFX")
pem = certificates.begin_create_certificate("pem", CertificatePolicy(issuer_name="Self", subject="CN=pem", content_type=CertificateContentType.pem)).result()
text = secrets.get_secret("pem").value
brought = certificates.import_certificate("brought-pem", text.encode(), policy=CertificatePolicy(issuer_name="Unknown", subject="CN=pem", content_type=CertificateContentType.pem))
check(bytes(brought.cer) == bytes(pem.cer), "import_certificate, PEM")
changed = certificates.update_certificate_policy("self", CertificatePolicy(issuer_name="Self", subject="CN=example.com", validity_in_months=3))
check(changed.validity_in_months == 3 and certificates.get_certificate_policy("self").validity_in_months == 3, "update_certificate_policy")
operation = certificates.get_certificate_operation("self")
check(operation.status == "completed", "get_certificate_operation")
certificates.set_contacts([CertificateContact(email="a@contoso.com", name="A")])
check([c.email for c in certificates.get_contacts()] == ["a@contoso.com"] and len(certificates.delete_contacts()) == 1, "contacts")
from azure.keyvault.certificates import IssuerProperties
refused(HttpResponseError, lambda: certificates.create_issuer("digicert", "DigiCert"), "issuers are refused")
check(list(certificates.list_properties_of_issuers()) == [], "list_properties_of_issuers")
check(certificates.update_certificate_properties("self", tags={"a": "b"}).properties.tags == {"a": "b"}, "update_certificate_properties")
backup = certificates.backup_certificate("self")
certificates.begin_delete_certificate("self").wait()
certificates.begin_recover_deleted_certificate("self").wait()
certificates.begin_delete_certificate("self").wait()
certificates.purge_deleted_certificate("self")
check(certificates.restore_certificate_backup(backup).name == "self", "delete, recover, purge, restore_certificate_backup")
check({c.name for c in certificates.list_properties_of_certificates()} >= {"self", "pem"}, "list_properties_of_certificates")

# A workspace whose key is in a vault that keeps what is deleted.
CMK = f"{ID}cmk"
policies = [{"tenantId": TENANT, "objectId": oid, "permissions": {"keys": ["get", "create", "wrapKey", "unwrapKey"]}} for oid in ()]
import requests
graph = cred().get_token("https://graph.microsoft.com/.default").token
find = lambda app: requests.get("https://graph.microsoft.com/v1.0/servicePrincipals", params={"$filter": f"appId eq '{app}'"}, headers={"Authorization": "Bearer " + graph}).json()["value"][0]["id"]
import os
for app in ("a232010e-820c-4083-83bb-3ace5fc29d0b", os.environ["LAZULI_CLIENT_ID"]):
    policies.append({"tenantId": TENANT, "objectId": find(app), "permissions": {"keys": ["get", "create", "wrapKey", "unwrapKey"]}})
VAULT["properties"].update(enableRbacAuthorization=False, enablePurgeProtection=True, accessPolicies=policies)
made = arm("PUT", f"{CMK}?api-version=2023-07-01", json=VAULT)
check(made.status_code in (200, 201), f"vault with access policies -> {made.status_code}")
key = KeyClient(made.json()["properties"]["vaultUri"], cred()).create_rsa_key("workspace")
from azure.ai.ml.entities import CustomerManagedKey, Workspace
ml = client()
default = ml.workspaces.get("default")
wish = Workspace(name=f"cmk{RUNTAG}", location=LOC, description="sealed", storage_account=default.storage_account, key_vault=default.key_vault, application_insights=default.application_insights, customer_managed_key=CustomerManagedKey(key_vault=CMK, key_uri=key.id))
made = ml.workspaces.begin_create(wish).result()
check(made.customer_managed_key.key_uri == key.id, "azure-ai-ml: a workspace with a customer-managed key")
ml.workspaces.begin_delete(made.name, delete_dependent_resources=False, permanently_delete=True).wait()
print("ok   done")
