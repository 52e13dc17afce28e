#!/bin/bash
# az policy: definitions, sets, assignments, exemptions, and what they do to az's own writes.
# needs: AZ (az, or a python with -m azure.cli), HTTPS_PROXY and REQUESTS_CA_BUNDLE set by the caller
set -u
AZ=${AZ:-az}; LOC=${LOCATION:-eastus}; T=${RUN_TAG:-$RANDOM}; ARM=${ARM_ENDPOINT:-https://management.azure.com}
export AZURE_CONFIG_DIR=${AZURE_CONFIG_DIR:-$(mktemp -d)} AZURE_CORE_COLLECT_TELEMETRY=no AZURE_CORE_NO_COLOR=yes AZURE_CORE_ONLY_SHOW_ERRORS=yes
SUB=/subscriptions/$SUBSCRIPTION_ID; G=azp$T; ID=Microsoft.ManagedIdentity/userAssignedIdentities
fail(){ echo "FAIL $*" >&2; [ -n "${PROBE:-}" ] || exit 1; }; ok(){ echo "ok   $*"; }
# is NAME WANTED ARGS…: az answers just this. refused NAME PATTERN ARGS…: az fails, and says so.
is(){ local name=$1 wanted=$2 got; shift 2; got=$($AZ "$@" -o tsv 2>&1) || { fail "$name: $got"; return; }; [ "$got" = "$wanted" ] && ok "$name" || fail "$name: '$got' in place of '$wanted'"; }
does(){ local name=$1 got; shift; got=$($AZ "$@" -o none 2>&1) && ok "$name" || fail "$name: $got"; }
refused(){ local name=$1 wanted=$2 got; shift 2; got=$($AZ "$@" 2>&1) && { fail "$name was not refused"; return; }; grep -q "$wanted" <<<"$got" && ok "$name is refused: $wanted" || fail "$name: $got"; }
$AZ login --service-principal -u "$LAZULI_CLIENT_ID" -p "$LAZULI_CLIENT_SECRET" --tenant "$LAZULI_TENANT" -o none || fail login; ok login
does "group create" group create -n $G -l $LOC --tags team=blue

# Definitions
RULE='{"if":{"allOf":[{"field":"type","equals":"Microsoft.ManagedIdentity/userAssignedIdentities"},{"field":"tags.cost","exists":false}]},"then":{"effect":"[parameters('"'effect'"')]"}}'
PARAMS='{"effect":{"type":"String","allowedValues":["Deny","Audit","Disabled"],"defaultValue":"Deny"}}'
is "policy definition create" d$T policy definition create -n d$T --mode Indexed --rules "$RULE" --params "$PARAMS" --display-name "Costs are known" --query name
is "policy definition show" Indexed policy definition show -n d$T --query mode
is "policy definition list, own" d$T policy definition list --query "[?policyType=='Custom' && name=='d$T'].name"
is "policy definition list, built in" "Allowed locations" policy definition list --query "[?displayName=='Allowed locations'].displayName"
is "policy definition show, built in" BuiltIn policy definition show -n e56962a6-4747-49cd-b67b-bf8b01975c4c --query policyType
is "policy definition update" why policy definition update -n d$T --description why --query description
refused "an effect that is not evaluated" "deployIfNotExists" policy definition create -n bad$T --rules '{"if":{"field":"name","equals":"a"},"then":{"effect":"deployIfNotExists"}}'
refused "it was not kept" NotFound policy definition show -n bad$T

# Assignments
is "policy assignment create" a$T policy assignment create -n a$T --policy d$T -g $G --query name
is "policy assignment show" Default policy assignment show -n a$T -g $G --query enforcementMode
is "policy assignment list" a$T policy assignment list -g $G --query "[?name=='a$T'].name"
refused "a resource without the tag" RequestDisallowedByPolicy resource create -g $G -n one --resource-type $ID -l $LOC --properties '{}'
does "policy assignment non-compliance-message create" policy assignment non-compliance-message create -n a$T -g $G --message "Say what it costs."
refused "the refusal says why" "Say what it costs" resource create -g $G -n one --resource-type $ID -l $LOC --properties '{}'
is "policy exemption create" e$T policy exemption create -n e$T --policy-assignment $SUB/resourceGroups/$G/providers/Microsoft.Authorization/policyAssignments/a$T --exemption-category Waiver -g $G --query name
does "an exempted write" resource create -g $G -n one --resource-type $ID -l $LOC --properties '{}'
is "policy exemption list" e$T policy exemption list -g $G --query '[].name'
does "policy exemption delete" policy exemption delete -n e$T -g $G
is "policy assignment update" DoNotEnforce policy assignment update -n a$T -g $G --enforcement-mode DoNotEnforce --query enforcementMode
is "policy state list" NonCompliant policy state list -g $G --query "[?policyAssignmentName=='a$T'].complianceState"
is "policy state summarize" 1 policy state summarize -g $G --query results.nonCompliantResources
refused "a definition in use" PolicyDefinitionInUse policy definition delete -n d$T
does "policy assignment delete" policy assignment delete -n a$T -g $G
does "policy definition delete" policy definition delete -n d$T

# Built-in ones, and a set of them
is "assign a built-in one with parameters" m$T policy assignment create -n m$T --policy ea3f2387-9b95-492a-a190-fcdc54f7b070 -g $G --params '{"tagName":{"value":"team"}}' --mi-system-assigned -l $LOC --query name
is "a tag is inherited" blue resource create -g $G -n two --resource-type $ID -l $LOC --properties '{}' --query tags.team
does "delete it" policy assignment delete -n m$T -g $G
is "policy set-definition create" s$T policy set-definition create -n s$T --definitions '[{"policyDefinitionId":"/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c","parameters":{"listOfAllowedLocations":{"value":"[parameters('"'places'"')]"}}}]' --params '{"places":{"type":"Array"}}' --query name
is "assign the set" b$T policy assignment create -n b$T --policy-set-definition s$T -g $G --params '{"places":{"value":["westus"]}}' --query name
refused "a place that is not allowed" RequestDisallowedByPolicy resource create -g $G -n three --resource-type $ID -l $LOC --properties '{}'
does "a place that is" resource create -g $G -n three --resource-type $ID -l westus --properties '{}'
refused "a missing parameter" MissingPolicyParameter policy assignment create -n c$T --policy-set-definition s$T -g $G
does "delete the set's assignment" policy assignment delete -n b$T -g $G
does "policy set-definition delete" policy set-definition delete -n s$T
does "group delete" group delete -n $G -y
