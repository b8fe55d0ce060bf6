"""What conformance asks of every resource that is new: made, read, changed by every kind of patch, its status too, removed.

It is what `TestResource` of Kubernetes' own suite does, here for all kinds: every field that was sent is answered, events
tell of one object at a time, and versions only grow.
"""

import copy
import itertools

import pytest
from interface import eventually, unique
from kinds import STATUSES, TABLE, collection, example, missing

KINDS = sorted(TABLE)
WAYS = ["strategic", "apply", "merge", "json"]
LABEL = "e2e-test.kubernetes.io"


def expect(wanted, found):
    problem = missing(wanted, found)
    assert problem is None, problem


class Walk:
    """One resource, one object of it at a time."""

    def __init__(self, api, resource, namespace):
        self.api, self.resource = api, resource
        self.api_version, self.kind, self.namespaced, _ = TABLE[resource]
        self.place = collection(resource, namespace)
        root = "/api/v1" if self.api_version == "v1" else f"/apis/{self.api_version}"
        self.everywhere = f"{root}/{resource}"
        self.label = unique("walk")
        self.body = example(resource, unique("one"), namespace, {LABEL: self.label})
        self.name = self.body["metadata"]["name"]
        self.path = f"{self.place}/{self.name}"
        self.status = STATUSES.get(resource)
        self.uids = []

    def make(self):
        made = self.api.create(self.place, self.body, fieldValidation="Strict")
        expect(self.body, made)
        self.uids.append(made["metadata"]["uid"])
        return made

    def remove(self):
        # Without a node there is nobody who would end a pod.
        self.api.delete(self.path, **({"gracePeriodSeconds": 0} if self.resource == "pods" else {}))
        eventually(lambda: not self.api.is_there(self.path), f"{self.path} goes")

    def write(self, path, change):
        """Reads, changes and writes; again where somebody else was faster."""

        def attempt():
            current = self.api.get(path)
            change(current)
            answer = self.api.send("PUT", path, current)
            assert answer.status in (200, 409), answer
            return answer.body if answer.status == 200 else None

        return eventually(attempt)

    def patch(self, path, way, content, uid, operations):
        """`content` as a merge or an application, which say whose it is; or `operations`."""
        head = {"apiVersion": self.api_version, "kind": self.kind}
        metadata = {**content.get("metadata", {}), "name": self.name, "uid": uid}
        body = operations if way == "json" else {**head, **content, "metadata": metadata}
        more = {"fieldManager": "test-apply", "force": "true"} if way == "apply" else {}
        return self.api.patch(path, body, way, fieldValidation="Strict", **more)

    def mark(self, way, uid):
        operation = {"op": "add", "path": "/metadata/labels/marked", "value": "yes"}
        done = self.patch(self.path, way, {"metadata": {"labels": {"marked": "yes"}}}, uid, [operation])
        expect({**self.body["metadata"]["labels"], "marked": "yes"}, done["metadata"]["labels"])

    def tell(self, way, uid):
        """The status."""
        whole = {**self.api.get(self.path).get("status", {}), **self.status}
        done = self.patch(
            self.path + "/status", way, {"status": self.status}, uid, [{"op": "add", "path": "/status", "value": whole}]
        )
        self.expect_status(done)
        assert any(one.get("subresource") == "status" for one in done["metadata"]["managedFields"]), done["metadata"]

    def expect_status(self, found):
        rest = {name: value for name, value in self.status.items() if name != "conditions"}
        expect(rest, found["status"])
        for condition in self.status.get("conditions", []):
            # Others may have told of their own.
            assert any(missing(condition, one) is None for one in found["status"]["conditions"]), found["status"]


@pytest.mark.parametrize("resource", KINDS)
def test_resource(api, namespace, resource):
    walk = Walk(api, resource, namespace)
    selector = f"{LABEL}={walk.label}"
    assert resource in [one["name"] for one in api.get(walk.everywhere.rpartition("/")[0])["resources"]]
    empty = api.get(walk.everywhere, labelSelector=selector)
    assert empty["items"] == []
    made = walk.make()
    expect(walk.body, api.get(walk.path))
    updated = walk.write(walk.path, lambda one: one["metadata"]["labels"].update(marked="yes"))
    expect({**walk.body, "metadata": {"labels": {LABEL: walk.label, "marked": "yes"}}}, updated)
    assert int(updated["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
    if walk.status:
        told = walk.write(f"{walk.path}/status", lambda one: one.setdefault("status", {}).update(copy.deepcopy(walk.status)))
        expect(walk.status, told["status"])
        walk.expect_status(api.get(f"{walk.path}/status"))
    for way in WAYS:
        walk.remove()
        uid = walk.make()["metadata"]["uid"]
        walk.mark(way, uid)
        if walk.status:
            walk.tell(way, uid)
    for place in (walk.place, walk.everywhere):
        (listed,) = api.get(place, labelSelector=selector)["items"]
        assert listed["metadata"]["uid"] == walk.uids[-1]
    if resource in ("namespaces", "services"):
        walk.remove()
    else:
        api.delete(walk.place, labelSelector=selector)
        eventually(lambda: not api.is_there(walk.path), f"{walk.path} goes")
    # All of it is told again from there on.
    with api.watch(walk.everywhere, resourceVersion=empty["metadata"]["resourceVersion"], labelSelector=selector) as watch:
        expect_events(watch, walk.uids)


def expect_events(watch, uids):
    """Each object is added, changed and removed before the next one comes, in versions that grow."""
    version = 0
    for uid in uids:
        for count in itertools.count():
            type, object = watch.next()
            assert object["metadata"]["uid"] == uid
            assert (type == "ADDED") == (count == 0), (type, count)
            assert int(object["metadata"]["resourceVersion"]) > version
            version = int(object["metadata"]["resourceVersion"])
            if type == "DELETED":
                break
            assert type in ("ADDED", "MODIFIED")
