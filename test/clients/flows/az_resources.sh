#!/bin/bash
# az over everything that is not Azure ML: groups, generic resources, tags, locks, roles, providers, moves.
# needs: AZ (az, or a python with -m azure.cli), HTTPS_PROXY and REQUESTS_CA_BUNDLE set by the caller
set -u
AZ=${AZ:-az}; LOC=${LOCATION:-eastus}; T=${RUN_TAG:-$RANDOM}; ARM=${ARM_ENDPOINT:-https://management.azure.com}
export AZURE_CONFIG_DIR=${AZURE_CONFIG_DIR:-$(mktemp -d)} AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_NO_COLOR=yes AZURE_CORE_ONLY_SHOW_ERRORS=yes
SUB=/subscriptions/$SUBSCRIPTION_ID; A=azr$T; B=azs$T; ID=Microsoft.ManagedIdentity/userAssignedIdentities
fail(){ echo "FAIL $*" >&2; [ -n "${PROBE:-}" ] || exit 1; }; ok(){ echo "ok   $*"; }
# is NAME WANTED ARGS…: az answers just this. refused NAME PATTERN ARGS…: az fails, and says so.
is(){ local name=$1 wanted=$2 got; shift 2; got=$($AZ "$@" -o tsv 2>&1) || { fail "$name: $got"; return; }; [ "$got" = "$wanted" ] && ok "$name" || fail "$name: '$got' in place of '$wanted'"; }
does(){ local name=$1 got; shift; got=$($AZ "$@" -o none 2>&1) && ok "$name" || fail "$name: $got"; }
refused(){ local name=$1 wanted=$2 got; shift 2; got=$($AZ "$@" 2>&1) && { fail "$name was not refused"; return; }; grep -q "$wanted" <<<"$got" && ok "$name is refused: $wanted" || fail "$name: $got"; }
$AZ login --service-principal -u "$LAZULI_CLIENT_ID" -p "$LAZULI_CLIENT_SECRET" --tenant "$LAZULI_TENANT" -o none || fail login; ok login

# Groups
is "group create" Succeeded group create -n $A -l $LOC --tags owner=ann cost=1 --query properties.provisioningState
does "group create, the other" group create -n $B -l $LOC
is "group show" ann group show -n $A --query tags.owner
is "group list --tag" $A group list --tag cost=1 --query "[?name=='$A'].name"
is "group update --set" bob group update -n $A --set tags.owner=bob --query tags.owner
is "group update --tags" "" group update -n $A --tags --query tags.owner
is "group exists" true group exists -n $A
is "group exists, of none" false group exists -n none$T
does "group wait --exists" group wait -n $A --exists
refused "group show of none" ResourceGroupNotFound group show -n none$T

# Generic resources
is "resource create" "i$T" resource create -g $A -n i$T --resource-type $ID -l $LOC --properties '{}' --query name
I=$SUB/resourceGroups/$A/providers/$ID/i$T
is "resource show" $I resource show --ids $I --query id
is "resource show by name" $I resource show -g $A -n i$T --resource-type $ID --query id
is "resource show --api-version" i$T resource show --ids $I --api-version 2018-11-30 --query name
is "resource list -g" i$T resource list -g $A --query '[].name'
is "resource list --resource-type" i$T resource list -g $A --resource-type $ID --query '[].name'
is "resource list -n" i$T resource list -n i$T --query '[].name'
does "resource tag" resource tag --ids $I --tags a=1 b=2
is "resource tag -i" 3 resource tag --ids $I --tags c=3 -i --query 'length(tags)'
is "resource list --tag" i$T resource list --tag a=1 --query '[].name'
is "resource update" 9 resource update --ids $I --set tags.a=9 --query tags.a
is "resource patch" 5 resource patch --ids $I --properties '{"tags":{"a":"5"}}' --is-full-object --query tags.a
is "resource list, with times" true resource list -g $A --query '[0].createdTime!=`null` && [0].changedTime!=`null`'
ST=azst$T
is "storage account by resource create" Succeeded resource create -g $A -n $ST --resource-type Microsoft.Storage/storageAccounts -l $LOC --is-full-object --properties "{\"location\":\"$LOC\",\"kind\":\"StorageV2\",\"sku\":{\"name\":\"Standard_LRS\"}}" --query properties.provisioningState
S=$SUB/resourceGroups/$A/providers/Microsoft.Storage/storageAccounts/$ST
does "a Log Analytics workspace by resource create" resource create -g $A -n azlog$T --resource-type Microsoft.OperationalInsights/workspaces -l $LOC --properties '{}'
O=$SUB/resourceGroups/$A/providers/Microsoft.OperationalInsights/workspaces/azlog$T
does "resource invoke-action" resource invoke-action --action sharedKeys --ids $O
is "storage account check-name, taken" false storage account check-name -n $ST --query nameAvailable
is "storage account check-name, free" true storage account check-name -n free$T --query nameAvailable
is "acr check-name" true acr check-name -n free$T --query nameAvailable
is "a vault's checkNameAvailability" true rest --method post --url "$ARM$SUB/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2022-07-01" --body "{\"name\":\"free$T\",\"type\":\"Microsoft.KeyVault/vaults\"}" --query nameAvailable
refused "resource show of none" ResourceNotFound resource show --ids ${I}x

# Tags
is "tag create at a resource" 1 tag create --resource-id $I --tags only=1 --query 'length(properties.tags)'
is "tag update merge" 2 tag update --resource-id $I --operation merge --tags more=2 --query 'length(properties.tags)'
is "tag update delete" 2 tag update --resource-id $I --operation delete --tags only=1 --query properties.tags.more
is "tag update replace" 7 tag update --resource-id $I --operation replace --tags z=7 --query properties.tags.z
is "tag list at a resource" 7 tag list --resource-id $I --query properties.tags.z
is "the resource has them" 7 resource show --ids $I --query tags.z
does "tag delete" tag delete --resource-id $I -y
is "no tags are left" "" resource show --ids $I --query tags.z
is "tag create at a group" x tag create --resource-id $SUB/resourceGroups/$B --tags who=x --query properties.tags.who
is "tag create at the subscription" y tag create --resource-id $SUB --tags why=y --query properties.tags.why
does "tag delete at the subscription" tag delete --resource-id $SUB -y
does "tag create" tag create -n t$T
does "tag add-value" tag add-value -n t$T --value one
is "tag list" one tag list --query "[?tagName=='t$T'].values[0].tagValue"
does "tag remove-value" tag remove-value -n t$T --value one
does "tag delete of a name" tag delete -n t$T -y

# Locks
is "lock create at a group" CanNotDelete lock create -n l$T -g $A --lock-type CanNotDelete --notes why --query level
is "lock list" l$T lock list -g $A --query '[].name'
is "lock show" why lock show -n l$T -g $A --query notes
refused "resource delete below a lock" "failed to be deleted" resource delete --ids $I
is "lock update" ReadOnly lock update -n l$T -g $A --lock-type ReadOnly --query level
refused "resource tag below a read-only lock" ScopeLocked resource tag --ids $I --tags a=1
refused "tag update below a read-only lock" ScopeLocked tag update --resource-id $I --operation merge --tags a=1
refused "an action below a read-only lock" ScopeLocked resource invoke-action --action listKeys --ids $S
does "lock delete" lock delete -n l$T -g $A
is "lock create at a resource" i-lock lock create -n i-lock --lock-type CanNotDelete --resource-group $A --resource-name i$T --resource-type $ID --query name
does "lock delete by id" lock delete --ids $I/providers/Microsoft.Authorization/locks/i-lock

# Moves
K=$($AZ storage account keys list -g $A -n $ST --query '[0].value' -o tsv)
refused "resource move of what does not move" ResourceMoveNotSupported resource move --destination-group $B --ids $I
does "resource move" resource move --destination-group $B --ids $S $O
is "the moved are there" 2 resource list -g $B --query 'length(@)'
refused "the moved are gone" ResourceNotFound resource show --ids $S
is "it has its keys still" "$K" storage account keys list -g $B -n $ST --query '[0].value'
S=$SUB/resourceGroups/$B/providers/Microsoft.Storage/storageAccounts/$ST

# Roles
P=$($AZ resource show --ids $I --query properties.principalId -o tsv)
is "role assignment create" Reader role assignment create --assignee-object-id $P --assignee-principal-type ServicePrincipal --role Reader --scope $SUB/resourceGroups/$B --query "'Reader'"
is "role assignment list" Reader role assignment list --scope $SUB/resourceGroups/$B --assignee $P --query '[].roleDefinitionName'
is "role assignment list --all" 1 role assignment list --all --assignee $P --query 'length(@)'
refused "role assignment with a condition" ondition role assignment create --assignee-object-id $P --assignee-principal-type ServicePrincipal --role 'Storage Blob Data Reader' --scope $S --condition "((!(ActionMatches{'x'})))" --condition-version 2.0
ROLE=$(mktemp); echo "{\"Name\":\"Custom $T\",\"Description\":\"d\",\"Actions\":[\"Microsoft.Storage/*/read\"],\"NotActions\":[],\"AssignableScopes\":[\"$SUB\"]}" >$ROLE
is "role definition create" "Custom $T" role definition create --role-definition @$ROLE --query roleName
is "role definition list --name" "Custom $T" role definition list --name "Custom $T" --query '[].roleName'
is "role definition list --custom-role-only" "Custom $T" role definition list --custom-role-only true --query "[?roleName=='Custom $T'].roleName"
sed -i 's/"d"/"e"/' $ROLE
is "role definition update" e role definition update --role-definition @$ROLE --query description
does "role assignment create, custom" role assignment create --assignee-object-id $P --assignee-principal-type ServicePrincipal --role "Custom $T" --scope $S
refused "role definition delete while assigned" RoleDefinitionHasAssignments role definition delete --name "Custom $T"
does "role assignment delete" role assignment delete --assignee $P --role "Custom $T" --scope $S
does "role definition delete" role definition delete --name "Custom $T"
does "role assignment delete, at the group" role assignment delete --assignee $P --scope $SUB/resourceGroups/$B

# Providers
is "provider list" Registered provider list --query "[?namespace=='Microsoft.Storage'].registrationState"
is "provider show" storageAccounts provider show -n Microsoft.Storage --query "resourceTypes[?resourceType=='storageAccounts'].resourceType"
does "provider unregister" provider unregister -n Microsoft.Notebooks --wait
is "it is unregistered" Unregistered provider show -n Microsoft.Notebooks --query registrationState
does "provider register" provider register -n Microsoft.Notebooks --wait
is "provider operation show" Microsoft.Storage provider operation show --namespace Microsoft.Storage --query name
is "provider operation list" true provider operation list --query 'length(@)>`5`'
is "provider permission list" true provider permission list -n Microsoft.Storage --query 'length(@)>=`0`'
is "feature list" true feature list --namespace Microsoft.Storage --query 'length(@)>=`0`'
is "account list-locations" $LOC account list-locations --query "[?name=='$LOC'].name"

# az rest
is "az rest --method head" "" rest --method head --url "$ARM$SUB/resourceGroups/$B?api-version=2021-04-01"
is "az rest, operations of a provider" true rest --url "$ARM/providers/Microsoft.Storage/operations?api-version=2022-09-01" --query 'length(value)>`5`'
is "az rest checkResourceName" Allowed rest --method post --url "$ARM/providers/Microsoft.Resources/checkResourceName?api-version=2022-12-01" --body '{"name":"mine","type":"Microsoft.Resources/resourceGroups"}' --query status
refused "az rest of a workspace's move" ResourceMoveNotSupported rest --method post --url "$ARM$SUB/resourceGroups/lazuli/validateMoveResources?api-version=2021-04-01" --body "{\"resources\":[\"$SUB/resourceGroups/lazuli/providers/Microsoft.MachineLearningServices/workspaces/default\"],\"targetResourceGroup\":\"$SUB/resourceGroups/$B\"}"

# What was made goes
does "resource delete" resource delete --ids $I
is "resource delete of none" "" resource delete --ids $I
is "group export" true group export -n $B --query 'length(resources)>=`1`'
does "group delete" group delete -n $A -y
does "group delete --no-wait" group delete -n $B -y --no-wait
does "group wait --deleted" group wait -n $B --deleted
is "the group is gone" false group exists -n $B
