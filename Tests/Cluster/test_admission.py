"""What the server fills in and refuses when objects are made: priorities, default classes, tolerations, finalizers."""

import os

import pytest

from clusters import Server
from quotas import Space, claim, pod, service


@pytest.fixture
def space(raw, namespace):
    return Space(raw, namespace)


@pytest.fixture
def whole(raw, namespace):
    """Makes objects of the whole cluster with names of the test's own, and removes them."""
    made = []

    def create(group_version, plural, kind, name, expect=201, **members):
        root = "/api/v1" if group_version == "v1" else f"/apis/{group_version}"
        body = {"apiVersion": group_version, "kind": kind, "metadata": {"name": name}, **members}
        if isinstance(members.get("metadata"), dict):
            body["metadata"] = {"name": name, **members["metadata"]}
        status, _, answer = raw("POST", f"{root}/{plural}", body)
        assert status == expect, answer
        if status == 201:
            made.append(f"{root}/{plural}/{name}")
        return answer

    yield create
    for path in made:
        raw("DELETE", path)


def priority_class(whole, name, value, expect=201, **members):
    return whole("scheduling.k8s.io/v1", "priorityclasses", "PriorityClass", name, expect, value=value, **members)


# Priority


def test_system_classes_are_there(cluster_kubectl):
    for name, value in (("system-cluster-critical", 2000000000), ("system-node-critical", 2000001000)):
        assert cluster_kubectl.json("get", "priorityclass", name)["value"] == value
        cluster_kubectl.fails("delete", "priorityclass", name, says="this is a system priority class and cannot be deleted")


def test_pods_get_their_priority(space, whole, namespace):
    high = f"high-{namespace}"
    priority_class(whole, high, 1000, preemptionPolicy="Never")
    spec = space.create("pods", pod("high", priorityClassName=high))["spec"]
    assert (spec["priority"], spec["preemptionPolicy"], spec["priorityClassName"]) == (1000, "Never", high)
    spec = space.create("pods", pod("plain"))["spec"]
    assert (spec["priority"], spec["preemptionPolicy"]) == (0, "PreemptLowerPriority")
    assert "priorityClassName" not in spec
    spec = space.create("pods", pod("critical", priorityClassName="system-node-critical"))["spec"]
    assert spec["priority"] == 2000001000
    # A pod may say what is so already.
    space.create("pods", pod("same", priorityClassName=high, priority=1000))
    assert space.refused("pods", pod("other", priorityClassName=high, priority=7)) == (
        'pods "other" is forbidden: the integer value of priority (7) must not be provided in pod spec; '
        "priority admission controller computed 1000 from the given PriorityClass name"
    )
    assert "the string value of PreemptionPolicy (Never) must not be provided in pod spec" in space.refused(
        "pods", pod("other", preemptionPolicy="Never")
    )
    assert space.refused("pods", pod("none", priorityClassName="none")) == (
        'pods "none" is forbidden: no PriorityClass with name none was found'
    )


def test_who_writes_a_pod_without_its_priority_keeps_it(space, raw):
    body = space.create("pods", pod("p", priorityClassName="system-cluster-critical"))
    for name in ("priority", "preemptionPolicy"):
        del body["spec"][name]
    body["spec"]["containers"][0]["image"] = "other"
    status, _, answer = raw("PUT", space.path("pods", "p"), body)
    assert status == 200 and answer["spec"]["priority"] == 2000000000, answer


def test_global_default(space, whole, raw, namespace):
    one, other = f"default-{namespace}", f"second-{namespace}"
    priority_class(whole, one, 5, globalDefault=True)
    spec = space.create("pods", pod("p"))["spec"]
    assert (spec["priorityClassName"], spec["priority"]) == (one, 5)
    answer = priority_class(whole, other, 6, expect=403, globalDefault=True)
    assert answer["message"].endswith(f"PriorityClass {one} is already marked as default. Only one default can exist")
    priority_class(whole, other, 6)
    status, _, answer = raw(
        "PATCH", f"/apis/scheduling.k8s.io/v1/priorityclasses/{one}", {"description": "stays the default"},
        headers={"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip
    assert status == 200, answer


@pytest.mark.parametrize("operator, values, counts", [("In", ["CLASS"], True), ("NotIn", ["CLASS"], False), ("Exists", [], True)])
def test_quota_by_priority(space, whole, namespace, operator, values, counts):
    name = f"counted-{namespace}"
    priority_class(whole, name, 10)
    expression = {"scopeName": "PriorityClass", "operator": operator}
    if values:
        expression["values"] = [name]
    space.quota({"pods": "1"}, scopeSelector={"matchExpressions": [expression]})
    space.create("pods", pod("one", priorityClassName=name))
    space.used(pods="1" if counts else "0")
    if counts:
        assert "exceeded quota: q" in space.refused("pods", pod("two", priorityClassName=name))
    space.delete("pods", "one")
    space.used(pods="0")


# Default classes


def test_default_storage_class(space, whole, namespace):
    mark = {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}}
    assert "storageClassName" not in space.create("persistentvolumeclaims", claim("before"))["spec"]
    name = f"standard-{namespace}"
    whole("storage.k8s.io/v1", "storageclasses", "StorageClass", name, provisioner="example.com/p", metadata=mark)
    assert space.create("persistentvolumeclaims", claim("after"))["spec"]["storageClassName"] == name
    # The empty name asks for none.
    assert space.create("persistentvolumeclaims", claim("none", storage_class=""))["spec"]["storageClassName"] == ""
    made = space.create("persistentvolumeclaims", claim("own", storage_class="mine"))
    assert made["spec"]["storageClassName"] == "mine"


def test_default_ingress_class(space, whole, namespace):
    group = "networking.k8s.io/v1"
    backend = {"service": {"name": "s", "port": {"number": 80}}}

    def ingress(name, **metadata):
        return space.create(
            "ingresses",
            {"apiVersion": group, "kind": "Ingress", "metadata": {"name": name, **metadata},
             "spec": {"defaultBackend": backend}},
            group=group,
        )  # fmt: skip

    assert "ingressClassName" not in ingress("before")["spec"]
    name = f"web-{namespace}"
    mark = {"annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}}
    whole(group, "ingressclasses", "IngressClass", name, spec={"controller": "example.com/c"}, metadata=mark)
    assert ingress("after")["spec"]["ingressClassName"] == name
    assert "ingressClassName" not in ingress("own", annotations={"kubernetes.io/ingress.class": "x"})["spec"]


# Tolerations and taints


def test_default_tolerations(space):
    wanted = [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        for key in ("not-ready", "unreachable")
    ]
    assert space.create("pods", pod("p"))["spec"]["tolerations"] == wanted
    own = [{"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}]
    made = space.create("pods", pod("own", tolerations=own))
    assert made["spec"]["tolerations"] == own + wanted[1:]
    everything = [{"operator": "Exists"}]
    assert space.create("pods", pod("all", tolerations=everything))["spec"]["tolerations"] == everything


def test_new_nodes_are_not_ready(whole, namespace):
    node = whole("v1", "nodes", "Node", f"node-{namespace}")
    assert node["spec"]["taints"] == [{"key": "node.kubernetes.io/not-ready", "effect": "NoSchedule"}]


# Runtime classes


def test_runtime_classes(space, whole, namespace):
    name = f"sandboxed-{namespace}"
    scheduling = {"nodeSelector": {"runtime": "sandbox"}, "tolerations": [{"key": "sandbox", "operator": "Exists"}]}
    whole(
        "node.k8s.io/v1", "runtimeclasses", "RuntimeClass", name, handler="sandbox",
        overhead={"podFixed": {"cpu": "250m"}}, scheduling=scheduling,
    )  # fmt: skip
    space.quota({"requests.cpu": "9"})
    spec = space.create("pods", pod("p", {"cpu": "1"}, runtimeClassName=name, nodeSelector={"a": "b"}))["spec"]
    assert spec["overhead"] == {"cpu": "250m"} and spec["nodeSelector"] == {"a": "b", "runtime": "sandbox"}
    assert {"key": "sandbox", "operator": "Exists"} in spec["tolerations"]
    space.used(requests_cpu="1250m")
    space.create("pods", pod("same", {"cpu": "1"}, runtimeClassName=name, overhead={"cpu": "0.25"}))
    message = space.refused("pods", pod("other", {"cpu": "1"}, runtimeClassName=name, overhead={"cpu": "1"}))
    assert message.endswith("pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    message = space.refused("pods", pod("other", {"cpu": "1"}, overhead={"cpu": "1"}))
    assert message.endswith("pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead")
    message = space.refused("pods", pod("other", {"cpu": "1"}, runtimeClassName=name, nodeSelector={"runtime": "x"}))
    assert message.endswith(
        "conflict: runtimeClass.scheduling.nodeSelector[runtime] = sandbox; pod.spec.nodeSelector[runtime] = x"
    )
    message = space.refused("pods", pod("other", {"cpu": "1"}, runtimeClassName="none"))
    assert message == 'pods "other" is forbidden: pod rejected: RuntimeClass "none" not found'


# Storage


def test_claims_grow_where_their_class_allows_it(space, whole, namespace):
    for name, grows in (("grows", True), ("stays", False)):
        whole(
            "storage.k8s.io/v1", "storageclasses", "StorageClass", f"{name}-{namespace}", provisioner="example.com/p",
            allowVolumeExpansion=grows,
        )  # fmt: skip
        space.create("persistentvolumeclaims", claim(name, storage_class=f"{name}-{namespace}"))

    def grow(name, expect):
        body = {"spec": {"resources": {"requests": {"storage": "2Gi"}}}}
        return space.patch("persistentvolumeclaims", name, body, expect=expect)

    grow("grows", 422)
    for name in ("grows", "stays"):
        status = {"status": {"phase": "Bound", "capacity": {"storage": "1Gi"}}}
        space.patch("persistentvolumeclaims", name, status, below="/status")
    grow("grows", 200)
    assert grow("stays", 403)["message"].endswith(
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize"
    )


def test_a_claim_in_use_stays(space, kubectl, raw):
    made = space.create("persistentvolumeclaims", claim("c"))
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    volumes = [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]
    space.create("pods", pod("user", nodeName="some-node", volumes=volumes))
    space.create("pods", pod("waits", volumes=volumes))
    kubectl("delete", "pvc", "c", "--wait=false")
    assert space.get("persistentvolumeclaims", "c")["metadata"]["deletionTimestamp"]
    # Somebody else's change shows that the controller has had its look, and left it.
    space.patch("persistentvolumeclaims", "c", {"metadata": {"labels": {"a": "b"}}})
    kubectl("create", "configmap", "later")
    assert space.get("persistentvolumeclaims", "c")["metadata"]["finalizers"] == ["kubernetes.io/pvc-protection"]
    space.delete("pods", "user")
    kubectl("wait", "pvc/c", "--for=delete", "--timeout=60s")


def test_an_unused_claim_goes(kubectl, space):
    space.create("persistentvolumeclaims", claim("c"))
    kubectl("delete", "pvc", "c", "--timeout=60s")


@pytest.mark.own_server
def test_a_bound_volume_stays(cluster_kubectl, whole, raw, namespace):
    name = f"volume-{namespace}"
    spec = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/tmp/v"}}
    made = whole("v1", "persistentvolumes", "PersistentVolume", name, spec=spec)
    assert made["metadata"]["finalizers"] == ["kubernetes.io/pv-protection"]
    merge = {"Content-Type": "application/merge-patch+json"}
    raw("PATCH", f"/api/v1/persistentvolumes/{name}/status", {"status": {"phase": "Bound"}}, headers=merge)
    cluster_kubectl("delete", "pv", name, "--wait=false")
    assert cluster_kubectl.json("get", "pv", name)["metadata"]["finalizers"] == ["kubernetes.io/pv-protection"]
    raw("PATCH", f"/api/v1/persistentvolumes/{name}/status", {"status": {"phase": "Released"}}, headers=merge)
    cluster_kubectl("wait", f"pv/{name}", "--for=delete", "--timeout=60s")


# Flags


@pytest.mark.own_server
def test_plugins_by_flags(tmp_path):
    import json
    import subprocess

    server = Server(
        tmp_path / "server", "--enable-admission-plugins", "DenyServiceExternalIPs,AlwaysPullImages",
        "--disable-admission-plugins=DefaultTolerationSeconds",
    ).start()  # fmt: skip
    try:
        def create(body):
            return subprocess.run(
                ["kubectl", "create", "-o", "json", "-f", "-"], input=json.dumps(body), capture_output=True, text=True,
                env={**os.environ, "KUBECONFIG": server.kubeconfig, "HOME": str(tmp_path)},
            )  # fmt: skip

        refused = create(service("outside", externalIPs=["192.0.2.1"]))
        assert "Use of external IPs is denied by admission control" in refused.stderr
        assert create(service("inside")).returncode == 0
        body = pod("p")
        body["spec"]["containers"][0]["imagePullPolicy"] = "Never"
        made = json.loads(create(body).stdout)
        assert made["spec"]["containers"][0]["imagePullPolicy"] == "Always"
        assert "tolerations" not in made["spec"]
    finally:
        assert server.stop() == 0


@pytest.mark.own_server
@pytest.mark.parametrize(
    "flags, words",
    [
        (["--enable-admission-plugins=Nonsense"], 'enable-admission-plugins plugin "Nonsense" is unknown'),
        (["--disable-admission-plugins=LimitRanger,Nonsense"], 'disable-admission-plugins plugin "Nonsense" is unknown'),
        (
            ["--enable-admission-plugins=Priority", "--disable-admission-plugins=Priority"],
            "[Priority] in enable-admission-plugins and disable-admission-plugins overlapped",
        ),
    ],
)
def test_unknown_plugins(tmp_path, flags, words):
    server = Server(tmp_path / "server", *flags).start(wait=False)
    try:
        assert server.process.wait(60) != 0
        assert words in server.log()
    finally:
        server.stop()
