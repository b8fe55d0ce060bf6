"""Conformance of sig-scheduling and sig-storage where they ask of pods nothing but that they are as they were written."""

import copy

from interface import body, eventually, pod, unique


def amounts(cpu=None, memory=None, storage=None):
    every = {"cpu": cpu, "memory": memory, "ephemeral-storage": storage}
    return {name: value for name, value in every.items() if value}


MINIMUM, MAXIMUM = amounts("50m", "100Mi", "100Gi"), amounts("500m", "500Mi", "500Gi")
REQUEST = amounts("100m", "200Mi", "200Gi")


def limit_range(name, labels):
    item = {"type": "Container", "min": MINIMUM, "max": MAXIMUM, "default": MAXIMUM, "defaultRequest": REQUEST}
    spec = {"limits": [{**item, "maxLimitRequestRatio": {}}]}
    return body("v1", "LimitRange", metadata={"name": name, "labels": labels}, spec=spec)


def resourceful(name, requests, limits):
    one = pod(name)
    one["spec"]["containers"][0]["resources"] = {"requests": requests, "limits": limits}
    return one


def test_limit_range_defaults(api, namespace):
    """LimitRange, resources: should create a LimitRange with defaults and ensure pod has those defaults applied"""
    root = f"/api/v1/namespaces/{namespace}"
    pods, ranges = f"{root}/pods", f"{root}/limitranges"
    label = unique("time")
    start = api.get(ranges, labelSelector=f"time={label}")
    assert start["items"] == []
    with api.watch(ranges, labelSelector=f"time={label}", resourceVersion=start["metadata"]["resourceVersion"]) as watch:
        made = api.create(ranges, limit_range("limit-range", {"time": label}))
        watch.expect("ADDED", "limit-range")
        (limits,) = api.get(f"{ranges}/limit-range")["spec"]["limits"]
        assert limits["default"] == MAXIMUM and limits["defaultRequest"] == REQUEST

        def given(one):
            return api.get(f"{pods}/{api.create(pods, one)['metadata']['name']}")["spec"]["containers"][0]["resources"]

        assert given(resourceful("pod-no-resources", {}, {})) == {"requests": REQUEST, "limits": MAXIMUM}
        # What is limited and not requested is requested as much, and not as much as the range says.
        partial = given(resourceful("pod-partial-resources", amounts(None, "150Mi", "150Gi"), amounts("300m")))
        assert partial == {"requests": amounts("300m", "150Mi", "150Gi"), "limits": amounts("300m", "500Mi", "500Gi")}
        small, large = amounts("10m", "50Mi", "50Gi"), amounts("600m", "600Mi", "600Gi")
        api.refused(403, "POST", pods, resourceful("p", small, {}), says="minimum cpu usage per Container is 50m, but request is 10m")
        refused = api.send("POST", pods, resourceful("p", large, {}))
        assert refused.status in (403, 422), refused
        made["spec"]["limits"][0]["min"] = amounts("9m", "49Mi", "49Gi")
        assert api.update(f"{ranges}/limit-range", made)["spec"]["limits"][0]["min"] == amounts("9m", "49Mi", "49Gi")
        watch.expect("MODIFIED", "limit-range")
        eventually(lambda: api.send("POST", pods, resourceful("p", small, {})).status == 201, "the new minimum holds")
        assert api.send("POST", pods, resourceful("q", large, {})).status in (403, 422)
        api.delete(f"{ranges}/limit-range", {"gracePeriodSeconds": 30})
        watch.expect("DELETED", "limit-range")
    eventually(lambda: api.send("POST", pods, resourceful("q", large, {})).status == 201, "the range no longer holds")


def test_limit_range_collection(api, namespace):
    """LimitRange, list, patch and delete a LimitRange by collection"""
    name = unique("e2e-limitrange")
    other = f"/api/v1/namespaces/{name}"
    api.create("/api/v1/namespaces", body("v1", "Namespace", metadata={"name": name}))
    ranges = f"/api/v1/namespaces/{namespace}/limitranges"
    one = limit_range(name, {"e2e-test": name, name: "created"})
    made = api.create(ranges, one)
    api.create(f"{other}/limitranges", one)
    everywhere = {"labelSelector": f"e2e-test={name}"}
    assert len(api.get("/api/v1/limitranges", **everywhere)["items"]) == 2
    limits = copy.deepcopy(made["spec"]["limits"])
    limits[0]["min"] = amounts("9m", "49Mi", "49Gi")
    # All that a typed client would write, nothing left out.
    patch = {"metadata": {"creationTimestamp": made["metadata"]["creationTimestamp"], "labels": {name: "patched"}}}
    patched = api.patch(f"{ranges}/{name}", {**patch, "spec": {"limits": limits}}, "strategic")
    assert patched["metadata"]["labels"] == {"e2e-test": name, name: "patched"}
    assert patched["spec"]["limits"] == limits
    assert int(patched["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    api.delete(ranges, labelSelector=f"{name}=patched")
    assert api.get("/api/v1/limitranges", labelSelector=f"{name}=patched")["items"] == []
    (left,) = api.get("/api/v1/limitranges", **everywhere)["items"]
    assert left["metadata"]["namespace"] == name
    api.delete(other)


def test_csi_inline_volumes(api, namespace):
    """CSIInlineVolumes should support Pods with inline volumes"""
    pods = f"/api/v1/namespaces/{namespace}/pods"
    one = pod("pod-csi-inline-volumes")
    driver = {"driver": "e2e.example.com"}
    one["spec"]["volumes"] = [
        {"name": "csi-inline-vol1", "csi": driver},
        {"name": "csi-inline-vol2", "csi": {**driver, "readOnly": True, "fsType": "ext4"}},
    ]
    one["spec"]["containers"][0]["volumeMounts"] = [
        {"name": f"csi-inline-vol{number}", "mountPath": f"/mnt/vol{number}"} for number in (1, 2)
    ]
    made = api.create(pods, one)
    assert api.refused(409, "POST", pods, one)["reason"] == "AlreadyExists"
    path = f"{pods}/pod-csi-inline-volumes"
    found = api.get(path)
    assert found["metadata"]["uid"] == made["metadata"]["uid"]
    assert found["spec"]["volumes"][:2] == one["spec"]["volumes"]
    assert [one["metadata"]["name"] for one in api.get(pods)["items"]] == ["pod-csi-inline-volumes"]
    patched = api.patch(path, {"metadata": {"annotations": {"patched": "true"}}})
    assert patched["metadata"]["annotations"] == {"patched": "true"}
    api.delete(path)
    gone = api.send("GET", path)
    assert gone.status == 404 or "deletionTimestamp" in gone.body["metadata"]


def test_job_status(api, namespace):
    """Jobs, apply changes to status: conditions of types of one's own"""
    jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    spec = {"parallelism": 2, "completions": 4, "backoffLimit": 6, "template": {"spec": pod()["spec"]}}
    spec["template"]["spec"]["restartPolicy"] = "Never"
    made = api.create(jobs, body("batch/v1", "Job", metadata={"name": "counted"}, spec=spec))
    condition = {"type": "CustomConditionType", "status": "True", "lastTransitionTime": "2026-01-02T03:04:05Z"}
    # As a typed client writes it: a time that was not set is null.
    patch = {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": {"conditions": [{**condition, "lastProbeTime": None}]}}
    patched = api.patch(f"{jobs}/counted/status", patch)
    assert patched["metadata"]["annotations"]["patchedstatus"] == "true"
    assert patched["status"]["conditions"] == [{**condition, "lastProbeTime": None}]
    patched["status"]["conditions"][0]["lastTransitionTime"] = "2026-01-02T03:04:06Z"
    updated = api.update(f"{jobs}/counted/status", patched)
    assert updated["status"]["conditions"][0]["lastTransitionTime"] == "2026-01-02T03:04:06Z"
    assert api.get(f"{jobs}/counted/status")["metadata"]["uid"] == made["metadata"]["uid"]


def test_services_of_all_namespaces(api, namespace):
    """Find Kubernetes Service in default Namespace; Services, delete a collection of services"""
    found = api.get("/api/v1/services")["items"]
    assert ("default", "kubernetes") in [(one["metadata"]["namespace"], one["metadata"]["name"]) for one in found]
    services = f"/api/v1/namespaces/{namespace}/services"
    label = unique("svc")
    for number in range(3):
        metadata = {"name": f"e2e-svc-{number}", "labels": {"e2e": label if number else "kept"}}
        spec = {"ports": [{"name": "http", "port": 8000 + number, "targetPort": 9376 + number}]}
        api.create(services, body("v1", "Service", metadata=metadata, spec=spec))
    api.delete(services, labelSelector=f"e2e={label}")
    assert [one["metadata"]["name"] for one in api.get(services)["items"]] == ["e2e-svc-0"]
