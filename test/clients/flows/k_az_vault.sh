#!/bin/bash
# az keyvault: vaults, secrets, keys, certificates, policies, deleted vaults.
set -u
AZ=${AZ:-az}; RG=${RESOURCE_GROUP:-lazuli}; LOC=${LOCATION:-eastus}; T=${RUN_TAG:-$RANDOM}; V=kvaz$T
export AZURE_CONFIG_DIR=${AZURE_CONFIG_DIR:-$(mktemp -d)} AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_NO_COLOR=yes AZURE_CORE_ONLY_SHOW_ERRORS=yes
fail(){ echo "FAIL $*" >&2; exit 1; }; ok(){ echo "ok   $*"; }
D=$(mktemp -d)
$AZ login --service-principal -u "$LAZULI_CLIENT_ID" -p "$LAZULI_CLIENT_SECRET" --tenant "$LAZULI_TENANT" -o none || fail login
$AZ keyvault create -n "$V" -g "$RG" -l "$LOC" -o none || fail "keyvault create"; ok "keyvault create"
[ "$($AZ keyvault show -n "$V" --query properties.enableRbacAuthorization -o tsv)" = true ] || fail "rbac by default"; ok "keyvault show: roles by default"
$AZ keyvault secret set --vault-name "$V" -n one --value v1 --tags a=b -o none || fail "secret set"; ok "secret set"
[ "$($AZ keyvault secret show --vault-name "$V" -n one --query value -o tsv)" = v1 ] || fail "secret show"; ok "secret show"
$AZ keyvault secret set-attributes --vault-name "$V" -n one --content-type text/plain -o none || fail "secret set-attributes"; ok "secret set-attributes"
[ "$($AZ keyvault secret list --vault-name "$V" --query 'length(@)' -o tsv)" = 1 ] || fail "secret list"; ok "secret list"
$AZ keyvault secret backup --vault-name "$V" -n one -f $D/one.bak -o none || fail "secret backup"; ok "secret backup"
$AZ keyvault secret delete --vault-name "$V" -n one -o none || fail "secret delete"; ok "secret delete"
[ "$($AZ keyvault secret list-deleted --vault-name "$V" --query '[0].name' -o tsv)" = one ] || fail "list-deleted"; ok "secret list-deleted"
$AZ keyvault secret recover --vault-name "$V" -n one -o none || fail "secret recover"; ok "secret recover"
$AZ keyvault secret delete --vault-name "$V" -n one -o none && $AZ keyvault secret purge --vault-name "$V" -n one -o none || fail "secret purge"; ok "secret purge"
$AZ keyvault secret restore --vault-name "$V" -f $D/one.bak -o none || fail "secret restore"; ok "secret restore"
$AZ keyvault key create --vault-name "$V" -n rsa --kty RSA --size 2048 -o none || fail "key create"; ok "key create"
C=$($AZ keyvault key encrypt --vault-name "$V" -n rsa --algorithm RSA-OAEP-256 --value aGVsbG8= --data-type base64 --query result -o tsv) || fail "key encrypt"
[ "$($AZ keyvault key decrypt --vault-name "$V" -n rsa --algorithm RSA-OAEP-256 --value "$C" --data-type base64 --query result -o tsv)" = aGVsbG8= ] || fail "key decrypt"; ok "key encrypt, decrypt"
$AZ keyvault key rotate --vault-name "$V" -n rsa -o none || fail "key rotate"; ok "key rotate"
[ "$($AZ keyvault key list-versions --vault-name "$V" -n rsa --query 'length(@)' -o tsv)" = 2 ] || fail "list-versions"; ok "key list-versions"
$AZ keyvault key rotation-policy show --vault-name "$V" -n rsa -o none || fail "rotation-policy show"; ok "key rotation-policy show"
$AZ keyvault key set-attributes --vault-name "$V" -n rsa --enabled true --ops encrypt decrypt -o none || fail "key set-attributes"; ok "key set-attributes"
$AZ keyvault key download --vault-name "$V" -n rsa -f $D/rsa.pem -e PEM -o none && grep -q 'BEGIN PUBLIC KEY' $D/rsa.pem || fail "key download"; ok "key download"
openssl genpkey -algorithm RSA -out $D/own.pem 2>/dev/null; $AZ keyvault key import --vault-name "$V" -n own --pem-file $D/own.pem -o none || fail "key import"; ok "key import"
$AZ keyvault certificate create --vault-name "$V" -n cert -p "$($AZ keyvault certificate get-default-policy)" -o none || fail "certificate create"; ok "certificate create"
$AZ keyvault certificate show --vault-name "$V" -n cert --query cer -o tsv | grep -q MII || fail "certificate show"; ok "certificate show"
$AZ keyvault certificate download --vault-name "$V" -n cert -f $D/cert.pem -e PEM -o none && openssl x509 -in $D/cert.pem -noout || fail "certificate download"; ok "certificate download"
$AZ keyvault secret download --vault-name "$V" -n cert -f $D/cert.pfx --encoding base64 -o none && openssl pkcs12 -in $D/cert.pfx -passin pass: -nodes -out $D/all.pem || fail "its secret is a PFX"; ok "secret download: a PFX"
$AZ keyvault certificate import --vault-name "$V" -n again -f $D/all.pem -o none || fail "certificate import"; ok "certificate import"
[ "$($AZ keyvault certificate list --vault-name "$V" --query 'length(@)' -o tsv)" = 2 ] || fail "certificate list"; ok "certificate list"
$AZ keyvault update -n "$V" -g "$RG" --enable-rbac-authorization false -o none || fail "keyvault update"
! $AZ keyvault secret show --vault-name "$V" -n one -o none 2>/dev/null || fail "nobody without a policy"; ok "no policy, no access"
$AZ keyvault set-policy -n "$V" -g "$RG" --spn "$LAZULI_CLIENT_ID" --secret-permissions get list -o none || fail "set-policy"; ok "set-policy"
[ "$($AZ keyvault secret show --vault-name "$V" -n one --query value -o tsv)" = v1 ] || fail "by policy"; ok "secret show by policy"
$AZ keyvault delete-policy -n "$V" -g "$RG" --spn "$LAZULI_CLIENT_ID" -o none || fail "delete-policy"; ok "delete-policy"
$AZ keyvault delete -n "$V" -g "$RG" -o none || fail "keyvault delete"; ok "keyvault delete"
[ "$($AZ keyvault list-deleted --resource-type vault --query "[?name=='$V'] | length(@)" -o tsv)" = 1 ] || fail "list-deleted"; ok "keyvault list-deleted"
$AZ keyvault recover -n "$V" -g "$RG" -l "$LOC" -o none || fail "keyvault recover"; ok "keyvault recover"
$AZ keyvault delete -n "$V" -g "$RG" -o none && $AZ keyvault purge -n "$V" -l "$LOC" -o none || fail "keyvault purge"; ok "keyvault purge"
