"""Conformance of sig-node, sig-scheduling, sig-instrumentation and others: the kinds of which every verb is asked, and what is particular to each."""

import copy

from interface import Lifecycle, assert_within, body, eventually, pod, template, unique


def test_runtime_class(api):
    """RuntimeClass API"""
    kind = body("node.k8s.io/v1", "RuntimeClass", handler="handler")
    walk = Lifecycle(api, "node.k8s.io/v1", "runtimeclasses", kind).discovered()
    walk.walk()
    made = api.create(walk.collection, walk.make(unique("fixed")))
    made["handler"] = "another"
    api.refused(422, "PUT", walk.one(made["metadata"]["name"]), made, says="handler: Invalid value")
    api.delete(walk.one(made["metadata"]["name"]))


def test_runtime_class_unknown(api, namespace):
    """Pod with the non-existing RuntimeClass is rejected"""
    one = pod("p")
    one["spec"]["runtimeClassName"] = unique("nowhere")
    failure = api.refused(403, "POST", f"/api/v1/namespaces/{namespace}/pods", one)
    assert "not found" in failure["message"], failure


def test_runtime_class_overhead(api, namespace):
    """Pod with RuntimeClass with overhead gets it, and must not bring another"""
    name = unique("heavy")
    kind = body(
        "node.k8s.io/v1", "RuntimeClass", metadata={"name": name}, handler="handler",
        overhead={"podFixed": {"cpu": "10m", "memory": "1Mi"}}, scheduling={"nodeSelector": {"runs": "heavy"}},
    )  # fmt: skip
    api.create("/apis/node.k8s.io/v1/runtimeclasses", kind)
    one = pod("p")
    one["spec"]["runtimeClassName"] = name
    made = api.create(f"/api/v1/namespaces/{namespace}/pods", one)
    assert made["spec"]["overhead"] == {"cpu": "10m", "memory": "1Mi"}
    assert made["spec"]["nodeSelector"] == {"runs": "heavy"}
    api.delete(f"/apis/node.k8s.io/v1/runtimeclasses/{name}")


def test_lease(api, namespace):
    """Lease, lease API operations"""
    spec = {
        "holderIdentity": "holder", "leaseDurationSeconds": 30, "leaseTransitions": 0,
        "acquireTime": "2026-01-02T03:04:05.678901Z", "renewTime": "2026-01-02T03:04:06.678901Z",
    }  # fmt: skip

    def change(one):
        one["spec"].update(holderIdentity="another", leaseTransitions=1, leaseDurationSeconds=60)

    lease = body("coordination.k8s.io/v1", "Lease", spec=spec)
    walk = Lifecycle(api, "coordination.k8s.io/v1", "leases", lease, namespace, update=change).discovered()
    walk.walk()
    made = api.create(walk.collection, walk.make("times"))
    assert made["spec"]["renewTime"] == "2026-01-02T03:04:06.678901Z"
    bad = walk.make("bad")
    bad["spec"]["leaseDurationSeconds"] = 0
    api.refused(422, "POST", walk.collection, bad, says="spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0")


def test_pod_template(api, namespace):
    """PodTemplate lifecycle; PodTemplate, delete a collection; PodTemplate, replace"""
    kind = body("v1", "PodTemplate", template=template({"app": "x"}))

    def change(one):
        one["template"]["spec"]["containers"][0]["image"] = "registry.example/other:2"

    Lifecycle(api, "v1", "podtemplates", kind, namespace, update=change).discovered().walk()


def test_priority_class(api):
    """Scheduling, PriorityClass endpoints"""
    kind = body("scheduling.k8s.io/v1", "PriorityClass", value=1000, description="a class")

    def change(one):
        one["description"] = "changed"

    walk = Lifecycle(api, "scheduling.k8s.io/v1", "priorityclasses", kind, update=change).discovered()
    walk.walk()
    made = api.create(walk.collection, walk.make(unique("p1")))
    assert made["preemptionPolicy"] == "PreemptLowerPriority"
    path = walk.one(made["metadata"]["name"])
    made["value"] = 2000
    api.refused(422, "PUT", path, made, says="value: Forbidden: may not be changed in an update.")
    api.delete(path)
    assert {"system-cluster-critical", "system-node-critical"} <= {
        one["metadata"]["name"] for one in api.get(walk.collection)["items"]
    }


def test_priority_of_a_pod(api, namespace):
    """Pods get the value of their class, and the default one of the cluster where they name none"""
    pods = f"/api/v1/namespaces/{namespace}/pods"
    made = api.create(pods, pod("none"))
    assert made["spec"]["priority"] == 0 and made["spec"]["preemptionPolicy"] == "PreemptLowerPriority"
    one = pod("unknown")
    one["spec"]["priorityClassName"] = unique("nothing")
    api.refused(403, "POST", pods, one, says="no PriorityClass with name")
    name = unique("high")
    api.create("/apis/scheduling.k8s.io/v1/priorityclasses", body("scheduling.k8s.io/v1", "PriorityClass", metadata={"name": name}, value=77, preemptionPolicy="Never"))  # fmt: skip
    one["metadata"]["name"], one["spec"]["priorityClassName"] = "high", name
    made = api.create(pods, one)
    assert made["spec"]["priority"] == 77 and made["spec"]["preemptionPolicy"] == "Never"
    api.delete(f"/apis/scheduling.k8s.io/v1/priorityclasses/{name}")


def test_core_events(api, namespace):
    """Event, manage lifecycle of an Event; Event, delete a collection"""
    involved = {"kind": "Pod", "namespace": namespace, "name": "someone"}
    event = body("v1", "Event", message="This is a test event", reason="Test", type="Normal", count=1, involvedObject=involved)

    def change(one):
        one["message"] = "another"
        one["series"] = {"count": 100, "lastObservedTime": "2026-01-02T03:04:05.000000Z"}

    Lifecycle(api, "v1", "events", event, namespace, update=change).discovered().walk()


def test_events(api, namespace):
    """New Event resource lifecycle, testing a single event; testing a list of events"""
    event = body(
        "events.k8s.io/v1", "Event", regarding={"kind": "Pod", "namespace": namespace, "name": "someone"}, action="Do",
        reason="Test", type="Normal", eventTime="2026-01-02T03:04:05.000001Z", note="This is", reportingController="e2e",
        reportingInstance="e2e-1",
    )  # fmt: skip

    def change(one):
        one["series"] = {"count": 100, "lastObservedTime": "2026-01-02T03:04:06.000001Z"}

    walk = Lifecycle(api, "events.k8s.io/v1", "events", event, namespace, update=change).discovered()
    walk.walk()
    api.create(walk.collection, walk.make("seen"))
    old = api.get(f"/api/v1/namespaces/{namespace}/events/seen")
    assert old["message"] == "This is" and old["involvedObject"]["name"] == "someone" and old["reportingComponent"] == "e2e"
    api.refused(422, "POST", walk.collection, {**walk.make("bad"), "action": ""}, says="action: Required value")


def test_pods(api, namespace):
    """Pods, delete a collection; Pods, patch status; Pods, lifecycle; Pods, QOS"""
    def change(one):
        one["spec"]["containers"][0]["image"] = "registry.example/pause:2"

    status = {"message": "Patched by a test", "reason": "E2E", "phase": "Pending"}
    walk = Lifecycle(api, "v1", "pods", pod(), namespace, status, change).discovered("status").walk()
    assert api.create(walk.collection, walk.make("best"))["status"]["qosClass"] == "BestEffort"
    resources = {"requests": {"cpu": "100m", "memory": "100Mi"}, "limits": {"cpu": "100m", "memory": "100Mi"}}
    sure = walk.make("sure")
    sure["spec"]["containers"][0]["resources"] = copy.deepcopy(resources)
    assert api.create(walk.collection, sure)["status"]["qosClass"] == "Guaranteed"
    sure["metadata"]["name"] = "burst"
    sure["spec"]["containers"][0]["resources"]["limits"]["cpu"] = "200m"
    assert api.create(walk.collection, sure)["status"]["qosClass"] == "Burstable"
    one = api.get(walk.one("best"))
    one["spec"]["containers"][0]["command"] = ["other"]
    api.refused(422, "PUT", walk.one("best"), one, says="spec: Forbidden: pod updates may not change fields other than")
    found = api.get(walk.collection, fieldSelector="status.phase=Pending,spec.restartPolicy=Always")
    assert {"best", "sure", "burst"} <= {one["metadata"]["name"] for one in found["items"]}


def test_pod_sysctls_and_limits(api, namespace):
    """Sysctls, reject invalid sysctls; DownwardAPI apart, what a pod may not say"""
    pods = f"/api/v1/namespaces/{namespace}/pods"
    one = pod("bad")
    one["spec"]["securityContext"] = {"sysctls": [{"name": "foo-", "value": "bar"}, {"name": "bar..", "value": "42"}]}
    failure = api.refused(422, "POST", pods, one)
    assert "spec.securityContext.sysctls[0].name" in failure["message"] and "sysctls[1].name" in failure["message"]
    one = pod("bad")
    one["spec"]["containers"][0]["volumeMounts"] = [{"name": "nothing", "mountPath": "/x", "subPath": "../up"}]
    failure = api.refused(422, "POST", pods, one)
    assert 'volumeMounts[0].name: Not found: "nothing"' in failure["message"] and "must not contain '..'" in failure["message"]


def test_pod_binding_and_ephemeral_containers(api, namespace):
    """Ephemeral Container, update: the subresource adds one, and takes none away; a pod is bound once"""
    pods = f"/api/v1/namespaces/{namespace}/pods"
    api.create(pods, pod("p"))
    binding = body("v1", "Binding", metadata={"name": "p"}, target={"kind": "Node", "name": "node-1"})
    api.create(f"{pods}/p/binding", binding)
    assert api.get(f"{pods}/p")["spec"]["nodeName"] == "node-1"
    failure = api.refused(409, "POST", f"{pods}/p/binding", binding)
    assert 'pod p is already assigned to node "node-1"' in failure["message"]
    debugger = {"name": "debugger", "image": "registry.example/debug:1", "command": ["/bin/sh"], "stdin": True, "tty": True}
    patch = {"spec": {"ephemeralContainers": [debugger]}}
    made = api.patch(f"{pods}/p/ephemeralcontainers", patch, "strategic")
    assert made["spec"]["ephemeralContainers"][0]["name"] == "debugger"
    made["spec"]["ephemeralContainers"] = []
    api.refused(422, "PUT", f"{pods}/p/ephemeralcontainers", made, says="spec.ephemeralContainers: Forbidden")
    api.delete(f"{pods}/p", {"gracePeriodSeconds": 0})
    eventually(lambda: not api.is_there(f"{pods}/p"))


def test_nodes(api):
    """Node, resource lifecycle (without an agent)"""
    name = unique("node")
    made = api.create("/api/v1/nodes", body("v1", "Node", metadata={"name": name}, spec={"podCIDR": "10.9.0.0/24"}))
    assert made["spec"]["podCIDRs"] == ["10.9.0.0/24"]
    path = f"/api/v1/nodes/{name}"
    condition = {"type": "Ready", "status": "True", "reason": "Test", "message": "fine"}
    api.patch(f"{path}/status", {"status": {"conditions": [condition], "capacity": {"cpu": "2", "pods": "110"}}}, "strategic")
    node = api.get(path)
    assert_within([condition], node["status"]["conditions"])
    assert node["status"]["capacity"] == {"cpu": "2", "pods": "110"}
    node["spec"]["podCIDR"] = "10.8.0.0/24"
    api.refused(422, "PUT", path, node)
    assert api.patch(path, {"spec": {"unschedulable": True}})["spec"]["unschedulable"] is True
    found = api.get("/api/v1/nodes", fieldSelector="spec.unschedulable=true")["items"]
    assert name in [one["metadata"]["name"] for one in found]
    api.delete(path)
    api.refused(404, "GET", path)


def test_resource_claims(api, namespace):
    """DynamicResourceAllocation: API operations of claims, templates, classes and slices"""
    root = "resource.k8s.io/v1"
    requests = {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu.example.com"}}]}
    Lifecycle(api, root, "deviceclasses", body(root, "DeviceClass", spec={})).discovered().walk()
    claim = body(root, "ResourceClaim", spec={"devices": requests})
    Lifecycle(api, root, "resourceclaims", claim, namespace).discovered("status").walk()
    template_ = body(root, "ResourceClaimTemplate", spec={"spec": {"devices": requests}})
    Lifecycle(api, root, "resourceclaimtemplates", template_, namespace).discovered().walk()
    slice = body(
        root, "ResourceSlice",
        spec={
            "driver": "gpu.example.com", "nodeName": "node-1", "devices": [{"name": "gpu-0"}],
            "pool": {"name": "pool", "generation": 1, "resourceSliceCount": 1},
        },
    )  # fmt: skip
    Lifecycle(api, root, "resourceslices", slice).discovered().walk()


def test_rbac_kinds(api, namespace):
    """Roles and bindings: API operations"""
    root = "rbac.authorization.k8s.io/v1"
    rules = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
    subjects = [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "someone"}]

    def reference(kind):
        return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "some"}

    def widen(one):
        one["rules"] = [*rules, {"nonResourceURLs": ["/healthz"], "verbs": ["get"]}]

    Lifecycle(api, root, "roles", body(root, "Role", rules=rules), namespace).discovered().walk()
    Lifecycle(api, root, "clusterroles", body(root, "ClusterRole", rules=rules), update=widen).discovered().walk()
    for kind, plural, role, place in (
        ("RoleBinding", "rolebindings", "Role", namespace), ("ClusterRoleBinding", "clusterrolebindings", "ClusterRole", None),
    ):  # fmt: skip
        binding = body(root, kind, roleRef=reference(role), subjects=subjects)
        walk = Lifecycle(api, root, plural, binding, place).discovered()
        if place:
            api.create(f"/apis/{root}/namespaces/{place}/roles", body(root, "Role", metadata={"name": "some"}, rules=rules))
        walk.walk()
        made = api.create(walk.collection, walk.make(unique("fixed")))
        made["roleRef"]["name"] = "other"
        path = walk.one(made["metadata"]["name"])
        api.refused(422, "PUT", path, made, says="roleRef: Invalid value")
        api.delete(path)
    bad = body(root, "Role", metadata={"name": "bad"}, rules=[{"nonResourceURLs": ["/x"], "verbs": ["get"]}])
    api.refused(422, "POST", f"/apis/{root}/namespaces/{namespace}/roles", bad, says="namespaced rules cannot apply to non-resource URLs")
