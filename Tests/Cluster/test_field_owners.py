"""Whose the fields of an object are: of those who send them, not of the server, which puts in some of its own."""

import pytest
from interface import PATCHES, eventually, pod, template, unique
from kinds import TABLE, collection, example


def fields(kubectl, what, manager):
    """What a manager's updates have set."""
    entries = kubectl.json("get", what, "--show-managed-fields")["metadata"]["managedFields"]
    return next(one["fieldsV1"] for one in entries if one["manager"] == manager and "subresource" not in one)


def test_what_admission_puts_in_is_nobodys(kubectl):
    kubectl("create", "-f", "-", input=pod())
    spec = kubectl.json("get", "pod", "pod")["spec"]
    assert spec["tolerations"] and spec["volumes"] and spec["serviceAccountName"] == "default" and spec["priority"] == 0
    mine = fields(kubectl, "pod/pod", "kubectl-create")["f:spec"]
    # Defaults are filled in for the client, before anybody else sees the object.
    assert {"f:containers", "f:dnsPolicy", "f:restartPolicy", "f:terminationGracePeriodSeconds"} <= set(mine)
    assert not {"f:tolerations", "f:volumes", "f:serviceAccountName", "f:serviceAccount", "f:priority", "f:preemptionPolicy"} & set(mine)
    assert not [name for name in mine["f:containers"]['k:{"name":"c"}'] if "volumeMounts" in name]


def test_what_the_server_makes_of_a_job_is_nobodys(kubectl):
    kubectl("create", "job", "once", "--image=i")
    made = kubectl.json("get", "job", "once")
    assert made["spec"]["selector"] and made["spec"]["template"]["metadata"]["labels"]["job-name"] == "once"
    mine = fields(kubectl, "job/once", "kubectl-create")["f:spec"]
    assert "f:selector" not in mine and not mine["f:template"].get("f:metadata"), mine


def test_what_is_given_out_is_nobodys(kubectl):
    kubectl("create", "service", "nodeport", "web", "--tcp=80")
    mine = fields(kubectl, "service/web", "kubectl-create")["f:spec"]
    assert "f:type" in mine and not {"f:clusterIP", "f:clusterIPs"} & set(mine)
    assert "f:nodePort" not in mine["f:ports"]['k:{"port":80,"protocol":"TCP"}']


@pytest.mark.parametrize("kind", ["pod", "job"])
def test_from_the_clients_apply_to_the_servers(kubectl, kind):
    """The client's part becomes the declaration of `kubectl`. It would take with it what it does not name again."""
    labels = {"app": "web"}
    if kind == "pod":
        body = pod("web", dict(labels))
    else:
        body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "web", "labels": dict(labels)}, "spec": {"template": template(labels)}}
        body["spec"]["template"]["spec"]["restartPolicy"] = "Never"
    kubectl("apply", "-f", "-", input=body)
    spec = kubectl.json("get", kind, "web")["spec"]
    for number in range(3):
        body["metadata"]["labels"]["round"] = str(number)
        done = kubectl("apply", "--server-side", "-f", "-", input=body)
        assert "failed to re-apply" not in done.stderr, done.stderr
    now = kubectl.json("get", kind, "web")
    assert now["spec"] == spec and now["metadata"]["labels"]["round"] == "2"
    managers = [one["manager"] for one in kubectl.json("get", kind, "web", "--show-managed-fields")["metadata"]["managedFields"]]
    assert "kubectl-client-side-apply" not in managers and "kubectl" in managers


CONDITIONS = {"conditions": [{"type": "Tested", "status": "True", "reason": "Test", "message": "m", "lastTransitionTime": "2026-01-02T03:04:05Z"}]}
# A status that has no conditions.
STATUS = {
    "cronjobs": {"lastScheduleTime": "2026-01-02T03:04:05Z"}, "ingresses": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}},
    "persistentvolumes": {"message": "m"}, "resourceclaims": {"reservedFor": []}, "volumeattachments": {"attached": True},
}  # fmt: skip


@pytest.mark.parametrize("resource", sorted(TABLE))
def test_status_and_the_rest_have_owners_of_their_own(api, namespace, resource):
    """Who declares both at one place owns what can be written there alone (reset fields of every kind)."""
    version = TABLE[resource][0]
    served = api.get("/api/v1" if version == "v1" else f"/apis/{version}")["resources"]
    if f"{resource}/status" not in [one["name"] for one in served]:
        assert resource not in STATUS
        return
    body = {**example(resource, unique("both"), namespace, {"a": "b"}), "status": STATUS.get(resource, CONDITIONS)}
    path = f"{collection(resource, namespace)}/{body['metadata']['name']}"

    def apply(path, manager):
        answer = api.send("PATCH", path, body, headers={"Content-Type": PATCHES["apply"]}, fieldManager=manager)
        assert answer.status in (200, 201), answer

    apply(path, "first")
    try:
        if resource == "customresourcedefinitions":
            # Before its names are accepted its status is none that can be written.
            eventually(lambda: api.get(path).get("status", {}).get("acceptedNames", {}).get("kind"))
        apply(path + "/status", "second")
        owned = {
            (one["manager"], one.get("subresource")): set(one["fieldsV1"])
            for one in api.get(path)["metadata"]["managedFields"] if one["operation"] == "Apply"
        }  # fmt: skip
        assert "f:status" not in owned["first", None], owned
        assert owned.get(("second", "status"), set()) <= {"f:status", "f:metadata"}, owned
    finally:
        api.delete(path)


def test_what_an_update_sets_is_its_managers(kubectl):
    kubectl("create", "-f", "-", input=pod())
    kubectl("label", "pod", "pod", "more=1")
    assert fields(kubectl, "pod/pod", "kubectl-label") == {"f:metadata": {"f:labels": {"f:more": {}}}}
    whole = kubectl.json("get", "pod", "pod", "--show-managed-fields")
    whole["metadata"]["annotations"] = {"a": "b"}
    kubectl("replace", "-f", "-", input=whole)
    assert fields(kubectl, "pod/pod", "kubectl-replace") == {"f:metadata": {"f:annotations": {".": {}, "f:a": {}}}}


def test_of_policies(kubectl, namespace, cluster_kubectl):
    """What a policy changes is nobody's, and stays when the one that it was added to is applied again."""
    name = unique("adds")
    policy = {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "metadata": {"name": name},
        "spec": {
            "matchConstraints": {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["configmaps"]}],
            },
            "reinvocationPolicy": "Never", "failurePolicy": "Fail",
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{data: {'added': 'yes'}}"}}],
        },
    }  # fmt: skip
    binding = {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding", "metadata": {"name": name},
        "spec": {"policyName": name},
    }  # fmt: skip
    cluster_kubectl("create", "-f", "-", input=[policy, binding])
    try:
        map_ = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "1"}}

        def is_added():
            return kubectl.json("create", "--dry-run=server", "-f", "-", input=map_)["data"].get("added")

        eventually(is_added, "the policy is heard of")
        kubectl("create", "-f", "-", input=map_)
        kubectl("patch", "configmap", "m", "--type=merge", "-p", '{"data":{"b":"2"}}')
        assert kubectl.json("get", "configmap", "m")["data"] == {"a": "1", "added": "yes", "b": "2"}
        assert "f:added" not in fields(kubectl, "configmap/m", "kubectl-create")["f:data"]
        assert fields(kubectl, "configmap/m", "kubectl-patch") == {"f:data": {"f:b": {}}}
    finally:
        cluster_kubectl("delete", "mutatingadmissionpolicy,mutatingadmissionpolicybinding", name)
