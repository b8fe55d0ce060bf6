"""Values that Go holds as they are, and writes even where nothing was said: they are null.

After the types of k8s.io/api whose fields have no `omitempty`, and times, which it does not leave out.
"""

import pytest
from interface import unique

ROLES = "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles"
PODS = "/api/v1/namespaces/{}/pods"


def role(name, **more):
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}, **more}


@pytest.mark.parametrize("rules", [{}, {"rules": []}, {"rules": None}], ids=["none", "empty", "null"])
def test_a_role_without_rules(api, namespace, rules):
    made = api.create(ROLES.format(namespace), role(unique("role"), **rules))
    assert made["rules"] is None
    place = f"{ROLES.format(namespace)}/{made['metadata']['name']}"
    assert api.get(place)["rules"] is None
    assert [one["rules"] for one in api.get(ROLES.format(namespace), fieldSelector=f"metadata.name={made['metadata']['name']}")["items"]] == [None]
    # With or without the null it is the same.
    for same in ({}, {"rules": []}, {"rules": None}):
        again = api.update(place, role(made["metadata"]["name"], **same))
        assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
    assert api.patch(place, [{"op": "test", "path": "/rules", "value": None}, {"op": "replace", "path": "/rules", "value": [rule]}], "json")["rules"] == [rule]
    assert api.patch(place, {"rules": None})["rules"] is None
    assert api.patch(place, {"rules": [rule]}, "strategic")["rules"] == [rule]


def test_a_role_without_rules_is_told_everywhere(api, kubectl, namespace):
    name = unique("role")
    version = api.get(ROLES.format(namespace))["metadata"]["resourceVersion"]
    api.create(ROLES.format(namespace), role(name))
    with api.watch(ROLES.format(namespace), resourceVersion=version, fieldSelector=f"metadata.name={name}") as watch:
        assert watch.expect("ADDED", name)["rules"] is None
    assert "rules: null" in kubectl.out("get", "role", name, "-o", "yaml")
    table = api.get(
        ROLES.format(namespace), includeObject="Object", fieldSelector=f"metadata.name={name}",
        headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"},
    )  # fmt: skip
    assert [row["object"]["rules"] for row in table["rows"]] == [None]


def test_owners_of_a_null(api, namespace):
    """It is there from the start, and nobody's."""
    made = api.create(ROLES.format(namespace), role(unique("role")), fieldManager="maker")
    assert "managedFields" not in made["metadata"]
    other = unique("role")
    place = f"{ROLES.format(namespace)}/{other}"
    mine = {**role(other), "metadata": {"name": other, "labels": {"a": "b"}}}
    applied = api.patch(place, mine, "apply", fieldManager="me")
    assert applied["rules"] is None
    assert [one["fieldsV1"] for one in applied["metadata"]["managedFields"]] == [{"f:metadata": {"f:labels": {"f:a": {}}}}]
    again = api.patch(place, mine, "apply", fieldManager="me")
    assert again["metadata"]["resourceVersion"] == applied["metadata"]["resourceVersion"]


def test_conditions_of_a_pod(api, namespace):
    name = unique("pod")
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    api.create(PODS.format(namespace), pod)
    place = f"{PODS.format(namespace)}/{name}/status"
    states = [{
        "name": "c", "image": "i", "imageID": "", "ready": False, "restartCount": 0, "state": {"running": {}},
        "lastState": {"terminated": {"exitCode": 1}},
    }]  # fmt: skip
    seen = api.patch(place, {"status": {"conditions": [{"type": "Mine", "status": "True"}], "containerStatuses": states}}, "strategic", fieldManager="agent")
    [mine] = [one for one in seen["status"]["conditions"] if one["type"] == "Mine"]
    assert mine == {"type": "Mine", "status": "True", "lastProbeTime": None, "lastTransitionTime": None}
    [state] = seen["status"]["containerStatuses"]
    assert state["state"] == {"running": {"startedAt": None}}
    assert state["lastState"] == {"terminated": {"exitCode": 1, "startedAt": None, "finishedAt": None}}
    [owned] = [one["fieldsV1"] for one in seen["metadata"]["managedFields"] if one["manager"] == "agent"]
    fields = owned["f:status"]["f:conditions"]['k:{"type":"Mine"}']
    assert fields == {".": {}, "f:lastProbeTime": {}, "f:lastTransitionTime": {}, "f:status": {}, "f:type": {}}
    # A time that Go does not know is none, and saying nothing changes nothing.
    for said in ({}, {"lastProbeTime": None}, {"lastProbeTime": "0001-01-01T00:00:00Z"}):
        again = api.patch(place, {"status": {"conditions": [{"type": "Mine", "status": "True", **said}]}}, "strategic")
        assert again["metadata"]["resourceVersion"] == seen["metadata"]["resourceVersion"], said


def test_events(api, namespace):
    name = unique("event")
    event = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": name}, "involvedObject": {"namespace": namespace}}
    made = api.create(f"/api/v1/namespaces/{namespace}/events", event)
    names = ("eventTime", "firstTimestamp", "lastTimestamp")
    assert {key: made[key] for key in names} == dict.fromkeys(names)
    other = api.get(f"/apis/events.k8s.io/v1/namespaces/{namespace}/events/{name}")
    names = ("eventTime", "deprecatedFirstTimestamp", "deprecatedLastTimestamp")
    assert {key: other[key] for key in names} == dict.fromkeys(names)


def test_items_of_lists_and_maps(api, namespace):
    """Where a field holds null it holds nothing; an item that is null is one, and the zero of its type."""
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    name = unique("map")
    metadata = {"name": name, "labels": {"a": None, "b": "c"}, "annotations": {"d": None}}
    made = api.create(maps, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"k": None}, "binaryData": None})
    assert made["metadata"]["labels"] == {"a": "", "b": "c"} and made["metadata"]["annotations"] == {"d": ""}
    assert made["data"] == {"k": ""} and "binaryData" not in made
    assert api.patch(f"{maps}/{name}", [{"op": "add", "path": "/data/l", "value": None}], "json")["data"] == {"k": "", "l": ""}
    # A null in a merge takes away.
    assert api.patch(f"{maps}/{name}", {"data": {"k": None}})["data"] == {"l": ""}
    container = {"name": "c", "image": "i", "args": [None, "x"], "resources": {"limits": {"cpu": None}}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": unique("pod")}, "spec": {"containers": [container], "nodeName": None}}
    (found,) = api.create(PODS.format(namespace), pod)["spec"]["containers"]
    assert found["args"] == ["", "x"] and found["resources"]["limits"] == {"cpu": "0"}
    pod["spec"]["containers"] = [None]
    refused = api.refused(422, "POST", PODS.format(namespace), pod, says="spec.containers[0].name: Required value")
    assert "spec.containers[0].image: Required value" in refused["message"]
