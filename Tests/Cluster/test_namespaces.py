"""Namespaces, and what is owned: emptied, collected, orphaned."""


def owner(object, **more):
    return {
        "apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
        "uid": object["metadata"]["uid"], **more,
    }  # fmt: skip


def owned(name, *owners):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "ownerReferences": list(owners)}}


def test_deletion_empties(cluster_kubectl):
    cluster_kubectl("create", "namespace", "goes")
    inside = cluster_kubectl.within("goes")
    inside("create", "configmap", "one")
    inside("create", "deployment", "web", "--image=nginx")
    cluster_kubectl("delete", "namespace", "goes", "--timeout=60s")
    cluster_kubectl.fails("get", "namespace", "goes", says="not found")
    cluster_kubectl("create", "namespace", "goes")
    assert inside.out("get", "deployments", "-o", "name") == ""
    cluster_kubectl("delete", "namespace", "goes", "--wait=false")


def test_nothing_is_made_in_one_that_goes(kubectl, cluster_kubectl, namespace):
    kubectl("create", "configmap", "held")
    kubectl("patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}')
    cluster_kubectl("delete", "namespace", namespace, "--wait=false")
    kubectl.fails("create", "configmap", "late", says="because it is being terminated")
    cluster_kubectl("wait", f"namespace/{namespace}", "--for=condition=NamespaceContentRemaining", "--timeout=60s")
    going = cluster_kubectl.json("get", "namespace", namespace)
    assert going["status"]["phase"] == "Terminating" and "deletionGracePeriodSeconds" not in going["metadata"]
    kubectl("patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    cluster_kubectl("wait", f"namespace/{namespace}", "--for=delete", "--timeout=60s")


def test_unknown_namespace(cluster_kubectl):
    cluster_kubectl.fails("create", "configmap", "x", "--namespace", "nowhere", says='namespaces "nowhere" not found')


def test_permanent_ones(cluster_kubectl):
    for name in ("default", "kube-system", "kube-public"):
        cluster_kubectl.fails("delete", "namespace", name, says="this namespace may not be deleted")


def test_dependents_go_with_their_owner(kubectl):
    kubectl("create", "configmap", "parent")
    parent = kubectl.json("get", "configmap", "parent")
    kubectl("create", "--validate=false", "-f", "-", input=owned("child", owner(parent)))
    kubectl("delete", "configmap", "parent")
    kubectl("wait", "configmap/child", "--for=delete", "--timeout=60s")


def test_one_owner_left_is_enough(kubectl):
    for name in ("first", "second"):
        kubectl("create", "configmap", name)
    owners = [owner(kubectl.json("get", "configmap", name)) for name in ("first", "second")]
    kubectl("create", "--validate=false", "-f", "-", input=owned("child", *owners))
    kubectl("delete", "configmap", "first")
    kubectl("wait", "configmap/child", "--for=jsonpath={.metadata.ownerReferences[0].name}=second", "--timeout=60s")
    assert len(kubectl.json("get", "configmap", "child")["metadata"]["ownerReferences"]) == 1


def test_orphans_stay(kubectl):
    kubectl("create", "configmap", "parent")
    parent = kubectl.json("get", "configmap", "parent")
    kubectl("create", "--validate=false", "-f", "-", input=owned("child", owner(parent)))
    kubectl("delete", "configmap", "parent", "--cascade=orphan", "--timeout=60s")
    child = kubectl.json("get", "configmap", "child")
    assert "ownerReferences" not in child["metadata"] and "deletionTimestamp" not in child["metadata"]


def test_foreground_waits_for_dependents(kubectl):
    kubectl("create", "configmap", "parent")
    parent = kubectl.json("get", "configmap", "parent")
    child = owned("child", owner(parent, blockOwnerDeletion=True))
    child["metadata"]["finalizers"] = ["example.com/hold"]
    kubectl("create", "--validate=false", "-f", "-", input=child)
    kubectl("delete", "configmap", "parent", "--cascade=foreground", "--wait=false")
    kubectl("wait", "configmap/child", "--for=jsonpath={.metadata.deletionTimestamp}", "--timeout=60s")
    assert kubectl.json("get", "configmap", "parent")["metadata"]["finalizers"] == ["foregroundDeletion"]
    kubectl("patch", "configmap", "child", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    kubectl("wait", "configmap/parent", "--for=delete", "--timeout=60s")


def test_an_owner_that_never_was(kubectl):
    ghost = {"apiVersion": "v1", "kind": "ConfigMap", "name": "ghost", "uid": "00000000-0000-4000-8000-000000000000"}
    kubectl("create", "--validate=false", "-f", "-", input=owned("child", ghost))
    kubectl("wait", "configmap/child", "--for=delete", "--timeout=60s")
