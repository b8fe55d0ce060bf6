"""API Priority and Fairness: who waits for whom, and what is said of it."""

import http.client
import json
import os
import ssl
import threading

import pytest

from authorities import Authority
from clusters import Server
from conftest import Kubectl
from interface import eventually
from webhooks import Hooks, allow

GROUP = "/apis/flowcontrol.apiserver.k8s.io/v1"


def schema(name, level, user, precedence=500):
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "FlowSchema", "metadata": {"name": name},
        "spec": {
            "matchingPrecedence": precedence, "priorityLevelConfiguration": {"name": level},
            "distinguisherMethod": {"type": "ByUser"},
            "rules": [{
                "subjects": [{"kind": "User", "user": {"name": user}}],
                "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
                "resourceRules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"], "clusterScope": True}],
            }],
        },
    }  # fmt: skip


def level(name, shares=1, **limited):
    queuing = {"type": "Queue", "queuing": {"queues": 16, "handSize": 4, "queueLengthLimit": 50}}
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1", "kind": "PriorityLevelConfiguration", "metadata": {"name": name},
        "spec": {"type": "Limited", "limited": {"nominalConcurrencyShares": shares, "limitResponse": queuing, **limited}},
    }  # fmt: skip


def dangling(kubectl, name):
    conditions = kubectl.json("get", "flowschema", name).get("status", {}).get("conditions", [])
    return next((one for one in conditions if one["type"] == "Dangling"), None)


def test_defaults(cluster_kubectl):
    levels = {one["metadata"]["name"]: one for one in cluster_kubectl.json("get", "prioritylevelconfigurations")["items"]}
    assert {"exempt", "catch-all", "system", "node-high", "leader-election", "workload-high", "workload-low", "global-default"} <= set(levels)
    schemas = {one["metadata"]["name"]: one for one in cluster_kubectl.json("get", "flowschemas")["items"]}
    assert {"exempt", "catch-all", "probes", "system-nodes", "system-node-high", "service-accounts", "global-default"} <= set(schemas)
    for one in (levels["system"], schemas["catch-all"]):
        assert one["metadata"]["annotations"]["apf.kubernetes.io/autoupdate-spec"] == "true"
    assert levels["catch-all"]["spec"]["limited"]["limitResponse"] == {"type": "Reject"}
    assert levels["system"]["spec"]["limited"]["nominalConcurrencyShares"] == 30
    condition = eventually(lambda: dangling(cluster_kubectl, "global-default"))
    assert (condition["status"], condition["reason"]) == ("False", "Found")


def test_answers_name_schema_and_level(cluster_kubectl, raw):
    _, headers, _ = raw("GET", "/api/v1/namespaces")
    def uid(kind):
        return cluster_kubectl.json("get", kind, "exempt")["metadata"]["uid"]

    assert headers["X-Kubernetes-PF-FlowSchema-UID"] == uid("flowschema")
    assert headers["X-Kubernetes-PF-PriorityLevel-UID"] == uid("prioritylevelconfiguration")
    # Also where the answer is a refusal.
    status, headers, _ = raw("GET", "/api/v1/namespaces", headers={"Impersonate-User": "bob"})
    assert status == 403
    assert headers["X-Kubernetes-PF-FlowSchema-UID"] == cluster_kubectl.json("get", "flowschema", "global-default")["metadata"]["uid"]


def test_a_schema_of_ones_own(cluster_kubectl, raw):
    name = f"own-{os.getpid()}"
    try:
        made = cluster_kubectl.json("create", "-f", "-", input=schema(name, name, name))
        assert eventually(lambda: dangling(cluster_kubectl, name))["status"] == "True"
        message = dangling(cluster_kubectl, name)["message"]
        assert message == f'This FlowSchema references the PriorityLevelConfiguration object named "{name}" but there is no such object'
        _, headers, _ = raw("GET", "/healthz/nothing", headers={"Impersonate-User": name})
        assert headers["X-Kubernetes-PF-FlowSchema-UID"] != made["metadata"]["uid"]
        of_level = cluster_kubectl.json("create", "-f", "-", input=level(name))
        eventually(lambda: dangling(cluster_kubectl, name)["status"] == "False")
        _, headers, _ = raw("GET", "/healthz/nothing", headers={"Impersonate-User": name})
        assert headers["X-Kubernetes-PF-FlowSchema-UID"] == made["metadata"]["uid"]
        assert headers["X-Kubernetes-PF-PriorityLevel-UID"] == of_level["metadata"]["uid"]
    finally:
        cluster_kubectl("delete", "flowschema/" + name, "prioritylevelconfiguration/" + name, "--ignore-not-found")


def test_guard_rails(cluster_kubectl):
    for kind, patch in (
        ("flowschema/catch-all", {"spec": {"matchingPrecedence": 9999}}),
        ("prioritylevelconfiguration/catch-all", {"spec": {"limited": {"nominalConcurrencyShares": 7}}}),
    ):
        cluster_kubectl.fails(
            "patch", kind, "--type=merge", "-p", json.dumps(patch), says="spec of 'catch-all' must equal the fixed value"
        )
    other = level("another")
    other["spec"] = {"type": "Exempt"}
    cluster_kubectl.fails("create", "-f", "-", input=other, says="type must be 'Exempt' if and only if name is 'exempt'")


@pytest.mark.own_server
def test_defaults_are_kept_up(cluster_kubectl):
    def get():
        return cluster_kubectl.json("get", "prioritylevelconfiguration", "workload-low")

    def shares():
        return get()["spec"]["limited"]["nominalConcurrencyShares"]

    change = ("patch", "prioritylevelconfiguration/workload-low", "--type=merge", "-p")
    cluster_kubectl(*change, '{"spec": {"limited": {"nominalConcurrencyShares": 77}}}')
    eventually(lambda: shares() == 100)
    # Whoever takes it over keeps it.
    cluster_kubectl(
        *change, '{"metadata": {"annotations": {"apf.kubernetes.io/autoupdate-spec": "false"}}, "spec": {"limited": {"nominalConcurrencyShares": 78}}}',
    )  # fmt: skip
    cluster_kubectl("annotate", "flowschema", "probes", "mine=yes")
    assert shares() == 78
    cluster_kubectl("annotate", "--overwrite", "prioritylevelconfiguration", "workload-low", "apf.kubernetes.io/autoupdate-spec=true")
    eventually(lambda: shares() == 100)
    cluster_kubectl("delete", "flowschema", "probes", "catch-all")
    eventually(lambda: cluster_kubectl("get", "flowschema", "probes", "catch-all", check=False).returncode == 0)


class Client:
    """A connection of its own, with a token or without."""

    def __init__(self, server, user=None, certificate=None):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(*certificate)
        self.connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=60)
        self.headers = {"Impersonate-User": user} if user else {}

    def __call__(self, method, path, body=None):
        self.connection.request(
            method, path, json.dumps(body) if body is not None else None, {**self.headers, "Content-Type": "application/json"}
        )
        answer = self.connection.getresponse()
        return answer.status, answer.headers, answer.read()


@pytest.fixture(scope="module")
def small(work):
    """A server with few seats."""
    server = Server(os.path.join(work, "small"), "--max-requests-inflight", "4", "--max-mutating-requests-inflight", "2").start()
    kubectl = Kubectl(server.kubeconfig, os.path.join(server.directory, "kubectl"))
    kubectl("create", "clusterrolebinding", "all", "--clusterrole=cluster-admin", "--group=system:authenticated")
    yield server
    assert server.stop() == 0, server.log()


def _certificate(server):
    """Paths of the administrator's certificate and key."""
    from conftest import _files_of

    return _files_of(server.kubeconfig, server.directory)[2:]


@pytest.fixture(scope="module")
def certificate(small):
    return _certificate(small)


@pytest.mark.own_server
def test_a_flood_does_not_starve_others(small, certificate):
    kubectl = Kubectl(small.kubeconfig, os.path.join(small.directory, "kubectl"))
    kubectl("create", "configmap", "seen", "--from-literal=a=b")
    stop, sent, refused = threading.Event(), [], []

    def flood(number):
        client = Client(small, "flood", certificate)
        round = 0
        while not stop.is_set():
            round += 1
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"f-{number}-{round}"}, "data": {"x": "y" * 2000}}
            status, headers, _ = client("POST", "/api/v1/namespaces/default/configmaps", body)
            (sent if status == 201 else refused).append(status)
            if status == 429:
                assert 1 <= int(headers["Retry-After"]) <= 32

    threads = [threading.Thread(target=flood, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    try:
        eventually(lambda: len(sent) > 50)
        quiet = Client(small, "quiet", certificate)
        for number in range(50):
            status, _, body = quiet("GET", "/api/v1/namespaces/default/configmaps/seen")
            assert status == 200 and json.loads(body)["data"] == {"a": "b"}
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"q-{number}"}}
            assert quiet("POST", "/api/v1/namespaces/default/configmaps", body)[0] == 201
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(refused) <= {429}


@pytest.mark.own_server
def test_watches_hold_no_seat(small, certificate):
    watchers = [Client(small, "watcher", certificate) for _ in range(20)]
    for watcher in watchers:
        watcher.connection.request("GET", "/api/v1/namespaces/default/configmaps?watch=1", headers=watcher.headers)
        assert watcher.connection.getresponse().status == 200
    assert Client(small, "watcher", certificate)("GET", "/api/v1/namespaces/default")[0] == 200


@pytest.mark.own_server
def test_without_queues_too_many_are_refused(small, certificate):
    admin = Client(small, None, certificate)
    narrow = level("narrow", shares=1, borrowingLimitPercent=0)
    narrow["spec"]["limited"]["limitResponse"] = {"type": "Reject"}
    assert admin("POST", GROUP + "/prioritylevelconfigurations", narrow)[0] == 201
    assert admin("POST", GROUP + "/flowschemas", schema("narrow", "narrow", "narrow", 10))[0] == 201
    uid = json.loads(admin("GET", GROUP + "/flowschemas/narrow")[2])["metadata"]["uid"]
    eventually(lambda: Client(small, "narrow", certificate)("GET", "/version")[1]["X-Kubernetes-PF-FlowSchema-UID"] == uid)
    answers = []

    def write(number):
        client = Client(small, "narrow", certificate)
        for round in range(20):
            body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"n-{number}-{round}"}}
            answers.append(client("POST", "/api/v1/namespaces/default/configmaps", body))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [one for one in answers if one[0] != 201]
    assert refused and len(refused) < len(answers)
    for status, headers, body in refused:
        assert (status, body) == (429, b"Too many requests, please try again later.\n")
        assert 1 <= int(headers["Retry-After"]) <= 32
        assert headers["X-Kubernetes-PF-FlowSchema-UID"] == uid


def test_what_goes_on_is_shown(raw):
    """Tables for people: of levels, of queues, and of requests, the one that asks among them."""
    def table(name, **query):
        status, _, body = raw("GET", f"/debug/api_priority_and_fairness/{name}", query=list(query.items()), parse=bytes.decode)
        assert status == 200
        return [[cell.strip() for cell in line.split(",")] for line in body.splitlines()]

    assert {"exempt", "catch-all", "workload-low"} <= {row[0] for row in table("dump_priority_levels")}
    queues = table("dump_queues")
    assert queues[0] == [
        "PriorityLevelName", "Index", "PendingRequests", "ExecutingRequests", "SeatsInUse", "NextDispatchR", "InitialSeatsSum",
        "MaxSeatsSum", "TotalWorkSum",
    ]  # fmt: skip
    assert sum(row[0] == "workload-low" for row in queues) == 128 and not any(row[0] == "exempt" for row in queues)
    requests = table("dump_requests", includeRequestDetails="1")
    assert requests[0][:6] == ["PriorityLevelName", "FlowSchemaName", "QueueIndex", "RequestIndexInQueue", "FlowDistingsher", "ArriveTime"]
    own = next(row for row in requests if row[12] == "/debug/api_priority_and_fairness/dump_requests")
    assert own[:4] == ["exempt", "exempt", "-1", "-1"] and own[11] == "get"
    assert len(table("dump_requests")[0]) == 10


def test_a_time_that_is_none(raw):
    status, _, body = raw("GET", "/api/v1/namespaces", query=[("timeout", "soon")])
    assert status == 400
    assert body["message"] == 'invalid timeout specified in the request URL - time: invalid duration "soon"'
    assert raw("GET", "/api/v1/namespaces", query=[("timeout", "10s")])[0] == 200


@pytest.mark.own_server
def test_a_request_that_takes_too_long(server):
    """A body that never comes is not waited for."""
    client = Client(server, None, _certificate(server))
    client.connection.putrequest("POST", "/api/v1/namespaces/default/configmaps?timeout=200ms")
    client.connection.putheader("Content-Type", "application/json")
    client.connection.putheader("Content-Length", "100")
    client.connection.endheaders(b"{")
    answer = client.connection.getresponse()
    body = json.loads(answer.read())
    assert (answer.status, body["reason"]) == (504, "Timeout")
    assert body["message"] == "Timeout: request did not complete within the allotted timeout"


@pytest.mark.own_server
def test_without_queues_what_is_too_much_is_refused(work):
    """Requests that read and those that write are counted by themselves; administrators are not refused."""
    authority = Authority(os.path.join(work, "unfair-ca"))
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    hooks.answers["/slow"] = lambda review: hooks.released.wait(60) and allow(review)
    server = Server(
        os.path.join(work, "unfair"), "--enable-priority-and-fairness=false", "--max-requests-inflight", "0",
        "--max-mutating-requests-inflight", "1",
    ).start()  # fmt: skip
    kubectl = Kubectl(server.kubeconfig, os.path.join(server.directory, "kubectl"))
    try:
        kubectl("create", "clusterrolebinding", "all", "--clusterrole=cluster-admin", "--user=bob")
        webhook = {
            "name": "slow.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 30,
            "clientConfig": {"url": f"https://localhost:{hooks.port}/slow", "caBundle": authority.bundle},
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}],
            "matchConditions": [{"name": "slow", "expression": "object.metadata.name == 'slow'"}],
        }  # fmt: skip
        body = {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "slow"}, "webhooks": [webhook],
        }  # fmt: skip
        kubectl("create", "-f", "-", input=json.dumps(body))
        path, certificate = "/api/v1/namespaces/default/configmaps", _certificate(server)

        def made(name):
            return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}

        answers = []
        slow = threading.Thread(target=lambda: answers.append(Client(server, "bob", certificate)("POST", path, made("slow"))))
        slow.start()
        eventually(lambda: hooks.questions("/slow"))
        status, headers, body = Client(server, "bob", certificate)("POST", path, made("other"))
        assert (status, headers["Retry-After"]) == (429, "1") and b"Too many requests, please try again later." in body
        assert Client(server, "bob", certificate)("GET", path)[0] == 200
        status, headers, _ = Client(server, None, certificate)("POST", path, made("admin"))
        assert status == 201 and "X-Kubernetes-PF-FlowSchema-UID" not in headers
        hooks.released.set()
        slow.join()
        assert answers[0][0] == 201
        assert Client(server, "bob", certificate)("POST", path, made("other"))[0] == 201
    finally:
        hooks.released.set()
        hooks.close()
        assert server.stop() == 0, server.log()
