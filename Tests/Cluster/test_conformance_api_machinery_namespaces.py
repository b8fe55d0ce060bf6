"""Conformance of sig-api-machinery: namespaces."""

import pytest
from interface import eventually, pod, unique


@pytest.fixture
def fresh(api):
    """The path of a namespace that the test may do anything to."""
    name = unique("space")
    api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    path = f"/api/v1/namespaces/{name}"
    yield path
    if api.is_there(path):
        current = api.get(path)
        current["spec"]["finalizers"] = ["kubernetes"]
        api.send("PUT", f"{path}/finalize", current)
        api.send("DELETE", path)


def test_patching(api, fresh):
    """Namespace patching"""
    api.patch(fresh, {"metadata": {"labels": {"testLabel": "testValue"}}}, "strategic")
    labels = api.get(fresh)["metadata"]["labels"]
    assert labels["testLabel"] == "testValue" and labels["kubernetes.io/metadata.name"] == fresh.rsplit("/", 1)[1]


def test_update(api, fresh):
    """Namespace, apply update to a namespace"""
    current = api.get(fresh)
    current["metadata"]["labels"]["updated"] = "yes"
    assert api.update(fresh, current)["metadata"]["labels"]["updated"] == "yes"
    assert api.get(fresh)["metadata"]["labels"]["updated"] == "yes"


def test_status(api, fresh):
    """Namespace, apply changes to a namespace status"""
    status = api.get(f"{fresh}/status")
    assert status["status"]["phase"] == "Active"
    condition = {"type": "StatusPatch", "status": "True", "reason": "E2E", "message": "Patched by a test"}
    patched = api.patch(f"{fresh}/status", {"metadata": {"annotations": {"e2e": "patched"}}, "status": {"conditions": [condition]}})
    assert patched["metadata"]["annotations"]["e2e"] == "patched"
    assert patched["status"]["conditions"][0]["reason"] == "E2E"
    patched["status"]["conditions"].append({**condition, "type": "StatusUpdate", "message": "Updated by a test"})
    updated = api.update(f"{fresh}/status", patched)
    assert [one["type"] for one in updated["status"]["conditions"]] == ["StatusPatch", "StatusUpdate"]


def test_finalizer(api, fresh):
    """Namespace, apply finalizer to a namespace"""
    current = api.get(fresh)
    current["spec"]["finalizers"].append("e2e.example.com/fake")
    assert api.update(f"{fresh}/finalize", current)["spec"]["finalizers"] == ["kubernetes", "e2e.example.com/fake"]
    current = api.get(fresh)
    assert "e2e.example.com/fake" in current["spec"]["finalizers"]
    current["spec"]["finalizers"] = ["kubernetes"]
    assert api.update(f"{fresh}/finalize", current)["spec"]["finalizers"] == ["kubernetes"]
    # Not by the object itself.
    current = api.get(fresh)
    current["spec"]["finalizers"] = []
    assert api.update(fresh, current)["spec"]["finalizers"] == ["kubernetes"]


@pytest.mark.parametrize(
    "kind, body",
    [
        ("pods", pod("test-pod")),
        ("services", {"metadata": {"name": "test-service"}, "spec": {"ports": [{"port": 80}], "selector": {"a": "b"}}}),
    ],
)
def test_deletion_removes(api, fresh, kind, body):
    """namespace-deletion-removes-pods; namespace-deletion-removes-services"""
    name = fresh.rsplit("/", 1)[1]
    api.create(f"{fresh}/{kind}", body)
    assert api.delete(fresh)["status"]["phase"] == "Terminating"
    eventually(lambda: not api.is_there(fresh), "the namespace goes")
    api.create("/api/v1/namespaces", {"metadata": {"name": name}})
    assert api.get(f"{fresh}/{kind}")["items"] == []


@pytest.mark.own_server
def test_pods_go_first(api, fresh):
    """OrderedNamespaceDeletion: what a pod uses is there for as long as the pod is, and what is left is told: kube-apiserver
    1.36 tells that there is nothing"""
    api.create(f"{fresh}/configmaps", {"metadata": {"name": "used"}})
    api.create(f"{fresh}/pods", pod("held", finalizers=["example.com/hold"]))
    api.delete(fresh)
    eventually(lambda: "deletionTimestamp" in api.get(f"{fresh}/pods/held")["metadata"])

    def told():
        conditions = {one["type"]: one for one in api.get(fresh)["status"].get("conditions", [])}
        return "NamespaceContentRemaining" in conditions and conditions["NamespaceContentRemaining"]["status"] == "True" and conditions

    conditions = eventually(told)
    assert conditions["NamespaceFinalizersRemaining"]["status"] == "True"
    assert "example.com/hold in 1 resource instances" in conditions["NamespaceFinalizersRemaining"]["message"]
    assert "pods. has 1 resource instances" in conditions["NamespaceContentRemaining"]["message"]
    assert conditions["NamespaceDeletionDiscoveryFailure"]["status"] == "False"
    assert "deletionTimestamp" not in api.get(f"{fresh}/configmaps/used")["metadata"]
    api.patch(f"{fresh}/pods/held", {"metadata": {"finalizers": None}})
    eventually(lambda: not api.is_there(fresh), "the namespace goes")


def test_many_at_once(api):
    """Namespaces: many are deleted fast"""
    label = unique("many")
    names = [unique("nslifetest") for _ in range(30)]
    for name in names:
        api.create("/api/v1/namespaces", {"metadata": {"name": name, "labels": {"e2e": label}}})
        api.create(f"/api/v1/namespaces/{name}/configmaps", {"metadata": {"name": "x"}})
    for name in names:
        api.delete(f"/api/v1/namespaces/{name}")
    eventually(lambda: api.get("/api/v1/namespaces", labelSelector=f"e2e={label}")["items"] == [])
    api.refused(405, "DELETE", "/api/v1/namespaces", labelSelector=f"e2e={label}")
