#!/bin/bash
# o. Azure CLI on what scripts watch: Resource Graph through az rest, the activity log, metrics, diagnostic settings.
# needs: AZ (path of az), HTTPS_PROXY and REQUESTS_CA_BUNDLE set by the caller
set -u
AZ=${AZ:-az}; RG=${RESOURCE_GROUP:-lazuli}; LOC=${LOCATION:-eastus}; T=${RUN_TAG:-$RANDOM}
export AZURE_CONFIG_DIR=${AZURE_CONFIG_DIR:-$(mktemp -d)} AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_NO_COLOR=yes AZURE_CORE_ONLY_SHOW_ERRORS=yes
fail(){ echo "FAIL $*" >&2; exit 1; }; ok(){ echo "ok   $*"; }
$AZ login --service-principal -u "$LAZULI_CLIENT_ID" -p "$LAZULI_CLIENT_SECRET" --tenant "$LAZULI_TENANT" -o none || fail login; ok login
query(){ $AZ rest --method post --url "/providers/Microsoft.ResourceGraph/resources?api-version=2022-10-01" --body "{\"subscriptions\":[\"$SUBSCRIPTION_ID\"],\"query\":\"$1\"}" "${@:2}"; }
[ "$(query "Resources | where type =~ 'Microsoft.MachineLearningServices/workspaces' | project name, location" --query 'data[0].name' -o tsv)" = default ] || fail "graph query"; ok "az rest: Resource Graph"
query "Resources | summarize count() by type | order by count_ desc" --query 'data[].type' -o tsv | grep -qx microsoft.storage/storageaccounts || fail summarize; ok "az rest: Resource Graph, summarize"
query "Resources | mv-expand tags" >/dev/null 2>$AZURE_CONFIG_DIR/refused && fail "mv-expand must be refused"; grep -q "not supported" $AZURE_CONFIG_DIR/refused || fail "why mv-expand is refused"; ok "az rest: a refused query says why"
$AZ group create -n "watched$T" -l "$LOC" -o none || fail "group create"
[ "$($AZ monitor activity-log list -g "watched$T" --offset 1h --query "[?status.value=='Succeeded'] | [0].operationName.value" -o tsv)" = Microsoft.Resources/subscriptions/resourceGroups/write ] || fail "activity-log list -g"; ok "monitor activity-log list -g"
C=$($AZ monitor activity-log list -g "watched$T" --offset 1h --query '[0].correlationId' -o tsv)
[ "$($AZ monitor activity-log list --correlation-id "$C" --offset 1h --query 'length(@)' -o tsv)" -ge 2 ] || fail "activity-log list --correlation-id"; ok "monitor activity-log list --correlation-id"
[ "$($AZ monitor activity-log list --caller "$LAZULI_CLIENT_ID" --status Started --max-events 3 --select eventTimestamp --query 'length(@)' -o tsv)" = 3 ] || fail "activity-log list --caller --max-events"; ok "monitor activity-log list --caller --max-events"
WS="/subscriptions/$SUBSCRIPTION_ID/resourceGroups/$RG/providers/Microsoft.MachineLearningServices/workspaces/default"
$AZ monitor metrics list-definitions --resource "$WS" --query '[].name.value' -o tsv | grep -qx "Completed Runs" || fail "metrics list-definitions"; ok "monitor metrics list-definitions"
[ "$($AZ monitor metrics list --resource "$WS" --metrics "Completed Runs" --interval PT1H --query 'value[0].timeseries[0].data[0].total' -o tsv | cut -d. -f1)" -ge 0 ] || fail "metrics list"; ok "monitor metrics list"
SA=$($AZ rest --method get --url "$WS?api-version=2024-04-01" --query properties.storageAccount -o tsv)
DS="$AZ monitor diagnostic-settings subscription"
$DS create --name "set$T" --location global --storage-account "$SA" --logs '[{"category":"Administrative","enabled":true}]' -o none || fail "diagnostic-settings subscription create"; ok "monitor diagnostic-settings subscription create"
$DS list --query 'value[].name || [].name' -o tsv | grep -qx "set$T" || fail "diagnostic-settings subscription list"; ok "monitor diagnostic-settings subscription list"
$DS delete --name "set$T" -y || fail "diagnostic-settings subscription delete"; ok "monitor diagnostic-settings subscription delete"
$AZ group delete -n "watched$T" -y -o none || fail "group delete"
