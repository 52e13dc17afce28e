#!/bin/bash
# k. Azure CLI signs people and programs in: with a device code on the page of this server, with name and password, with a federated token; refresh across resources.
# needs: AZ (path of az), HTTPS_PROXY and REQUESTS_CA_BUNDLE set by the caller
set -u
AZ=${AZ:-az}; RG=${RESOURCE_GROUP:-lazuli}; T=${RUN_TAG:-$RANDOM}
D=$(mktemp -d); export HOME=$D AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_NO_COLOR=yes AZURE_CORE_ONLY_SHOW_ERRORS=no AZURE_CORE_LOGIN_EXPERIENCE_V2=off
fail(){ echo "FAIL $*" >&2; exit 1; }; ok(){ echo "ok   $*"; }
export AZURE_CONFIG_DIR=$D/owner
$AZ login --service-principal -u "$LAZULI_CLIENT_ID" -p "$LAZULI_CLIENT_SECRET" --tenant "$LAZULI_TENANT" -o none --only-show-errors || fail "login of the owner"
SCOPE=/subscriptions/$SUBSCRIPTION_ID/resourceGroups/$RG; NAME=grace$T@lazuli.onmicrosoft.com; PASSWORD='Nanoseconds-1906'
U=$($AZ ad user create --display-name "Grace $T" --user-principal-name "$NAME" --password "$PASSWORD" --query id -o tsv --only-show-errors) || fail "user create"
$AZ role assignment create --assignee-object-id "$U" --assignee-principal-type User --role Reader --scope "$SCOPE" -o none --only-show-errors || fail "role assignment"; ok "a user with a role"

export AZURE_CONFIG_DIR=$D/device
$AZ login --use-device-code --tenant "$LAZULI_TENANT" -o none >"$D/device.out" 2>"$D/device.err" & PID=$!
for _ in $(seq 200); do grep -q 'enter the code' "$D/device.err" && break; kill -0 $PID 2>/dev/null || break; sleep 0.1; done
PAGE=$(grep -o 'http[^ ]*deviceauth' "$D/device.err" | head -1); CODE=$(grep -o 'code [A-Z0-9]*' "$D/device.err" | head -1 | cut -d' ' -f2)
[ -n "$PAGE" ] && [ -n "$CODE" ] || { cat "$D/device.err"; fail "no device code"; }; ok "az shows a page of this server and a code"
# The browser of the person: on this machine, past the proxy.
REQUEST=$(curl -s --noproxy '*' "$PAGE" -d "otc=$CODE" | grep -o 'name="request" value="[^"]*"' | cut -d'"' -f4); [ -n "$REQUEST" ] || fail "the page after the code"
LOGIN=${PAGE%/oauth2/deviceauth}/login
curl -s --noproxy '*' "$LOGIN" --data-urlencode "request=$REQUEST" --data-urlencode "login=$NAME" --data-urlencode 'passwd=wrong' | grep -q 'role="alert"' || fail "a wrong password"; ok "a wrong password is told on the page"
curl -s --noproxy '*' "$LOGIN" --data-urlencode "request=$REQUEST" --data-urlencode "login=$NAME" --data-urlencode "passwd=$PASSWORD" | grep -q 'You have signed in to <strong>Microsoft Azure CLI</strong>' || fail "sign in on the page"
wait $PID || { cat "$D/device.err"; fail "az login --use-device-code"; }; ok "az login --use-device-code"
[ "$($AZ account show --query user.name -o tsv)" = "$NAME" ] || fail "account show"; ok "account show names the user"
$AZ group show -n "$RG" -o none || fail "the user reads"; ok "the user reads the group"
! $AZ group update -n "$RG" --tags a=b -o none 2>"$D/denied" && grep -q AuthorizationFailed "$D/denied" || fail "the user may not write"; ok "the user may not write"
[ "$($AZ ad signed-in-user show --query id -o tsv)" = "$U" ] || fail "signed-in-user show"; ok "ad signed-in-user show (the refresh token gets one for Graph)"
[ -n "$($AZ account get-access-token --resource https://ml.azure.com --query accessToken -o tsv)" ] || fail "another resource"; ok "get-access-token for another resource"

export AZURE_CONFIG_DIR=$D/password
$AZ login -u "$NAME" -p "$PASSWORD" --tenant "$LAZULI_TENANT" -o none 2>"$D/password.err" || { cat "$D/password.err"; fail "login with name and password"; }; ok "login with name and password"
! $AZ login -u "$NAME" -p wrong --tenant "$LAZULI_TENANT" -o none 2>"$D/password.err" && grep -q AADSTS50126 "$D/password.err" || fail "a wrong password"; ok "a wrong password: AADSTS50126"

export AZURE_CONFIG_DIR=$D/owner AZURE_CORE_ONLY_SHOW_ERRORS=yes
APP=$($AZ ad app create --display-name "federated-$T" --query appId -o tsv) && $AZ ad sp create --id "$APP" -o none && $AZ role assignment create --assignee "$APP" --role Reader --scope "$SCOPE" -o none || fail "app with a role"
TOKEN=$($AZ account get-access-token --scope api://AzureADTokenExchange/.default --query accessToken -o tsv) && [ -n "$TOKEN" ] || fail "a token to exchange"
SUBJECT=$(python3 -c 'import base64,json,sys; p=sys.argv[1].split(".")[1]; print(json.loads(base64.urlsafe_b64decode(p+"==="))["sub"])' "$TOKEN")
federate(){ $AZ ad app federated-credential create --id "$APP" --parameters "{\"name\":\"$1\",\"issuer\":\"https://sts.windows.net/$LAZULI_TENANT/\",\"subject\":\"$2\",\"audiences\":[\"api://AzureADTokenExchange\"]}" -o none; }
federate other-one "$(python3 -c 'import uuid; print(uuid.uuid4())')" || fail "federated credential"
(export AZURE_CONFIG_DIR=$D/fed; ! $AZ login --service-principal -u "$APP" --tenant "$LAZULI_TENANT" --federated-token "$TOKEN" -o none 2>"$D/fed.err" && grep -q AADSTS700213 "$D/fed.err") || fail "a token of another subject"; ok "a federated token of another subject: AADSTS700213"
federate this-one "$SUBJECT" || fail "federated credential"
(export AZURE_CONFIG_DIR=$D/fed; $AZ login --service-principal -u "$APP" --tenant "$LAZULI_TENANT" --federated-token "$TOKEN" -o none && $AZ group show -n "$RG" -o none) || fail "login with a federated token"; ok "login with a federated token"
$AZ ad app delete --id "$APP"; $AZ ad user delete --id "$U"
(export AZURE_CONFIG_DIR=$D/device; ! $AZ group show -n "$RG" -o none 2>/dev/null) || fail "a removed user still reads"; ok "a removed user's tokens are taken no more"
