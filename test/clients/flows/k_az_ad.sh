#!/bin/bash
# k. Azure CLI on the directory: az ad sp, app, user, group; service principals that sign in by secret, certificate and federated token; az identity; role assignments of groups.
# needs: AZ (path of az), HTTPS_PROXY and REQUESTS_CA_BUNDLE set by the caller
set -u
AZ=${AZ:-az}; RG=${RESOURCE_GROUP:-lazuli}; LOC=${LOCATION:-eastus}; T=${RUN_TAG:-$RANDOM}
D=$(mktemp -d); export HOME=$D AZURE_CONFIG_DIR=$D/azure AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_NO_COLOR=yes AZURE_CORE_ONLY_SHOW_ERRORS=yes
fail(){ echo "FAIL $*" >&2; exit 1; }; ok(){ echo "ok   $*"; }
field(){ python3 -c 'import json,sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }
$AZ login --service-principal -u "$LAZULI_CLIENT_ID" -p "$LAZULI_CLIENT_SECRET" --tenant "$LAZULI_TENANT" -o none || fail login; ok "login with a secret"
SCOPE=/subscriptions/$SUBSCRIPTION_ID/resourceGroups/$RG

SP=$($AZ ad sp create-for-rbac -n "rbac-$T" --role Reader --scopes "$SCOPE" -o json) || fail create-for-rbac; APP=$(field appId <<<"$SP"); ok "ad sp create-for-rbac"
[ "$($AZ ad sp show --id "$APP" --query displayName -o tsv)" = "rbac-$T" ] || fail "sp show"; ok "ad sp show"
[ "$($AZ ad sp list --display-name "rbac-$T" --query '[0].appId' -o tsv)" = "$APP" ] || fail "sp list"; ok "ad sp list"
[ "$($AZ ad app list --app-id "$APP" --query '[0].displayName' -o tsv)" = "rbac-$T" ] || fail "app list"; ok "ad app list"
[ "$($AZ ad app credential list --id "$APP" --query 'length(@)' -o tsv)" = 1 ] || fail "credential list"; ok "ad app credential list"
[ "$($AZ role assignment list --assignee "$APP" --scope "$SCOPE" --query '[0].roleDefinitionName' -o tsv)" = Reader ] || fail "role assignment of the sp"; ok "role assignment list --assignee"
(export AZURE_CONFIG_DIR=$D/rbac; $AZ login --service-principal -u "$APP" -p "$(field password <<<"$SP")" --tenant "$LAZULI_TENANT" -o none && $AZ group show -n "$RG" -o none && ! $AZ group update -n "$RG" --tags a=b -o none 2>"$D/denied" && grep -q AuthorizationFailed "$D/denied") || fail "the new sp reads and may not write"; ok "the new service principal reads its group and may not write"
NEW=$($AZ ad app credential reset --id "$APP" --query password -o tsv) && [ -n "$NEW" ] || fail "credential reset"; ok "ad app credential reset"
OWN=$($AZ ad sp credential reset --id "$APP" --query password -o tsv) && [ -n "$OWN" ] || fail "sp credential reset"; ok "ad sp credential reset"
(export AZURE_CONFIG_DIR=$D/own; $AZ login --service-principal -u "$APP" -p "$OWN" --tenant "$LAZULI_TENANT" -o none) || fail "a secret of the service principal itself"; ok "a secret of the service principal itself signs in"
(export AZURE_CONFIG_DIR=$D/reset; ! $AZ login --service-principal -u "$APP" -p "$(field password <<<"$SP")" --tenant "$LAZULI_TENANT" -o none 2>/dev/null && $AZ login --service-principal -u "$APP" -p "$NEW" --tenant "$LAZULI_TENANT" -o none) || fail "after the reset only the new secret signs in"; ok "after the reset only the new secret signs in"
(export AZURE_CONFIG_DIR=$D/rbac; ! $AZ group show -n "$RG" -o none 2>/dev/null) || fail "a token of the removed secret still works"; ok "a token of the removed secret is taken no more"
CERT=$($AZ ad sp create-for-rbac -n "cert-$T" --create-cert --role Reader --scopes "$SCOPE" -o json) || fail "create-for-rbac --create-cert"; CAPP=$(field appId <<<"$CERT"); PEM=$(field fileWithCertAndPrivateKey <<<"$CERT"); ok "ad sp create-for-rbac --create-cert"
(export AZURE_CONFIG_DIR=$D/cert; $AZ login --service-principal -u "$CAPP" --certificate "$PEM" --tenant "$LAZULI_TENANT" -o none && $AZ group show -n "$RG" -o none) || fail "login with a certificate"; ok "login with a certificate"
$AZ ad app update --id "$APP" --identifier-uris "api://$APP" && [ "$($AZ ad app show --id "api://$APP" --query appId -o tsv)" = "$APP" ] || fail "app update"; ok "ad app update, found by its URI"
$AZ ad app federated-credential create --id "$APP" --parameters '{"name":"ci-main","issuer":"https://token.actions.example.com","subject":"repo:o/r:ref:refs/heads/main","audiences":["api://AzureADTokenExchange"]}' --query name -o tsv | grep -qx ci-main || fail "federated-credential create"; ok "ad app federated-credential create"
[ "$($AZ ad app federated-credential list --id "$APP" --query '[0].subject' -o tsv)" = "repo:o/r:ref:refs/heads/main" ] && $AZ ad app federated-credential delete --id "$APP" --federated-credential-id ci-main || fail "federated-credential list and delete"; ok "ad app federated-credential list, delete"

U=$($AZ ad user create --display-name "Ada $T" --user-principal-name "ada$T@lazuli.onmicrosoft.com" --password 'Lovelace-1815' --query id -o tsv) && [ -n "$U" ] || fail "user create"; ok "ad user create"
[ "$($AZ ad user show --id "ada$T@lazuli.onmicrosoft.com" --query id -o tsv)" = "$U" ] || fail "user show"; ok "ad user show"
$AZ ad user update --id "$U" --display-name "Ada L $T" && [ "$($AZ ad user list --upn "ada$T@lazuli.onmicrosoft.com" --query '[0].displayName' -o tsv)" = "Ada L $T" ] || fail "user update, list"; ok "ad user update, list"
G=$($AZ ad group create --display-name "team-$T" --mail-nickname "team-$T" --query id -o tsv) && [ -n "$G" ] || fail "group create"; ok "ad group create"
$AZ ad group member add --group "$G" --member-id "$U" && [ "$($AZ ad group member check --group "$G" --member-id "$U" --query value -o tsv)" = true ] || fail "member add, check"; ok "ad group member add, check"
[ "$($AZ ad group member list --group "$G" --query '[0].userPrincipalName' -o tsv)" = "ada$T@lazuli.onmicrosoft.com" ] || fail "member list"; ok "ad group member list"
$AZ ad group owner add --group "$G" --owner-object-id "$U" && [ "$($AZ ad group owner list --group "$G" --query '[0].id' -o tsv)" = "$U" ] || fail "owner add, list"; ok "ad group owner add, list"
[ "$($AZ ad user get-member-groups --id "$U" --query '[0].displayName' -o tsv)" = "team-$T" ] || fail "get-member-groups"; ok "ad user get-member-groups"
$AZ role assignment create --assignee "$G" --role Reader --scope "$SCOPE" --query principalType -o tsv | grep -qx Group || fail "role assignment of the group"; ok "role assignment create --assignee GROUP"

ID=$($AZ identity create -g "$RG" -n "id-$T" -l "$LOC" -o json) && PRINCIPAL=$(field principalId <<<"$ID") || fail "identity create"; ok "identity create"
[ "$($AZ ad sp show --id "$PRINCIPAL" --query servicePrincipalType -o tsv)" = ManagedIdentity ] || fail "the identity's service principal"; ok "an identity is a service principal"
$AZ identity list -g "$RG" --query '[].name' -o tsv | grep -qx "id-$T" || fail "identity list"; ok "identity list"
$AZ identity federated-credential create -g "$RG" --identity-name "id-$T" -n fed --issuer https://oidc.example.com --subject system:serviceaccount:a:b --audiences api://AzureADTokenExchange -o none && [ "$($AZ identity federated-credential list -g "$RG" --identity-name "id-$T" --query '[0].name' -o tsv)" = fed ] || fail "identity federated-credential"; ok "identity federated-credential create, list"
$AZ identity delete -g "$RG" -n "id-$T" && ! $AZ ad sp show --id "$PRINCIPAL" -o none 2>/dev/null || fail "identity delete"; ok "identity delete takes its service principal along"

$AZ ad group member remove --group "$G" --member-id "$U" && $AZ ad group delete --group "$G" && $AZ ad user delete --id "$U" || fail "group and user delete"; ok "ad group member remove, group delete, user delete"
$AZ ad sp delete --id "$APP" && ! $AZ ad sp show --id "$APP" -o none 2>/dev/null && $AZ ad app delete --id "$APP" && $AZ ad app delete --id "$CAPP" || fail "sp delete, app delete"; ok "ad sp delete, app delete"
(export AZURE_CONFIG_DIR=$D/gone; ! $AZ login --service-principal -u "$CAPP" --certificate "$PEM" --tenant "$LAZULI_TENANT" -o none 2>/dev/null) || fail "a removed application signs in"; ok "a removed application signs in no more"
