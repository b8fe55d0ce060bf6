"""Pods as the end-to-end tests of sig-node extend them: what ends before it begins, and resizing within what is allowed."""

import pytest
from interface import body, eventually, pod


@pytest.fixture
def pods(api, namespace):
    return f"/api/v1/namespaces/{namespace}/pods"


def test_negative_grace_period(api, pods):
    """Pod TerminationGracePeriodSeconds is negative: a pod is given a second, a template keeps what it says"""
    one = pod("hasty")
    one["spec"]["terminationGracePeriodSeconds"] = -1
    made = api.create(pods, one)
    assert made["spec"]["terminationGracePeriodSeconds"] == 1
    made["spec"]["terminationGracePeriodSeconds"] = -1
    assert api.update(f"{pods}/hasty", made)["spec"]["terminationGracePeriodSeconds"] == 1
    assert api.patch(f"{pods}/hasty", {"spec": {"terminationGracePeriodSeconds": -7}})["spec"]["terminationGracePeriodSeconds"] == 1
    assert api.get(f"{pods}/hasty")["metadata"]["generation"] == 1
    template = body("v1", "PodTemplate", metadata={"name": "hasty"}, template={"spec": one["spec"]})
    made = api.create(pods.removesuffix("pods") + "podtemplates", template)
    assert made["template"]["spec"]["terminationGracePeriodSeconds"] == -1


def amounts(cpu, memory):
    return {"cpu": cpu, "memory": memory}


def resize(cpu=None, memory=None):
    """A patch of what the container requests and is limited to."""
    wanted = {name: value for name, value in (("cpu", cpu), ("memory", memory)) if value}
    return {"spec": {"containers": [{"name": "c", "resources": {"requests": wanted, "limits": wanted}}]}}


def quota(api, namespace):
    hard = amounts("800m", "800Mi")
    place = f"/api/v1/namespaces/{namespace}/resourcequotas"
    api.create(place, body("v1", "ResourceQuota", metadata={"name": "resize-resource-quota"}, spec={"hard": hard}))
    eventually(lambda: api.get(f"{place}/resize-resource-quota").get("status", {}).get("hard") == hard, "the quota counts")


def limits(api, namespace):
    item = {
        "type": "Container", "max": amounts("500m", "500Mi"), "min": amounts("50m", "50Mi"),
        "default": amounts("100m", "100Mi"), "defaultRequest": amounts("50m", "50Mi"),
    }  # fmt: skip
    made = body("v1", "LimitRange", metadata={"name": "resize-limit-ranger"}, spec={"limits": [item]})
    assert api.create(f"/api/v1/namespaces/{namespace}/limitranges", made)["spec"]["limits"] == [item]


@pytest.mark.parametrize("guard, memory, cpu", [
    (quota, "exceeded quota: resize-resource-quota, requested: memory=350Mi, used: memory=700Mi, limited: memory=800Mi",
     "exceeded quota: resize-resource-quota, requested: cpu=200m, used: cpu=700m, limited: cpu=800m"),
    (limits, "forbidden: maximum memory usage per Container is 500Mi, but limit is 750Mi",
     "forbidden: maximum cpu usage per Container is 500m, but limit is 600m"),
], ids=["pod-resize-resource-quota-test", "pod-resize-limit-ranger-test"])  # fmt: skip
def test_resizing_is_admitted(api, namespace, pods, guard, memory, cpu):
    """Pod InPlace Resize: within a quota, within a limit range, and no further"""
    guard(api, namespace)
    for name in ("testpod1", "testpod2"):
        one = pod(name)
        one["spec"]["containers"][0]["resources"] = {which: amounts("300m", "300Mi") for which in ("requests", "limits")}
        api.create(pods, one)
    path = f"{pods}/testpod1/resize"
    wider = {which: amounts("400m", "400Mi") for which in ("requests", "limits")}
    assert api.patch(path, resize("400m", "400Mi"), "strategic")["spec"]["containers"][0]["resources"] == wider
    strategic = {"Content-Type": "application/strategic-merge-patch+json"}
    api.refused(403, "PATCH", path, resize("250m", "750Mi"), headers=strategic, says=memory)
    api.refused(403, "PATCH", path, resize("600m"), headers=strategic, says=cpu)
    assert api.get(f"{pods}/testpod1")["spec"]["containers"][0]["resources"] == wider
