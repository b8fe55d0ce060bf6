"""Conformance of sig-apps and sig-autoscaling: the kinds of which every verb is asked, and what is particular to each."""

import copy

from interface import CONDITION, Lifecycle, assert_within, body, template


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
