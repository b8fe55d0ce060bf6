"""Limit ranges: defaults, and what pods, containers and claims are held to."""

import pytest

from quotas import Space, claim, pod


@pytest.fixture
def space(raw, namespace):
    return Space(raw, namespace)


def limits(space, *items, name="l"):
    body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": name}, "spec": {"limits": list(items)}}
    return space.create("limitranges", body)


CONTAINER = {
    "type": "Container", "min": {"cpu": "50m", "memory": "100Mi"}, "max": {"cpu": "500m", "memory": "500Mi"},
    "defaultRequest": {"cpu": "100m", "memory": "200Mi"}, "default": {"cpu": "500m", "memory": "500Mi"},
}  # fmt: skip


def resources(pod, index=0, list="containers"):
    return pod["spec"][list][index]["resources"]


def test_defaults_are_set(space):
    limits(space, CONTAINER)
    made = space.create("pods", pod("plain"))
    assert resources(made) == {
        "requests": {"cpu": "100m", "memory": "200Mi"}, "limits": {"cpu": "500m", "memory": "500Mi"},
    }  # fmt: skip
    assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c"
    )
    assert made["status"]["qosClass"] == "Burstable"


def test_what_is_said_stays(space):
    limits(space, CONTAINER)
    made = space.create("pods", pod("partial", {"cpu": "300m", "memory": "150Mi"}, {"cpu": "300m"}))
    assert resources(made) == {
        "requests": {"cpu": "300m", "memory": "150Mi"}, "limits": {"cpu": "300m", "memory": "500Mi"},
    }  # fmt: skip
    assert made["metadata"]["annotations"]["kubernetes.io/limit-ranger"] == (
        "LimitRanger plugin set: memory limit for container c"
    )


def test_init_containers(space):
    limits(space, CONTAINER)
    body = pod("p")
    body["spec"]["initContainers"] = [{"name": "first", "image": "i"}]
    made = space.create("pods", body)
    assert resources(made, list="initContainers")["limits"] == {"cpu": "500m", "memory": "500Mi"}
    note = made["metadata"]["annotations"]["kubernetes.io/limit-ranger"]
    assert note.endswith("; cpu, memory request for init container first; cpu, memory limit for init container first")


@pytest.mark.parametrize(
    "requests, maximum, words",
    [
        ({"cpu": "10m", "memory": "50Mi"}, None,
         ["minimum cpu usage per Container is 50m, but request is 10m",
          "minimum memory usage per Container is 100Mi, but request is 50Mi"]),
        (None, {"cpu": "600m"}, ["maximum cpu usage per Container is 500m, but limit is 600m"]),
        ({"memory": "100Mi"}, {"memory": "600Mi"}, ["maximum memory usage per Container is 500Mi, but limit is 600Mi"]),
    ],
)  # fmt: skip
def test_bounds_of_containers(space, requests, maximum, words):
    limits(space, CONTAINER)
    message = space.refused("pods", pod("p", requests, maximum))
    assert message.startswith('pods "p" is forbidden: ')
    for part in words:
        assert part in message


def test_no_request_and_no_limit(space):
    limits(space, {"type": "Pod", "min": {"cpu": "1"}, "max": {"memory": "1Gi"}})
    message = space.refused("pods", pod("p"))
    assert "minimum cpu usage per Pod is 1.  No request is specified" in message
    assert "maximum memory usage per Pod is 1Gi.  No limit is specified" in message


def test_bounds_of_pods(space):
    limits(space, {"type": "Pod", "max": {"cpu": "1"}})
    body = pod("p", {"cpu": "600m"}, {"cpu": "600m"})
    body["spec"]["containers"].append({**body["spec"]["containers"][0], "name": "d"})
    message = space.refused("pods", body)
    assert message == 'pods "p" is forbidden: maximum cpu usage per Pod is 1, but limit is 1200m'


def test_ratio(space):
    limits(space, {"type": "Container", "maxLimitRequestRatio": {"memory": "2"}})
    space.create("pods", pod("fits", {"memory": "100Mi"}, {"memory": "200Mi"}))
    message = space.refused("pods", pod("p", {"memory": "100Mi"}, {"memory": "250Mi"}))
    assert message.endswith(
        "memory max limit to request ratio per Container is 2, but provided ratio is 2.500000"
    )
    message = space.refused("pods", pod("p"))
    assert message.endswith(
        "memory max limit to request ratio per Container is 2, but no request is specified or request is 0"
    )


def test_claims(space):
    limits(space, {"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}, "max": {"storage": "5Gi"}})
    space.create("persistentvolumeclaims", claim("fits", "2Gi"))
    message = space.refused("persistentvolumeclaims", claim("large", "10Gi"))
    assert message == (
        'persistentvolumeclaims "large" is forbidden: '
        "maximum storage usage per PersistentVolumeClaim is 5Gi, but request is 10Gi"
    )
    message = space.refused("persistentvolumeclaims", claim("small", "500Mi"))
    assert message.endswith("minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi")


def test_an_updated_range_counts(space):
    """As the conformance suite has it: new bounds hold for the pods that come after."""
    limits(space, CONTAINER)
    space.refused("pods", pod("small", {"cpu": "10m", "memory": "10Mi"}))
    space.patch("limitranges", "l", {"spec": {"limits": [{**CONTAINER, "min": {"cpu": "9m", "memory": "1Mi"}}]}})
    space.create("pods", pod("small", {"cpu": "10m", "memory": "10Mi"}))
    space.refused("pods", pod("large", {"cpu": "600m"}, {"cpu": "600m"}))
    space.delete("limitranges", "l")
    made = space.create("pods", pod("large", {"cpu": "600m"}))
    assert "limits" not in resources(made)


def test_list_patch_and_delete_by_label(space, raw):
    limits(space, CONTAINER)
    space.patch("limitranges", "l", {"metadata": {"labels": {"marked": space.namespace}}}, kind="strategic-merge")
    query = [("labelSelector", f"marked={space.namespace}")]
    assert [one["metadata"]["name"] for one in raw("GET", "/api/v1/limitranges", query=query)[2]["items"]] == ["l"]
    assert raw("DELETE", space.path("limitranges"), query=query)[0] == 200
    assert raw("GET", "/api/v1/limitranges", query=query)[2]["items"] == []


def test_resizing_is_held_to_it(space):
    space.create("pods", pod("p", {"cpu": "1"}, {"cpu": "2"}))
    limits(space, {"type": "Container", "max": {"cpu": "1500m"}})

    def resize(amounts, expect):
        body = {"spec": {"containers": [{"name": "c", "resources": amounts}]}}
        return space.patch("pods", "p", body, kind="strategic-merge", below="/resize", expect=expect)

    answer = resize({"limits": {"cpu": "3"}}, 403)
    assert answer["message"].endswith("maximum cpu usage per Container is 1500m, but limit is 3")
    resize({"limits": {"cpu": "1200m"}}, 200)


def test_with_a_quota(space):
    """Defaults come before the quota asks for them."""
    space.quota({"requests.cpu": "1", "limits.cpu": "1"})
    assert "must specify limits.cpu for: c; requests.cpu for: c" in space.refused("pods", pod("p"))
    limits(space, CONTAINER)
    space.create("pods", pod("p"))
    space.used(requests_cpu="100m", limits_cpu="500m")
