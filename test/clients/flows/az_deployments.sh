#!/bin/bash
# Azure CLI: az deployment group|sub create, validate, what-if, show, list, export, operation, cancel, delete; az group export.
# needs: AZ (path of az), HTTPS_PROXY and REQUESTS_CA_BUNDLE set by the caller
set -u
AZ=${AZ:-az}; RG=dep${RUN_TAG:-$RANDOM}; LOC=${LOCATION:-eastus}
export AZURE_CONFIG_DIR=${AZURE_CONFIG_DIR:-$(mktemp -d)} AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_NO_COLOR=yes AZURE_CORE_ONLY_SHOW_ERRORS=yes
fail(){ echo "FAIL $*" >&2; exit 1; }; ok(){ echo "ok   $*"; }
D=$(mktemp -d); SCHEMA=https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#
cat > "$D/main.json" <<T
{ "\$schema": "$SCHEMA", "contentVersion": "1.0.0.0",
  "parameters": { "prefix": { "type": "string", "minLength": 2 }, "count": { "type": "int", "defaultValue": 2 }, "secret": { "type": "securestring", "defaultValue": "hush" } },
  "resources": [
    { "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "[concat(parameters('prefix'), copyIndex())]",
      "location": "[resourceGroup().location]", "tags": { "from": "[parameters('prefix')]" }, "copy": { "name": "ids", "count": "[parameters('count')]" } } ],
  "outputs": { "first": { "type": "string", "value": "[reference(concat(parameters('prefix'), '0')).principalId]" } } }
T
sed 's/"from": "\[/"from": "changed-[/; s/"changed-\[parameters(.prefix.)\]"/"changed"/' "$D/main.json" > "$D/changed.json"
cat > "$D/parameters.json" <<T
{ "\$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#", "contentVersion": "1.0.0.0", "parameters": { "prefix": { "value": "az" } } }
T
cat > "$D/sub.json" <<T
{ "\$schema": "https://schema.management.azure.com/schemas/2018-05-01/subscriptionDeploymentTemplate.json#", "contentVersion": "1.0.0.0",
  "resources": [
    { "type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": "$RG-sub", "location": "$LOC" },
    { "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inside", "resourceGroup": "$RG-sub", "dependsOn": ["[subscriptionResourceId('Microsoft.Resources/resourceGroups', '$RG-sub')]"],
      "properties": { "mode": "Incremental", "expressionEvaluationOptions": { "scope": "inner" }, "template": { "\$schema": "$SCHEMA", "contentVersion": "1.0.0.0",
        "resources": [ { "type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "inside", "location": "[resourceGroup().location]" } ],
        "outputs": { "id": { "type": "string", "value": "[resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'inside')]" } } } } } ],
  "outputs": { "id": { "type": "string", "value": "[reference('inside').outputs.id.value]" } } }
T
$AZ login --service-principal -u "$LAZULI_CLIENT_ID" -p "$LAZULI_CLIENT_SECRET" --tenant "$LAZULI_TENANT" -o none || fail login; ok login
$AZ group create -n "$RG" -l "$LOC" -o none || fail "group create"; ok "group create"
[ "$($AZ deployment group validate -g "$RG" -f "$D/main.json" -p "@$D/parameters.json" --query properties.provisioningState -o tsv)" = Succeeded ] || fail validate; ok "group validate"
$AZ deployment group validate -g "$RG" -f "$D/main.json" -p prefix=a -o none 2>"$D/err" && fail "validate must refuse"; grep -q "length is below 2" "$D/err" || fail "validate says why"; ok "group validate refuses a short parameter"
[ "$($AZ deployment group what-if -g "$RG" -f "$D/main.json" -p "@$D/parameters.json" --no-pretty-print --query 'changes[].changeType' -o tsv | sort -u)" = Create ] || fail "what-if create"; ok "what-if: Create"
[ -n "$($AZ deployment group create -g "$RG" -n first -f "$D/main.json" -p "@$D/parameters.json" --query properties.outputs.first.value -o tsv)" ] || fail create; ok "group create, with an output"
[ "$($AZ deployment group what-if -g "$RG" -f "$D/main.json" -p prefix=az --no-pretty-print --query 'changes[].changeType' -o tsv | sort -u)" = NoChange ] || fail "what-if no change"; ok "what-if: NoChange"
$AZ deployment group what-if -g "$RG" -f "$D/changed.json" -p prefix=az count=1 > "$D/pretty" || fail "what-if pretty"; grep -q '~ tags.from: *"az" => "changed"' "$D/pretty" && grep -q "1 to modify, 1 to ignore" "$D/pretty" || fail "what-if pretty: $(cat "$D/pretty")"; ok "what-if as az prints it: a change of a tag, one ignored"
[ "$($AZ deployment group what-if -g "$RG" -f "$D/changed.json" -p prefix=az count=1 -r ResourceIdOnly --mode Complete --no-pretty-print --query 'changes[].changeType' -o tsv | sort | tr '\n' ' ')" = "Delete Deploy " ] || fail "what-if ids only"; ok "what-if: ids only, Complete"
[ "$($AZ deployment group show -g "$RG" -n first --query '[properties.provisioningState, properties.mode, properties.parameters.secret.value]' -o tsv | tr '\t\n' '  ')" = "Succeeded Incremental None " ] || fail "show: $($AZ deployment group show -g "$RG" -n first)"; ok "group show, no secret in it"
[ "$($AZ deployment group list -g "$RG" --query '[].name' -o tsv)" = first ] || fail list; ok "group list"
[ "$($AZ deployment operation group list -g "$RG" -n first --query '[].properties.targetResource.resourceName' -o tsv | sort | tr '\n' ' ')" = "az0 az1 " ] || fail operations; ok "operation group list"
$AZ deployment group export -g "$RG" -n first | grep -q '"name": "ids"' || fail export; ok "group export"
$AZ group export -n "$RG" --include-parameter-default-value > "$D/exported" && [ "$(grep -c '"type": "Microsoft.ManagedIdentity/userAssignedIdentities"' "$D/exported")" = 2 ] || fail "export of the group: $(cat "$D/exported")"; ok "az group export"
$AZ deployment group create -g "$RG" -n second -f "$D/changed.json" -p prefix=az count=1 --mode Complete --query properties.provisioningState -o tsv | grep -qx Succeeded || fail "create complete"
[ "$($AZ identity list -g "$RG" --query '[].join(`=`, [name, tags.from])' -o tsv)" = "az0=changed" ] || fail "complete mode removes"; ok "group create --mode Complete"
$AZ deployment group create -g "$RG" -n bad -f "$D/main.json" -p prefix='no good!' --rollback-on-error second -o none 2>"$D/err" && fail "a bad name must fail"; grep -q DeploymentFailed "$D/err" || fail "bad: $(cat "$D/err")"
[ "$($AZ deployment group show -g "$RG" -n bad --query '[properties.provisioningState, properties.onErrorDeployment.deploymentName, properties.onErrorDeployment.provisioningState]' -o tsv | tr '\t\n' '  ')" = "Failed second Succeeded " ] || fail rollback; ok "group create --rollback-on-error"
$AZ deployment group cancel -g "$RG" -n first 2>"$D/err" && fail "cancel of one that is over"; grep -qi "cannot be cancelled" "$D/err" || fail "cancel: $(cat "$D/err")"; ok "group cancel refuses one that is over"
$AZ deployment group delete -g "$RG" -n first || fail delete; [ "$($AZ deployment group list -g "$RG" --query "length([?name=='first'])" -o tsv)" = 0 ] || fail "deleted one is listed"; ok "group delete"
$AZ deployment sub create -n "sub$RG" -l "$LOC" -f "$D/sub.json" --query properties.outputs.id.value -o tsv | grep -q "/resourceGroups/$RG-sub/" || fail "sub create"; ok "sub create: a group, and a deployment into it"
[ "$($AZ deployment sub show -n "sub$RG" --query location -o tsv)" = "$LOC" ] || fail "sub show"; ok "sub show"
$AZ deployment sub what-if -l "$LOC" -f "$D/sub.json" --no-pretty-print --query 'changes[].changeType' -o tsv | sort -u | grep -qx NoChange || fail "sub what-if"; ok "sub what-if: NoChange, nested deployments looked into"
$AZ deployment operation sub list -n "sub$RG" --query 'length(@)' -o tsv | grep -qx 2 || fail "sub operations"; ok "operation sub list"
for group in "$RG" "$RG-sub"; do $AZ group delete -n "$group" -y || fail "group delete"; done; ok "group delete"
