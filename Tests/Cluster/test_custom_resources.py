"""Custom resources: defined, served at once, validated, defaulted, and gone with their definition."""

import itertools

import pytest

numbers = itertools.count()


def definition(group, **more):
    version = {
        "name": "v1", "served": True, "storage": True,
        "schema": {"openAPIV3Schema": {"type": "object", "properties": {
            "spec": {"type": "object", "properties": {
                "cidr": {"type": "string"}, "replicas": {"type": "integer", "minimum": 1, "maximum": 10, "default": 2},
            }},
            "status": {"type": "object", "properties": {"ready": {"type": "boolean"}, "replicas": {"type": "integer"}}},
        }}},
        "subresources": {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}},
        "additionalPrinterColumns": [{"name": "CIDR", "type": "string", "jsonPath": ".spec.cidr"}],
    }  # fmt: skip
    version.update(more)
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"vpcservices.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "versions": [version],
                 "names": {"plural": "vpcservices", "singular": "vpcservice", "kind": "VpcService", "shortNames": ["vpc"]}},
    }  # fmt: skip


@pytest.fixture
def group(cluster_kubectl):
    group = f"g{next(numbers)}.example.com"
    cluster_kubectl("create", "--validate=false", "-f", "-", input=definition(group))
    cluster_kubectl("wait", "--for=condition=Established", f"crd/vpcservices.{group}", "--timeout=60s")
    yield group
    cluster_kubectl("delete", "crd", f"vpcservices.{group}", "--wait=false", check=False)


def body(group, spec, name="one"):
    return {"apiVersion": f"{group}/v1", "kind": "VpcService", "metadata": {"name": name}, "spec": spec}


def test_life(kubectl, group):
    kubectl("create", "--validate=false", "-f", "-", input=body(group, {"cidr": "10.0.0.0/8"}))
    one = kubectl.json("get", f"vpcservices.{group}", "one")
    assert one["spec"] == {"cidr": "10.0.0.0/8", "replicas": 2} and one["metadata"]["generation"] == 1
    table = kubectl.out("get", f"vpcservices.{group}").splitlines()
    assert table[0].split() == ["NAME", "CIDR"] and table[1].split() == ["one", "10.0.0.0/8"]
    kubectl("delete", f"vpcservices.{group}", "one")


def test_short_names_and_discovery(cluster_kubectl, group):
    rows = cluster_kubectl.out("api-resources", "--api-group", group, "--no-headers").split()
    assert rows == ["vpcservices", "vpc", f"{group}/v1", "true", "VpcService"]


def test_validation(kubectl, group):
    kubectl.fails(
        "create", "--validate=false", "-f", "-", input=body(group, {"replicas": 11}),
        says="spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10",
    )  # fmt: skip
    kubectl.fails(
        "create", "--validate=false", "-f", "-", input=body(group, {"cidr": 5}),
        says='spec.cidr: Invalid value: "integer": spec.cidr in body must be of type string: "integer"',
    )  # fmt: skip


def test_pruning(kubectl, group):
    kubectl("create", "--validate=false", "-f", "-", input=body(group, {"cidr": "x", "unknown": 1}))
    assert "unknown" not in kubectl.json("get", f"vpcservices.{group}", "one")["spec"]


def test_status_is_apart(kubectl, group, raw):
    made = kubectl.json("create", "--validate=false", "-f", "-", input={**body(group, {}), "status": {"ready": True}})
    assert "status" not in made
    path = f"/apis/{group}/v1/namespaces/{made['metadata']['namespace']}/vpcservices/one"
    merge = {"Content-Type": "application/merge-patch+json"}
    status, _, answer = raw("PATCH", path + "/status", {"status": {"ready": True}, "spec": {"replicas": 9}}, headers=merge)
    assert status == 200 and answer["status"] == {"ready": True} and answer["spec"]["replicas"] == 2
    assert answer["metadata"]["generation"] == 1
    status, _, answer = raw("PATCH", path, {"status": {"ready": False}, "spec": {"replicas": 3}}, headers=merge)
    assert answer["status"] == {"ready": True} and answer["metadata"]["generation"] == 2


def test_scale(kubectl, group):
    kubectl("create", "--validate=false", "-f", "-", input=body(group, {}))
    kubectl("scale", f"vpcservices.{group}/one", "--replicas=5")
    assert kubectl.json("get", f"vpcservices.{group}", "one")["spec"]["replicas"] == 5


def test_strategic_merge_is_refused(kubectl, group):
    kubectl("create", "--validate=false", "-f", "-", input=body(group, {}))
    kubectl.fails("patch", f"vpcservices.{group}", "one", "--type=strategic", "-p", "{}", says="strategic-merge-patch+json is not supported by")


def test_objects_go_with_their_definition(cluster_kubectl, kubectl, group):
    kubectl("create", "--validate=false", "-f", "-", input=body(group, {}))
    cluster_kubectl("delete", "crd", f"vpcservices.{group}", "--timeout=60s")
    kubectl.fails("get", f"vpcservices.{group}")
    cluster_kubectl("create", "--validate=false", "-f", "-", input=definition(group))
    cluster_kubectl("wait", "--for=condition=Established", f"crd/vpcservices.{group}", "--timeout=60s")
    assert kubectl.out("get", f"vpcservices.{group}", "-o", "name") == ""


def test_a_definition_waits_for_its_last_object_and_writes_nothing_meanwhile(cluster_kubectl, kubectl, group):
    kubectl("create", "--validate=false", "-f", "-", input=body(group, {}))
    kubectl("patch", f"vpcservices.{group}", "one", "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/held"]}}')
    crd = f"crd/vpcservices.{group}"
    cluster_kubectl("delete", crd, "--wait=false")
    cluster_kubectl("wait", "--for=condition=Terminating", crd, "--timeout=60s")
    waits = cluster_kubectl.json("get", crd)
    # Other objects change, and nothing is said of this one again.
    for number in range(5):
        kubectl("create", "configmap", f"other-{number}")
    assert cluster_kubectl.json("get", crd) == waits
    kubectl("patch", f"vpcservices.{group}", "one", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    cluster_kubectl("wait", "--for=delete", crd, "--timeout=60s")


def test_python_client(client, namespace, group):
    from kubernetes import client as kubernetes

    api = kubernetes.CustomObjectsApi(client)
    api.create_namespaced_custom_object(group, "v1", namespace, "vpcservices", body(group, {"cidr": "fd00::/8"}))
    found = api.list_namespaced_custom_object(group, "v1", namespace, "vpcservices")
    assert [one["spec"]["cidr"] for one in found["items"]] == ["fd00::/8"]
    assert found["kind"] == "VpcServiceList"
