"""Conformance of the generation of pods: what counts as a change of what a pod shall be, and what does not."""

import pytest
from interface import body, eventually, pod, unique


@pytest.fixture
def pods(api, namespace):
    return f"/api/v1/namespaces/{namespace}/pods"


@pytest.fixture
def node(api):
    """A node that nobody stands behind: what is bound to it goes only when it is told to at once."""
    name = unique("node")
    api.create("/api/v1/nodes", body("v1", "Node", metadata={"name": name}))
    yield name
    api.delete(f"/api/v1/nodes/{name}")


def bind(api, pods, name, node):
    binding = body("v1", "Binding", metadata={"name": name}, target={"kind": "Node", "name": node})
    api.create(f"{pods}/{name}/binding", binding)
    bound = api.get(f"{pods}/{name}")
    assert bound["spec"]["nodeName"] == node
    return bound


def remove(api, pods, name):
    api.delete(f"{pods}/{name}", gracePeriodSeconds=0)
    eventually(lambda: not api.is_there(f"{pods}/{name}"), f"{name} goes")


def test_updates(api, pods, node):
    """Pods Generation, updates"""
    one = pod("counted")
    one["spec"]["initContainers"] = [{"name": "first", "image": "registry.example/first:1"}]
    assert api.create(pods, one)["metadata"]["generation"] == 1
    assert bind(api, pods, "counted", node)["metadata"]["generation"] == 1
    tolerations = [{"key": unique("foo"), "operator": "Equal", "value": "bar", "effect": "NoSchedule"}]
    changes = [
        (lambda new: None, False),
        (lambda new: new["spec"].update(tolerations=tolerations), True),
        (lambda new: new["spec"].update(activeDeadlineSeconds=5000), True),
        (lambda new: new["spec"]["containers"][0].update(image="registry.example/other:1"), True),
        (lambda new: new["spec"]["initContainers"][0].update(image="registry.example/other:1"), True),
        (lambda new: new["metadata"].update(annotations={"key": "value"}), False),
        (lambda new: new["metadata"].update(labels={"key": "value"}), False),
        (lambda new: new["metadata"].update(generation=1), False),
        (lambda new: new["metadata"].update(generation=50), False),
    ]
    expected = 1
    for change, counts in changes:
        new = api.get(f"{pods}/counted")
        change(new)
        expected += counts
        assert api.update(f"{pods}/counted", new)["metadata"]["generation"] == expected
    # The status has no part in it, what containers are added and how they are resized has.
    status = {"status": {"observedGeneration": expected, "conditions": [{"type": "Ready", "status": "False"}]}}
    assert api.patch(f"{pods}/counted/status", status, "strategic")["metadata"]["generation"] == expected
    debugger = {"spec": {"ephemeralContainers": [{"name": "debugger", "image": "registry.example/debug:1"}]}}
    assert api.patch(f"{pods}/counted/ephemeralcontainers", debugger, "strategic")["metadata"]["generation"] == expected + 1
    # Tolerations that every pod is given are there beside those that were written in their place.
    keys = [one.get("key") for one in api.get(f"{pods}/counted")["spec"]["tolerations"]]
    assert tolerations[0]["key"] in keys and "node.kubernetes.io/not-ready" in keys
    remove(api, pods, "counted")


def test_graceful_deletion(api, pods, node):
    """Pods Generation, graceful delete"""
    one = pod("chosen", generation=100)
    assert api.create(pods, one)["metadata"]["generation"] == 1
    bind(api, pods, "chosen", node)
    going = api.delete(f"{pods}/chosen", gracePeriodSeconds=60)
    assert going["metadata"]["deletionGracePeriodSeconds"] == 60 and going["metadata"]["generation"] == 2
    assert api.get(f"{pods}/chosen")["metadata"]["generation"] == 2
    # To be hurried is no other wish.
    api.delete(f"{pods}/chosen", gracePeriodSeconds=30)
    hurried = api.get(f"{pods}/chosen")["metadata"]
    assert hurried["deletionGracePeriodSeconds"] == 30 and hurried["generation"] == 2
    remove(api, pods, "chosen")


def test_many_updates(api, pods):
    """Pods Generation, 500 updates (without an agent)"""
    one = pod("often")
    one["spec"]["activeDeadlineSeconds"] = 5000
    new = api.create(pods, one)
    for _ in range(499):
        new["spec"]["activeDeadlineSeconds"] -= 1
        new = api.update(f"{pods}/often", new)
    assert new["metadata"]["generation"] == 500 and new["spec"]["activeDeadlineSeconds"] == 4501
