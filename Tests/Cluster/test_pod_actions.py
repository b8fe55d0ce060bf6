"""Pods: what may change in them, and what their subresources do: bind, evict, resize, debug."""

import datetime

import pytest

from quotas import Space, pod

CHANGEABLE = "pod updates may not change fields other than"


@pytest.fixture
def space(raw, namespace):
    return Space(raw, namespace)


def act(space, name, action, body, expect=201):
    status, _, answer = space.raw("POST", space.path("pods", name) + "/" + action, body)
    assert status == expect, answer
    return answer


def binding(name, node="some-node", **metadata):
    return {
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": name, **metadata},
        "target": {"kind": "Node", "name": node},
    }  # fmt: skip


def eviction(name, **options):
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name}}
    return {**body, "deleteOptions": options} if options else body


@pytest.mark.parametrize(
    "change, words",
    [
        ({"terminationGracePeriodSeconds": 1}, CHANGEABLE),
        ({"nodeName": "n"}, CHANGEABLE),
        ({"hostNetwork": True}, CHANGEABLE),
        ({"priority": 7}, CHANGEABLE),
        ({"activeDeadlineSeconds": 200}, "must be less than or equal to previous value"),
        ({"activeDeadlineSeconds": None}, "must not update from a positive integer to nil value"),
        ({"ephemeralContainers": [{"name": "e", "image": "i"}]}, CHANGEABLE),
        ({"containers": [{"name": "c", "image": "i"}, {"name": "d", "image": "i"}]}, "may not add or remove containers"),
    ],
)
def test_what_may_not_change(space, change, words):
    space.create("pods", pod("p", activeDeadlineSeconds=100))
    assert words in space.patch("pods", "p", {"spec": change}, expect=422)["message"]


def test_what_may_change(space):
    space.create("pods", pod("p", activeDeadlineSeconds=100))
    space.patch("pods", "p", {"spec": {"activeDeadlineSeconds": 50}})
    space.patch("pods", "p", {"spec": {"containers": [{"name": "c", "image": "other"}]}}, kind="strategic-merge")
    more = [{"op": "add", "path": "/spec/tolerations/-", "value": {"key": "a", "operator": "Exists"}}]
    assert len(space.patch("pods", "p", more, kind="json")["spec"]["tolerations"]) == 3


def test_binding(space):
    space.create("pods", pod("p"))
    answer = act(space, "p", "binding", binding("other"), expect=400)
    assert answer["message"] == "name in URL does not match name in Binding object"
    assert act(space, "p", "binding", binding("p", node=""), expect=500)["message"] == "target.name: Required value"
    answer = act(space, "p", "binding", binding("p", uid="00000000-0000-4000-8000-000000000000"), expect=409)
    assert "Precondition failed: UID in precondition" in answer["message"]
    answer = act(space, "p", "binding", binding("p", annotations={"a": "b"}, labels={"zone": "z"}))
    assert answer["status"] == "Success"
    bound = space.get("pods", "p")
    assert bound["spec"]["nodeName"] == "some-node"
    assert (bound["metadata"]["annotations"]["a"], bound["metadata"]["labels"]["zone"]) == ("b", "z")
    conditions = {one["type"]: one["status"] for one in bound["status"]["conditions"]}
    assert conditions == {"PodScheduled": "True"}
    answer = act(space, "p", "binding", binding("p", node="another"), expect=409)
    assert answer["message"] == (
        'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "some-node"'
    )


def test_binding_by_the_older_resource(space, raw):
    space.create("pods", pod("p"))
    answer = space.create("bindings", binding("p"))
    assert (answer["kind"], answer["status"]) == ("Status", "Success")
    assert space.get("pods", "p")["spec"]["nodeName"] == "some-node"
    space.create("bindings", binding("p"), expect=409)
    space.create("bindings", binding("none"), expect=404)


def test_gated_pods_are_not_bound(space):
    space.create("pods", pod("p", schedulingGates=[{"name": "example.com/wait"}]))
    answer = act(space, "p", "binding", binding("p"), expect=409)
    assert answer["message"].endswith("pod p has non-empty .spec.schedulingGates")
    space.patch("pods", "p", {"spec": {"schedulingGates": None}})
    act(space, "p", "binding", binding("p"))


def test_eviction(space):
    space.create("pods", pod("p"))
    act(space, "p", "binding", binding("p"))
    answer = act(space, "p", "eviction", eviction("other"), expect=400)
    assert answer["message"] == "name in URL does not match name in Eviction object"
    act(space, "none", "eviction", eviction("none"), expect=404)
    act(space, "p", "eviction", eviction("p", dryRun=["All"]))
    assert "deletionTimestamp" not in space.get("pods", "p")["metadata"]
    act(space, "p", "eviction", eviction("p", gracePeriodSeconds=20))
    going = space.get("pods", "p")
    assert going["metadata"]["deletionGracePeriodSeconds"] == 20
    target = next(one for one in going["status"]["conditions"] if one["type"] == "DisruptionTarget")
    assert (target["status"], target["reason"]) == ("True", "EvictionByEvictionAPI")


def test_a_pod_that_is_going_can_only_be_hurried(space):
    """While a pod waits for its end, a deletion shortens that, counted from the first one, and does nothing else."""
    def delete(**options):
        status, _, answer = space.raw("DELETE", space.path("pods", "p"), options)
        assert status == 200 and answer["kind"] == "Pod", answer
        return answer["metadata"]

    def end(metadata):
        return datetime.datetime.fromisoformat(metadata["deletionTimestamp"])

    space.create("pods", pod("p"))
    act(space, "p", "binding", binding("p"))
    space.patch("pods", "p", {"metadata": {"finalizers": ["example.com/hold"]}})
    first = delete(gracePeriodSeconds=40)
    for options in ({}, {"propagationPolicy": "Orphan"}, {"propagationPolicy": "Foreground"}, {"gracePeriodSeconds": 50}):
        assert delete(**options) == first
    sooner = delete(gracePeriodSeconds=30)
    assert sooner["deletionGracePeriodSeconds"] == 30 and end(first) - end(sooner) == datetime.timedelta(seconds=10)
    least = delete(gracePeriodSeconds=-1)
    assert least["deletionGracePeriodSeconds"] == 1
    now = delete(gracePeriodSeconds=0)
    assert now["deletionGracePeriodSeconds"] == 0 and now["finalizers"] == ["example.com/hold"]
    space.patch("pods", "p", {"metadata": {"finalizers": None}})
    act(space, "p", "eviction", eviction("p"), expect=404)


def test_a_pod_is_marked_before_it_goes(space, api):
    """Pods should be submitted and removed: whoever watches sees that a pod is going before it is gone."""
    place = space.path("pods")
    start = api.get(place)["metadata"]["resourceVersion"]
    space.create("pods", pod("waiting"))
    gone = api.delete(f"{place}/waiting")
    space.create("pods", pod("runs", nodeName="some-node"))
    assert api.delete(f"{place}/runs", {"gracePeriodSeconds": 30})["metadata"]["deletionGracePeriodSeconds"] == 30
    api.delete(f"{place}/runs", {"gracePeriodSeconds": 0})
    with api.watch(place, resourceVersion=start) as watch:
        events = watch.take(7)
    told = [(type, one["metadata"]["name"], one["metadata"].get("deletionGracePeriodSeconds")) for type, one in events]
    assert told == [
        ("ADDED", "waiting", None), ("MODIFIED", "waiting", 0), ("DELETED", "waiting", 0),
        ("ADDED", "runs", None), ("MODIFIED", "runs", 30), ("MODIFIED", "runs", 0), ("DELETED", "runs", 0),
    ]  # fmt: skip
    last = events[2][1]
    assert last["metadata"]["deletionTimestamp"] and last["metadata"]["generation"] == 2
    assert gone == last


def test_evictions_of_old_clients(space):
    """The version that is served no longer is taken for what it was, and so is none; another is not."""
    space.create("pods", pod("p"))
    old = {**eviction("p", dryRun=["All"]), "apiVersion": "policy/v1beta1"}
    act(space, "p", "eviction", old)
    act(space, "p", "eviction", {name: old[name] for name in ("metadata", "deleteOptions")})
    answer = act(space, "p", "eviction", {**old, "apiVersion": "policy/v2"}, expect=400)
    assert "policy/v2" in answer["message"]
    act(space, "p", "eviction", {**eviction("p", gracePeriodSeconds=20), "apiVersion": "policy/v1beta1"})
    act(space, "p", "eviction", eviction("p"), expect=404)


def budget(space, status, **spec):
    group = "policy/v1"
    body = {
        "apiVersion": group, "kind": "PodDisruptionBudget", "metadata": {"name": "b"},
        "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "x"}}, **spec},
    }  # fmt: skip
    space.create("poddisruptionbudgets", body, group=group)
    if status is not None:
        space.patch("poddisruptionbudgets", "b", {"status": status}, group=group, below="/status")


def running(space, name="p", ready=True):
    body = pod(name)
    body["metadata"]["labels"] = {"app": "x"}
    space.create("pods", body)
    act(space, name, "binding", binding(name))
    conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
    space.patch("pods", name, {"status": {"phase": "Running", "conditions": conditions}}, below="/status")


STATUS = {"observedGeneration": 1, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1, "disruptionsAllowed": 0}


def test_budgets_hold_evictions(space):
    running(space)
    budget(space, None)
    answer = act(space, "p", "eviction", eviction("p"), expect=429)
    assert answer["message"] == "Cannot evict pod as it would violate the pod's disruption budget."
    assert answer["details"]["causes"][0]["message"] == (
        "The disruption budget b is still being processed by the server."
    )
    space.patch("poddisruptionbudgets", "b", {"status": STATUS}, group="policy/v1", below="/status")
    answer = act(space, "p", "eviction", eviction("p"), expect=429)
    assert answer["details"]["causes"] == [
        {"reason": "DisruptionBudget", "message": "The disruption budget b needs 1 healthy pods and has 1 currently"}
    ]
    space.patch(
        "poddisruptionbudgets", "b", {"status": {**STATUS, "disruptionsAllowed": 1}}, group="policy/v1",
        below="/status",
    )  # fmt: skip
    act(space, "p", "eviction", eviction("p"))
    status = space.get("poddisruptionbudgets", "b", group="policy/v1")["status"]
    assert status["disruptionsAllowed"] == 0 and list(status["disruptedPods"]) == ["p"]


@pytest.mark.parametrize("policy, healthy, code", [(None, 0, 429), ("IfHealthyBudget", 1, 201), ("AlwaysAllow", 0, 201)])
def test_unready_pods_and_budgets(space, policy, healthy, code):
    running(space, ready=False)
    spec = {"unhealthyPodEvictionPolicy": policy} if policy else {}
    budget(space, {**STATUS, "currentHealthy": healthy}, **spec)
    act(space, "p", "eviction", eviction("p"), expect=code)


def resize(space, containers, expect=200):
    return space.patch("pods", "p", {"spec": containers}, kind="strategic-merge", below="/resize", expect=expect)


def test_resize(space):
    body = pod("p", {"cpu": "1", "memory": "1Gi"}, {"cpu": "2", "memory": "2Gi"})
    body["spec"]["initContainers"] = [
        {"name": "first", "image": "i"},
        {"name": "side", "image": "i", "restartPolicy": "Always", "resources": {"requests": {"cpu": "1"}}},
    ]
    space.create("pods", body)

    def change(expect=200, list="containers", name="c", **resources):
        return resize(space, {list: [{"name": name, "resources": resources}]}, expect)

    generation = space.get("pods", "p")["metadata"]["generation"]
    changed = change(requests={"cpu": "2"})
    assert changed["spec"]["containers"][0]["resources"]["requests"]["cpu"] == "2"
    assert changed["metadata"]["generation"] == generation + 1
    assert "must be less than or equal to cpu limit of 2" in change(422, requests={"cpu": "3"})["message"]
    assert change(422, limits={"cpu": None})["message"].endswith(
        "spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed"
    )
    assert "spec: Forbidden: only cpu and memory resources are mutable" in change(
        422, requests={"ephemeral-storage": "1Gi"}
    )["message"]
    # Containers that only begin the pod too, unless they would have to be started again.
    change(200, "initContainers", "first", requests={"cpu": "1"})
    again = [{"name": "first", "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}],
              "resources": {"requests": {"cpu": "2"}}}]
    assert "cannot be resized" in resize(space, {"initContainers": again}, 422)["message"]
    gone = resize(space, {"containers": [{"name": "c2", "image": "i"}]}, 422)["message"]
    assert "spec.containers: Forbidden: containers may not be added or removed on resize" in gone
    change(200, "initContainers", "side", requests={"cpu": "1500m"})
    # Nothing else comes through this door.
    kept = resize(space, {"containers": [{"name": "c", "image": "other"}]})
    assert kept["spec"]["containers"][0]["image"] == "i"


def test_resizing_keeps_the_quality(space):
    space.create("pods", pod("p", {"cpu": "1", "memory": "1Gi"}, {"cpu": "1", "memory": "1Gi"}))
    answer = resize(
        space, {"containers": [{"name": "c", "resources": {"limits": {"cpu": "2"}}}]}, expect=422
    )
    assert "Pod QOS Class may not change as a result of resizing" in answer["message"]


def test_ephemeral_containers(space):
    space.create("pods", pod("p"))

    def debug(containers, expect=200, kind="strategic-merge"):
        return space.patch("pods", "p", {"spec": {"ephemeralContainers": containers}}, kind, below="/ephemeralcontainers", expect=expect)

    assert debug([{"name": "e", "image": "i"}])["spec"]["ephemeralContainers"][0]["name"] == "e"
    debug([{"name": "f", "image": "i", "targetContainerName": "c"}])
    assert {one["name"] for one in space.get("pods", "p")["spec"]["ephemeralContainers"]} == {"e", "f"}
    assert "may not be changed" in debug([{"name": "e", "image": "other"}], 422)["message"]
    assert "may not be removed" in debug([], 422, "merge")["message"]
    debug([{"name": "g", "image": "i", "ports": [{"containerPort": 1}]}], 422)


def test_quota_scopes_fit_what_is_limited(space):
    def quota(hard, expect, **spec):
        body = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard, **spec}}
        return space.create("resourcequotas", body, expect=expect)

    answer = quota({"services": "1"}, 422, scopes=["Terminating"])
    assert "unsupported scope applied to resource" in answer["message"]
    assert "unsupported scope applied to resource" in quota({"cpu": "1"}, 422, scopes=["BestEffort"])["message"]
    answer = quota({"pods": "1"}, 422, scopes=["BestEffort", "NotBestEffort"])
    assert "conflicting scopes" in answer["message"]
    selector = {"matchExpressions": [{"scopeName": "Terminating", "operator": "In", "values": ["x"]}]}
    assert "must be 'Exists' when scope is any of" in quota({"pods": "1"}, 422, scopeSelector=selector)["message"]
    quota({"pods": "1"}, 201, scopes=["BestEffort"])
    answer = space.patch("resourcequotas", "q", {"spec": {"scopes": ["Terminating"]}}, expect=422)
    assert "field is immutable" in answer["message"]
