"""Rules that Kubernetes holds all its resources to: who writes what where, what counts as a change, what becomes of dependents.

Exceptions are those that it names itself; whatever is new follows the rule.
"""

import contextlib

import pytest
from kinds import STATUSES, TABLE, collection, example, missing

from interface import eventually, unique

KINDS = sorted(TABLE)
# A PUT where there is nothing makes one of these.
MADE_BY_UPDATE = {
    "clusterrolebindings", "clusterroles", "endpoints", "events", "leases", "rolebindings", "roles", "runtimeclasses", "services",
}  # fmt: skip
# Their labels are written with the status.
LABELLED_WITH_STATUS = {
    "cronjobs", "daemonsets", "horizontalpodautoscalers", "ingresses", "jobs", "namespaces", "nodes", "persistentvolumeclaims",
    "persistentvolumes", "poddisruptionbudgets", "pods", "replicasets", "replicationcontrollers", "services", "statefulsets",
}  # fmt: skip
# The generation of an autoscaler is counted from the next release on.
WITHOUT_GENERATION = {
    "horizontalpodautoscalers", "namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "resourceclaims", "services",
    "volumeattachments",
}  # fmt: skip
LEAVING_DEPENDENTS = {"jobs", "replicationcontrollers"}
# Nothing can belong to an event, and a definition is deleted in a way of its own.
WITHOUT_DEPENDENTS = {"customresourcedefinitions", "events"}
BLOCK = "example.com/block"


@contextlib.contextmanager
def held(api, path):
    """Removes what is there in the end, whatever holds it."""
    try:
        yield
    finally:

        def goes():
            api.send("DELETE", path, gracePeriodSeconds=0)
            answer = api.send("PATCH", path, {"metadata": {"finalizers": None}}, {"Content-Type": "application/merge-patch+json"})
            return answer.status == 404

        eventually(goes, f"{path} goes")


def one(resource, namespace):
    body = example(resource, unique("rule"), namespace)
    place = collection(resource, namespace)
    return place, f"{place}/{body['metadata']['name']}", body


@pytest.mark.parametrize("resource", KINDS)
def test_what_an_update_creates(api, namespace, resource):
    _, path, body = one(resource, namespace)
    with held(api, path):
        assert api.send("PUT", path, body).status == (201 if resource in MADE_BY_UPDATE else 404)


# The name of a definition follows from what it defines.
@pytest.mark.parametrize("resource", sorted(set(KINDS) - {"customresourcedefinitions"}))
def test_names_are_made(api, namespace, resource):
    place, _, body = one(resource, namespace)
    del body["metadata"]["name"]
    body["metadata"]["generateName"] = "rules-"
    name = api.create(place, body)["metadata"]["name"]
    with held(api, f"{place}/{name}"):
        assert name.startswith("rules-") and len(name) == len("rules-") + 5


@pytest.mark.parametrize("resource", sorted(STATUSES))
def test_status_is_written_apart(api, namespace, resource):
    _, path, body = one(resource, namespace)
    status = STATUSES[resource]

    def is_told(found):
        # Others may have told of more.
        rest = {name: value for name, value in status.items() if name != "conditions"}
        conditions = found.get("status", {}).get("conditions", [])
        told = (any(missing(wanted, given) is None for given in conditions) for wanted in status.get("conditions", []))
        return missing(rest, found.get("status", {})) is None and all(told)

    with held(api, path):
        made = api.patch(path, {**body, "status": status}, "apply", fieldManager="own")
        # Nodes come with a status.
        assert is_told(made) == (resource == "nodes")
        assert made["metadata"].get("generation") == (None if resource in WITHOUT_GENERATION else 1)
        body["metadata"]["labels"] = {"with": "status"}
        told = api.patch(f"{path}/status", {**body, "status": status}, "apply", fieldManager="status", force="true")
        assert is_told(told)
        keeps = resource in LABELLED_WITH_STATUS
        assert ("with" in told["metadata"].get("labels", {})) == keeps
        (fields,) = [entry["fieldsV1"] for entry in told["metadata"]["managedFields"] if entry["manager"] == "status"]
        assert "f:spec" not in fields and "f:status" in fields
        assert ("f:labels" in fields.get("f:metadata", {})) == keeps
        again = api.patch(path, {"metadata": {"labels": {"later": "yes"}}, "status": None})
        assert is_told(again) and again["metadata"]["labels"]["later"] == "yes"
        assert again["metadata"].get("generation") == told["metadata"].get("generation") == made["metadata"].get("generation")
        own = [entry["fieldsV1"] for entry in again["metadata"]["managedFields"] if entry["manager"] == "own"]
        assert not any("f:status" in fields for fields in own)


@pytest.mark.parametrize("resource", KINDS)
@pytest.mark.parametrize("policy", [None, "Background", "Foreground", "Orphan"])
def test_what_becomes_of_dependents(api, namespace, resource, policy):
    place, path, body = one(resource, namespace)
    body["metadata"]["finalizers"] = [BLOCK]
    api.create(place, body)
    with held(api, path):
        gone = api.delete(path, **({"propagationPolicy": policy} if policy else {}))
        finalizers = set(gone["metadata"]["finalizers"])
        assert BLOCK in finalizers and gone["metadata"]["deletionTimestamp"]
        leaves = policy == "Orphan" or (policy is None and resource in LEAVING_DEPENDENTS)
        has_any = resource not in WITHOUT_DEPENDENTS
        assert ("orphan" in finalizers) == (leaves and has_any)
        assert ("foregroundDeletion" in finalizers) == (policy == "Foreground" and has_any)


def test_versions_that_objects_say_they_have(api, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    path = f"{maps}/a"

    def body(name, version):
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "resourceVersion": version}}

    api.refused(500, "POST", maps, body("a", "5"), says="resourceVersion should not be set on objects to be created")
    # Nought is none, and so is what is no number.
    assert int(api.create(maps, body("a", "0"))["metadata"]["resourceVersion"]) > 0
    assert int(api.create(maps, body("b", "abc"))["metadata"]["resourceVersion"]) > 0
    # Whatever changes an object must know what it changes, and may leave it open.
    assert api.update(path, body("a", "00"))["metadata"]["name"] == "a"
    api.refused(409, "PUT", path, body("a", "1"), says="the object has been modified; please apply your changes to the latest version")
    problem = 'strconv.ParseUint: parsing "abc": invalid syntax'
    assert "reason" not in api.refused(500, "PUT", path, body("a", "abc"), says=problem)
    for kind in ("application/merge-patch+json", "application/strategic-merge-patch+json"):
        api.refused(500, "PATCH", path, {"metadata": {"resourceVersion": "abc"}}, says=problem, headers={"Content-Type": kind})
    # There is no state to compare with where nothing is.
    assert api.patch(f"{maps}/c", body("c", "7"), "apply", fieldManager="m")["metadata"]["uid"]
    api.refused(500, "PUT", f"/api/v1/namespaces/{namespace}/endpoints/e", {**body("e", "abc"), "kind": "Endpoints"}, says=problem)
    assert api.send("PUT", f"/api/v1/namespaces/{namespace}/endpoints/e", {**body("e", "7"), "kind": "Endpoints"}).status == 201
