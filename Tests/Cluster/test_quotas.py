"""Quotas: what a namespace may hold, counted when it is made and given back when it goes."""

import concurrent.futures

import pytest

from interface import unique
from quotas import Space, claim, config_map, pod, service


@pytest.fixture
def space(raw, namespace):
    return Space(raw, namespace)


def test_status_is_calculated_promptly(space):
    assert space.quota({"resourcequotas": "2", "pods": "1"}) == {"resourcequotas": "1", "pods": "0"}


def test_life_of_a_service(space):
    space.quota({"services": "10", "services.nodeports": "1", "services.loadbalancers": "1"})
    space.create("services", service("plain"))
    space.create("services", service("port", "NodePort"))
    message = space.refused("services", service("balancer", "LoadBalancer"))
    assert message == (
        'services "balancer" is forbidden: exceeded quota: q, requested: services.nodeports=1, '
        "used: services.nodeports=1, limited: services.nodeports=1"
    )
    space.create("services", service("bare", "LoadBalancer", allocateLoadBalancerNodePorts=False))
    space.used(services="3", services_nodeports="1", services_loadbalancers="1")
    answer = space.patch("services", "plain", {"spec": {"type": "NodePort"}}, expect=403)
    assert "exceeded quota: q, requested: services.nodeports=1" in answer["message"]
    for name in ("plain", "port", "bare"):
        space.delete("services", name)
    space.used(services="0", services_nodeports="0", services_loadbalancers="0")


@pytest.mark.parametrize(
    "plural, body",
    [
        ("secrets", {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}, "stringData": {"a": "b"}}),
        ("configmaps", config_map("x")),
        (
            "replicationcontrollers",
            {
                "apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": "x"},
                "spec": {
                    "replicas": 0, "selector": {"a": "b"},
                    "template": {
                        "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]},
                    },
                },
            },
        ),
    ],
)  # fmt: skip
def test_life_of_an_object(space, plural, body):
    before = int(space.quota({plural: "100", f"count/{plural}": "100"})[plural])
    space.create(plural, body)
    space.used(**{plural: str(before + 1), f"count/{plural}": str(before + 1)})
    space.delete(plural, "x")
    space.used(**{plural: str(before), f"count/{plural}": str(before)})


def test_life_of_a_pod(space):
    space.quota(
        {
            "pods": "5", "cpu": "1", "memory": "500Mi", "ephemeral-storage": "50Gi", "requests.example.com/dongle": "3",
            "count/pods": "5",
        }
    )  # fmt: skip
    requests = {"cpu": "500m", "memory": "252Mi", "ephemeral-storage": "30Gi", "example.com/dongle": "2"}
    dongles = {"example.com/dongle": "2"}
    space.create("pods", pod("fits", requests, dongles))
    used = {"pods": "1", "cpu": "500m", "memory": "252Mi", "ephemeral-storage": "30Gi", "count/pods": "1"}
    space.until("q", lambda status: all(status["used"][key] == used[key] for key in used))
    message = space.refused("pods", pod("large", {"cpu": "600m", "memory": "100Mi"}))
    assert message.endswith("exceeded quota: q, requested: cpu=600m, used: cpu=500m, limited: cpu=1")
    message = space.refused("pods", pod("dongles", {"cpu": "1m", "memory": "1Mi", **dongles}, dongles))
    assert "requests.example.com/dongle=2" in message
    message = space.refused("pods", pod("silent", {"cpu": "1m"}))
    assert message == 'pods "silent" is forbidden: failed quota: q: must specify memory for: c'
    space.patch(
        "pods", "fits", {"spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "100m"}}}]}},
        kind="strategic-merge", expect=422,
    )  # fmt: skip
    assert space.get("resourcequotas", "q")["status"]["used"]["cpu"] == "500m"
    space.delete("pods", "fits")
    space.used(pods="0", cpu="0", memory="0", **{"requests_example_com/dongle": "0"})


def test_pods_that_have_ended_are_not_counted(space):
    space.quota({"pods": "1", "requests.cpu": "1", "count/pods": "2"})
    space.create("pods", pod("ends", {"cpu": "1"}))
    assert "exceeded quota" in space.refused("pods", pod("next", {"cpu": "1"}))
    space.patch("pods", "ends", {"status": {"phase": "Succeeded"}}, below="/status")
    space.used(pods="0", requests_cpu="0", **{"count/pods": "1"})
    space.create("pods", pod("next", {"cpu": "1"}))


def test_sidecars_init_containers_and_overhead_count(space):
    space.quota({"requests.cpu": "10", "limits.cpu": "10"})
    body = pod("p", {"cpu": "1"}, {"cpu": "2"})
    amounts = {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}
    body["spec"]["initContainers"] = [
        {"name": "side", "image": "i", "restartPolicy": "Always", "resources": amounts},
        {"name": "first", "image": "i", "resources": {"requests": {"cpu": "3"}, "limits": {"cpu": "3"}}},
    ]
    space.create("pods", body)
    space.used(requests_cpu="4", limits_cpu="4")


def test_life_of_a_claim(space):
    space.quota({"persistentvolumeclaims": "2", "requests.storage": "10Gi"})
    space.create("persistentvolumeclaims", claim("c", "1Gi"))
    space.used(persistentvolumeclaims="1", requests_storage="1Gi")
    assert "requests.storage=20Gi" in space.refused("persistentvolumeclaims", claim("large", "20Gi"))
    space.patch("persistentvolumeclaims", "c", {"metadata": {"finalizers": None}})
    space.delete("persistentvolumeclaims", "c")
    space.used(persistentvolumeclaims="0", requests_storage="0")


def test_claims_by_storage_class(space):
    gold = "gold.storageclass.storage.k8s.io/"
    space.quota({"persistentvolumeclaims": "9", gold + "persistentvolumeclaims": "1", gold + "requests.storage": "9Gi"})
    space.create("persistentvolumeclaims", claim("one", storage_class="gold"))
    space.create("persistentvolumeclaims", claim("other", storage_class="silver"))
    message = space.refused("persistentvolumeclaims", claim("two", storage_class="gold"))
    assert f"limited: {gold}persistentvolumeclaims=1" in message
    used = space.get("resourcequotas", "q")["status"]["used"]
    assert used == {"persistentvolumeclaims": "2", gold + "persistentvolumeclaims": "1", gold + "requests.storage": "1Gi"}


def test_devices_by_class(space):
    group, devices = "resource.k8s.io/v1", "gpu.deviceclass.resource.k8s.io/devices"
    space.quota({"count/resourceclaims.resource.k8s.io": "5", devices: "3"})

    def claim(name, **request):
        request = {"deviceClassName": "gpu", **request}
        return {
            "apiVersion": group, "kind": "ResourceClaim", "metadata": {"name": name},
            "spec": {"devices": {"requests": [{"name": "r", "exactly": request}]}},
        }  # fmt: skip

    space.create("resourceclaims", claim("two", count=2), group=group)
    refused = space.refused("resourceclaims", claim("all", allocationMode="All"), group=group)
    assert f"exceeded quota: q, requested: {devices}=32, used: {devices}=2, limited: {devices}=3" in refused
    space.create("resourceclaims", claim("one"), group=group)
    used = space.get("resourcequotas", "q")["status"]["used"]
    assert used == {"count/resourceclaims.resource.k8s.io": "2", devices: "3"}
    space.delete("resourceclaims", "two", group)
    space.until("q", lambda status: status["used"] == {"count/resourceclaims.resource.k8s.io": "1", devices: "1"})


def test_custom_resources(space, cluster_kubectl, namespace):
    plural, group = "gadgets", f"{namespace}.example.com"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"plural": plural, "kind": "Gadget"},
            "versions": [
                {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}},
            ],
        },
    }  # fmt: skip
    count = f"count/{plural}.{group}"
    # The quota may be there before the resource is.
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {count: "1"}}}
    space.create("resourcequotas", quota)
    cluster_kubectl("create", "-f", "-", input=definition)
    cluster_kubectl("wait", f"crd/{plural}.{group}", "--for=condition=Established", "--timeout=60s")
    try:
        space.until("q", lambda status: status.get("used") == {count: "0"})
        body = {"apiVersion": f"{group}/v1", "kind": "Gadget", "metadata": {"name": "one"}}
        space.create(plural, body, group=f"{group}/v1")
        body["metadata"]["name"] = "two"
        assert f"exceeded quota: q, requested: {count}=1" in space.refused(plural, body, group=f"{group}/v1")
        space.delete(plural, "one", group=f"{group}/v1")
        space.until("q", lambda status: status["used"] == {count: "0"})
    finally:
        cluster_kubectl("delete", f"crd/{plural}.{group}", "--wait=false")


def test_counts_of_other_groups(space):
    space.quota({"count/deployments.apps": "0"})
    body = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
        },
    }  # fmt: skip
    message = space.refused("deployments", body, group="apps/v1")
    assert message == (
        'deployments.apps "d" is forbidden: exceeded quota: q, requested: count/deployments.apps=1, '
        "used: count/deployments.apps=0, limited: count/deployments.apps=0"
    )


@pytest.mark.parametrize("selected", [False, True], ids=["scopes", "selectors"])
def test_terminating_scopes(space, selected):
    def scope(name):
        if not selected:
            return {"scopes": [name]}
        return {"scopeSelector": {"matchExpressions": [{"scopeName": name, "operator": "Exists"}]}}

    space.quota({"pods": "5"}, "terminating", **scope("Terminating"))
    space.quota({"pods": "5"}, "not-terminating", **scope("NotTerminating"))
    space.create("pods", pod("stays"))
    space.used("not-terminating", pods="1")
    space.used("terminating", pods="0")
    space.delete("pods", "stays")
    space.used("not-terminating", pods="0")
    space.create("pods", pod("ends", activeDeadlineSeconds=3600))
    space.used("terminating", pods="1")
    space.used("not-terminating", pods="0")


def test_a_pod_goes_from_one_scope_to_the_other(space):
    space.quota({"pods": "0"}, "terminating", scopes=["Terminating"])
    space.quota({"pods": "1"}, "not-terminating", scopes=["NotTerminating"])
    space.create("pods", pod("p"))
    space.used("not-terminating", pods="1")
    soon = {"spec": {"activeDeadlineSeconds": 1000000}}
    words = space.patch("pods", "p", soon, expect=403)["message"]
    assert "exceeded quota: terminating, requested: pods=1, used: pods=0, limited: pods=0" in words
    # What changes no scope is counted no more than before.
    space.patch("pods", "p", {"metadata": {"labels": {"a": "b"}}})
    assert space.patch("resourcequotas", "terminating", {"spec": {"hard": {"pods": "1"}}})
    space.until("terminating", lambda status: status["hard"] == {"pods": "1"})
    space.patch("pods", "p", soon)
    space.used("terminating", pods="1")
    space.used("not-terminating", pods="0")


def test_a_pod_as_a_whole_may_ask(space):
    space.quota({"requests.cpu": "2", "limits.memory": "1Gi"})
    assert "must specify limits.memory for: c" in space.refused("pods", pod("none", {"cpu": "1"}))
    # What it asks for as a whole, whatever it is, frees its containers of asking.
    space.create("pods", pod("whole", resources={"requests": {"cpu": "1"}}))
    space.used(requests_cpu="1", limits_memory="0")


def test_best_effort_scope(space):
    space.quota({"pods": "5"}, "best", scopes=["BestEffort"])
    space.quota({"pods": "5"}, "not-best", scopes=["NotBestEffort"])
    space.create("pods", pod("best"))
    space.create("pods", pod("burst", {"cpu": "1m"}))
    space.create("pods", pod("burst-too", {"cpu": "1m"}))
    space.used("best", pods="1")
    space.used("not-best", pods="2")
    space.delete("pods", "best")
    space.used("best", pods="0")


def _of_priority(operator, *values):
    expression = {"scopeName": "PriorityClass", "operator": operator, **({"values": list(values)} if values else {})}
    return {"scopeSelector": {"matchExpressions": [expression]}}


def test_priority_class_scopes(space, api):
    """ResourceQuota's priority class scope: one class, any but one, any, none"""
    gold, silver = unique("gold"), unique("silver")
    place = "/apis/scheduling.k8s.io/v1/priorityclasses"
    for name in (gold, silver):
        api.create(place, {"metadata": {"name": name}, "value": 1000})
    try:
        hard = {"pods": "1", "requests.cpu": "1", "limits.memory": "3Gi"}
        space.quota(hard, "gold", **_of_priority("In", gold))
        space.quota({"pods": "2"}, "others", **_of_priority("NotIn", gold))
        space.quota({"pods": "5"}, "any", **_of_priority("Exists"))
        space.quota({"pods": "5"}, "none", **_of_priority("DoesNotExist"))
        space.create("pods", pod("a", {"cpu": "1"}, {"memory": "2Gi"}, priorityClassName=gold))
        space.until("gold", lambda status: status["used"] == {"pods": "1", "requests.cpu": "1", "limits.memory": "2Gi"})
        more = {"requests": {"cpu": "1m"}, "limits": {"memory": "1Mi"}}
        assert "exceeded quota: gold, requested: pods=1,requests.cpu=1m" in space.refused(
            "pods", pod("more", **more, priorityClassName=gold)
        )
        space.create("pods", pod("b", priorityClassName=silver))
        # Without a class it is in none of those that are not excepted.
        space.create("pods", pod("c"))
        space.used("any", pods="2")
        space.used("none", pods="1")
        space.used("others", pods="2")
        space.delete("pods", "a")
        space.until("gold", lambda status: set(status["used"].values()) == {"0"})
    finally:
        for name in (gold, silver):
            api.delete(f"{place}/{name}")


def test_cross_namespace_affinity_scope(space):
    space.quota({"pods": "0"}, scopes=["CrossNamespacePodAffinity"])
    term = {"topologyKey": "region", "namespaces": ["other"], "labelSelector": {"matchLabels": {"a": "b"}}}
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}
    assert "exceeded quota: q" in space.refused("pods", pod("looks-across", affinity=affinity))
    space.create("pods", pod("looks-here"))


def test_volume_attributes_class_scope(space):
    expression = {"scopeName": "VolumeAttributesClass", "operator": "In", "values": ["gold"]}
    space.quota({"persistentvolumeclaims": "1"}, scopeSelector={"matchExpressions": [expression]})
    space.create("persistentvolumeclaims", claim("plain"))
    space.create("persistentvolumeclaims", claim("gold", volumeAttributesClassName="gold"))
    assert "exceeded quota" in space.refused("persistentvolumeclaims", claim("more", volumeAttributesClassName="gold"))
    space.used(persistentvolumeclaims="1")


def test_update_and_delete(space, raw):
    space.quota({"configmaps": "100"})
    space.patch("resourcequotas", "q", {"spec": {"hard": {"configmaps": "100", "pods": "3"}}})
    space.until("q", lambda status: status["hard"] == {"configmaps": "100", "pods": "3"} and "pods" in status["used"])
    space.patch("resourcequotas", "q", {"spec": {"hard": {"configmaps": None}}})
    space.until("q", lambda status: status == {"hard": {"pods": "3"}, "used": {"pods": "0"}})
    space.delete("resourcequotas", "q")
    status, _, answer = raw("GET", space.path("resourcequotas", "q"))
    assert (status, answer["reason"]) == (404, "NotFound")
    space.create("configmaps", config_map("free"))


def test_manage_the_lifecycle(space, raw):
    space.quota({"cpu": "1", "memory": "500Mi"})
    space.patch("resourcequotas", "q", {"metadata": {"labels": {"l": "v"}}, "spec": {"hard": {"memory": "750Mi"}}})
    status, _, listed = raw("GET", "/api/v1/resourcequotas", query=[("labelSelector", "l=v")])
    assert status == 200
    hards = [one["spec"]["hard"] for one in listed["items"] if one["metadata"]["namespace"] == space.namespace]
    assert hards == [{"cpu": "1", "memory": "750Mi"}]
    status, _, _ = raw("DELETE", space.path("resourcequotas"), query=[("labelSelector", "l=v")])
    assert status == 200
    assert raw("GET", space.path("resourcequotas"))[2]["items"] == []


def test_status_is_put_right(space):
    """Whoever writes a status of their own is corrected when the limits change."""
    space.quota({"cpu": "5", "memory": "5Gi"})
    space.patch("resourcequotas", "q", {"status": {"used": {"memory": "3Gi"}}}, below="/status")
    space.patch("resourcequotas", "q", {"spec": {"hard": {"cpu": "6"}}})
    space.until("q", lambda status: status["hard"]["cpu"] == "6" and status["used"] == {"cpu": "0", "memory": "0"})


def test_many_at_once_never_exceed(space, raw):
    """Forty want ten places: ten get one, the quota says ten, and ten are there."""
    space.quota({"configmaps": "100", "count/configmaps": "100"}, "wide")
    before = int(space.get("resourcequotas", "wide")["status"]["used"]["configmaps"])
    space.quota({"count/configmaps": str(before + 10)}, "tight")
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(lambda number: raw("POST", space.path("configmaps"), config_map(f"m{number}"))[0], range(40))
        )
    assert sorted(set(answers)) == [201, 403] and answers.count(201) == 10, answers
    held = raw("GET", space.path("configmaps"))[2]["items"]
    assert len(held) == before + 10
    space.used("tight", **{"count/configmaps": str(before + 10)})
    space.used("wide", **{"count/configmaps": str(before + 10), "configmaps": str(before + 10)})
    for number, answer in enumerate(answers):
        if answer == 201:
            space.delete("configmaps", f"m{number}")
    space.used("tight", **{"count/configmaps": str(before)})


def test_made_and_removed_at_once(space, raw):
    """Counts of what goes do not lose what comes: the limit holds through it all."""
    space.quota({"count/secrets": "5"})

    def churn(worker):
        made = 0
        for number in range(15):
            name = f"s{worker}-{number}"
            body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
            if raw("POST", space.path("secrets"), body)[0] == 201:
                made += 1
                assert len(raw("GET", space.path("secrets"))[2]["items"]) <= 5
                space.delete("secrets", name)
        return made

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(churn, range(8))) > 0
    space.used(**{"count/secrets": "0"})


def test_what_fails_takes_nothing(space):
    before = int(space.quota({"configmaps": "10"})["configmaps"])
    space.create("configmaps", config_map("taken"))
    space.create("configmaps", config_map("taken"), expect=409)
    space.create("configmaps", config_map("trial"), query=[("dryRun", "All")])
    space.used(configmaps=str(before + 1))


def test_what_is_refused_late_holds_nobody_up(space, raw):
    """Who was let through by a quota and is refused afterwards does not keep it from being counted anew."""
    rbac = "rbac.authorization.k8s.io"
    space.quota({"count/secrets": "5", f"count/roles.{rbac}": "5"})

    def secret(name, **metadata):
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, **metadata}}

    words = space.create("secrets", secret("versioned", resourceVersion="5"), expect=500)["message"]
    assert words == "resourceVersion should not be set on objects to be created"

    def role(name, resource):
        rule = {"apiGroups": [rbac] if resource == "roles" else [""], "resources": [resource], "verbs": ["create"]}
        return {"apiVersion": f"{rbac}/v1", "kind": "Role", "metadata": {"name": name}, "rules": [rule]}

    space.create("roles", role("maker", "roles"), group=f"{rbac}/v1")
    space.create("rolebindings", {
        "apiVersion": f"{rbac}/v1", "kind": "RoleBinding", "metadata": {"name": "maker"},
        "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "maker"},
        "subjects": [{"apiGroup": rbac, "kind": "User", "name": "ann"}],
    }, group=f"{rbac}/v1")  # fmt: skip
    headers = {"Impersonate-User": "ann"}
    status, _, answer = raw("POST", space.path("roles", group=f"{rbac}/v1"), role("more", "secrets"), headers=headers)
    assert status == 403 and "attempting to grant RBAC permissions not currently held" in answer["message"]

    space.create("secrets", secret("one"))
    space.until("q", lambda status: status["used"] == {"count/secrets": "1", f"count/roles.{rbac}": "1"})
    # A removal has all counted anew.
    space.delete("secrets", "one")
    space.until("q", lambda status: status["used"]["count/secrets"] == "0")
    space.create("secrets", secret("two"))


def test_dry_run_is_refused_too(space):
    space.quota({"count/secrets": "0"})
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    assert "exceeded quota" in space.create("secrets", body, expect=403, query=[("dryRun", "All")])["message"]


def test_resize_counts(space):
    space.quota({"requests.cpu": "2", "limits.cpu": "4"})
    space.create("pods", pod("p", {"cpu": "1"}, {"cpu": "2"}))

    def resize(request, expect):
        resources = {"requests": {"cpu": request}}
        body = {"spec": {"containers": [{"name": "c", "resources": resources}]}}
        return space.patch("pods", "p", body, kind="strategic-merge", below="/resize", expect=expect)

    resize("1500m", 200)
    space.used(requests_cpu="1500m")
    space.create("pods", pod("other", {"cpu": "500m"}, {"cpu": "500m"}))
    assert "exceeded quota: q, requested: requests.cpu=100m" in resize("1600m", 403)["message"]
