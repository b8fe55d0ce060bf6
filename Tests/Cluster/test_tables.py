"""Tables, which `kubectl get` prints: columns and their types, rows that have ended, their order."""

import json

import pytest

TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}


def table(api, path, **query):
    return api.get(path, headers=TABLE, **query)


@pytest.mark.parametrize("path, columns", [
    ("/apis/apps/v1/deployments", {"Ready": "string", "Up-to-date": "string", "Available": "string"}),
    ("/apis/apps/v1/replicasets", {"Desired": "integer", "Current": "integer", "Ready": "integer"}),
    ("/apis/apps/v1/daemonsets", {"Up-to-date": "integer", "Available": "integer", "Node Selector": "string"}),
    ("/apis/apps/v1/controllerrevisions", {"Revision": "string"}),
    ("/apis/autoscaling/v2/horizontalpodautoscalers", {"MaxPods": "string", "Replicas": "string"}),
    ("/apis/batch/v1/cronjobs", {"Suspend": "boolean", "Active": "integer"}),
    ("/api/v1/events", {"Last Seen": "string", "Count": "string"}),
    ("/apis/storage.k8s.io/v1/storageclasses", {"AllowVolumeExpansion": "string"}),
    ("/api/v1/serviceaccounts", {"Age": "string", "Secrets": None}),
    ("/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas", {"MatchingPrecedence": "string"}),
    ("/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations", {"NominalConcurrencyShares": "string", "Queues": "string"}),
    ("/apis/scheduling.k8s.io/v1/priorityclasses", {"Value": "integer", "Global-Default": "boolean"}),
])  # fmt: skip
def test_types_of_columns(api, path, columns):
    found = {column["name"]: column["type"] for column in table(api, path, limit=1)["columnDefinitions"]}
    assert {name: found.get(name) for name in columns} == columns


def test_an_address_has_no_age(api):
    found = table(api, "/apis/networking.k8s.io/v1/ipaddresses", limit=1)
    assert [column["name"] for column in found["columnDefinitions"]] == ["Name", "ParentRef"]


def test_flow_schemas_are_in_the_order_in_which_they_are_tried(api):
    path = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas"
    rows = [row["cells"] for row in table(api, path)["rows"]]
    assert rows == sorted(rows, key=lambda cells: (cells[2], cells[0])) and len({cells[2] for cells in rows}) > 3
    assert rows[0][0] == "exempt" and rows[-1][0] == "catch-all"
    names = [item["metadata"]["name"] for item in api.get(path)["items"]]
    assert names == sorted(names)


def test_levels_without_a_limit_have_no_shares(api):
    rows = table(api, "/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations")["rows"]
    cells = {row["cells"][0]: row["cells"][1:6] for row in rows}
    assert cells["exempt"] == ["Exempt", "<none>", "<none>", "<none>", "<none>"]
    assert cells["catch-all"][:2] == ["Limited", 5]


@pytest.mark.parametrize("phase, ends", [("Succeeded", True), ("Failed", True), ("Running", False)])
def test_pods_that_have_ended(api, namespace, phase, ends):
    path = f"/api/v1/namespaces/{namespace}/pods"
    api.create(path, {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]},
    })  # fmt: skip
    api.patch(f"{path}/p/status", {"status": {"phase": phase}})
    for found in (table(api, path), table(api, f"{path}/p")):
        (row,) = found["rows"]
        assert row["cells"][2] == phase
        conditions = [(one["type"], one["status"], one["reason"]) for one in row.get("conditions", [])]
        assert conditions == ([("Completed", "True", phase)] if ends else [])


def test_parameters_of_a_policy(api, namespace):
    """Where parameters are looked for: a name in any namespace, or in one, or a selector."""
    path = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
    wanted = {
        "any": ({"name": "p"}, "*/p"), "one": ({"name": "p", "namespace": "n"}, "n/p"),
        "chosen": (
            {"selector": {"matchLabels": {"a": "b"}}},
            "&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}",
        ),
    }  # fmt: skip
    names = {key: f"{namespace}-{key}" for key in wanted}
    try:
        for key, (reference, _) in wanted.items():
            api.create(path, {
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
                "metadata": {"name": names[key]}, "spec": {
                    "policyName": f"{namespace}-none", "validationActions": ["Deny"],
                    "paramRef": {**reference, "parameterNotFoundAction": "Allow"},
                },
            })  # fmt: skip
            (row,) = table(api, f"{path}/{names[key]}")["rows"]
            assert row["cells"][2] == wanted[key][1]
    finally:
        for name in names.values():
            api.send("DELETE", f"{path}/{name}")


def test_names_are_marked(cluster_kubectl, namespace):
    """Of several kinds at once, kubectl puts the kind before each name, also where the name says more."""
    name = f"{namespace}-class"
    manifests = [
        {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name}, "provisioner": "a.example.com"},
        {"apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttributesClass", "metadata": {"name": name},
         "driverName": "a.example.com", "parameters": {"speed": "high"}},
    ]  # fmt: skip
    try:
        for manifest in manifests:
            cluster_kubectl("create", "-f", "-", input=manifest)
        lines = cluster_kubectl.out("get", f"storageclass/{name}", f"volumeattributesclass/{name}").splitlines()
        found = [line.split()[0] for line in lines if name in line]
        assert found == [f"storageclass.storage.k8s.io/{name}", f"volumeattributesclass.storage.k8s.io/{name}"]
    finally:
        cluster_kubectl("delete", f"storageclass/{name}", f"volumeattributesclass/{name}", "--ignore-not-found")


def test_an_autoscaler_is_measured_alike_in_both_versions(api, namespace):
    """What v1 keeps in annotations is shown in its table as well."""
    root = "/apis/autoscaling/{}/namespaces/" + namespace + "/horizontalpodautoscalers"
    metric = {"type": "Pods", "pods": {"metric": {"name": "load"}, "target": {"type": "AverageValue", "averageValue": "1k"}}}
    api.create(root.format("v2"), {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
        "spec": {
            "maxReplicas": 3, "metrics": [metric],
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        },
    })  # fmt: skip
    for version in ("v1", "v2"):
        (row,) = table(api, f"{root.format(version)}/h")["rows"]
        assert row["cells"][1:3] == ["Deployment/web", "<unknown>/1k"]
    old = api.get(f"{root.format('v1')}/h")
    noted = old["metadata"]["annotations"]["autoscaling.alpha.kubernetes.io/metrics"]
    assert noted == '[{"type":"Pods","pods":{"metricName":"load","targetAverageValue":"1k"}}]'
    api.patch(f"{root.format('v1')}/h/status", {"status": {"currentCPUUtilizationPercentage": 12}})
    (current,) = api.get(f"{root.format('v2')}/h")["status"]["currentMetrics"]
    assert current["resource"]["name"] == "cpu" and current["resource"]["current"]["averageUtilization"] == 12


def test_a_bookmark_is_a_row(api, namespace):
    """A watch of tables tells how far it is by a row of an object that is empty but for its metadata."""
    query = {"watch": "true", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "timeoutSeconds": 1}
    path = f"/api/v1/namespaces/{namespace}/secrets"
    api.create(path, {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}})
    answer = api.send("GET", path, headers=TABLE, allowWatchBookmarks="true", **query)
    (kind, first), (mark, last) = [(event["type"], event["object"]) for event in map(json.loads, answer.bytes.splitlines())]
    assert (kind, mark) == ("ADDED", "BOOKMARK") and first["rows"][0]["cells"][:3] == ["s", "Opaque", 0]
    assert last["kind"] == "Table" and last["columnDefinitions"] is None
    assert set(last["metadata"]) == {"resourceVersion"}
    (row,) = last["rows"]
    assert row["cells"] == ["", "", 0, "<unknown>"]
    assert row["object"] == {
        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
        "metadata": {**last["metadata"], "annotations": {"k8s.io/initial-events-end": "true"}},
    }  # fmt: skip
