"""What becomes of objects of single kinds when they are written, through kubectl and the API.

After the strategies in pkg/registry and pkg/apis/*/validation.
"""

import json

from definitions import defined, version
from interface import unique

CONTAINER = {"name": "c", "image": "i"}


def of(api_version, kind, name, spec, **metadata):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **metadata}, "spec": spec}


def workload(kind, name, **spec):
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [CONTAINER]}}
    return of("apps/v1", kind, name, {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template, **spec})


def create(kubectl, body, **more):
    return kubectl("create", "-f", "-", input=json.dumps(body), **more)


def test_a_gated_pod_says_why_it_waits(kubectl):
    create(kubectl, of("v1", "Pod", "gated", {"schedulingGates": [{"name": "a"}], "containers": [CONTAINER]}))
    [condition] = [one for one in kubectl.json("get", "pod", "gated")["status"]["conditions"] if one["type"] == "PodScheduled"]
    assert condition["status"] == "False" and condition["reason"] == "SchedulingGated"
    assert condition["message"] == "Scheduling is blocked due to non-empty scheduling gates"
    assert "SchedulingGated" in kubectl.out("get", "pod", "gated")
    narrower = json.dumps({"spec": {"nodeSelector": {"a": "b"}}})
    kubectl("patch", "pod", "gated", "-p", narrower)
    wider = json.dumps({"spec": {"nodeSelector": {"a": "c"}}})
    kubectl.fails("patch", "pod", "gated", "-p", wider, says=["only additions to spec.nodeSelector are allowed (no mutations or deletions)"])


def test_labels_of_a_pod_go_into_its_selectors(kubectl):
    spread = {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": {"x": "y"}}, "matchLabelKeys": ["a"]}
    create(kubectl, of("v1", "Pod", "spread", {"containers": [CONTAINER], "topologySpreadConstraints": [spread]}, labels={"a": "1"}))
    [constraint] = kubectl.json("get", "pod", "spread")["spec"]["topologySpreadConstraints"]
    assert constraint["labelSelector"] == {"matchLabels": {"x": "y"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}


def test_annotations_count_for_deployments(kubectl):
    for kind, generation in (("Deployment", 2), ("StatefulSet", 1)):
        create(kubectl, workload(kind, "counted"))
        kubectl("annotate", kind.lower(), "counted", "a=b")
        assert kubectl.json("get", kind.lower(), "counted")["metadata"]["generation"] == generation
        kubectl("label", kind.lower(), "counted", "a=b")
        assert kubectl.json("get", kind.lower(), "counted")["metadata"]["generation"] == generation


def test_claims_of_a_stateful_set_are_volumes(kubectl):
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    body = workload("StatefulSet", "claims", serviceName="s", volumeClaimTemplates=[claim])
    body["spec"]["template"]["spec"]["containers"] = [{**CONTAINER, "volumeMounts": [{"name": "data", "mountPath": "/d"}]}]
    create(kubectl, body)
    del body["spec"]["volumeClaimTemplates"]
    body["metadata"]["name"] = "none"
    kubectl.fails("create", "-f", "-", input=json.dumps(body), says=['spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"'])


def test_a_path_without_a_type(kubectl):
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    body = of("networking.k8s.io/v1", "Ingress", "i", {"rules": [{"http": {"paths": [{"path": "/", "backend": backend}]}}]})
    kubectl.fails(
        "create", "-f", "-", input=json.dumps(body),
        says=['The Ingress "i" is invalid: spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified'])  # fmt: skip


def test_a_lease_that_is_given_back(kubectl):
    create(kubectl, of("coordination.k8s.io/v1", "Lease", "l", {"holderIdentity": "a", "leaseDurationSeconds": 15}))
    kubectl("patch", "lease", "l", "--type=merge", "-p", '{"spec": {"holderIdentity": "", "leaseDurationSeconds": 1}}')
    assert kubectl.json("get", "lease", "l")["spec"] == {"holderIdentity": "", "leaseDurationSeconds": 1}


def test_hands_of_queues(kubectl):
    response = {"type": "Queue", "queuing": {"queues": 64, "handSize": 11, "queueLengthLimit": 50}}
    body = of("flowcontrol.apiserver.k8s.io/v1", "PriorityLevelConfiguration", "hands", {"type": "Limited", "limited": {"limitResponse": response}})
    kubectl.fails(
        "create", "-f", "-", input=json.dumps(body),
        says="spec.limited.limitResponse.queuing.handSize: Invalid value: 11: required entropy bits of deckSize 64 and handSize 11 should not be greater than 60")  # fmt: skip


def test_claims_to_devices(kubectl):
    devices = {
        "requests": [{"name": "a", "exactly": {"deviceClassName": "c"}}],
        "constraints": [{"requests": ["b"], "matchAttribute": "example.com/numa"}],
    }
    body = of("resource.k8s.io/v1", "ResourceClaim", "claim", {"devices": devices})
    kubectl.fails(
        "create", "-f", "-", input=json.dumps(body),
        says="spec.devices.constraints[0].requests[0]: Invalid value: \"b\": must be the name of a request in the claim or the name of a request and a subrequest separated by '/'")  # fmt: skip
    devices["constraints"][0]["requests"] = ["a"]
    create(kubectl, body)
    kubectl.fails("patch", "resourceclaim", "claim", "--type=merge", "-p", '{"spec": {"devices": {"constraints": null}}}', says="field is immutable")


def test_a_definition_stores_its_new_version_at_once(api):
    def versions(stored):
        return [{**version(name), "storage": name == stored} for name in ("v1", "v2")]

    with defined(api, *versions("v1")) as definition:
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{definition.name}"
        changed = api.patch(path, {"spec": {"versions": versions("v2")}})
        assert changed["status"]["storedVersions"] == ["v1", "v2"]


def test_a_version_that_is_served_here_is_available_at_once(api):
    body = {
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v9.strategies.example"},
        "spec": {"group": "strategies.example", "version": "v9", "groupPriorityMinimum": 1000, "versionPriority": 15},
    }  # fmt: skip
    made = api.create("/apis/apiregistration.k8s.io/v1/apiservices", body, dryRun="All")
    [condition] = made["status"]["conditions"]
    assert (condition["type"], condition["status"], condition["reason"]) == ("Available", "True", "Local")


def test_metadata_is_not_written_with_the_status_of_some_kinds(api, namespace):
    def written(path, made):
        made["metadata"]["labels"] = {"a": "b"}
        made["metadata"]["annotations"] = {"a": "b"}
        # Whoever looks after the object may have written since.
        del made["metadata"]["resourceVersion"]
        changed = api.update(f"{path}/{made['metadata']['name']}/status", made)["metadata"]
        return "a" in changed.get("labels", {}), "a" in changed.get("annotations", {})

    def latest(path, body):
        api.create(path, body)
        return api.get(f"{path}/{body['metadata']['name']}")

    flows = "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas"
    spec = {"matchingPrecedence": 9000, "priorityLevelConfiguration": {"name": "catch-all"}}
    name = f"strategies-{namespace}"
    try:
        body = of("flowcontrol.apiserver.k8s.io/v1", "FlowSchema", name, spec)
        assert written(flows, latest(flows, body)) == (False, False)
    finally:
        api.delete(f"{flows}/{name}")
    sets = f"/apis/apps/v1/namespaces/{namespace}/replicasets"
    assert written(sets, latest(sets, workload("ReplicaSet", "s"))) == (True, True)


def test_the_status_of_a_range_of_addresses_is_written_apart(api):
    ranges = "/apis/networking.k8s.io/v1/servicecidrs"
    told = {"type": "Told", "status": "True", "reason": "r", "message": "m", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    status = {"status": {"conditions": [told]}}
    body = of("networking.k8s.io/v1", "ServiceCIDR", unique("range"), {"cidrs": ["198.51.100.0/24"]}) | status
    assert api.create(ranges, body, dryRun="All")["status"] == {}
    assert told not in api.patch(f"{ranges}/kubernetes", status, dryRun="All")["status"].get("conditions", [])
    assert api.patch(f"{ranges}/kubernetes/status", status, dryRun="All")["status"]["conditions"] == [told]


def test_namespaces_have_a_phase(api, namespace):
    path = f"/api/v1/namespaces/{namespace}"
    status = {"status": {"phase": "Terminating"}}
    says = ["status.Phase: Invalid value: \"Terminating\": may only be 'Active' if `deletionTimestamp` is empty"]
    api.refused(422, "PATCH", f"{path}/status", status, says=says, headers={"Content-Type": "application/merge-patch+json"})


def test_a_node_tells_of_itself_once(api):
    name = unique("node")
    place = f"/api/v1/nodes/{name}"
    source = {"configMap": {"name": "c", "namespace": "n", "kubeletConfigKey": "k"}}
    made = api.create("/api/v1/nodes", of("v1", "Node", name, {"configSource": source}) | {"status": {"capacity": {"cpu": "1"}}})
    try:
        assert made["status"]["capacity"] == {"cpu": "1"} and "configSource" not in made["spec"]
        # Taints come from admission, and those who watch nodes may write meanwhile.
        seen = api.patch(place, {"metadata": {"labels": {"a": "b"}}, "status": {"capacity": {"cpu": "2"}}})
        assert seen["metadata"]["labels"]["a"] == "b" and seen["status"]["capacity"] == {"cpu": "1"}
        assert api.patch(f"{place}/status", {"status": {"capacity": {"cpu": "2"}}})["status"]["capacity"] == {"cpu": "2"}
    finally:
        api.delete(place)


def test_generations(api, namespace):
    name = unique("class")
    place = f"/apis/scheduling.k8s.io/v1/priorityclasses/{name}"
    body = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": 3}
    api.create("/apis/scheduling.k8s.io/v1/priorityclasses", body)
    try:
        assert api.patch(place, {"description": "d"})["metadata"]["generation"] == 1
    finally:
        api.delete(place)
    slices = f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"
    body = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "labelled"}, "addressType": "IPv4"}
    assert api.create(slices, body)["endpoints"] is None
    assert api.patch(f"{slices}/labelled", {"metadata": {"annotations": {"a": "b"}}})["metadata"]["generation"] == 1
    assert api.patch(f"{slices}/labelled", {"metadata": {"labels": {"a": "b"}}})["metadata"]["generation"] == 2


def test_a_claim_template_is_pending_and_a_job_has_its_selector_made(kubectl):
    claim = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    create(kubectl, workload("StatefulSet", "pending", volumeClaimTemplates=[claim]))
    [template] = kubectl.json("get", "statefulset", "pending")["spec"]["volumeClaimTemplates"]
    assert template["status"] == {"phase": "Pending"}
    create(kubectl, of("batch/v1", "Job", "made", {"suspend": True, "template": {"spec": {"containers": [CONTAINER], "restartPolicy": "Never"}}}))
    assert kubectl.json("get", "job", "made")["spec"]["manualSelector"] is False


def test_findings_come_in_the_order_of_one_pass(kubectl):
    for kind in ("Deployment", "ReplicaSet"):
        kubectl.fails(
            "create", "--validate=false", "-f", "-", input=json.dumps(of("apps/v1", kind, "empty", {})),
            says=[
                "* spec.selector: Required value\n"
                "* spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`\n"
                "* spec.template.spec.containers: Required value\n"
            ],
        )  # fmt: skip


def test_a_job_without_labels_has_those_of_its_pods(api, namespace):
    path = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"restartPolicy": "Never", "containers": [CONTAINER]}}
    job = of("batch/v1", "Job", "j", {"template": template})

    def labels(made):
        assert made["spec"]["template"]["metadata"]["labels"]["controller-uid"]
        return made["metadata"]["labels"] == made["spec"]["template"]["metadata"]["labels"]

    assert labels(api.create(path, job, dryRun="All"))
    assert labels(api.patch(f"{path}/j", job, "apply", fieldManager="x", dryRun="All"))
    job["metadata"]["labels"] = {"a": "b"}
    assert not labels(api.create(path, job, dryRun="All"))
