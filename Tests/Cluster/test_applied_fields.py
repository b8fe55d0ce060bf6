"""Whose fields are after several have applied, updated and renamed: what upstream's own integration tests of apply ask."""

import copy

import pytest
from interface import PATCHES, eventually, unique

NGINX = {"name": "nginx", "image": "nginx:latest"}
SELECTED = {"app": "nginx"}


@pytest.fixture
def pods(namespace):
    return f"/api/v1/namespaces/{namespace}/pods"


@pytest.fixture
def workloads(namespace):
    return f"/apis/apps/v1/namespaces/{namespace}"


def pod(name, **metadata):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **metadata}, "spec": {"containers": [{"name": "a", "image": "one"}]}}


def workload(kind="Deployment", name="web", containers=(NGINX,), inside=None, **spec):
    return {
        "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name, "labels": SELECTED},
        "spec": {
            **spec, "selector": {"matchLabels": SELECTED},
            "template": {"metadata": {"labels": SELECTED}, "spec": {**(inside or {}), "containers": list(containers)}},
        },
    }  # fmt: skip


def owners(object):
    return object["metadata"].get("managedFields", [])


def nameless_owners(object):
    return [(one["manager"], one["operation"], one.get("subresource"), one["fieldsV1"]) for one in owners(object)]


def apply(api, path, body, manager="applier", **query):
    return api.patch(path, body, "apply", fieldManager=manager, **query)


def conflict(api, path, body, manager, says=()):
    failure = api.refused(409, "PATCH", path, body, says, headers={"Content-Type": PATCHES["apply"]}, fieldManager=manager)
    return failure["details"]["causes"]


# What is nobody's when an object comes into being: it was there before anything was set.
CREATED = {
    "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
    "f:spec": {
        "f:progressDeadlineSeconds": {}, "f:replicas": {}, "f:revisionHistoryLimit": {}, "f:selector": {},
        "f:strategy": {"f:rollingUpdate": {".": {}, "f:maxSurge": {}, "f:maxUnavailable": {}}, "f:type": {}},
        "f:template": {
            "f:metadata": {"f:labels": {".": {}, "f:app": {}}},
            "f:spec": {
                "f:containers": {'k:{"name":"nginx"}': {
                    ".": {}, "f:image": {}, "f:imagePullPolicy": {}, "f:name": {}, "f:resources": {},
                    "f:terminationMessagePath": {}, "f:terminationMessagePolicy": {}}},
                "f:dnsPolicy": {}, "f:restartPolicy": {}, "f:schedulerName": {}, "f:securityContext": {},
                "f:terminationGracePeriodSeconds": {},
            },
        },
    },
}  # fmt: skip


def test_who_makes_an_object_owns_what_is_in_it(api, workloads, pods):
    made = api.create(f"{workloads}/deployments", workload(), fieldManager="maker")
    assert nameless_owners(made) == [("maker", "Update", None, CREATED)]
    made = api.create(pods, pod("one"), fieldManager="maker")
    assert nameless_owners(made)[0][3] == {
        "f:spec": {
            "f:containers": {'k:{"name":"a"}': {
                ".": {}, "f:image": {}, "f:imagePullPolicy": {}, "f:name": {}, "f:resources": {},
                "f:terminationMessagePath": {}, "f:terminationMessagePolicy": {}}},
            "f:dnsPolicy": {}, "f:enableServiceLinks": {}, "f:restartPolicy": {}, "f:schedulerName": {}, "f:securityContext": {},
            "f:terminationGracePeriodSeconds": {},
        }
    }  # fmt: skip


def aged(api, path):
    """The object as somebody applied it long ago."""
    return api.patch(path, [{"op": "replace", "path": "/metadata/managedFields/0/time", "value": "2020-01-02T03:04:05Z"}], "json")


CLAIM = {"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}


@pytest.mark.parametrize("plural, body", [
    ("deployments", workload(replicas=1)),
    ("statefulsets", workload("StatefulSet", serviceName="web", volumeClaimTemplates=[CLAIM], containers=[
        {**NGINX, "resources": {"limits": {"memory": "2048Mi"}}}])),
])  # fmt: skip
def test_what_is_applied_again_changes_nothing(api, workloads, plural, body):
    """An empty map, an amount in other words, defaults in a list that is one value: none of them is a change."""
    path, body = f"{workloads}/{plural}/web", copy.deepcopy(body)
    body["spec"]["template"]["metadata"]["annotations"] = {}
    apply(api, path, body)
    # A controller may come in between.
    eventually(lambda: aged(api, path) == apply(api, path, body))
    eventually(lambda: aged(api, path) == api.update(path, api.get(path), fieldManager="applier"))


def test_a_field_that_one_alone_has_applied_goes_with_its_wish(api, workloads):
    path, hostname = f"{workloads}/deployments/web", {"hostname": "host"}
    apply(api, path, workload(inside=hostname, replicas=3))
    left = apply(api, path, workload())
    assert left["spec"]["replicas"] == 1 and "hostname" not in left["spec"]["template"]["spec"]


def test_a_field_that_others_have_applied_too_stays(api, workloads):
    path, hostname = f"{workloads}/deployments/web", {"hostname": "host"}
    for manager in ("first", "second"):
        apply(api, path, workload(inside=hostname, replicas=3), manager)
    left = apply(api, path, workload(), "first")
    assert left["spec"]["replicas"] == 3 and left["spec"]["template"]["spec"]["hostname"] == "host"


def test_a_field_may_be_handed_over_to_who_updates_it(api, workloads):
    path = f"{workloads}/deployments/web"
    apply(api, path, workload(replicas=3))
    api.patch(path, {"spec": {"replicas": 4}}, fieldManager="controller")
    assert apply(api, path, workload())["spec"]["replicas"] == 4


def test_an_item_goes_with_what_others_have_put_in_it(api, workloads):
    path = f"{workloads}/deployments/web"
    made = apply(api, path, workload())
    made["spec"]["template"]["spec"]["containers"][0]["workingDir"] = "/elsewhere"
    api.update(path, made, fieldManager="controller")
    left = apply(api, path, workload(containers=[{"name": "other", "image": "nginx"}]))
    assert [one["name"] for one in left["spec"]["template"]["spec"]["containers"]] == ["other"]


def test_a_key_that_is_left_out_is_its_default(api, workloads):
    path = f"{workloads}/deployments/web"
    apply(api, path, workload(containers=[{**NGINX, "ports": [{"name": "foo", "containerPort": 80}]}]))
    other = workload(containers=[{**NGINX, "ports": [{"name": "bar", "containerPort": 80, "protocol": "TCP"}]}])
    causes = conflict(api, path, other, "other", 'conflict with "applier"')
    assert [one["field"] for one in causes] == [
        '.spec.template.spec.containers[name="nginx"].ports[containerPort=80,protocol="TCP"].name'
    ]


def test_managers_may_be_renamed_into_one(api, pods):
    path = f"{pods}/one"
    apply(api, path, pod("one", labels={"a": "one"}), "first")
    apply(api, path, {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"b": "two"}}}, "second")
    object = api.get(path)
    assert object["metadata"]["labels"] == {"a": "one", "b": "two"}
    for one in owners(object):
        one["manager"] = "both"
    assert nameless_owners(api.update(path, object)) == [("both", "Apply", None, {"f:metadata": {"f:labels": {"f:b": {}}}})]


def test_managers_of_updates_may_be_renamed_into_one(api, pods):
    path = f"{pods}/one"
    apply(api, path, pod("one"), "first")
    for label in "ab":
        api.patch(path, {"metadata": {"labels": {label: "x"}}}, fieldManager=f"updater-{label}")
    object = api.get(path)
    for one in owners(object):
        one["manager"] = "both"
    applied, updated = nameless_owners(api.update(path, object))
    assert applied[:2] == ("both", "Apply")
    assert updated == ("both", "Update", None, {"f:metadata": {"f:labels": {"f:b": {}}}})


def test_what_is_owned_through_the_status_is_told_apart(api, pods):
    path = f"{pods}/one"
    apply(api, path, pod("one"), "first")
    for label, place in (("a", path), ("b", f"{path}/status")):
        apply(api, place, {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {label: "x"}}}, "labels")
    object = api.get(path)
    assert [one[:3] for one in nameless_owners(object)] == [
        ("first", "Apply", None), ("labels", "Apply", None), ("labels", "Apply", "status"),
    ]  # fmt: skip
    for one in owners(object):
        one.pop("subresource", None)
    assert nameless_owners(api.update(path, object))[1:] == [("labels", "Apply", None, {"f:metadata": {"f:labels": {"f:b": {}}}})]


def test_who_writes_a_status_does_not_write_the_owners(api, pods):
    path = f"{pods}/one"
    made = apply(api, path, pod("one"))
    mine = {"manager": "me", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:hostname": {}}}}
    after = api.patch(f"{path}/status", {"metadata": {"managedFields": [mine]}, "status": {"message": "m"}}, fieldManager="reporter")
    assert nameless_owners(after) == [*nameless_owners(made), ("reporter", "Update", "status", {"f:status": {"f:message": {}}})]


def test_many_updates_are_summed_up(api):
    place = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    name = unique("many")
    path = f"{place}/{name}"
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    apply(api, path, {**kind, "metadata": {"name": name, "labels": {"applied": "true"}}})
    try:
        for number in range(20):
            object = api.patch(path, {"metadata": {"labels": {f"label-{number}": "x"}}}, fieldManager=f"updater-{number}")
        managers = [one["manager"] for one in owners(object)]
        assert len(managers) == 11 and managers[:2] == ["applier", "ancient-changes"], managers
    finally:
        api.delete(path)


@pytest.mark.parametrize("fields, read", [
    ({"f:metadata": {"f:finalizers": {'v:"example.com/foo" {"more":"data"}': {}}}}, {"f:metadata": {"f:finalizers": {'v:"example.com/foo"': {}}}}),
    ({"f:metadata": {"f:ownerReferences": {'k:{"uid":"abc"} {"more":"data"}': {}}}}, {"f:metadata": {"f:ownerReferences": {'k:{"uid":"abc"}': {}}}}),
])  # fmt: skip
def test_what_follows_a_path_is_passed_over(api, namespace, fields, read):
    """Of an element's name the first value counts."""
    place, name = f"/api/v1/namespaces/{namespace}/configmaps", unique("map")
    wrong = [{"manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields, "time": "2026-01-01T00:00:00Z"}]
    made = api.create(place, {"metadata": {"name": name, "managedFields": wrong}, "data": {"foo": "bar"}}, fieldManager="me")
    assert nameless_owners(made) == [("m", "Update", None, read), ("me", "Update", None, {"f:data": {".": {}, "f:foo": {}}})]
    made["metadata"]["managedFields"] = wrong
    made["data"] = {"foo": "baz", "new": "x"}
    after = api.update(f"{place}/{name}", made, fieldManager="me")
    assert nameless_owners(after) == [("m", "Update", None, read), ("me", "Update", None, {"f:data": {"f:foo": {}, "f:new": {}}})]


def test_an_owner_of_a_whole_whose_parts_are_owned_now(api):
    """A manager of an older version owned a reference as one; its parts are given to whoever applies them since."""
    place, name = "/api/v1/persistentvolumes", unique("volume")
    path = f"{place}/{name}"
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": "c", "namespace": "default", "uid": "2018e302-7b12-406c-9fa2-e52535d29e48"}
    kept = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "16Mi"}, "hostPath": {"path": "/tmp/x"}}
    api.create(place, {"metadata": {"name": name}, "spec": {**kept, "claimRef": claim, "persistentVolumeReclaimPolicy": "Retain"}})
    try:
        mine = {"f:spec": {"f:accessModes": {}, "f:capacity": {"f:storage": {}}, "f:hostPath": {"f:path": {}}}}
        notes = [
            {"manager": manager, "operation": operation, "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields, "time": "2022-06-08T23:46:32Z"}
            for manager, operation, fields in [("applier", "Apply", mine), ("binder", "Update", {"f:spec": {"f:claimRef": {}}})]
        ]  # fmt: skip
        api.patch(path, {"metadata": {"managedFields": notes}}, "strategic")
        configuration = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {**kept, "claimRef": {"name": "c", "namespace": "default"}}}
        after = apply(api, path, configuration)
        assert after["spec"]["claimRef"] == claim
        mine["f:spec"]["f:claimRef"] = {"f:name": {}, "f:namespace": {}}
        assert [one for one in nameless_owners(after) if one[0] in ("applier", "binder")] == [
            ("applier", "Apply", None, mine), ("binder", "Update", None, {"f:spec": {"f:claimRef": {}}}),
        ]  # fmt: skip
    finally:
        api.delete(path)
        eventually(lambda: not api.is_there(path))


def container(fields):
    return fields["f:spec"]["f:template"]["f:spec"]["f:containers"]['k:{"name":"nginx"}']


TWICE = {
    "ports": [{"name": "port0", "containerPort": 1}, {"name": "port1", "containerPort": 80}, {"name": "port2", "containerPort": 80}],
    "env": [{"name": "FIRST", "value": "1"}, {"name": "PATH", "value": "/bin"}, {"name": "PATH", "value": "$PATH:/usr/bin"}],
}
PATH, PORT = 'k:{"name":"PATH"}', 'k:{"containerPort":80,"protocol":"TCP"}'
GENERATION = "deprecated.daemonset.template.generation"


def test_items_of_one_key_are_owned_together(api, workloads):
    """What an update may hold, and no configuration: one key more than once."""
    path = f"{workloads}/daemonsets/web"
    body = workload("DaemonSet", containers=[{**NGINX, **TWICE}])
    made = api.create(f"{workloads}/daemonsets", body, fieldManager="create")
    (create,) = owners(made)
    whole = create["fieldsV1"]
    assert container(whole)["f:env"][PATH] == {} and container(whole)["f:ports"][PORT] == {}
    assert whole["f:metadata"]["f:annotations"] == {".": {}, f"f:{GENERATION}": {}}
    assert made["metadata"]["annotations"] == {GENERATION: "1"}

    more = [{**NGINX, "ports": [{"name": "port3", "containerPort": 443}], "env": [{"name": "HOME", "value": "/home"}]}]
    mine = workload("DaemonSet", containers=more)
    del mine["spec"]["template"]["metadata"]
    after = apply(api, path, mine)
    inside = after["spec"]["template"]["spec"]["containers"][0]
    assert len(inside["env"]) == len(inside["ports"]) == 4
    assert [one["manager"] for one in owners(after)] == ["applier", "create"] and owners(after)[1]["fieldsV1"] == whole
    assert after["metadata"]["annotations"] == {GENERATION: "2"}

    changed = copy.deepcopy(body)
    changed["spec"]["template"]["spec"]["containers"] = [{
        **NGINX,
        "ports": [TWICE["ports"][0], *more[0]["ports"], {"name": "port4", "containerPort": 80}, {"name": "port5", "containerPort": 80}],
        "env": [*TWICE["env"][:2], {"name": "PATH", "value": "$PATH:/sbin"}, *more[0]["env"]],
    }]  # fmt: skip
    after = api.update(path, changed, fieldManager="update")
    applied, created, updated = owners(after)
    assert container(created["fieldsV1"])["f:env"].keys() == {".", 'k:{"name":"FIRST"}'}
    # The number that the update does not repeat was one of its changes, though it is not taken from it.
    assert created["fieldsV1"]["f:metadata"]["f:annotations"] == {}
    assert updated["fieldsV1"]["f:metadata"] == {"f:annotations": {f"f:{GENERATION}": {}}}
    assert container(updated["fieldsV1"]) == {"f:env": {PATH: {}}, "f:ports": {PORT: {}}}
    assert after["metadata"]["annotations"] == {GENERATION: "3"}

    once = [{**NGINX, "ports": [{"name": "port80", "containerPort": 80}], "env": [{"name": "PATH", "value": "/bin:/usr/bin"}]}]
    mine["spec"]["template"]["spec"]["containers"] = once
    conflict(api, path, mine, "applier", 'conflicts with "update"')
    after = apply(api, path, mine, force="true")
    inside = after["spec"]["template"]["spec"]["containers"][0]
    assert [one["value"] for one in inside["env"]] == ["1", "/bin:/usr/bin"]
    assert [one["containerPort"] for one in inside["ports"]] == [1, 80]
    assert owners(after)[2]["fieldsV1"] == {"f:metadata": {"f:annotations": {f"f:{GENERATION}": {}}}}
