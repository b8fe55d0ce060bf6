"""What clients other than those of the conformance tests have been seen to depend on."""

import pytest
from interface import eventually

POD = {"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80}]}]}
TABLE = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
METADATA = {"Accept": "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"}


def test_fields_that_select_nothing(api, namespace):
    """The words are the server's; `kubectl` adds itself what was asked for."""
    place = f"/api/v1/namespaces/{namespace}"
    known = '"spec.odd" is not a known field selector: only "metadata.name", "metadata.namespace"'
    for path, field, message in [
        (f"{place}/configmaps", "spec.odd", known),
        (f"{place}/pods", "spec.odd", "field label not supported: spec.odd"),
        ("/api/v1/nodes", "metadata.namespace", "field label not supported: metadata.namespace"),
        ("/api/v1/namespaces", "metadata.namespace", "field label not supported: metadata.namespace"),
    ]:
        for more in ({}, {"watch": "true"}):
            refused = api.refused(400, "GET", path, fieldSelector=f"{field}=x", **more)
            assert refused["message"] == message and refused["reason"] == "BadRequest"
    assert api.get("/api/v1/persistentvolumes", fieldSelector="metadata.namespace=x")["items"] == []


@pytest.mark.parametrize("plural, kind", [("deployments", "Deployment"), ("replicasets", "ReplicaSet"), ("statefulsets", "StatefulSet")])
def test_a_scale_in_other_forms(api, namespace, plural, kind):
    path = f"/apis/apps/v1/namespaces/{namespace}/{plural}"
    spec = {
        "replicas": 3, "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": POD["containers"]}},
    }  # fmt: skip
    api.create(path, {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "s"}, "spec": spec})
    table = api.send("GET", f"{path}/s/scale", headers=TABLE).body
    assert table["kind"] == "Table"
    assert [(column["name"], column["type"]) for column in table["columnDefinitions"]] == [
        ("Name", "string"), ("Desired", "integer"), ("Available", "integer"), ("Age", "string"),
    ]  # fmt: skip
    (row,) = table["rows"]
    assert row["cells"][:3] == ["s", 3, 0] and row["object"]["metadata"]["name"] == "s"
    part = api.send("GET", f"{path}/s/scale", headers=METADATA).body
    assert part["kind"] == "PartialObjectMetadata" and part["metadata"]["name"] == "s" and "spec" not in part


def test_nothing_behind_a_service(api, namespace):
    """Requests are passed on to pods only; what is not there is told before anybody is asked."""
    services = f"/api/v1/namespaces/{namespace}/services"
    ports = [{"name": "web", "port": 80, "protocol": "TCP"}]
    api.create(services, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": ports}})
    for name in ("s", "s:80", "none"):
        says = f'services "{name.split(":")[0]}" not found'
        assert api.refused(404, "GET", f"{services}/{name}/proxy/")["message"] == says
    endpoints = f"/api/v1/namespaces/{namespace}/endpoints"
    made = api.create(endpoints, {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "s"}})
    for name, says in [
        ("s", 'no endpoints available for service "s"'),
        ("https:s:web", 'no endpoints available for service "s"'),
        ("s:81", 'no service port 81 found for service "s"'),
    ]:
        assert api.refused(503, "GET", f"{services}/{name}/proxy/a/b")["message"] == says
    for name in ("ftp:s:80", "a:b:c:d", ":80"):
        assert api.refused(400, "GET", f"{services}/{name}/proxy/")["message"] == f'invalid service request "{name}"'
    # An address that is of no pod, and one that says it is of a pod that has another.
    named = {"kind": "Pod", "name": "p", "namespace": namespace}
    made["subsets"] = [{"addresses": [{"ip": "192.0.2.7"}, {"ip": "192.0.2.8", "targetRef": named}], "ports": ports}]
    api.update(f"{endpoints}/s", made)
    for name in ("s:80", "http:s:web", "s:other"):
        says = f'no endpoints available for service "{name}"'
        assert api.refused(503, "GET", f"{services}/{name}/proxy/")["message"] == says


def test_a_pod_without_an_address(api, namespace):
    pods = f"/api/v1/namespaces/{namespace}/pods"
    api.create(pods, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": POD})
    for name in ("p", "p:80", "http:p:80", "https:p:"):
        assert api.refused(400, "GET", f"{pods}/{name}/proxy/")["message"] == "address not allowed"
    api.refused(404, "GET", f"{pods}/http:q:80/proxy/", says='pods "q" not found')
    api.refused(400, "GET", f"{pods}/odd:p:80/proxy/", says='invalid pod request "odd:p:80"')


def test_an_autoscaler_is_the_same_in_both_versions(api, namespace):
    """Who writes back what it has read, in either version, changes nothing."""
    place = f"namespaces/{namespace}/horizontalpodautoscalers"
    spec = {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}}
    made = api.create(f"/apis/autoscaling/v2/{place}", {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}, "spec": spec,
    })  # fmt: skip
    for version in ("v1", "v2", "v1"):
        path = f"/apis/autoscaling/{version}/{place}/h"
        read = api.get(path)
        assert ("currentReplicas" in read["status"]) == (version == "v1")
        written = api.update(path, read)
        assert written["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_an_older_event_in_the_newer_group(api, namespace):
    """What nobody has filled in is told by the older one only; who has written by that is forgotten by the newer one."""
    made = api.create(f"/api/v1/namespaces/{namespace}/events", {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "reason": "Why", "message": "Said", "type": "Normal",
        "involvedObject": {"kind": "Pod", "name": "p", "namespace": namespace}, "firstTimestamp": "2026-01-01T00:00:00Z", "count": 3,
    })  # fmt: skip
    assert (made["reportingComponent"], made["reportingInstance"]) == ("", "")
    path = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events/e"
    read = api.get(path)
    assert "reportingController" not in read and "reportingInstance" not in read and read["deprecatedCount"] == 3
    assert [one["apiVersion"] for one in read["metadata"]["managedFields"]] == ["v1"]
    written = api.update(path, read)
    assert "managedFields" not in written["metadata"]
    assert api.update(path, written)["metadata"]["resourceVersion"] == written["metadata"]["resourceVersion"]
    # Where nobody is noted, nobody is.
    written["metadata"]["labels"] = {"a": "b"}
    assert "managedFields" not in api.update(path, written)["metadata"]
