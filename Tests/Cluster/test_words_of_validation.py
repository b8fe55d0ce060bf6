"""What is said of objects that break rules: the words and the places are those of kube-apiserver 1.36."""

import copy

import pytest
from interface import PATCHES, unique

WEBHOOK = {
    "name": "a.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"], "clientConfig": {"url": "https://x/"},
}  # fmt: skip
FORM = "; desired format: https://host[/path]"
HTTPS = f"'https' is the only allowed URL scheme{FORM}"
HOST = f"host must be specified{FORM}"


def told(api, path, body, method="POST"):
    """The causes of a refusal, each as field and message."""
    failure = api.refused(422, method, path, body, dryRun="All")
    return [f"{one.get('field', '')}: {one['message']}" for one in failure["details"]["causes"]]


@pytest.mark.parametrize("kind", ["validating", "mutating"])
@pytest.mark.parametrize(
    "change, causes", [
        ({"clientConfig": {"url": ""}}, [f'clientConfig.url: Invalid value: "": {HTTPS}', f'clientConfig.url: Invalid value: "": {HOST}']),
        ({"clientConfig": {"url": "x:y"}}, [f'clientConfig.url: Invalid value: "x": {HTTPS}', f'clientConfig.url: Invalid value: "": {HOST}']),
        (
            {"clientConfig": {"url": "https://x:y/"}},
            [f'clientConfig.url: Required value: url must be a valid URL: parse "https://x:y/": invalid port ":y" after host{FORM}'],
        ),
        # Upstream takes one for the other.
        ({"clientConfig": {"service": {"name": "a"}}}, ["clientConfig.service.name: Required value"]),
        ({"clientConfig": {"service": {"namespace": "a"}}}, ["clientConfig.service.namespace: Required value"]),
        ({"sideEffects": "X"}, ['sideEffects: Unsupported value: "X": supported values: "None", "NoneOnDryRun"']),
        ({"admissionReviewVersions": ["v1", "V 1", "V 1"]}, None),
        (
            {"rules": [{}]},
            [f"rules[0].{name}: Required value" for name in ("operations", "apiGroups", "apiVersions", "resources")],
        ),
    ],
)  # fmt: skip
def test_webhooks(api, kind, change, causes):
    path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations"
    found = told(api, path, {"metadata": {"name": unique("w")}, "webhooks": [{**WEBHOOK, **change}]})
    if causes is None:
        assert found[-1] == 'webhooks[0].admissionReviewVersions[2]: Invalid value: "V 1": duplicate version' and len(found) == 2
    else:
        assert found == [f"webhooks[0].{cause}" for cause in causes]


VERSION = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
SHOWN = (
    '{{"Name":"{}","Served":true,"Storage":{},"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,'
    '"AdditionalPrinterColumns":null,"SelectableFields":null}}'
)
STORED = "status.storedVersions: Invalid value: null: must have at least one stored version"
ONE = "must have exactly one version marked as storage version"
UNSET = "should not be set when strategy is not set to Webhook"


def definition(**spec):
    names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
    return {
        "metadata": {"name": "things.words.example.com"},
        "spec": {"group": "words.example.com", "scope": "Namespaced", "names": names, "versions": [VERSION], **spec},
    }  # fmt: skip


@pytest.mark.parametrize(
    "spec, causes", [
        ({"versions": []}, [f"spec.versions: Invalid value: []: {ONE}", STORED]),
        ({"versions": [{**VERSION, "storage": False}]}, [f"spec.versions: Invalid value: [{SHOWN.format('v1', 'false')}]: {ONE}", STORED]),
        (
            {"versions": [VERSION, {**VERSION, "name": "v2"}]},
            [
                f"spec.versions: Invalid value: [{SHOWN.format('v1', 'true')},{SHOWN.format('v2', 'true')}]: {ONE}",
                'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
            ],
        ),
        ({"conversion": {}}, ["spec.conversion.strategy: Required value"]),
        (
            {"conversion": {"strategy": "None", "webhook": {"conversionReviewVersions": ["v1"], "clientConfig": {"url": "https://x"}}}},
            [f"spec.conversion.webhookClientConfig: Forbidden: {UNSET}", f"spec.conversion.conversionReviewVersions: Forbidden: {UNSET}"],
        ),
        (
            {"conversion": {"strategy": "Webhook", "webhook": {"clientConfig": {"service": {"name": "a"}}}}},
            ["spec.conversion.webhookClientConfig.service.name: Required value", "spec.conversion.conversionReviewVersions: Required value"],
        ),
    ],
)  # fmt: skip
def test_definitions(api, spec, causes):
    def comparable(cause):
        # Members of what is shown are in no order that counts.
        return [sorted(part.strip("{}").split(",")) for part in cause.split("},{")] if '{"' in cause else cause

    found = told(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition(**spec))
    assert len(found) == len(causes)
    for one, cause in zip(found, causes):
        if '"Name"' in cause:
            (start, shown), (wanted, form) = (text.split(": [", 1) for text in (one, cause))
            (shown, end), (form, last) = (text.rsplit("]: ", 1) for text in (shown, form))
            assert (start, end) == (wanted, last) and comparable(shown) == comparable(form)
        else:
            assert one == cause


def test_rules_and_fields_of_definitions(api):
    """What is wrong with a schema is told once, at the place where all versions have it."""
    path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    rule = {"rule": "", "reason": "X"}
    schema = {"type": "object", "properties": {"a": {"type": "integer", "x-kubernetes-validations": [rule]}}}
    place = "spec.validation.openAPIV3Schema.properties[a].x-kubernetes-validations[0]"
    found = told(api, path, definition(versions=[{**VERSION, "schema": {"openAPIV3Schema": schema}}]))
    assert sorted(one.split(": ")[0] for one in found) == [f"{place}.reason", f"{place}.rule"], found
    found = told(api, path, definition(versions=[{**VERSION, "selectableFields": [{}]}]))
    assert found == ["spec.selectableFields[0].jsonPath: Required value"]


def test_nulls_among_the_values_of_a_schema(api):
    schema = {"type": "object", "properties": {"a": {"type": "string", "nullable": True, "enum": ["x", None]}}}
    body = definition(versions=[{**VERSION, "schema": {"openAPIV3Schema": schema}}])
    made = api.create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body, dryRun="All")
    assert made["status"]["storedVersions"] == ["v1"]
    # Null is a value like others where all are.
    assert made["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["a"]["enum"] == ["x", None]


METRIC = {"target": {"type": "Value", "value": "1"}}
SELECTOR = "aggregationRule.clusterRoleSelectors[0]"
OPERATOR = f'{SELECTOR}.matchExpressions[0].operator: Invalid value: "X": not a valid selector operator'
RULES = [
    ("node.k8s.io/v1/runtimeclasses", {"handler": ""}, ["handler: Required value"]),
    ("storage.k8s.io/v1/csidrivers", {"spec": {"fsGroupPolicy": ""}},
     ['spec.fsGroupPolicy: Unsupported value: "": supported values: "File", "None", "ReadWriteOnceWithFSType"']),
    ("networking.k8s.io/v1/ingressclasses", {"spec": {"controller": "a.b/c", "parameters": {"scope": ""}}},
     ["spec.parameters.kind: Required value", "spec.parameters.name: Required value",
      'spec.parameters.scope: Unsupported value: "": supported values: "Cluster", "Namespace"']),
    ("flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations", {"spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Queue"}}}},
     ["spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited"]),
    ("flowcontrol.apiserver.k8s.io/v1/flowschemas", {"spec": {"priorityLevelConfiguration": {"name": "x"}, "distinguisherMethod": {"type": "X"}}},
     ['spec.distinguisherMethod.type: Unsupported value: {"Type":"X"}: supported values: "ByNamespace", "ByUser"']),
    ("rbac.authorization.k8s.io/v1/clusterroles", {"rules": [], "aggregationRule": {"clusterRoleSelectors": [
        {"matchExpressions": [{"key": "a", "operator": "X"}]}]}},
     [OPERATOR, f"{SELECTOR}: Invalid value: null: invalid label selector."]),
    ("autoscaling/v2/namespaces/default/horizontalpodautoscalers", {"spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"},
        "metrics": [{"type": "External", "external": METRIC}, {"type": "Resource", "resource": {"target": {"type": "Utilization", "averageUtilization": 5}}}],
    }},
     ["spec.maxReplicas: Required value: must be set and greater than 0",
      "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
      "spec.metrics[0].external.metric.name: Required value: must specify a metric name",
      "spec.metrics[1].resource.name: Required value: must specify a resource name"]),
    ("networking.k8s.io/v1/namespaces/default/ingresses", {"spec": {"defaultBackend": {"service": {"name": "A", "port": {"number": 1}}}}},
     ['spec.defaultBackend.service.name: Invalid value: "A": a lowercase RFC 1123 label must consist of lower case alphanumeric characters or \'-\', '
      "and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"]),
]  # fmt: skip


@pytest.mark.parametrize("place, body, causes", RULES, ids=[rule[0].split("/")[-1] for rule in RULES])
def test_rules_of_kinds(api, place, body, causes):
    assert told(api, f"/apis/{place}", {"metadata": {"name": "words"}, **body}) == causes


def test_events_of_the_new_group_are_named_as_the_old(api, namespace):
    path = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
    failure = api.refused(422, "POST", path, {"metadata": {"name": "e"}})
    assert failure["message"].startswith('Event "e" is invalid: ') and "group" not in failure["details"]


def test_what_cannot_change(api, namespace):
    name = unique("fixed")
    path = "/apis/storage.k8s.io/v1/storageclasses"
    made = api.create(path, {"metadata": {"name": name}, "provisioner": "a/b", "parameters": {"a": "b"}})
    try:
        changed = {**made, "provisioner": "a/c", "parameters": {"a": "c"}, "reclaimPolicy": "Retain"}
        assert sorted(told(api, f"{path}/{name}", changed, "PUT")) == [
            'parameters: Invalid value: {"a":"c"}: field is immutable', 'provisioner: Invalid value: "a/c": field is immutable',
            'reclaimPolicy: Invalid value: "Retain": field is immutable',
        ]  # fmt: skip
    finally:
        api.delete(f"{path}/{name}")
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"}
    made = api.create(path, {"metadata": {"name": name}, "roleRef": role})
    changed = copy.deepcopy(made)
    changed["roleRef"]["name"] = "b"
    shown = '{"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"b"}'
    assert told(api, f"{path}/{name}", changed, "PUT") == [f"roleRef: Invalid value: {shown}: cannot change roleRef"]


def test_drivers_count_their_changes(api):
    path, name = "/apis/storage.k8s.io/v1/csidrivers", unique("driver")
    made = api.create(path, {"metadata": {"name": name}, "spec": {}})
    try:
        assert "generation" not in made["metadata"]
        made["spec"]["requiresRepublish"] = True
        assert api.update(f"{path}/{name}", made)["metadata"]["generation"] == 1
    finally:
        api.delete(f"{path}/{name}")


def test_drivers_that_may_log_tokens(api):
    path, name = "/apis/storage.k8s.io/v1/csidrivers", unique("driver")
    body = {"metadata": {"name": name}, "spec": {"tokenRequests": [{"audience": "a"}]}}
    (warning,) = api.send("POST", path, body, dryRun="All").headers.getlist("Warning")
    assert "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true" in warning
    for told in (True, False):
        body["spec"]["serviceAccountTokenInSecrets"] = told
        assert "Warning" not in api.send("POST", path, body, dryRun="All").headers


def test_reviews(api):
    """What says nothing is not repeated, and neither is the namespace whose rules are asked for."""
    access = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    failure = api.refused(422, "POST", access, {"spec": {}})
    assert failure["message"].startswith('.authorization.k8s.io "" is invalid: ') and failure["details"]["group"] == "authorization.k8s.io"
    assert "kind" not in failure["details"]
    attributes = {"verb": "get", "resource": "pods", "namespace": ""}
    told = api.create(access, {"spec": {"user": "u", "groups": [], "uid": "", "extra": {}, "resourceAttributes": attributes}})
    assert told["spec"] == {"user": "u", "resourceAttributes": {"verb": "get", "resource": "pods"}}
    told = api.create("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", {"spec": {"namespace": "default"}})
    assert told["spec"] == {} and told["status"]["resourceRules"]
    assert api.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", {})["metadata"]["creationTimestamp"]


def test_patches_that_do_not_fit(api, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    api.create(maps, {"metadata": {"name": "m"}})
    for kind, patch, status, message in [
        ("strategic", b'{"$patch":"x"}', 500, "unknown patch type: x in map: map[$patch:x]"),
        ("strategic", b'{"metadata":{"$setElementOrder/finalizers":"x"}}', 500, "expected a []interface {}, but received a string"),
        ("json", b"[7]", 400, "error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp"),
        ("json", b"[null]", 422, "the server rejected our request due to an error in our request"),
        ("apply", b"a: b: c", 400, "error decoding YAML: error converting YAML to JSON: yaml: mapping values are not allowed in this context"),
    ]:  # fmt: skip
        headers, more = {"Content-Type": PATCHES[kind]}, {"fieldManager": "tests"} if kind == "apply" else {}
        assert api.refused(status, "PATCH", f"{maps}/m", patch, headers=headers, **more)["message"] == message
