"""Conformance: the kinds of which every verb is asked, and what is particular to each."""

import copy

from interface import Lifecycle, assert_within, eventually, pod, template, unique

CONDITION = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from a test"}


def body(api_version, kind, **more):
    return {"apiVersion": api_version, "kind": kind, **more}


def test_endpoint_slice(api, namespace):
    """EndpointSlice API"""
    slice = body(
        "discovery.k8s.io/v1", "EndpointSlice", addressType="IPv4",
        endpoints=[{"addresses": ["1.2.3.4"], "conditions": {"ready": True}}],
        ports=[{"name": "http", "port": 80, "protocol": "TCP"}],
    )  # fmt: skip

    def change(one):
        one["endpoints"] = [{"addresses": ["1.2.3.4", "5.6.7.8"], "conditions": {"ready": False}}]

    walk = Lifecycle(api, "discovery.k8s.io/v1", "endpointslices", slice, namespace, update=change)
    walk.discovered().walk()
    made = api.create(walk.collection, walk.make("fixed"))
    made["addressType"] = "IPv6"
    api.refused(422, "PUT", walk.one("fixed"), made, says="addressType")
    bad = {**walk.make("bad"), "endpoints": [{"addresses": ["127.0.0.1"]}]}
    api.refused(422, "POST", walk.collection, bad, says="endpoints[0].addresses[0]")


def test_ingress(api, namespace):
    """Ingress API"""
    backend = {"service": {"name": "default-backend", "port": {"number": 80}}}
    rule = {"host": "foo.bar.com", "http": {"paths": [{"path": "/", "pathType": "ImplementationSpecific", "backend": backend}]}}
    ingress = body("networking.k8s.io/v1", "Ingress", spec={"defaultBackend": backend, "rules": [rule]})

    def change(one):
        one["spec"]["rules"][0]["host"] = "other.example"

    status = {"loadBalancer": {"ingress": [{"ip": "169.1.1.1"}]}}
    walk = Lifecycle(api, "networking.k8s.io/v1", "ingresses", ingress, namespace, status, change)
    walk.discovered("status").walk()
    bad = walk.make("bad")
    bad["spec"]["rules"][0]["http"]["paths"][0].update(pathType="Prefix", path="no-slash")
    api.refused(422, "POST", walk.collection, bad, says="spec.rules[0].http.paths[0].path")


def test_ingress_class(api):
    """IngressClass API"""
    spec = {"controller": "example.com/controller"}
    Lifecycle(api, "networking.k8s.io/v1", "ingressclasses", body("networking.k8s.io/v1", "IngressClass", spec=spec)).discovered().walk()  # fmt: skip


def test_network_policy(api, namespace):
    """NetworkPolicies API"""
    spec = {
        "podSelector": {"matchLabels": {"pod-name": "a"}},
        "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"ns": "b"}}}], "ports": [{"port": 80, "protocol": "TCP"}]}],
    }  # fmt: skip

    def change(one):
        one["spec"]["podSelector"] = {"matchLabels": {"pod-name": "b"}}

    policy = body("networking.k8s.io/v1", "NetworkPolicy", spec=spec)
    walk = Lifecycle(api, "networking.k8s.io/v1", "networkpolicies", policy, namespace, update=change).discovered()
    walk.walk()
    assert api.create(walk.collection, walk.make("d"))["spec"]["policyTypes"] == ["Ingress"]
    bad = walk.make("bad")
    bad["spec"]["ingress"][0]["from"] = [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]
    api.refused(422, "POST", walk.collection, bad, says="except[0]")


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


def test_csi_driver(api):
    """CSIDriver API operations"""
    spec = {"attachRequired": False, "podInfoOnMount": True}
    walk = Lifecycle(api, "storage.k8s.io/v1", "csidrivers", body("storage.k8s.io/v1", "CSIDriver", spec=spec))
    walk.discovered().walk()
    made = api.create(walk.collection, walk.make(unique("driver")))
    assert made["spec"]["volumeLifecycleModes"] == ["Persistent"] and made["spec"]["fsGroupPolicy"] == "ReadWriteOnceWithFSType"
    api.delete(walk.one(made["metadata"]["name"]))


def test_csi_node(api):
    """CSINode, resource lifecycle"""
    spec = {"drivers": [{"name": "driver.example.com", "nodeID": "node-1", "topologyKeys": ["zone"]}]}
    Lifecycle(api, "storage.k8s.io/v1", "csinodes", body("storage.k8s.io/v1", "CSINode", spec=spec)).discovered().walk()


def test_csi_storage_capacity(api, namespace):
    """CSIStorageCapacity API"""
    kind = body("storage.k8s.io/v1", "CSIStorageCapacity", storageClassName="class", capacity="1Gi")

    def change(one):
        one["capacity"] = "2Gi"

    Lifecycle(api, "storage.k8s.io/v1", "csistoragecapacities", kind, namespace, update=change).discovered().walk()


def test_storage_class(api):
    """StorageClass, lifecycle"""
    walk = Lifecycle(api, "storage.k8s.io/v1", "storageclasses", body("storage.k8s.io/v1", "StorageClass", provisioner="p.example.com"))  # fmt: skip
    walk.discovered().walk()
    made = api.create(walk.collection, walk.make(unique("class")))
    assert made["reclaimPolicy"] == "Delete" and made["volumeBindingMode"] == "Immediate"
    made["provisioner"] = "other.example.com"
    path = walk.one(made["metadata"]["name"])
    api.refused(422, "PUT", path, made, says="updates to provisioner are forbidden.")
    api.delete(path)


def test_volume_attributes_class(api):
    """VolumeAttributesClass, lifecycle"""
    kind = body("storage.k8s.io/v1", "VolumeAttributesClass", driverName="d.example.com", parameters={"iops": "100"})
    Lifecycle(api, "storage.k8s.io/v1", "volumeattributesclasses", kind).discovered().walk()


def test_volume_attachment(api):
    """VolumeAttachment, lifecycle; VolumeAttachment, apply changes to status"""
    spec = {"attacher": "driver.example.com", "nodeName": "node-1", "source": {"persistentVolumeName": "pv-1"}}
    kind = body("storage.k8s.io/v1", "VolumeAttachment", spec=spec)
    Lifecycle(api, "storage.k8s.io/v1", "volumeattachments", kind, status={"attached": True}).discovered("status").walk()


def persistent_volume(name="pv"):
    return body(
        "v1", "PersistentVolume", metadata={"name": name},
        spec={
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
            "hostPath": {"path": "/tmp/volume"},
        },
    )  # fmt: skip


def test_persistent_volume(api):
    """PersistentVolumes(Claims), lifecycle; PersistentVolumes(Claims), apply changes to status (volumes)"""
    status = {"phase": "Failed", "message": "StatusUpdate", "reason": "E2E"}

    def change(one):
        one["spec"]["persistentVolumeReclaimPolicy"] = "Delete"

    Lifecycle(api, "v1", "persistentvolumes", persistent_volume(), status=status, update=change).discovered("status").walk()


def test_persistent_volume_claim(api, namespace):
    """PersistentVolumes(Claims), lifecycle; PersistentVolumes(Claims), apply changes to status (claims)"""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"}
    status = {"phase": "Pending", "conditions": [CONDITION]}
    walk = Lifecycle(api, "v1", "persistentvolumeclaims", body("v1", "PersistentVolumeClaim", spec=spec), namespace, status)
    walk.discovered("status").walk()
    made = api.create(walk.collection, walk.make("fixed"))
    assert made["spec"]["volumeMode"] == "Filesystem" and made["status"]["phase"] == "Pending"
    made["spec"]["accessModes"] = ["ReadOnlyMany"]
    api.refused(422, "PUT", walk.one("fixed"), made, says="spec is immutable after creation")


def test_horizontal_pod_autoscaler(api, namespace):
    """HorizontalPodAutoscaler API operations"""
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3, "metrics": [metric]}

    def change(one):
        one["spec"]["maxReplicas"] = 9

    status = {"desiredReplicas": 2, "currentReplicas": 1, "conditions": [CONDITION], "currentMetrics": []}
    status.pop("currentMetrics")
    kind = body("autoscaling/v2", "HorizontalPodAutoscaler", spec=spec)
    walk = Lifecycle(api, "autoscaling/v2", "horizontalpodautoscalers", kind, namespace, status, change)
    walk.discovered("status").walk()
    api.create(walk.collection, walk.make("both"))
    old = api.get(f"/apis/autoscaling/v1/namespaces/{namespace}/horizontalpodautoscalers/both")
    assert old["spec"] == {
        "scaleTargetRef": target, "minReplicas": 1, "maxReplicas": 3, "targetCPUUtilizationPercentage": 50,
    }  # fmt: skip
    bad = walk.make("bad")
    bad["spec"].update(minReplicas=5, maxReplicas=2)
    api.refused(422, "POST", walk.collection, bad, says="spec.maxReplicas")


def test_pod_disruption_budget(api, namespace):
    """PodDisruptionBudget: create, update, patch, and delete object; list and delete collection; update and patch status"""
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"foo": "bar"}}}

    def change(one):
        one["spec"]["minAvailable"] = "50%"

    status = {"disruptionsAllowed": 1, "currentHealthy": 2, "desiredHealthy": 1, "expectedPods": 2, "observedGeneration": 1}
    walk = Lifecycle(api, "policy/v1", "poddisruptionbudgets", body("policy/v1", "PodDisruptionBudget", spec=spec), namespace, status, change)  # fmt: skip
    walk.discovered("status").walk()
    bad = walk.make("bad")
    bad["spec"]["maxUnavailable"] = 1
    api.refused(422, "POST", walk.collection, bad, says="minAvailable and maxUnavailable cannot be both set")


def test_config_map(api, namespace):
    """ConfigMap, from volume apart: ConfigMap lifecycle; ConfigMap, empty-key; immutable"""
    def change(one):
        one["data"]["another"] = "value"

    walk = Lifecycle(api, "v1", "configmaps", body("v1", "ConfigMap", data={"data-1": "value-1"}), namespace, update=change)
    walk.discovered().walk()
    api.refused(422, "POST", walk.collection, {**walk.make("empty"), "data": {"": "value"}}, says="data[]: Invalid value")
    api.refused(422, "POST", walk.collection, {**walk.make("both"), "binaryData": {"data-1": "YQ=="}}, says="data[data-1]")
    sealed = api.create(walk.collection, {**walk.make("sealed"), "immutable": True})
    sealed["data"]["data-1"] = "other"
    api.refused(422, "PUT", walk.one("sealed"), sealed, says="data: Forbidden: field is immutable when `immutable` is set")
    sealed["data"]["data-1"], sealed["immutable"] = "value-1", False
    api.refused(422, "PUT", walk.one("sealed"), sealed, says="immutable: Forbidden: field is immutable when `immutable` is set")
    sealed["immutable"] = True
    sealed["metadata"]["labels"]["more"] = "yes"
    assert api.update(walk.one("sealed"), sealed)["metadata"]["labels"]["more"] == "yes"


def test_secret(api, namespace):
    """Secrets, patch; empty-key; immutable"""
    def change(one):
        one["data"]["another"] = "dmFsdWU="

    walk = Lifecycle(api, "v1", "secrets", body("v1", "Secret", data={"key": "dmFsdWU="}), namespace, update=change)
    walk.discovered().walk()
    api.refused(422, "POST", walk.collection, {**walk.make("empty"), "data": {"": "dmFsdWU="}}, says="data[]: Invalid value")
    made = api.create(walk.collection, walk.make("typed"))
    made["type"] = "example.com/other"
    api.refused(422, "PUT", walk.one("typed"), made, says="type: Invalid value")
    sealed = api.create(walk.collection, {**walk.make("sealed"), "immutable": True})
    sealed["data"]["key"] = "b3RoZXI="
    api.refused(422, "PUT", walk.one("sealed"), sealed, says="data: Forbidden: field is immutable when `immutable` is set")
    api.refused(400, "POST", walk.collection, {**walk.make("bad"), "data": {"key": "not base64!"}})


def test_service(api, namespace):
    """Service, complete ServiceStatus lifecycle; Service, deletes a collection of services"""
    spec = {"selector": {"app": "x"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}], "type": "LoadBalancer"}

    def change(one):
        one["spec"]["ports"][0]["targetPort"] = 8090

    status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.1", "ipMode": "VIP"}]}, "conditions": [{**CONDITION, "lastTransitionTime": "2026-01-02T03:04:05Z"}]}  # fmt: skip
    walk = Lifecycle(api, "v1", "services", body("v1", "Service", spec=spec), namespace, status, change)
    walk.discovered("status").walk()


def test_endpoints(api, namespace):
    """Endpoint resource lifecycle"""
    subsets = [{"addresses": [{"ip": "10.0.0.24"}], "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}]

    def change(one):
        one["subsets"] = [{"addresses": [{"ip": "10.0.0.25"}], "ports": [{"name": "web", "port": 8080, "protocol": "TCP"}]}]

    Lifecycle(api, "v1", "endpoints", body("v1", "Endpoints", subsets=subsets), namespace, update=change).discovered().walk()


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
    assert len(api.get(walk.collection, fieldSelector="regarding.name=someone")["items"]) == 1


def test_replica_set(api, namespace):
    """ReplicaSet, list and delete a collection of ReplicaSets; status sub-resource; is created, Replaced and Patched"""
    status = {"replicas": 1, "conditions": [CONDITION]}
    walk = workload(api, namespace, "ReplicaSet", "replicasets", status)
    scales(walk)
    bad = walk.make("bad")
    bad["spec"]["template"]["metadata"]["labels"] = {"app": "other"}
    api.refused(422, "POST", walk.collection, bad, says="`selector` does not match template `labels`")


def test_deployment(api, namespace):
    """Deployment, completes the lifecycle of a Deployment; status sub-resource"""
    scales(workload(api, namespace, "Deployment", "deployments", {"conditions": [CONDITION], "observedGeneration": 1}))


def test_stateful_set(api, namespace):
    """StatefulSet, list, patch and delete a collection of StatefulSets; status sub-resource; resource Replica scaling"""
    walk = workload(api, namespace, "StatefulSet", "statefulsets", {"replicas": 0, "conditions": [CONDITION]}, serviceName="x")
    scales(walk)
    made = api.create(walk.collection, walk.make("fixed"))
    made["spec"]["serviceName"] = "another"
    api.refused(422, "PUT", walk.one("fixed"), made, says="updates to statefulset spec for fields other than 'replicas'")


def test_daemon_set(api, namespace):
    """DaemonSet, list and delete a collection of DaemonSets; status sub-resource"""
    status = {
        "currentNumberScheduled": 0, "numberMisscheduled": 0, "desiredNumberScheduled": 0, "numberReady": 0,
        "conditions": [CONDITION],
    }  # fmt: skip
    workload(api, namespace, "DaemonSet", "daemonsets", status)


def test_replication_controller(api, namespace):
    """Replication Controller, lifecycle; get and update ReplicationController scale"""
    spec = {"replicas": 1, "selector": {"app": "x"}, "template": template({"app": "x"})}

    def change(one):
        one["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/web:2"

    status = {"replicas": 1, "conditions": [CONDITION]}
    kind = body("v1", "ReplicationController", spec=spec)
    walk = Lifecycle(api, "v1", "replicationcontrollers", kind, namespace, status, change).discovered("status", "scale")
    walk.walk()
    scales(walk, selector="app=x")
    # The selector of one that has none are its template's labels.
    bare = walk.make("bare")
    del bare["spec"]["selector"]
    assert api.create(walk.collection, bare)["spec"]["selector"] == {"app": "x"}


def workload(api, namespace, kind, plural, status, **spec):
    spec = {"selector": {"matchLabels": {"app": "x"}}, "template": template({"app": "x"}), **spec}
    if kind != "DaemonSet":
        spec["replicas"] = 1

    def change(one):
        one["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.example/web:2"

    walk = Lifecycle(api, "apps/v1", plural, body("apps/v1", kind, spec=spec), namespace, status, change)
    return walk.discovered("status").walk()


def scales(walk, selector="app=x"):
    """The scale of a workload, read, written and patched."""
    api = walk.api
    api.create(walk.collection, walk.make("scaled"))
    path = walk.one("scaled") + "/scale"
    scale = api.get(path)
    assert scale["apiVersion"] == "autoscaling/v1" and scale["kind"] == "Scale" and scale["spec"]["replicas"] == 1
    assert scale["status"].get("selector") == selector
    scale["spec"]["replicas"] = 2
    assert api.update(path, scale)["spec"]["replicas"] == 2
    assert api.get(walk.one("scaled"))["spec"]["replicas"] == 2
    assert api.patch(path, {"spec": {"replicas": 4}})["spec"]["replicas"] == 4
    assert api.get(walk.one("scaled"))["spec"]["replicas"] == 4
    api.refused(422, "PATCH", path, {"spec": {"replicas": -1}}, headers={"Content-Type": "application/merge-patch+json"})
    api.refused(409, "PUT", path, scale)


def test_controller_revision(api, namespace):
    """ControllerRevision, resource lifecycle"""
    kind = body("apps/v1", "ControllerRevision", revision=1, data={"spec": {"anything": ["goes", 1, None]}})

    def change(one):
        one["revision"] = 3

    walk = Lifecycle(api, "apps/v1", "controllerrevisions", kind, namespace, update=change).discovered()
    walk.walk()
    made = api.create(walk.collection, walk.make("fixed"))
    assert made["data"] == kind["data"]
    made["data"] = {"spec": "other"}
    api.refused(422, "PUT", walk.one("fixed"), made, says="field is immutable")


def job(**spec):
    made = {"template": {"spec": {**template({})["spec"], "restartPolicy": "Never"}}, "suspend": True, **spec}
    return body("batch/v1", "Job", spec=made)


def test_job(api, namespace):
    """Jobs, manage lifecycle; Jobs, apply changes to status"""
    def change(one):
        one["spec"]["parallelism"] = 2

    status = {"startTime": "2026-01-02T03:04:05Z", "conditions": [{**CONDITION, "type": "Suspended"}], "ready": 0}
    walk = Lifecycle(api, "batch/v1", "jobs", job(), namespace, None, change).discovered("status").walk()
    made = api.create(walk.collection, walk.make("defaulted"))
    spec = made["spec"]
    assert spec["completions"] == 1 and spec["parallelism"] == 1 and spec["backoffLimit"] == 6
    assert spec["completionMode"] == "NonIndexed" and spec["podReplacementPolicy"] == "TerminatingOrFailed"
    uid = made["metadata"]["uid"]
    labels = {
        "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": "defaulted", "controller-uid": uid,
        "job-name": "defaulted",
    }  # fmt: skip
    assert spec["template"]["metadata"]["labels"] == labels
    assert spec["selector"] == {"matchLabels": {"batch.kubernetes.io/controller-uid": uid}}
    path = walk.one("defaulted") + "/status"
    patched = api.patch(path, {"metadata": {"annotations": {"patched": "yes"}}, "status": {"conditions": status["conditions"]}})
    assert patched["metadata"]["annotations"]["patched"] == "yes"
    assert_within(status["conditions"], api.get(path)["status"]["conditions"])
    made["spec"]["completions"] = 5
    fixed = copy.deepcopy(api.get(walk.one("defaulted")))
    fixed["spec"]["completions"] = 5
    api.refused(422, "PUT", walk.one("defaulted"), fixed, says="spec.completions")


def test_cron_job(api, namespace):
    """CronJob API Operations"""
    spec = {"schedule": "*/1 * * * *", "concurrencyPolicy": "Allow", "jobTemplate": {"spec": job()["spec"]}, "suspend": True}
    status = {"lastScheduleTime": "2026-01-02T03:04:00Z"}

    def change(one):
        one["spec"]["schedule"] = "5 4 * * *"

    walk = Lifecycle(api, "batch/v1", "cronjobs", body("batch/v1", "CronJob", spec=spec), namespace, status, change)
    walk.discovered("status").walk()
    bad = walk.make("bad")
    bad["spec"]["schedule"] = "every day"
    api.refused(422, "POST", walk.collection, bad, says="spec.schedule")
    bad["spec"].update(schedule="* * * * *", timeZone="Nowhere/Land")
    api.refused(422, "POST", walk.collection, bad, says="spec.timeZone")
    long = walk.make("x" * 53)
    api.refused(422, "POST", walk.collection, long, says="must be no more than 52 characters")


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
