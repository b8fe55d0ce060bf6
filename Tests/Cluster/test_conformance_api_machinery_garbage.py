"""Conformance of sig-api-machinery: the garbage collector. The test makes the dependents that a controller would make."""

from interface import eventually, pod, template, unique


def owner(object, **more):
    return {
        "apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
        "uid": object["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True, **more,
    }  # fmt: skip


class Family:
    """A replication controller and pods of it."""

    def __init__(self, api, namespace, count=10):
        self.api, self.root = api, f"/api/v1/namespaces/{namespace}"
        self.controller = self.make_controller("owner")
        self.path = f"{self.root}/replicationcontrollers/owner"
        self.pods = [self.make_pod(f"pod-{number}", self.controller) for number in range(count)]

    def make_controller(self, name):
        body = {
            "apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": name},
            "spec": {"replicas": 0, "selector": {"owner": name}, "template": template({"owner": name})},
        }  # fmt: skip
        return self.api.create(f"{self.root}/replicationcontrollers", body)

    def make_pod(self, name, *owners, **metadata):
        return self.api.create(f"{self.root}/pods", pod(name, ownerReferences=[owner(one) for one in owners], **metadata))

    def listed(self):
        return self.api.get(f"{self.root}/pods")["items"]


def test_background(api, namespace):
    """Garbage Collector, delete replication controller, propagation policy background"""
    family = Family(api, namespace, 2)
    api.delete(family.path, {"kind": "DeleteOptions", "apiVersion": "v1", "propagationPolicy": "Background"})
    assert not api.is_there(family.path), "the owner goes at once"
    eventually(lambda: family.listed() == [], "its pods go after it")


def test_orphan(api, namespace):
    """Garbage Collector, delete replication controller, propagation policy orphan"""
    family = Family(api, namespace)
    api.delete(family.path, propagationPolicy="Orphan")
    eventually(lambda: not api.is_there(family.path))
    left = family.listed()
    assert len(left) == 10 and all("ownerReferences" not in one["metadata"] for one in left)
    # They stay while the collector does its other work: a family after them is gone.
    other = family.make_controller("other")
    family.make_pod("later", other)
    api.delete(f"{family.root}/replicationcontrollers/other", propagationPolicy="Background")
    eventually(lambda: not api.is_there(f"{family.root}/pods/later"))
    assert len(family.listed()) == 10


def test_orphan_by_the_old_option(api, namespace):
    """Garbage Collector: orphanDependents, deprecated and still obeyed"""
    family = Family(api, namespace, 3)
    api.delete(family.path, {"orphanDependents": True})
    eventually(lambda: not api.is_there(family.path))
    assert len(family.listed()) == 3
    body = {"orphanDependents": True, "propagationPolicy": "Orphan"}
    api.refused(422, "DELETE", f"{family.root}/pods/pod-0", body, says="orphanDependents and deletionPropagation cannot be both set")


def test_orphans_of_kinds_that_say_nothing(api, namespace):
    """Garbage Collector: should orphan pods created by rc if deleteOptions.OrphanDependents is nil; and those of jobs"""
    family = Family(api, namespace, 2)
    api.delete(family.path)
    eventually(lambda: not api.is_there(family.path))
    assert all("ownerReferences" not in one["metadata"] for one in family.listed()) and len(family.listed()) == 2
    jobs = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    body = {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job", "finalizers": ["example.com/hold"]},
        "spec": {"suspend": True, "template": {"spec": {**template({})["spec"], "restartPolicy": "Never"}}},
    }  # fmt: skip
    made = api.create(jobs, body)
    child = family.make_pod("of-the-job", made)
    answer = api.send("DELETE", f"{jobs}/job")
    assert answer.status == 200 and answer.body["metadata"]["finalizers"] == ["example.com/hold", "orphan"]
    assert "child pods are preserved by default when jobs are deleted" in answer.headers["Warning"]
    eventually(lambda: api.get(f"{jobs}/job")["metadata"]["finalizers"] == ["example.com/hold"])
    path = f"{family.root}/pods/of-the-job"
    assert api.get(path)["metadata"]["uid"] == child["metadata"]["uid"] and "ownerReferences" not in api.get(path)["metadata"]
    api.patch(f"{jobs}/job", {"metadata": {"finalizers": None}})


def test_events_have_no_dependents(api, namespace):
    """Garbage Collector: whatever is asked for, nobody looks after what an event might own"""
    place = f"/api/v1/namespaces/{namespace}/events"
    about = {"kind": "Pod", "name": "p", "namespace": namespace}
    api.create(place, {"metadata": {"name": "event"}, "involvedObject": about, "reason": "Why", "type": "Normal"})
    api.delete(f"{place}/event", {"propagationPolicy": "Foreground"})
    assert not api.is_there(f"{place}/event")


def test_what_is_held_is_accepted_by_the_old_option(api, namespace):
    """API metadata HTTP return: 202 for who says in the old words that dependents shall go, where the object stays a while"""
    sets = f"/apis/apps/v1/namespaces/{namespace}/replicasets"
    body = {"spec": {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": template({"a": "b"})}}
    cascade = {"kind": "DeleteOptions", "apiVersion": "v1", "orphanDependents": False}
    for finalizers, options, status in [([], None, 200), (["a.b/c"], None, 200), ([], cascade, 200), (["a.b/c"], cascade, 202)]:
        name = unique("set")
        api.create(sets, {"metadata": {"name": name, "finalizers": finalizers}, **body})
        assert api.send("DELETE", f"{sets}/{name}", options).status == status
        if finalizers:
            api.patch(f"{sets}/{name}", {"metadata": {"finalizers": None}})


def test_foreground(api, namespace):
    """Garbage Collector, delete replication controller, after owned pods"""
    family = Family(api, namespace, 5)
    family.make_pod("held", family.controller, finalizers=["example.com/hold"])
    going = api.delete(family.path, {"propagationPolicy": "Foreground"})
    assert going["metadata"]["finalizers"] == ["foregroundDeletion"] and going["metadata"]["deletionTimestamp"]
    eventually(lambda: [one["metadata"]["name"] for one in family.listed()] == ["held"])
    eventually(lambda: api.get(f"{family.root}/pods/held")["metadata"].get("deletionTimestamp"), "it is asked to go")
    assert api.is_there(family.path), "the owner waits for its pods"
    api.patch(f"{family.root}/pods/held", {"metadata": {"finalizers": None}})
    eventually(lambda: not api.is_there(family.path))


def test_replica_sets_go_with_their_deployment(api, namespace):
    """Garbage Collector, delete deployment, propagation policy background; propagation policy orphan"""
    root = f"/apis/apps/v1/namespaces/{namespace}"
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": template({"a": "b"}), "replicas": 0}
    for policy, is_left in (("Background", False), ("Orphan", True)):
        name = policy.lower()
        body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {**spec, "paused": True}}
        deployment = api.create(f"{root}/deployments", body)
        set_ = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": name, "ownerReferences": [owner(deployment)]}, "spec": spec}  # fmt: skip
        made = api.create(f"{root}/replicasets", set_)
        api.create(f"/api/v1/namespaces/{namespace}/pods", pod(name, ownerReferences=[owner(made)], labels={"x": "y"}))
        api.delete(f"{root}/deployments/{name}", {"propagationPolicy": policy})
        eventually(lambda: not api.is_there(f"{root}/deployments/{name}"))
        if is_left:
            assert "ownerReferences" not in api.get(f"{root}/replicasets/{name}")["metadata"]
            assert api.get(f"/api/v1/namespaces/{namespace}/pods/{name}")["metadata"]["ownerReferences"][0]["uid"] == made["metadata"]["uid"]
        else:
            eventually(lambda: not api.is_there(f"{root}/replicasets/{name}"))
            eventually(lambda: not api.is_there(f"/api/v1/namespaces/{namespace}/pods/{name}"))


def test_two_owners(api, namespace):
    """Garbage Collector, multiple owners"""
    family = Family(api, namespace, 4)
    second = family.make_controller("second")
    for one in family.pods[:2]:
        name = one["metadata"]["name"]
        owners = [owner(family.controller), owner(second, controller=False)]
        api.patch(f"{family.root}/pods/{name}", {"metadata": {"ownerReferences": owners}})
    api.delete(family.path, {"propagationPolicy": "Foreground"})
    eventually(lambda: not api.is_there(family.path))
    left = family.listed()
    assert [one["metadata"]["name"] for one in left] == ["pod-0", "pod-1"]
    for one in left:
        assert "deletionTimestamp" not in one["metadata"]
        assert [owner["uid"] for owner in one["metadata"]["ownerReferences"]] == [second["metadata"]["uid"]]


def test_circle(api, namespace):
    """Garbage Collector, dependency cycle"""
    root = f"/api/v1/namespaces/{namespace}/pods"
    pods = [api.create(root, pod(f"pod{number}")) for number in (1, 2, 3)]
    for number, other in ((0, 2), (1, 0), (2, 1)):
        references = [owner(pods[other], controller=False)]
        api.patch(f"{root}/pod{number + 1}", {"metadata": {"ownerReferences": references}})
    api.delete(f"{root}/pod1", {"propagationPolicy": "Foreground"})
    eventually(lambda: api.get(root)["items"] == [], "all three go")


def test_custom_resources(api, namespace):
    """Garbage Collector: supports cascading deletion of custom resources, and orphaning them"""
    from definitions import defined

    with defined(api) as made:
        place = made.objects(namespace)
        for policy, is_left in (("Background", False), ("Orphan", True)):
            parent = api.create(place, made.object(f"parent-{policy.lower()}"))
            name = f"child-{policy.lower()}"
            api.create(place, made.object(name, metadata={"ownerReferences": [owner(parent)]}))
            api.delete(f"{place}/parent-{policy.lower()}", {"propagationPolicy": policy})
            eventually(lambda: not api.is_there(f"{place}/parent-{policy.lower()}"))
            if is_left:
                assert "ownerReferences" not in api.get(f"{place}/{name}")["metadata"]
            else:
                eventually(lambda: not api.is_there(f"{place}/{name}"))


def test_owners_in_other_namespaces(api, namespace):
    """Garbage Collector: an owner is looked for in the namespace of what it owns"""
    root = f"/api/v1/namespaces/{namespace}/configmaps"
    elsewhere = api.create("/api/v1/namespaces/default/configmaps", {"metadata": {"name": unique("far")}})
    try:
        body = {"metadata": {"name": "lost", "ownerReferences": [owner({"apiVersion": "v1", "kind": "ConfigMap", **elsewhere})]}}
        api.create(root, body)
        eventually(lambda: not api.is_there(f"{root}/lost"), "it has no owner there")

        def told():
            return api.get(f"/api/v1/namespaces/{namespace}/events", fieldSelector="reason=OwnerRefInvalidNamespace")["items"]

        (event,) = eventually(told, "an event says so")
        uid, name = elsewhere["metadata"]["uid"], elsewhere["metadata"]["name"]
        assert event["type"] == "Warning" and event["involvedObject"]["name"] == "lost"
        assert event["message"] == (
            f'ownerRef [v1/ConfigMap, namespace: {namespace}, name: {name}, uid: {uid}] does not exist in namespace "{namespace}"'
        )
    finally:
        api.delete(f"/api/v1/namespaces/default/configmaps/{elsewhere['metadata']['name']}")


def test_owner_references_are_checked(api, namespace):
    """Garbage Collector: references that cannot be are refused"""
    root = f"/api/v1/namespaces/{namespace}/configmaps"
    whole = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "00000000-0000-4000-8000-000000000001"}

    def refused(says, *owners):
        api.refused(422, "POST", root, {"metadata": {"name": "bad", "ownerReferences": list(owners)}}, says=says)

    refused('metadata.ownerReferences.uid: Invalid value: "": must not be empty', {**whole, "uid": ""})
    refused("metadata.ownerReferences.name", {**whole, "name": ""})
    refused("kind", {**whole, "kind": ""})
    refused("Only one reference can have Controller set to true", {**whole, "controller": True}, {**whole, "name": "y", "controller": True})


def test_owners_of_kinds_that_come(api, namespace):
    """Garbage Collector: nothing goes for an owner of a kind that is not served, until it is"""
    from definitions import Definition

    made = Definition(api)
    root = f"/api/v1/namespaces/{namespace}/configmaps"
    reference = {"apiVersion": f"{made.group}/v1", "kind": made.kind, "name": "nobody", "uid": "00000000-0000-4000-8000-000000000009"}
    api.create(root, {"metadata": {"name": "waits", "ownerReferences": [reference]}})
    # Others are collected meanwhile: it has been looked at.
    family = Family(api, namespace, 1)
    api.delete(family.path, {"propagationPolicy": "Background"})
    eventually(lambda: family.listed() == [])
    assert api.is_there(f"{root}/waits")
    try:
        made.create()
        eventually(lambda: not api.is_there(f"{root}/waits"), "its owner is known not to be there")
    finally:
        made.remove()


def test_what_refuses_is_asked_again(api, namespace):
    """Garbage Collector: a deletion that is refused is tried again until it is not"""
    root = f"/api/v1/namespaces/{namespace}"
    policy, name = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", unique("keep")
    bindings = policy.replace("policies", "policybindings")
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["DELETE"]}]},
            "validations": [{"expression": "oldObject.metadata.name != 'kept'"}],
        },
    }  # fmt: skip
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
        "spec": {"policyName": name, "validationActions": ["Deny"], "matchResources": {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}},
    }  # fmt: skip
    parent = api.create(f"{root}/configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "parent"}})
    reference = owner({**parent, "apiVersion": "v1", "kind": "ConfigMap"})
    api.create(f"{root}/configmaps", {"metadata": {"name": "kept", "ownerReferences": [reference]}})
    api.create(policy, body)
    api.create(bindings, binding)
    try:
        eventually(lambda: api.send("DELETE", f"{root}/configmaps/kept", dryRun="All").status == 422)
        api.delete(f"{root}/configmaps/parent", {"propagationPolicy": "Background"})
        eventually(lambda: not api.is_there(f"{root}/configmaps/parent"))
        assert api.is_there(f"{root}/configmaps/kept")
    finally:
        api.delete(f"{bindings}/{name}")
        api.delete(f"{policy}/{name}")
    eventually(lambda: not api.is_there(f"{root}/configmaps/kept"), "nobody refuses any more")
