"""Admission webhooks: who is asked about what, what their answers do, and what it means where none comes."""

import itertools
import json
import threading

import pytest

from authorities import Authority
from webhooks import Hooks, allow, deny, own_address, patch

numbers = itertools.count()
GROUP = "admissionregistration.k8s.io/v1"


@pytest.fixture
def configure(cluster_kubectl, authority, hooks, namespace):
    """Makes a configuration of webhooks for the test's namespace; it is taken away after the test."""
    made = []

    def make(kind, *webhooks, name=None):
        name = name or f"hooks-{next(numbers)}"
        body = {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "webhooks": []}
        for index, webhook in enumerate(webhooks):
            path = webhook.pop("path", "/")
            body["webhooks"].append({
                "name": f"h{index}.{name}.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "clientConfig": {"url": f"https://localhost:{hooks.port}{path}", "caBundle": authority.bundle},
                "rules": [rule("configmaps")],
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}, **webhook,
            })  # fmt: skip
        cluster_kubectl("create", "-f", "-", input=body)
        made.append((kind, name))
        return name

    yield make
    for kind, name in made:
        cluster_kubectl("delete", kind, name, check=False)


def rule(*resources, operations=("CREATE", "UPDATE"), groups=("",), versions=("*",), **more):
    return {
        "operations": list(operations), "apiGroups": list(groups), "apiVersions": list(versions),
        "resources": list(resources), **more,
    }  # fmt: skip


VALIDATING, MUTATING = "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_refusal(kubectl, configure, hooks):
    hooks.answers["/"] = lambda review: deny(review, message="no cats here", reason="Forbidden", code=403)
    name = configure(VALIDATING, {})
    says = f'Error from server (Forbidden): error when creating "STDIN": admission webhook "h0.{name}.example.com" denied the request: no cats here'
    kubectl.fails("create", "-f", "-", input=config_map("one"), says=says)
    kubectl.fails("get", "configmap", "one", says="NotFound")


def test_refusal_without_words(kubectl, configure, hooks, raw, namespace):
    hooks.answers["/"] = deny
    name = configure(VALIDATING, {})
    status, _, answer = raw("POST", f"/api/v1/namespaces/{namespace}/configmaps", config_map("one"))
    assert (status, answer["status"], answer["code"]) == (400, "Failure", 400)
    assert answer["message"] == f'admission webhook "h0.{name}.example.com" denied the request without explanation'


def test_question(kubectl, configure, hooks, namespace):
    hooks.answers["/"] = allow
    configure(VALIDATING, {"rules": [rule("configmaps", operations=["*"])], "timeoutSeconds": 7})
    kubectl("create", "-f", "-", input=config_map("one", a="1"))
    kubectl("patch", "configmap", "one", "--type=merge", "-p", '{"data":{"a":"2"}}')
    kubectl("delete", "configmap", "one")
    create, update, delete = (question["request"] for question in hooks.questions("/"))
    assert hooks.seen[0][0] == "/?timeout=7s"
    assert create["kind"] == {"group": "", "version": "v1", "kind": "ConfigMap"} == create["requestKind"]
    assert create["resource"] == {"group": "", "version": "v1", "resource": "configmaps"} == create["requestResource"]
    assert (create["name"], create["namespace"], create["operation"]) == ("one", namespace, "CREATE")
    assert create["object"]["data"] == {"a": "1"} and create["oldObject"] is None and create["dryRun"] is False
    assert create["options"]["kind"] == "CreateOptions" and "username" in create["userInfo"]
    assert (update["operation"], update["object"]["data"], update["oldObject"]["data"]) == ("UPDATE", {"a": "2"}, {"a": "1"})
    assert (delete["operation"], delete["object"], delete["oldObject"]["data"]) == ("DELETE", None, {"a": "2"})
    assert delete["options"]["kind"] == "DeleteOptions"


def test_patch(kubectl, configure, hooks):
    hooks.answers["/"] = lambda review: patch(review, [{"op": "add", "path": "/data/added", "value": "yes"}])
    configure(MUTATING, {})
    made = kubectl.json("create", "-f", "-", input=config_map("one", a="1"))
    assert made["data"] == {"a": "1", "added": "yes"} == kubectl.json("get", "configmap", "one")["data"]


def test_defaults_follow_a_patch(kubectl, configure, hooks):
    container = {"name": "added", "image": "i"}
    hooks.answers["/"] = lambda review: patch(
        review, [
            {"op": "add", "path": "/spec/initContainers", "value": [container]},
            {"op": "add", "path": "/spec/unknown", "value": 1},
        ],
    )  # fmt: skip
    configure(MUTATING, {"rules": [rule("pods", operations=["CREATE"])]})
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    made = kubectl.json("create", "-f", "-", input=pod)
    (added,) = made["spec"]["initContainers"]
    assert added["terminationMessagePolicy"] == "File" and "unknown" not in made["spec"]
    kubectl("delete", "pod", "p", "--force")


def test_what_a_patch_makes_is_validated(kubectl, configure, hooks):
    hooks.answers["/"] = lambda review: patch(review, [{"op": "add", "path": "/data/not a key", "value": "x"}])
    configure(MUTATING, {})
    kubectl.fails("create", "-f", "-", input=config_map("one", a="1"), says='data[not a key]: Invalid value: "not a key"')


def test_patch_that_does_not_apply(kubectl, configure, hooks):
    hooks.answers["/"] = lambda review: patch(review, [{"op": "remove", "path": "/data/none"}])
    configure(MUTATING, {})
    kubectl.fails("create", "-f", "-", input=config_map("one"), says="InternalError")


def test_one_after_the_other_and_again(kubectl, configure, hooks):
    """The first is asked again because the second has changed something; the second is not."""
    order = []

    def first(review):
        order.append("first")
        return allow(review) if "second" not in review["request"]["object"]["data"] else patch(
            review, [{"op": "add", "path": "/data/first", "value": "saw the second"}])  # fmt: skip

    def second(review):
        order.append("second")
        return patch(review, [{"op": "add", "path": "/data/second", "value": "yes"}])

    hooks.answers.update({"/1": first, "/2": second})
    number = next(numbers)
    configure(MUTATING, {"path": "/2"}, name=f"b-{number}")
    configure(MUTATING, {"path": "/1", "reinvocationPolicy": "IfNeeded"}, name=f"a-{number}")
    made = kubectl.json("create", "-f", "-", input=config_map("one", a="1"))
    assert order == ["first", "second", "first"]
    assert made["data"] == {"a": "1", "second": "yes", "first": "saw the second"}


def test_side_by_side(kubectl, configure, hooks):
    """Neither is answered before both were asked."""
    barrier = threading.Barrier(2, timeout=20)

    def both(review):
        barrier.wait()
        return allow(review)

    hooks.answers.update({"/1": both, "/2": both})
    configure(VALIDATING, {"path": "/1"}, {"path": "/2"})
    kubectl("create", "-f", "-", input=config_map("one"))
    assert not barrier.broken


def test_selectors(cluster_kubectl, kubectl, configure, hooks):
    hooks.answers["/"] = deny
    configure(VALIDATING, {"objectSelector": {"matchLabels": {"checked": "yes"}}})
    kubectl("create", "-f", "-", input=config_map("free"))
    marked = config_map("marked")
    marked["metadata"]["labels"] = {"checked": "yes"}
    kubectl.fails("create", "-f", "-", input=marked, says="denied the request")
    # The object as it would be counts, and the one that is there.
    kubectl.fails("label", "configmap", "free", "checked=yes", says="denied the request")
    other = f"hooks-other-{next(numbers)}"
    cluster_kubectl("create", "namespace", other)
    cluster_kubectl("create", "-n", other, "-f", "-", input=marked)
    cluster_kubectl("delete", "namespace", other, "--wait=false")


def test_subresources_and_scope(kubectl, configure, hooks):
    hooks.answers["/"] = deny
    configure(VALIDATING, {"rules": [rule("deployments/scale", groups=["apps"], scope="Namespaced")]})
    deployment = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": {
            "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}},
    }  # fmt: skip
    kubectl("create", "-f", "-", input=deployment)
    kubectl.fails("scale", "deployment", "d", "--replicas=3", says="denied the request")
    (question,) = hooks.questions("/")
    assert question["request"]["kind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    assert question["request"]["subResource"] == "scale"
    assert question["request"]["object"]["spec"] == {"replicas": 3}
    assert question["request"]["oldObject"]["spec"] == {}


def test_evictions_and_connections(kubectl, configure, hooks, raw, namespace):
    """What is sent to a subresource and not stored is asked about too."""
    hooks.answers["/"] = lambda review: deny(review, message="not here")
    rules = [rule("pods/eviction", operations=["CREATE"]), rule("pods/attach", operations=["CONNECT"])]
    configure(VALIDATING, {"rules": rules})
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    kubectl("create", "-f", "-", input=pod)
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p", "namespace": namespace}}
    path = f"/api/v1/namespaces/{namespace}/pods/p"
    status, _, answer = raw("POST", f"{path}/eviction", eviction)
    assert status == 400 and answer["message"].endswith("denied the request: not here")
    status, _, answer = raw("GET", f"{path}/attach", query=[("stdin", "true"), ("container", "c")])
    assert status == 400 and answer["message"].endswith("denied the request: not here")
    first, second = (question["request"] for question in hooks.questions("/"))
    assert (first["kind"]["kind"], first["operation"], first["object"]["metadata"]["name"]) == ("Eviction", "CREATE", "p")
    assert (second["kind"]["kind"], second["operation"]) == ("PodAttachOptions", "CONNECT")
    assert second["object"]["stdin"] is True and second["object"]["container"] == "c"
    assert kubectl.json("get", "pod", "p")["metadata"]["name"] == "p"
    kubectl("delete", "pod", "p", "--force")


def test_equivalent_versions(kubectl, configure, hooks):
    hooks.answers["/"] = lambda review: patch(review, [{"op": "replace", "path": "/spec/maxReplicas", "value": 7}])
    only_v1 = rule("horizontalpodautoscalers", groups=["autoscaling"], versions=["v1"])
    scaler = {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
        "spec": {"maxReplicas": 5, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}},
    }  # fmt: skip
    exact = configure(MUTATING, {"rules": [only_v1], "matchPolicy": "Exact"})
    assert kubectl.json("create", "-f", "-", input=scaler)["spec"]["maxReplicas"] == 5 and not hooks.seen
    kubectl("delete", "horizontalpodautoscaler", "h")
    kubectl("delete", MUTATING, exact)
    configure(MUTATING, {"rules": [only_v1]})
    made = kubectl.json("create", "-f", "-", input=scaler)
    assert made["apiVersion"] == "autoscaling/v2" and made["spec"]["maxReplicas"] == 7
    (question,) = hooks.questions("/")
    assert question["request"]["kind"]["version"] == "v1" and question["request"]["requestKind"]["version"] == "v2"
    assert question["request"]["object"]["apiVersion"] == "autoscaling/v1"
    kubectl("delete", "horizontalpodautoscaler", "h")


def test_dry_run(kubectl, configure, hooks):
    hooks.answers["/"] = allow
    configure(VALIDATING, {"sideEffects": "NoneOnDryRun"})
    kubectl("create", "--dry-run=server", "-f", "-", input=config_map("one"))
    assert hooks.questions("/")[0]["request"]["dryRun"] is True
    kubectl.fails("get", "configmap", "one", says="NotFound")


def test_timeout(kubectl, configure, hooks):
    hooks.answers["/slow"] = lambda review: hooks.released.wait(60) and allow(review)
    name = configure(VALIDATING, {"path": "/slow", "timeoutSeconds": 1})
    kubectl.fails(
        "create", "-f", "-", input=config_map("one"),
        says=[
            "Error from server (InternalError)",
            f'Internal error occurred: failed calling webhook "h0.{name}.example.com": failed to call webhook: Post "https://localhost:{hooks.port}/slow?timeout=1s": context deadline exceeded',
        ],
    )  # fmt: skip
    kubectl("delete", VALIDATING, name)
    configure(VALIDATING, {"path": "/slow", "timeoutSeconds": 1, "failurePolicy": "Ignore"})
    kubectl("create", "-f", "-", input=config_map("one"))


@pytest.mark.parametrize("kind", [MUTATING, VALIDATING])
def test_a_request_that_has_less_time_gives_less(configure, hooks, api, namespace, kind):
    hooks.answers["/"] = allow
    configure(kind, {"timeoutSeconds": 30}, {"timeoutSeconds": 5})
    api.create(f"/api/v1/namespaces/{namespace}/configmaps", config_map("one"), timeout="20s")
    # What is left of the request's time, which a busy host may take a part of.
    left, own = sorted(path.removeprefix("/?timeout=") for path, _ in hooks.seen)
    assert own == "5s" and 10 <= int(left.removesuffix("s")) <= 20


def test_nobody_there(kubectl, configure, hooks):
    closed = {"clientConfig": {"url": "https://127.0.0.1:1/x"}}
    name = configure(MUTATING, dict(closed))
    kubectl.fails(
        "create", "-f", "-", input=config_map("one"),
        says=f'failed calling webhook "h0.{name}.example.com": failed to call webhook: Post "https://127.0.0.1:1/x?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused',
    )  # fmt: skip
    kubectl("delete", MUTATING, name)
    configure(MUTATING, {**closed, "failurePolicy": "Ignore"})
    kubectl("create", "-f", "-", input=config_map("one"))


def test_certificate_that_nobody_vouches_for(kubectl, configure, hooks, work):
    hooks.answers["/"] = allow
    other = Authority(f"{work}/other-ca")
    url = f"https://localhost:{hooks.port}/"
    configure(VALIDATING, {"clientConfig": {"url": url, "caBundle": other.bundle}})
    kubectl.fails("create", "-f", "-", input=config_map("one"), says="tls: failed to verify certificate: x509: ")
    assert not hooks.seen


def test_certificate_for_another_name(kubectl, configure, authority):
    hooks = Hooks(authority.context("DNS:elsewhere.example.com"))
    hooks.answers["/"] = allow
    try:
        url = f"https://localhost:{hooks.port}/"
        configure(VALIDATING, {"clientConfig": {"url": url, "caBundle": authority.bundle}})
        kubectl.fails("create", "-f", "-", input=config_map("one"), says="tls: failed to verify certificate: x509: ")
        assert not hooks.seen
    finally:
        hooks.close()


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda review: (500, {"Content-Type": "text/plain"}, b" out of order\n"), 'an error on the server ("out of order") has prevented the request'),
        (lambda review: (500, {}, b"out of order"), 'an error on the server ("unknown") has prevented the request from succeeding'),
        (lambda review: (403, {"Content-Type": "text/plain"}, b"not you"), "failed to call webhook: not you"),
        (lambda review: (200, {}, b""), "failed to call webhook: 0-length response with status code: 200 and content type: application/json"),
        (lambda review: (200, {}, b"[]"), "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value of type struct {"),
        (lambda review: b"no json", "couldn't get version/kind; json parse error"),
        (lambda review: {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}, "received invalid webhook response: webhook response was absent"),
        (lambda review: {**allow(review), "response": {"uid": "other", "allowed": True}}, 'received invalid webhook response: expected response.uid="'),
        (lambda review: {**allow(review), "kind": "Review"}, 'failed to call webhook: no kind "Review" is registered for version "admission.k8s.io/v1" in scheme '),
        (lambda review: {**allow(review), "kind": ""}, "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got admission.k8s.io/v1, Kind="),
        (lambda review: {**allow(review), "apiVersion": "admission.k8s.io/v1beta1"}, "converting (v1beta1.AdmissionReview) to (v1.AdmissionReview): unknown conversion"),
        (lambda review: patch(review, []), "validating webhook may not return response.patch"),
    ],
)  # fmt: skip
def test_answers_that_are_none(kubectl, configure, hooks, raw, namespace, answer, words):
    hooks.answers["/"] = answer
    configure(VALIDATING, {})
    status, _, body = raw("POST", f"/api/v1/namespaces/{namespace}/configmaps", config_map("one"))
    assert status == 500 and body["reason"] == "InternalError"
    assert words in body["message"]


@pytest.mark.own_server
@pytest.mark.parametrize(
    "answer, words",
    [
        ((302, {"Location": "/elsewhere"}, b""), "the server responded with the status code 302 but did not return more information"),
        (b" " * (9 << 20), "the answer is too large"),
    ],
)  # fmt: skip
def test_answers_that_others_would_follow(configure, hooks, raw, namespace, answer, words):
    """Whoever is asked does not send this server elsewhere (CVE-2020-8561), nor fill its memory."""
    hooks.answers["/"] = lambda review: answer
    hooks.answers["/elsewhere"] = allow
    configure(VALIDATING, {})
    status, _, body = raw("POST", f"/api/v1/namespaces/{namespace}/configmaps", config_map("one"))
    assert status == 500 and words in body["message"] and not hooks.questions("/elsewhere")


def test_warnings(kubectl, configure, hooks):
    hooks.answers["/"] = lambda review: allow(review, warnings=["mind the \"gap\"", "line\nbreak"])
    configure(VALIDATING, {})
    # No header can hold the other one.
    assert kubectl("create", "-f", "-", input=config_map("one")).stderr == 'Warning: mind the "gap"\n'


@pytest.mark.parametrize("kind", [MUTATING, VALIDATING])
def test_who_is_refused_is_warned_too(configure, hooks, api, namespace, kind):
    hooks.answers["/"] = lambda review: {
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "response": {"uid": review["request"]["uid"], "allowed": False, "warnings": ["it gets worse"], "status": {"message": "no", "code": 418}},
    }  # fmt: skip
    configure(kind, {})
    answer = api.send("POST", f"/api/v1/namespaces/{namespace}/configmaps", config_map("one"))
    assert answer.status == 418 and answer.headers["Warning"] == '299 - "it gets worse"', answer


def test_old_reviews(kubectl, configure, hooks):
    """`v1beta1` neither names what it answers nor the type of its patch."""
    def answer(review):
        made = patch(review, [{"op": "add", "path": "/data/added", "value": "yes"}])
        return {"response": {"allowed": True, "patch": made["response"]["patch"]}}

    hooks.answers["/"] = answer
    configure(MUTATING, {"admissionReviewVersions": ["v7", "v1beta1"]})
    assert kubectl.json("create", "-f", "-", input=config_map("one", a="1"))["data"]["added"] == "yes"
    assert hooks.questions("/")[0]["apiVersion"] == "admission.k8s.io/v1beta1"


def test_connections_are_kept(kubectl, configure, hooks, raw, namespace):
    hooks.answers["/"] = allow
    configure(VALIDATING, {})
    for index in range(5):
        assert raw("POST", f"/api/v1/namespaces/{namespace}/configmaps", config_map(f"one-{index}"))[0] == 201
    assert len(hooks.seen) == 5 and hooks.connections == 1


def test_configurations_are_not_asked_about(cluster_kubectl, configure, hooks):
    """A webhook that refuses everything can be taken away."""
    hooks.answers["/"] = deny
    everything = rule("*/*", operations=["*"], groups=["admissionregistration.k8s.io"])
    name = configure(VALIDATING, {"rules": [everything], "namespaceSelector": {}})
    cluster_kubectl("annotate", VALIDATING, name, "a=b")
    cluster_kubectl("delete", VALIDATING, name)
    assert not hooks.seen


def test_namespaces_by_their_own_labels(cluster_kubectl, configure, hooks):
    hooks.answers["/"] = deny
    mark = f"mark-{next(numbers)}"
    selector = {"matchLabels": {mark: "yes"}}
    configure(VALIDATING, {"rules": [rule("namespaces", operations=["CREATE"])], "namespaceSelector": selector})
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": mark, "labels": {mark: "yes"}}}
    cluster_kubectl.fails("create", "-f", "-", input=body, says="denied the request")
    assert hooks.questions("/")[0]["request"]["namespace"] == mark


def test_custom_resources(cluster_kubectl, kubectl, configure, hooks):
    group = f"hooks{next(numbers)}.example.com"
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}}}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"things.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
                 "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}]},
    }  # fmt: skip
    cluster_kubectl("create", "-f", "-", input=definition)
    cluster_kubectl("wait", "--for=condition=Established", f"crd/things.{group}", "--timeout=60s")
    try:
        hooks.answers["/"] = lambda review: patch(
            review, [{"op": "add", "path": "/spec/b", "value": "set"}, {"op": "add", "path": "/spec/pruned", "value": "gone"}])  # fmt: skip
        configure(MUTATING, {"rules": [rule("things", groups=[group])]})
        body = {"apiVersion": f"{group}/v1", "kind": "Thing", "metadata": {"name": "one"}, "spec": {"a": "1"}}
        made = kubectl.json("create", "--validate=false", "-f", "-", input=body)
        assert made["spec"] == {"a": "1", "b": "set"}
    finally:
        cluster_kubectl("delete", "crd", f"things.{group}", "--wait=false")


@pytest.fixture
def service(kubectl, namespace, authority):
    """A webhook behind a service of the cluster, at a port of its own."""
    address = own_address()
    hooks = Hooks(authority.context(f"DNS:behind.{namespace}.svc"))
    kubectl("create", "--validate=false", "-f", "-", input={"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "behind"},
         "spec": {"clusterIP": "None", "ports": [{"name": "https", "port": 443, "targetPort": hooks.port}]}},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
         "metadata": {"name": "behind-1", "labels": {"kubernetes.io/service-name": "behind"}},
         "ports": [{"name": "https", "port": hooks.port, "protocol": "TCP"}],
         "endpoints": [{"addresses": ["192.0.2.1"], "conditions": {"ready": False}}, {"addresses": [address]}]},
    ]})  # fmt: skip
    yield hooks
    hooks.close()


@pytest.mark.own_server
def test_service(kubectl, configure, service, authority, namespace):
    service.answers["/check"] = lambda review: deny(review, message="by the service")
    place = {"namespace": namespace, "name": "behind", "path": "/check"}
    configure(VALIDATING, {"clientConfig": {"service": place, "caBundle": authority.bundle}})
    kubectl.fails("create", "-f", "-", input=config_map("one"), says="denied the request: by the service")


def test_service_that_is_not_there(kubectl, configure, authority, namespace):
    place = {"namespace": namespace, "name": "missing", "port": 8443}
    name = configure(VALIDATING, {"clientConfig": {"service": place, "caBundle": authority.bundle}})
    kubectl.fails(
        "create", "-f", "-", input=config_map("one"),
        says=f'failed calling webhook "h0.{name}.example.com": failed to call webhook: Post "https://missing.{namespace}.svc:8443/?timeout=10s": service "missing" not found',
    )  # fmt: skip


def test_defaults_and_rules_of_configurations(cluster_kubectl, configure, authority, hooks):
    name = configure(MUTATING, {})
    (webhook,) = cluster_kubectl.json("get", MUTATING, name)["webhooks"]
    assert (webhook["failurePolicy"], webhook["matchPolicy"], webhook["timeoutSeconds"]) == ("Fail", "Equivalent", 10)
    assert webhook["reinvocationPolicy"] == "Never" and webhook["objectSelector"] == {}
    assert webhook["rules"][0]["scope"] == "*"
    bad = {
        "apiVersion": GROUP, "kind": VALIDATING, "metadata": {"name": "bad"},
        "webhooks": [{
            "name": "a", "sideEffects": "Some", "admissionReviewVersions": ["v1"], "timeoutSeconds": 31,
            "clientConfig": {"url": "http://x/"}, "rules": [rule("*/*", "pods")]}],
    }  # fmt: skip
    cluster_kubectl.fails("create", "-f", "-", input=bad, says=[
        "should be a domain with at least three segments separated by dots",
        'sideEffects: Unsupported value: "Some"', "the timeout value must be between 1 and 30 seconds",
        "'https' is the only allowed URL scheme", "if '*/*' is present, must not specify other resources",
    ])  # fmt: skip


def test_kept_over_a_restart(work, authority, tmp_path):
    """What is configured counts from the first request on."""
    from clusters import Server
    from conftest import Kubectl, OUTSIDE

    if OUTSIDE:
        pytest.skip("starts a server of its own")
    hooks = Hooks(authority.context("DNS:localhost"))
    server = Server(tmp_path / "server").start()
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "kubectl")
        hooks.answers["/"] = deny
        # The server's own would be asked about too.
        kubectl("wait", "--for=create", "configmap/kube-root-ca.crt", "--timeout=60s")
        kubectl("create", "-f", "-", input={
            "apiVersion": GROUP, "kind": VALIDATING, "metadata": {"name": "all"}, "webhooks": [{
                "name": "all.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
                "clientConfig": {"url": f"https://localhost:{hooks.port}/", "caBundle": authority.bundle},
                "rules": [rule("configmaps")], "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "default"}}}],
        })  # fmt: skip
        kubectl.fails("create", "-f", "-", input=config_map("one"), says="denied the request")
        assert server.stop() == 0
        server.start()
        kubectl.fails("create", "-f", "-", input=config_map("one"), says="denied the request")
    finally:
        hooks.close()
        server.stop()
    assert json.dumps(hooks.seen) and len(hooks.seen) == 2


def test_names_that_are_generated_come_after_those_who_change_objects(api, configure, hooks, namespace):
    """Who changes an object sees neither its generated name nor its uid; who refuses it sees both. What is changed
    belongs to nobody."""
    hooks.answers["/change"] = lambda review: patch(review, [{"op": "add", "path": "/data/added", "value": "x"}])
    hooks.answers["/judge"] = allow
    configure(MUTATING, {"path": "/change"})
    configure(VALIDATING, {"path": "/judge"})
    made = api.create(
        f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"generateName": "made-"}, "data": {"a": "b"}}, fieldManager="me",
    )  # fmt: skip
    asked = {path.split("?")[0]: review["request"] for path, review in hooks.seen}
    before, after = asked["/change"], asked["/judge"]
    assert not before.get("name") and not before["object"]["metadata"].get("name") and not before["object"]["metadata"].get("uid")
    assert not before["object"]["metadata"].get("creationTimestamp")
    assert after["name"] == after["object"]["metadata"]["name"] == made["metadata"]["name"]
    assert after["object"]["metadata"]["uid"] == made["metadata"]["uid"] and made["data"] == {"a": "b", "added": "x"}
    (mine,) = made["metadata"]["managedFields"]
    assert mine["manager"] == "me" and set(mine["fieldsV1"]["f:data"]) == {".", "f:a"}


def test_who_changes_objects_sees_what_the_client_has_sent(api, configure, hooks, namespace):
    """What cannot be written is put right after those who change objects, and before those who refuse them."""
    hooks.answers["/change"] = allow
    hooks.answers["/judge"] = allow
    configure(MUTATING, {"path": "/change", "rules": [rule("pods", "pods/status")]})
    configure(VALIDATING, {"path": "/judge", "rules": [rule("pods", "pods/status")]})
    path = f"/api/v1/namespaces/{namespace}/pods"
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    made = api.create(path, pod)
    hooks.seen.clear()
    made["status"]["message"] = "from the client"
    made["metadata"]["labels"] = {"a": "b"}
    api.update(f"{path}/p", made)
    asked = {place.split("?")[0]: review["request"]["object"] for place, review in hooks.seen}
    assert asked["/change"]["status"]["message"] == "from the client" and "message" not in asked["/judge"]["status"]
    hooks.seen.clear()
    patched = api.patch(f"{path}/p/status", {"spec": {"activeDeadlineSeconds": 7}, "status": {"message": "said"}}, fieldManager="me")
    asked = {place.split("?")[0]: review["request"]["object"] for place, review in hooks.seen}
    assert asked["/change"]["spec"]["activeDeadlineSeconds"] == 7 and "activeDeadlineSeconds" not in asked["/judge"]["spec"]
    assert "activeDeadlineSeconds" not in patched["spec"] and patched["status"]["message"] == "said"
    (mine,) = [one for one in patched["metadata"]["managedFields"] if one["manager"] == "me"]
    assert mine["fieldsV1"] == {"f:status": {"f:message": {}}} and mine["subresource"] == "status"
    # Who changes an object cannot write what is not written at the place either.
    hooks.answers["/change"] = lambda review: patch(review, [
        {"op": "add", "path": "/status/reason", "value": "changed"}, {"op": "add", "path": "/metadata/generation", "value": 77},
        {"op": "remove", "path": "/metadata/uid"}, {"op": "add", "path": "/metadata/annotations", "value": {"x": "y"}},
    ])  # fmt: skip
    after = api.patch(f"{path}/p", {"metadata": {"labels": {"c": "d"}}})
    assert "reason" not in after["status"] and after["metadata"]["annotations"] == {"x": "y"}
    assert after["metadata"]["generation"] == made["metadata"]["generation"] and after["metadata"]["uid"] == made["metadata"]["uid"]
    hooks.answers["/change"] = lambda review: patch(review, [{"op": "add", "path": "/metadata/deletionTimestamp", "value": "2026-01-02T03:04:05Z"}])
    api.refused(422, "PATCH", f"{path}/p", {"metadata": {"labels": {"e": "f"}}}, headers={"Content-Type": "application/merge-patch+json"}, says="field is immutable")


def test_reviews_are_told(api, configure, hooks, namespace):
    """Questions that nothing is stored of are told like other creations; the namespace need not be there."""
    hooks.answers["/"] = lambda review: deny(review, message="ask nothing")
    spec = {"user": "ann", "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": namespace}}
    elsewhere = {"spec": {**spec, "resourceAttributes": {**spec["resourceAttributes"], "namespace": "nowhere"}}}
    assert api.create("/apis/authorization.k8s.io/v1/namespaces/nowhere/localsubjectaccessreviews", elsewhere)["status"]["allowed"] is False
    configure(VALIDATING, {"rules": [rule("localsubjectaccessreviews", groups=["authorization.k8s.io"])]})
    path = f"/apis/authorization.k8s.io/v1/namespaces/{namespace}/localsubjectaccessreviews"
    api.refused(400, "POST", path, {"spec": spec}, says="denied the request: ask nothing")
    (asked,) = hooks.questions("/")
    assert asked["request"]["kind"]["kind"] == "LocalSubjectAccessReview" and asked["request"]["object"]["spec"]["user"] == "ann"
