"""What webhooks and policies are told of each kind of operation: the object, the options, the names."""

import itertools
import json

import pytest

from interface import eventually
from webhooks import allow

numbers = itertools.count()
GROUP = "admissionregistration.k8s.io/v1"
META = "meta.k8s.io/v1"


@pytest.fixture
def told(api, cluster_kubectl, authority, hooks, namespace):
    """Asks a webhook about everything in the namespace, and gives what it is told."""
    hooks.answers["/"] = allow
    name = f"operations-{next(numbers)}"
    webhook = {
        "name": "all.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": f"https://localhost:{hooks.port}/", "caBundle": authority.bundle},
        "rules": [{"operations": ["*"], "apiGroups": ["*"], "apiVersions": ["*"], "resources": ["*/*"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
        "matchConditions": [{"name": "people", "expression": "!request.userInfo.username.startsWith('system:serviceaccount:') && request.userInfo.username != 'system:apiserver'"}],
    }  # fmt: skip
    cluster_kubectl("create", "-f", "-", input={
        "apiVersion": GROUP, "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name}, "webhooks": [webhook],
    })  # fmt: skip

    # Servers that keep configurations in a cache take a moment to know one.
    configs = f"/api/v1/namespaces/{namespace}/configmaps"
    eventually(lambda: api.create(configs, config("asks"), dryRun="All") and hooks.seen)

    def take():
        with hooks.lock:
            questions = [question["request"] for _, question in hooks.seen]
            hooks.seen.clear()
        return questions

    take()
    yield take
    cluster_kubectl("delete", "validatingwebhookconfiguration", name)


def summary(request):
    def kind(object):
        return object and f"{object['apiVersion']}/{object['kind']}"

    place = request["resource"]["resource"] + ("/" + request["subResource"] if "subResource" in request else "")
    assert request["resource"] == request["requestResource"] and request["kind"] == request["requestKind"]
    assert request.get("subResource") == request.get("requestSubResource")
    told = request["kind"]
    return (
        request["operation"], place, f"{told['group']}/{told['version']}/{told['kind']}".lstrip("/"), request.get("name"),
        kind(request["object"]), kind(request["oldObject"]), kind(request["options"]),
    )  # fmt: skip


CONFIG = "v1/ConfigMap"


def config(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_objects(told, raw, namespace):
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    assert raw("POST", path, config("a"))[0] == 201
    assert [summary(one) for one in told()] == [("CREATE", "configmaps", CONFIG, "a", CONFIG, None, f"{META}/CreateOptions")]
    assert raw("PUT", f"{path}/a", config("a", b="c"), query=[("fieldManager", "me")])[0] == 200
    (one,) = told()
    assert summary(one) == ("UPDATE", "configmaps", CONFIG, "a", CONFIG, CONFIG, f"{META}/UpdateOptions")
    assert one["options"]["fieldManager"] == "me" and one["object"]["data"] == {"b": "c"} and "data" not in one["oldObject"]
    patch = {"Content-Type": "application/merge-patch+json"}
    assert raw("PATCH", f"{path}/a", {"data": {"d": "e"}}, headers=patch)[0] == 200
    assert [summary(one) for one in told()] == [("UPDATE", "configmaps", CONFIG, "a", CONFIG, CONFIG, f"{META}/UpdateOptions")]
    apply = {"Content-Type": "application/apply-patch+yaml"}
    assert raw("PATCH", f"{path}/b", config("b"), headers=apply, query=[("fieldManager", "me")])[0] == 201
    assert [summary(one) for one in told()] == [("CREATE", "configmaps", CONFIG, "b", CONFIG, None, f"{META}/CreateOptions")]
    options = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
    assert raw("DELETE", f"{path}/a", options)[0] == 200
    (one,) = told()
    assert summary(one) == ("DELETE", "configmaps", CONFIG, "a", None, CONFIG, f"{META}/DeleteOptions")
    assert one["options"]["propagationPolicy"] == "Background" and one["dryRun"] is False
    assert raw("POST", path, config("c"))[0] == 201
    told()
    assert raw("DELETE", path)[0] == 200
    # A request that is about a collection names no object.
    removed = [one for one in told() if one["oldObject"]["metadata"]["name"] in ("b", "c")]
    assert [summary(one) for one in removed] == [("DELETE", "configmaps", CONFIG, None, None, CONFIG, f"{META}/DeleteOptions")] * 2


def test_subresources(told, raw, namespace):
    core, apps = f"/api/v1/namespaces/{namespace}", f"/apis/apps/v1/namespaces/{namespace}"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }  # fmt: skip
    assert raw("POST", f"{apps}/deployments", deployment)[0] == 201
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"a": "b"}}, "spec": template["spec"]}
    status, _, pod = raw("POST", f"{core}/pods", pod)
    assert status == 201, pod
    told()
    merge = {"Content-Type": "application/merge-patch+json"}

    def ask(method, path, body=None, wanted=200, **more):
        status, _, answer = raw(method, path, body, **more)
        assert status == wanted, (path, answer)
        # A controller that writes in between makes the server ask again.
        (one,) = {summary(one) for one in told()}
        return one

    created, updated = f"{META}/CreateOptions", f"{META}/UpdateOptions"
    assert ask("PATCH", f"{apps}/deployments/d/scale", {"spec": {"replicas": 2}}, headers=merge) == (
        "UPDATE", "deployments/scale", "autoscaling/v1/Scale", "d", "autoscaling/v1/Scale", "autoscaling/v1/Scale", updated,
    )  # fmt: skip
    assert ask("PATCH", f"{apps}/deployments/d/status", {"status": {"replicas": 2}}, headers=merge) == (
        "UPDATE", "deployments/status", "apps/v1/Deployment", "d", "apps/v1/Deployment", "apps/v1/Deployment", updated,
    )  # fmt: skip
    containers = {"spec": {"ephemeralContainers": [{"name": "e", "image": "i"}]}}
    assert ask("PATCH", f"{core}/pods/p/ephemeralcontainers", containers, headers={"Content-Type": "application/strategic-merge-patch+json"}) == (
        "UPDATE", "pods/ephemeralcontainers", "v1/Pod", "p", "v1/Pod", "v1/Pod", updated,
    )  # fmt: skip
    token = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": [], "expirationSeconds": 600}}
    assert ask("POST", f"{core}/serviceaccounts/default/token", token, 201) == (
        "CREATE", "serviceaccounts/token", "authentication.k8s.io/v1/TokenRequest", "default", "authentication.k8s.io/v1/TokenRequest",
        None, created,
    )  # fmt: skip
    binding = {
        "apiVersion": "v1", "kind": "Binding", "metadata": {"name": "p", "labels": {"c": "d"}, "uid": pod["metadata"]["uid"]},
        "target": {"kind": "Node", "name": "n"},
    }  # fmt: skip
    status, _, answer = raw("POST", f"{core}/pods/p/binding", binding)
    assert status == 201, answer
    (one,) = told()
    assert summary(one) == ("CREATE", "pods/binding", "v1/Binding", "p", "v1/Binding", None, created)
    # As it was sent, and not what has become of the pod.
    sent = one["object"]
    assert sent["target"] == binding["target"] and sent["metadata"]["namespace"] == namespace
    assert {name: sent["metadata"][name] for name in ("labels", "uid")} == {name: binding["metadata"][name] for name in ("labels", "uid")}
    assert raw("GET", f"{core}/pods/p")[2]["metadata"]["labels"] == {"a": "b", "c": "d"}
    unnamed = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {}}
    assert raw("POST", f"{core}/pods/p/eviction", unnamed)[0] == 400
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p"}}
    assert ask("POST", f"{core}/pods/p/eviction", eviction, 201) == (
        "CREATE", "pods/eviction", "policy/v1/Eviction", "p", "policy/v1/Eviction", None, created,
    )  # fmt: skip


def test_parts_are_told_as_they_were_sent(told, raw, namespace):
    """What a subresource does not write is seen by those who change objects, and is as it was for those who refuse them."""
    core = f"/api/v1/namespaces/{namespace}"
    spec = {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "1"}}}]}
    status, _, pod = raw("POST", f"{core}/pods", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
    assert status == 201, pod
    told()
    pod["metadata"]["labels"] = {"x": "y"}
    pod["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "2"}}
    status, _, resized = raw("PUT", f"{core}/pods/p/resize", pod)
    assert status == 200, resized
    (one,) = told()
    assert summary(one) == ("UPDATE", "pods/resize", "v1/Pod", "p", "v1/Pod", "v1/Pod", f"{META}/UpdateOptions")
    for shown in (one["object"], resized):
        assert shown["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "2"}} and "labels" not in shown["metadata"]
    assert one["oldObject"]["spec"]["containers"][0]["resources"] == {"requests": {"cpu": "1"}}
    pod["metadata"]["resourceVersion"] = "1"
    assert raw("PUT", f"{core}/pods/p/resize", pod)[0] == 409
    # Nobody is asked who only refuses.
    assert told() == []


def test_connections(told, api, namespace):
    """Whatever its method is, a request to be passed on is a connection; a log is read."""
    core = f"/api/v1/namespaces/{namespace}"
    spec = {"containers": [{"name": "c", "image": "i"}]}
    api.create(f"{core}/pods", {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec})
    api.create(f"{core}/services", {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}})
    api.create(f"{core}/endpoints", {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "s"}})
    told()
    for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"):
        for kind, path in (("Service", f"{core}/services/s"), ("Pod", f"{core}/pods/p")):
            answer = api.send(method, f"{path}/proxy/a/b", headers={"Content-Type": "text/plain"})
            assert answer.status in (400, 404, 503), answer
            (one,) = told()
            place = path.split("/")[-2:]
            assert summary(one) == ("CONNECT", f"{place[0]}/proxy", f"v1/{kind}ProxyOptions", place[1], f"v1/{kind}ProxyOptions", None, None)
            assert one["object"]["path"] == "/a/b"
    for method, subresource, kind in (("GET", "exec", "PodExecOptions"), ("POST", "portforward", "PodPortForwardOptions")):
        assert api.send(method, f"{core}/pods/p/{subresource}", dryRun="All").status == 400
        assert told() == []
        assert api.send(method, f"{core}/pods/p/{subresource}", container="c").status == 400
        (one,) = told()
        assert summary(one)[:3] == ("CONNECT", f"pods/{subresource}", f"v1/{kind}")
    api.refused(405, "PUT", f"{core}/pods/p/exec")
    api.send("GET", f"{core}/pods/p/log")
    assert told() == []


def test_finalizing_writes_metadata_too(raw, namespace):
    status, _, space = raw("GET", f"/api/v1/namespaces/{namespace}")
    assert status == 200
    space["metadata"].setdefault("annotations", {})["finalized"] = "yes"
    space["metadata"].pop("resourceVersion")
    space["status"] = {"phase": "Terminating"}
    status, _, written = raw("PUT", f"/api/v1/namespaces/{namespace}/finalize", space)
    assert status == 200, written
    assert written["metadata"]["annotations"]["finalized"] == "yes" and written["status"]["phase"] == "Active"
    assert written["spec"]["finalizers"] == ["kubernetes"]


def test_namespaces(told, raw, namespace):
    """A namespace is told with its own name."""
    merge = {"Content-Type": "application/merge-patch+json"}
    assert raw("PATCH", f"/api/v1/namespaces/{namespace}", {"metadata": {"labels": {"x": "y"}}}, headers=merge)[0] == 200
    (one,) = told()
    assert summary(one)[:4] == ("UPDATE", "namespaces", "v1/Namespace", namespace) and one["namespace"] == namespace
    assert raw("PATCH", f"/api/v1/namespaces/{namespace}/status", {"status": {}}, headers=merge)[0] == 200
    assert [summary(one)[:3] for one in told()] == [("UPDATE", "namespaces/status", "v1/Namespace")]


def test_policies_change_scales(cluster_kubectl, raw, namespace):
    """A policy about a subresource sees what that is, and changes what is behind it."""
    name = f"scales-{next(numbers)}.example.com"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template},
    }  # fmt: skip
    assert raw("POST", path, deployment)[0] == 201
    rules = [{"operations": ["UPDATE"], "apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments/scale"]}]
    expression = "[JSONPatch{op: 'replace', path: '/spec/replicas', value: object.spec.replicas > 3 ? 3 : object.spec.replicas}]"
    policy = {
        "matchConstraints": {"resourceRules": rules}, "failurePolicy": "Fail", "reinvocationPolicy": "Never",
        "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}],
    }  # fmt: skip
    selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
    for kind, spec in (
        ("MutatingAdmissionPolicy", policy),
        ("MutatingAdmissionPolicyBinding", {"policyName": name, "matchResources": {"namespaceSelector": selector}}),
    ):
        cluster_kubectl("create", "-f", "-", input={"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "spec": spec})
    try:
        merge = {"Content-Type": "application/merge-patch+json"}
        def scaled():
            status, _, scale = raw("PATCH", f"{path}/d/scale", json.dumps({"spec": {"replicas": 9}}).encode(), headers=merge)
            assert status == 200, scale
            return scale["spec"]["replicas"]

        # A server that keeps policies in a cache takes a moment to know one.
        eventually(lambda: scaled() == 3, "the policy is in force")
        assert raw("GET", f"{path}/d")[2]["spec"]["replicas"] == 3
    finally:
        for kind in ("mutatingadmissionpolicybinding", "mutatingadmissionpolicy"):
            cluster_kubectl("delete", kind, name)
