"""Answers word for word and in the order that kube-apiserver 1.36.2 gives: what is refused, and why; what is published."""

import pytest
from interface import template, unique

SET = {"selector": {"matchLabels": {"app": "x"}}, "template": template({"app": "x"}), "serviceName": "web"}
HOOK = {"name": "a.b.c", "clientConfig": {"url": "https://127.0.0.1/x"}, "sideEffects": "None", "admissionReviewVersions": ["v1"]}
METRICS = "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers"


def causes(api, path, object):
    refused = api.send("POST", path, object, dryRun="All")
    assert refused.status == 422, refused
    return [(cause["field"], cause["message"]) for cause in refused.body["details"]["causes"]]


def pod(namespace, **spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


# Bodies of another kind than the path means


@pytest.mark.parametrize("version, kind, says", [
    ("v1", "Nope", 'Nope in version "v1" cannot be handled as a Pod: no kind "Nope" is registered for version "v1" in scheme '
     '"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'),
    ("nope/v1", "Pod", 'Pod in version "v1" cannot be handled as a Pod: no kind "Pod" is registered for version "nope/v1" in scheme '
     '"k8s.io/kubernetes/pkg/api/legacyscheme/scheme.go:30"'),
    ("v1", "Service", 'Service in version "v1" cannot be handled as a Pod: converting (v1.Service) to (core.Pod): unknown conversion'),
    ("apps/v1", "Deployment",
     'Deployment in version "v1" cannot be handled as a Pod: converting (v1.Deployment) to (core.Pod): unknown conversion'),
    ("apps/v1", "", 'Pod in version "v1" cannot be handled as a Pod: no kind "Pod" is registered for version "apps/v1"'),
])  # fmt: skip
def test_another_kind(api, namespace, version, kind, says):
    body = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}}
    api.refused(400, "POST", f"/api/v1/namespaces/{namespace}/pods", body, says=says)


def test_another_version(api, namespace):
    api.refused(
        400, "POST", f"/apis/apps/v1/namespaces/{namespace}/deployments",
        {"apiVersion": "apps/v1beta1", "kind": "Deployment", "metadata": {"name": "x"}},
        says="the API version in the data (apps/v1beta1) does not match the expected API version (apps/v1)",
    )  # fmt: skip


def test_another_kind_than_definitions(api):
    api.refused(
        400, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {"apiVersion": "v1", "kind": "Pod"},
        says='no kind "Pod" is registered for version "v1" in scheme "k8s.io/apiextensions-apiserver/pkg/apiserver/apiserver.go:55"',
    )  # fmt: skip


def test_media_types(api, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    refused = api.send("PATCH", maps + "/x", "{}", headers={"Content-Type": "application/json"})
    assert refused.status == 415 and refused.body["message"] == "415: Unsupported Media Type" and refused.body["details"] == {}
    refused = api.send("GET", maps + "/x", headers={"Accept": "text/html"})
    assert refused.status == 406 and refused.body["details"] == {}
    assert refused.body["message"] == (
        "406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf"
    )


@pytest.mark.parametrize("path, list, object", [
    ("/api/v1/namespaces/{}/configmaps", "core.ConfigMapList", "core.ConfigMap"),
    ("/apis/events.k8s.io/v1/namespaces/{}/events", "core.EventList", None),
    ("/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles", "rbac.RoleList", "rbac.Role"),
])  # fmt: skip
def test_metadata_of_another_shape(api, namespace, path, list, object):
    path = path.format(namespace)
    accept = "application/json;as={};g=meta.k8s.io;v=v1"
    one, many = ({"Accept": accept.format(kind)} for kind in ("PartialObjectMetadata", "PartialObjectMetadataList"))
    assert api.get(path, headers=many)["kind"] == "PartialObjectMetadataList"
    refused = api.refused(406, "GET", path, headers=one)
    assert refused["message"] == f"you requested PartialObjectMetadata, but the requested object is a list (*{list})"
    if object:
        body = {"metadata": {"name": "x"}}
        assert api.create(path, body, headers=one, dryRun="All")["kind"] == "PartialObjectMetadata"
        refused = api.refused(406, "POST", path, body, headers=many, dryRun="All")
        assert refused["message"] == f"you requested PartialObjectMetadataList, but the requested object is not a list (*{object})"


def test_forms_of_watches(api, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    types = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
    streams = [f"{type};stream=watch" for type in (types[0], types[2])]
    refused = api.refused(406, "GET", maps, headers={"Accept": "application/json;as=Nope"}, watch="true")
    assert refused["message"] == f"only the following media types are accepted: {', '.join(types)}"
    # What can be watched has more forms, even for a list.
    refused = api.refused(406, "GET", maps, headers={"Accept": "text/html"})
    assert refused["message"] == f"406: Not Acceptable\n\nAvailable representations: {', '.join(types + streams)}"


@pytest.mark.parametrize("path, says", [
    ("/apis/batch/v1/jobs", 'field label "nope" not supported for Job'),
    ("/apis/resource.k8s.io/v1/resourceslices", "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: nope"),
    ("/apis/apps/v1/replicasets", '"nope" is not a known field selector: only "metadata.name", "metadata.namespace"'),
    ("/api/v1/pods", "field label not supported: nope"),
])  # fmt: skip
def test_fields_that_select_nothing(api, path, says):
    assert api.send("GET", path, fieldSelector="nope=x").body["message"] == says


# What is wrong with an object


def test_claims_of_a_stateful_set(api, namespace):
    path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets"
    claim = {"metadata": {"name": "data"}, "spec": {}}
    set = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "s"}, "spec": {**SET, "volumeClaimTemplates": [claim]}}
    at = "spec.volumeClaimTemplates[0].spec."
    assert causes(api, path, set) == [
        (at + "accessModes", "Required value: at least 1 access mode is required"), (at + "resources[storage]", "Required value"),
    ]  # fmt: skip


def test_a_history_of_a_stateful_set_may_be_of_any_length(api, namespace):
    set = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "s"}, "spec": {**SET, "revisionHistoryLimit": -1}}
    assert api.send("POST", f"/apis/apps/v1/namespaces/{namespace}/statefulsets", set, dryRun="All").status == 201


def test_owners_in_a_template_are_nobodys(api, namespace):
    made = template({"app": "x"})
    made["metadata"]["ownerReferences"] = [{"apiVersion": "v1"}]
    set = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "r"}, "spec": {
        "selector": {"matchLabels": {"app": "x"}}, "template": made}}  # fmt: skip
    assert api.send("POST", f"/apis/apps/v1/namespaces/{namespace}/replicasets", set, dryRun="All").status == 201


def test_a_selector_that_does_not_parse(api, namespace):
    selector = {"matchLabels": {"app": "x"}, "matchExpressions": [{"key": "a", "operator": "Near"}]}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {
        "selector": selector, "template": template({"app": "x"})}}  # fmt: skip
    found = causes(api, f"/apis/apps/v1/namespaces/{namespace}/deployments", deployment)
    assert [field for field, _ in found] == ["spec.selector.matchExpressions[0].operator", "spec.selector"]
    assert found[1][1].endswith(": invalid label selector")


def test_volumes_are_judged_before_their_names(api, namespace):
    found = causes(api, f"/api/v1/namespaces/{namespace}/pods", pod(namespace, volumes=[{"secret": {}}]))
    assert [field for field, _ in found] == ["spec.volumes[0].secret.secretName", "spec.volumes[0].name"]


def test_a_probe_without_a_port(api, namespace):
    probe = {"httpGet": {"path": "/"}}
    object = pod(namespace, containers=[{"name": "c", "image": "i", "livenessProbe": probe}])
    assert causes(api, f"/api/v1/namespaces/{namespace}/pods", object) == [
        ("spec.containers[0].livenessProbe.httpGet.port", "Invalid value: 0: must be between 1 and 65535, inclusive"),
    ]


def test_operations_of_a_webhook_come_first(api):
    hooks = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
             "metadata": {"name": "h"}, "webhooks": [{**HOOK, "rules": [{}]}]}  # fmt: skip
    found = causes(api, "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", hooks)
    assert [field.rpartition(".")[2] for field, _ in found] == ["operations", "apiGroups", "apiVersions", "resources"]


def autoscaler(**spec):
    return {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a"}, "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3, **spec}}  # fmt: skip


def test_metrics_of_no_type(api, namespace):
    found = causes(api, METRICS.format(namespace), autoscaler(metrics=[{"resource": {"name": "cpu", "target": {}}}]))
    at = "spec.metrics[0]."
    assert sorted(set(found)) == sorted([
        (at + "type", "Required value: must specify a metric source type"),
        (at + "resource.target.type", "Required value: must specify a metric target type"),
        (at + "resource.target.type", 'Invalid value: "": must be either Utilization, Value, or AverageValue'),
        (at + "resource.target.averageUtilization", "Required value: must set either a target raw value or a target utilization"),
        (at + "type", 'Unsupported value: "": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"'),
    ])  # fmt: skip


def test_no_replicas(api, namespace):
    assert ("spec.maxReplicas", "Required value: must be set and greater than 0") in causes(
        api, METRICS.format(namespace), autoscaler(maxReplicas=0)
    )


def test_failure_policies_say_what_they_may(api, namespace):
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {
        "podFailurePolicy": {"rules": [{"onExitCodes": {"values": [1]}}]}, "template": {"spec": {
            "restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}  # fmt: skip
    at = "spec.podFailurePolicy.rules[0]."
    assert causes(api, f"/apis/batch/v1/namespaces/{namespace}/jobs", job) == [
        (at + "action", 'Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"]'),
        (at + "onExitCodes.operator", 'Required value: valid values: ["In" "NotIn"]'),
    ]


def test_an_empty_definition(api):
    object = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "x"}}
    found = causes(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", object)
    assert [field for field, _ in found] == [
        "metadata.name", "spec.group", "spec.scope", "spec.versions", "spec.names.plural", "spec.names.singular",
        "spec.names.kind", "spec.names.listKind", "status.storedVersions",
    ]  # fmt: skip
    assert found[3][1] == "Invalid value: null: must have exactly one version marked as storage version"
    object["spec"] = {"versions": []}
    assert causes(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", object)[3][1].startswith("Invalid value: []: ")


def test_protocols_of_a_network_policy(api, namespace):
    policy = {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "n"}, "spec": {
        "podSelector": {}, "ingress": [{"ports": [{"protocol": "ICMP"}]}]}}  # fmt: skip
    assert causes(api, f"/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies", policy) == [
        ("spec.ingress[0].ports[0].protocol", 'Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP"'),
    ]


# What the server makes of an object


def test_a_driver(api):
    path = "/apis/storage.k8s.io/v1/csidrivers"
    name = unique("driver") + ".example.com"
    driver = {"apiVersion": "storage.k8s.io/v1", "kind": "CSIDriver", "metadata": {"name": name}, "spec": {"attachRequired": False}}
    try:
        assert "generation" not in api.create(path, driver)["metadata"]
        changed = api.patch(f"{path}/{name}", {"spec": {"tokenRequests": [{"audience": "a"}]}})
        assert changed["metadata"]["generation"] == 1
    finally:
        api.send("DELETE", f"{path}/{name}")
    told = api.send("POST", path, {**driver, "spec": {"tokenRequests": [{"audience": "a"}]}}, dryRun="All")
    assert "spec.serviceAccountTokenInSecrets is unset" in told.headers["Warning"]
    driver["spec"]["serviceAccountTokenInSecrets"] = True
    assert causes(api, path, driver) == [(
        "spec.serviceAccountTokenInSecrets",
        "Invalid value: true: serviceAccountTokenInSecrets is set but no tokenRequests are specified",
    )]  # fmt: skip


def test_accounts_list_secrets_by_name(api, namespace):
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}, "secrets": [{
        "kind": "Secret", "name": "s", "namespace": "elsewhere", "uid": "u"}]}  # fmt: skip
    assert api.create(f"/api/v1/namespaces/{namespace}/serviceaccounts", account)["secrets"] == [{"name": "s"}]


def test_gates_are_told_with_all_times(api, namespace):
    made = api.create(f"/api/v1/namespaces/{namespace}/pods", pod(namespace, schedulingGates=[{"name": "example.com/a"}]))
    (condition,) = made["status"]["conditions"]
    assert condition["lastProbeTime"] is None and condition["reason"] == "SchedulingGated"


JOB = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}
SERVICE = {"ports": [{"port": 80}]}
SCALER = {"maxReplicas": 2, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}}
POLICY = {"podSelector": {}}


@pytest.mark.parametrize("path, object, field, says", [
    ("/apis/batch/v1/namespaces/{}/jobs", {"spec": JOB | {"completionMode": ""}}, "spec.completionMode",
     'Unsupported value: "": supported values: "NonIndexed", "Indexed"'),
    ("/apis/batch/v1/namespaces/{}/jobs", {"spec": JOB | {"podReplacementPolicy": ""}}, "spec.podReplacementPolicy",
     'Unsupported value: "": supported values: "Failed", "TerminatingOrFailed"'),
    ("/apis/batch/v1/namespaces/{}/cronjobs", {"spec": {"schedule": "@daily", "jobTemplate": {"spec": JOB | {"completionMode": ""}}}},
     "spec.jobTemplate.spec.completionMode", 'Unsupported value: "": supported values: "NonIndexed", "Indexed"'),
    ("/api/v1/namespaces/{}/services", {"spec": SERVICE | {"internalTrafficPolicy": ""}}, "spec.internalTrafficPolicy",
     'Unsupported value: "": supported values: "Cluster", "Local"'),
    ("/api/v1/namespaces/{}/services", {"spec": SERVICE | {"trafficDistribution": ""}}, "spec.trafficDistribution",
     'Unsupported value: "": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"'),
    ("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers",
     {"spec": SCALER | {"behavior": {"scaleUp": {"selectPolicy": "", "policies": [{"type": "Pods", "value": 1, "periodSeconds": 5}]}}}},
     "spec.behavior.scaleUp.selectPolicy", 'Unsupported value: "": supported values: "Disabled", "Max", "Min"'),
    ("/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
     {"spec": POLICY | {"ingress": [{"ports": [{"port": 80, "protocol": ""}]}]}},
     "spec.ingress[0].ports[0].protocol", 'Unsupported value: "": supported values: "TCP", "UDP", "SCTP"'),
    ("/apis/scheduling.k8s.io/v1/priorityclasses", {"value": 1, "preemptionPolicy": ""}, "preemptionPolicy", "Required value"),
])  # fmt: skip
def test_an_empty_text_is_no_choice(api, namespace, path, object, field, says):
    assert causes(api, path.format(namespace), {"metadata": {"name": "x"}, **object}) == [(field, says)]


def test_an_empty_protocol_of_applications_is_none(api, namespace):
    found = causes(api, f"/api/v1/namespaces/{namespace}/services", {
        "metadata": {"name": "x"}, "spec": {"ports": [{"port": 80, "appProtocol": ""}]}})  # fmt: skip
    assert [field for field, _ in found] == ["spec.ports[0].appProtocol"] * 2


# What cannot change


def changed(api, path, name, spec):
    refused = api.send("PATCH", f"{path}/{name}", {"spec": spec}, {"Content-Type": "application/merge-patch+json"}, dryRun="All")
    assert refused.status == 422, refused
    found = [(cause["field"], cause["message"]) for cause in refused.body["details"]["causes"]]
    return list(dict.fromkeys(found))


@pytest.mark.parametrize("plural, kind, fields", [
    ("deployments", "Deployment", ["spec.template.metadata.labels", "spec.strategy", "spec.minReadySeconds", "spec.selector"]),
    ("daemonsets", "DaemonSet", ["spec.selector", "spec.template.metadata.labels", "spec.minReadySeconds"]),
    ("replicasets", "ReplicaSet", ["spec.minReadySeconds", "spec.template.metadata.labels", "spec.selector"]),
])  # fmt: skip
def test_changes_of_workloads(api, namespace, plural, kind, fields):
    path = f"/apis/apps/v1/namespaces/{namespace}/{plural}"
    spec = {"selector": {"matchLabels": {"app": "x"}}, "template": template({"app": "x"})}
    api.create(path, {"metadata": {"name": "w"}, "spec": spec})
    change = {"selector": {"matchLabels": {"app": "y"}}, "minReadySeconds": -1}
    if kind == "Deployment":
        change["strategy"] = {"type": "X"}
    found = changed(api, path, "w", change)
    assert [field for field, _ in found] == fields
    if kind == "Deployment":
        assert found[1][1] == (
            'Unsupported value: {"Type":"X","RollingUpdate":{"MaxUnavailable":"25%","MaxSurge":"25%"}}: '
            'supported values: "Recreate", "RollingUpdate"'
        )


def test_changes_of_a_job(api, namespace):
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    api.create(path, {"metadata": {"name": "j"}, "spec": {**JOB, "suspend": True}})
    found = changed(api, path, "j", {"parallelism": -1, "selector": {"matchLabels": {"x": "y"}}, "completionMode": "Indexed"})
    assert [field for field, _ in found][:2] == ["spec.selector", "spec.parallelism"] and found[0][1].endswith("not auto-generated")
    assert [field for field, _ in found][-2:] == ["spec.selector", "spec.completionMode"]


def test_claims_of_a_set(api, namespace):
    claim = {"metadata": {"name": "c"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets"
    object = {"metadata": {"name": "s"}, "spec": {**SET, "volumeClaimTemplates": [claim, claim]}}
    assert len(api.create(path, object, dryRun="All")["spec"]["volumeClaimTemplates"]) == 2
    object["spec"]["volumeClaimTemplates"] = [{**claim, "metadata": {}}]
    volume = "spec.template.spec.volumes[0]"
    assert causes(api, path, object) == [(f"{volume}.persistentVolumeClaim.claimName", "Required value"), (f"{volume}.name", "Required value")]
    # Its pods have names of their own.
    named = template({"app": "x"})
    named["spec"] |= {"hostname": "No Name", "subdomain": "No Name"}
    api.create(path, {"metadata": {"name": "s"}, "spec": {**SET, "template": named}}, dryRun="All")


# What is published


def test_columns(api):
    def columns(path):
        found = api.get(path, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}, limit=1)
        return [(column["name"], column["type"]) for column in found["columnDefinitions"]]

    assert columns("/api/v1/serviceaccounts") == [("Name", "string"), ("Age", "string")]
    assert columns("/apis/storage.k8s.io/v1/csistoragecapacities") == [("Name", "string"), ("Created At", "date")]
    assert ("AllowVolumeExpansion", "string") in columns("/apis/storage.k8s.io/v1/storageclasses")


def test_storage_version_hashes(api):
    def hashes(path):
        return {resource["name"]: resource.get("storageVersionHash") for resource in api.get(path)["resources"]}

    assert hashes("/apis/apiextensions.k8s.io/v1")["customresourcedefinitions"] == "jfWCUB31mvA="
    found = hashes("/apis/admissionregistration.k8s.io/v1")
    assert found["mutatingadmissionpolicies"] == "LYmCf+UMVdg="
    assert found["mutatingadmissionpolicybindings"] == "90V5FRZZ3Zg="


def test_kinds_in_discovery(api):
    document = api.get("/apis", headers={"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"})
    (apps,) = [group for group in document["items"] if group["metadata"]["name"] == "apps"]
    (deployments,) = [found for found in apps["versions"][0]["resources"] if found["resource"] == "deployments"]
    assert deployments["responseKind"] == {"group": "", "version": "", "kind": "Deployment"}
    kinds = {part["subresource"]: part["responseKind"] for part in deployments["subresources"]}
    assert kinds["scale"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    assert "apiVersion" not in api.get("/api/v1") and api.get("/apis/apps/v1")["apiVersion"] == "v1"


def test_priorities_of_versions(api):
    def priorities(name):
        spec = api.get(f"/apis/apiregistration.k8s.io/v1/apiservices/{name}")["spec"]
        return spec["groupPriorityMinimum"], spec["versionPriority"]

    assert priorities("v1.") == (18000, 1) and priorities("v1.apps") == (17800, 15)
    assert priorities("v2.autoscaling") == (17500, 30) and priorities("v1.autoscaling") == (17500, 15)
    assert priorities("v1.resource.k8s.io") == (16200, 21) and priorities("v1.flowcontrol.apiserver.k8s.io") == (16100, 21)


def test_deletions_in_the_document(api):
    paths = api.get("/openapi/v3/api/v1")["paths"]
    deletion = paths["/api/v1/namespaces/{namespace}/pods/{name}"]["delete"]
    answer = deletion["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/io.k8s.api.core.v1.Pod"}
    assert "ignoreStoreReadErrorWithClusterBreakingPotential" in [parameter["name"] for parameter in deletion["parameters"]]
    answer = paths["/api/v1/namespaces/{namespace}/configmaps/{name}"]["delete"]["responses"]["200"]["content"]
    assert answer["application/json"]["schema"]["$ref"].endswith(".Status")


def test_values_in_the_document_are_sorted(api):
    schemas = api.get("/openapi/v3/api/v1")["components"]["schemas"]
    assert schemas["io.k8s.api.core.v1.PodSpec"]["properties"]["restartPolicy"]["enum"] == ["Always", "Never", "OnFailure"]


# Who may do what


def test_default_roles(api):
    def rules(name):
        role = api.get(f"/apis/rbac.authorization.k8s.io/v1/clusterroles/{name}")
        assert "kube-apiserver" in {entry["manager"] for entry in role["metadata"]["managedFields"]}
        return role["rules"]

    assert {"verbs": ["get", "list", "watch"], "apiGroups": ["", "events.k8s.io"], "resources": ["events"]} in rules("view")
    assert any(rule.get("apiGroups") == ["extensions"] for rule in rules("edit"))
    assert {"verbs": ["get"], "apiGroups": [""], "resources": ["nodes/metrics"]} in rules("system:monitoring")
    lease = {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"]}
    assert {"verbs": ["get", "update"], **lease, "resourceNames": ["kube-controller-manager"]} in rules("system:kube-controller-manager")
    assert {"verbs": ["get"], "apiGroups": [""], "resources": ["serviceaccounts"]} in rules("system:node")
    assert rules("system:heapster") and rules("system:kube-aggregator")


def test_reasons_say_what_a_subject_is(api):
    def reason(user, *groups, **attributes):
        review = {"spec": {"user": user, "groups": groups, "resourceAttributes": {"verb": "get"} | attributes}}
        return api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]["reason"]

    assert reason("system:kube-scheduler", resource="nodes") == (
        'RBAC: allowed by ClusterRoleBinding "system:kube-scheduler" of ClusterRole "system:kube-scheduler" '
        'to User "system:kube-scheduler"'
    )
    own = {"verb": "create", "group": "authentication.k8s.io", "resource": "selfsubjectreviews"}
    assert reason("x", "system:authenticated", **own).endswith(' to Group "system:authenticated"')
    assert reason("system:serviceaccount:kube-system:job-controller", resource="jobs", group="batch").endswith(
        ' to ServiceAccount "job-controller/kube-system"'
    )


def test_nodes_and_accounts(api):
    attributes = {"verb": "get", "resource": "serviceaccounts", "namespace": "default", "name": "default"}
    review = {"spec": {"user": "system:node:none", "groups": ["system:nodes"], "resourceAttributes": attributes}}
    status = api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]
    assert status == {"allowed": False, "reason": "no relationship found between node 'none' and this object"}
