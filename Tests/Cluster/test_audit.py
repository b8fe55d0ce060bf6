"""The audit log: which requests it keeps, and what of them."""

import gzip
import json
import os
import re
import subprocess
import time

import pytest
import yaml

import webhooks
from authorities import Authority
from clusters import Server
from conftest import Kubectl
from interface import eventually
from test_flow_control import Client, _certificate
from webhooks import Hooks, patch

pytestmark = pytest.mark.own_server

POLICY = {
    "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "nonResourceURLs": ["/readyz*", "/openapi*", "/api*"]},
        {"level": "None", "userGroups": ["quiet"]},
        {"level": "RequestResponse", "resources": [{"group": "", "resources": ["configmaps"]}], "omitManagedFields": True},
        {"level": "Request", "resources": [{"group": "apps"}]},
        {"level": "Metadata", "namespaces": ["default"], "omitStages": ["ResponseStarted"]},
        {"level": "Metadata", "nonResourceURLs": ["/version"]},
        {"level": "Metadata", "users": ["system:anonymous"]},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def audited(work):
    directory = os.path.join(work, "audited")
    os.makedirs(directory)
    policy = os.path.join(directory, "policy.yaml")
    with open(policy, "w") as file:
        yaml.safe_dump(POLICY, file)
    server = Server(directory, "--audit-policy-file", policy, "--audit-log-path", os.path.join(directory, "log/audit.log")).start()
    yield server
    assert server.stop() == 0, server.log()


@pytest.fixture
def kubectl(audited):
    return Kubectl(audited.kubeconfig, os.path.join(audited.directory, "kubectl"), "--namespace", "default")


def events(server):
    try:
        with open(os.path.join(server.directory, "log/audit.log")) as file:
            # The last line may be in the midst of being written.
            return [json.loads(line) for line in file.read().split("\n")[:-1]]
    except FileNotFoundError:
        return []


def event(server, *wanted, count=1):
    """Waits for as many events that all of the tests hold for."""
    end = time.monotonic() + 60
    while True:
        found = [one for one in events(server) if all(test(one) for test in wanted)]
        if len(found) >= count:
            return found[0] if count == 1 else found
        assert time.monotonic() < end, events(server)[-5:]
        time.sleep(0.02)


def about(resource, name=None, verb=None):
    def test(one):
        reference = one.get("objectRef", {})
        return reference.get("resource") == resource and name in (None, reference.get("name")) and verb in (None, one["verb"])

    return test


def test_request_and_response(audited, kubectl):
    kubectl("create", "configmap", "full", "--from-literal=a=b")
    one = event(audited, about("configmaps", "full", "create"))
    assert (one["kind"], one["apiVersion"]) == ("Event", "audit.k8s.io/v1")
    assert (one["level"], one["stage"], one["verb"]) == ("RequestResponse", "ResponseComplete", "create")
    assert one["user"]["username"] == "system:admin" and "system:masters" in one["user"]["groups"]
    assert one["objectRef"] == {"resource": "configmaps", "namespace": "default", "name": "full", "apiVersion": "v1"}
    assert one["responseStatus"] == {"metadata": {}, "code": 201}
    assert one["requestObject"]["data"] == {"a": "b"} == one["responseObject"]["data"]
    assert "managedFields" not in one["responseObject"]["metadata"]
    assert one["annotations"] == {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": ""}
    assert one["sourceIPs"] == ["127.0.0.1"] and one["userAgent"].startswith("kubectl/")
    assert one["requestURI"].startswith("/api/v1/namespaces/default/configmaps?")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", one["requestReceivedTimestamp"])
    assert one["requestReceivedTimestamp"] <= one["stageTimestamp"]


def test_request_alone_and_metadata(audited, kubectl):
    kubectl("create", "deployment", "web", "--image=i")
    one = event(audited, about("deployments", "web", "create"))
    assert one["level"] == "Request" and one["requestObject"]["kind"] == "Deployment" and "responseObject" not in one
    kubectl("create", "secret", "generic", "hidden", "--from-literal=password=swordfish")
    one = event(audited, about("secrets", "hidden", "create"))
    assert one["level"] == "Metadata" and "swordfish" not in json.dumps(one)
    assert "requestObject" not in one and "responseObject" not in one
    kubectl("label", "secret", "hidden", "a=b")
    event(audited, about("secrets", "hidden", "patch"))


def test_what_admission_has_noted(audited, kubectl):
    key = "pod-security.kubernetes.io/"
    kubectl("label", "namespace", "default", key + "audit=restricted")
    try:
        kubectl("create", "deployment", "noted", "--image=i")
        noted = event(audited, about("deployments", "noted", "create"))["annotations"]
        assert noted[key + "audit-violations"].startswith('would violate PodSecurity "restricted:latest": '), noted
        assert noted["authorization.k8s.io/decision"] == "allow"
    finally:
        kubectl("label", "namespace", "default", key + "audit-")


def test_patches_of_webhooks_are_kept_with_requests(audited, kubectl, tmp_path):
    """A patch tells of the object: it is noted only where the object is."""
    authority = Authority(tmp_path)
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    change = [{"value": {"noted": "yes"}, "path": "/metadata/annotations", "op": "add"}]
    hooks.answers["/"] = lambda review: patch(review, change)
    webhook = {
        "name": "noted.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": f"https://localhost:{hooks.port}/", "caBundle": authority.bundle},
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps", "secrets"]}],
        "objectSelector": {"matchLabels": {"noted": "here"}},
    }  # fmt: skip
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": {"name": "noted"}, "webhooks": [webhook],
    }  # fmt: skip
    kubectl("create", "-f", "-", input=configuration)
    try:
        for kind in ("ConfigMap", "Secret"):
            kubectl("create", "-f", "-", input={"apiVersion": "v1", "kind": kind, "metadata": {"name": "patched", "labels": {"noted": "here"}}})
        key = "webhook.admission.k8s.io/round_0_index_0"
        whole = event(audited, about("configmaps", "patched", "create"))
        assert whole["annotations"]["patch." + key] == json.dumps(
            {"configuration": "noted", "webhook": "noted.example.com", "patch": [dict(sorted(change[0].items()))], "patchType": "JSONPatch"},
            separators=(",", ":"),
        )  # fmt: skip
        less = event(audited, about("secrets", "patched", "create"))
        assert less["level"] == "Metadata" and "patch." + key not in less["annotations"]
        for one in (whole, less):
            assert json.loads(one["annotations"]["mutation." + key])["mutated"] is True
    finally:
        kubectl("delete", "mutatingwebhookconfiguration", "noted")
        hooks.close()


def test_what_failed(audited, kubectl):
    kubectl.fails("get", "configmap", "missing")
    status = event(audited, about("configmaps", "missing"))["responseStatus"]
    assert status["status"] == "Failure" and status["reason"] == "NotFound" and status["code"] == 404
    assert status["message"] == 'configmaps "missing" not found'
    kubectl.fails("get", "secret", "forbidden", "--as=eve", "--as-group=curious")
    one = event(audited, about("secrets", "forbidden"))
    assert one["responseStatus"]["code"] == 403
    assert one["annotations"]["authorization.k8s.io/decision"] == "forbid"
    assert one["user"]["username"] == "system:admin"
    assert one["impersonatedUser"]["username"] == "eve" and "curious" in one["impersonatedUser"]["groups"]
    assert one["authenticationMetadata"] == {"impersonationConstraint": "impersonate:user-info"}


def test_watches(audited, kubectl):
    watch = kubectl.popen("get", "configmaps", "--watch")
    try:
        started = event(audited, about("configmaps", verb="watch"), lambda one: one["stage"] == "ResponseStarted")
    finally:
        watch.terminate()
        watch.communicate()
    complete = event(audited, lambda one: one["auditID"] == started["auditID"] and one["stage"] == "ResponseComplete")
    assert started["responseStatus"]["code"] == complete["responseStatus"]["code"] == 200
    assert "responseObject" not in complete


def test_identifiers(audited):
    client = Client(audited, None, _certificate(audited))
    _, headers, _ = client("GET", "/version")
    one = event(audited, lambda one: one["auditID"] == headers["Audit-Id"])
    assert one["requestURI"] == "/version" and "objectRef" not in one
    client.headers["Audit-Id"] = "of-my-own"
    assert client("GET", "/version")[1]["Audit-Id"] == "of-my-own"
    event(audited, lambda one: one["auditID"] == "of-my-own")
    # In every answer, also of what is kept nowhere.
    del client.headers["Audit-Id"]
    for path in ("/readyz", "/nothing", "/api/v1/pods/x/y/z"):
        assert client("GET", path)[1]["Audit-Id"]


def test_strangers(audited):
    client = Client(audited)
    status, headers, _ = client("GET", "/api/v1/namespaces/kube-system/secrets")
    assert status == 403
    one = event(audited, lambda one: one["auditID"] == headers["Audit-Id"])
    assert one["user"]["username"] == "system:anonymous" and one["responseStatus"]["code"] == 403
    client.headers["Authorization"] = "Bearer nonsense"
    status, headers, _ = client("GET", "/api/v1/namespaces/default/configmaps")
    assert status == 401
    one = event(audited, lambda one: one["auditID"] == headers["Audit-Id"])
    assert one["stage"] == "ResponseStarted" and one["responseStatus"]["code"] == 401


def test_what_is_not_kept(audited, kubectl):
    kubectl("get", "configmaps", "-n", "kube-system", "--as=x", "--as-group=quiet", check=False)
    kubectl("get", "pods", "-n", "kube-system")
    kubectl("create", "configmap", "last")
    event(audited, about("configmaps", "last"))
    assert not [one for one in events(audited) if one.get("objectRef", {}).get("resource") == "pods"]
    assert not [one for one in events(audited) if one["requestURI"].startswith(("/readyz", "/openapi", "/apis?"))]
    assert {one["stage"] for one in events(audited)} == {"ResponseStarted", "ResponseComplete"}


def test_files_are_put_aside(work):
    directory = os.path.join(work, "rotated")
    os.makedirs(directory)
    policy = os.path.join(directory, "policy.yaml")
    with open(policy, "w") as file:
        yaml.safe_dump({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "RequestResponse"}]}, file)
    log = os.path.join(directory, "log")
    server = Server(
        directory, "--audit-policy-file", policy, "--audit-log-path", log + "/audit.log", "--audit-log-maxsize", "1",
        "--audit-log-maxbackup", "2",
    ).start()  # fmt: skip
    client = Client(server, None, _certificate(server))
    for number in range(16):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"c-{number}"}, "data": {"x": "y" * 200_000}}
        assert client("POST", "/api/v1/namespaces/default/configmaps", body)[0] == 201
    assert server.stop() == 0
    names = sorted(os.listdir(log))
    assert len(names) == 3 and names[-1] == "audit.log", names
    assert all(re.fullmatch(r"audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log", name) for name in names[:-1])
    for name in names:
        assert os.stat(os.path.join(log, name)).st_mode & 0o777 == 0o600
        with open(os.path.join(log, name)) as file:
            assert all(json.loads(line)["kind"] == "Event" for line in file)


@pytest.mark.parametrize(
    "policy, words",
    [
        ({"apiVersion": "v1", "kind": "Policy"}, "unknown group version field"),
        ({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": []}, "loaded illegal policy with 0 rules"),
        ({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{}]}, "rules[0].level: Required value"),
        (
            {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "All"}]},
            'rules[0].level: Unsupported value: "All"',
        ),
        (
            {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "None", "nonResourceURLs": ["a"]}]},
            "non-resource URL rules must begin with a '/' character",
        ),
    ],
)
def test_policies_that_are_wrong(work, policy, words):
    path = os.path.join(work, "wrong.yaml")
    with open(path, "w") as file:
        yaml.safe_dump(policy, file)
    server = Server(os.path.join(work, "wrong"), "--audit-policy-file", path, "--audit-log-path", os.path.join(work, "wrong.log"))
    command = [server.binary, "server", "--data-dir", server.directory, "--api-listen", f"127.0.0.1:{server.port}", *server.flags]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and words in done.stderr, done.stderr


def test_events_are_sent_to_a_webhook(tmp_path):
    authority = Authority(str(tmp_path / "authority"))
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    answers = iter([(500, {}, {})])
    hooks.answers["/events"] = lambda events: next(answers, {})
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump({
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
        "rules": [{"level": "Request", "resources": [{"group": "", "resources": ["configmaps"]}], "verbs": ["create"], "namespaces": ["default"]}],
    }))  # fmt: skip
    webhook = webhooks.kubeconfig(tmp_path, hooks, authority, "/events")
    server = Server(
        tmp_path / "server", "--audit-policy-file", str(tmp_path / "policy.yaml"), "--audit-webhook-config-file", webhook,
        "--audit-webhook-batch-max-size", "3", "--audit-webhook-batch-max-wait", "1h", "--audit-webhook-initial-backoff", "100ms",
    ).start()  # fmt: skip
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "kubectl")
        kubectl("wait", "--for=create", "configmap/kube-root-ca.crt", "--timeout=60s")
        for name in "abcd":
            kubectl("create", "configmap", name)
        eventually(lambda: len(hooks.questions("/events")) >= 2)
    finally:
        # What waits is sent at the end.
        assert server.stop() == 0, server.log()
    lists = hooks.questions("/events")
    hooks.close()
    assert all(one["kind"] == "EventList" and one["apiVersion"] == "audit.k8s.io/v1" for one in lists)
    # The first list was refused, and is sent once more.
    assert lists[0] == lists[1] and len(lists[0]["items"]) == 3
    names = [event["objectRef"]["name"] for one in lists[1:] for event in one["items"]]
    assert names[-4:] == ["a", "b", "c", "d"]
    assert {event["stage"] for one in lists for event in one["items"]} == {"ResponseComplete"}


def test_requests_wait_for_the_log(audited):
    """Whoever has an answer finds it in the log."""
    client = Client(audited, None, _certificate(audited))
    for number in range(20):
        assert client("GET", f"/api/v1/namespaces/default/configmaps/unknown-{number}")[0] == 404
        assert [one for one in events(audited) if about("configmaps", f"unknown-{number}")(one)], number


def test_requests_wait_for_a_webhook(tmp_path):
    """Each event is sent while its request waits; where its receipt cannot be told, a request is not worked on."""
    authority = Authority(str(tmp_path / "authority"))
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    broken = []
    hooks.answers["/events"] = lambda events: (400, {}, {}) if broken else {}
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump({
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy",
        "rules": [{"level": "Metadata", "resources": [{"group": "", "resources": ["secrets"]}], "verbs": ["get"]}],
    }))  # fmt: skip
    webhook = webhooks.kubeconfig(tmp_path, hooks, authority, "/events")
    server = Server(
        tmp_path / "server", "--audit-policy-file", str(tmp_path / "policy.yaml"), "--audit-webhook-config-file", webhook,
        "--audit-webhook-mode", "blocking-strict", "--audit-webhook-initial-backoff", "10ms",
    ).start()  # fmt: skip
    try:
        client = Client(server, None, _certificate(server))
        for name in ("a", "b"):
            path = f"/api/v1/namespaces/default/secrets/{name}"
            assert client("GET", path)[0] == 404
            stages = [event["stage"] for one in hooks.questions("/events") for event in one["items"] if event["requestURI"] == path]
            assert stages == ["RequestReceived", "ResponseComplete"]
            assert all(len(one["items"]) == 1 for one in hooks.questions("/events"))
        broken.append(True)
        status, _, body = client("GET", path)
        assert status == 500 and b"failed to store audit event" in body
        assert client("GET", "/api/v1/namespaces/default/configmaps/c")[0] == 404
    finally:
        assert server.stop() == 0, server.log()
        hooks.close()


def test_large_events(tmp_path):
    """They are kept without what was sent and answered; the files that were put aside are compressed."""
    authority = Authority(str(tmp_path / "authority"))
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    hooks.answers["/events"] = lambda events: {}
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump({
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
        "rules": [{"level": "RequestResponse", "resources": [{"group": "", "resources": ["configmaps"]}], "verbs": ["create"], "namespaces": ["default"]}],
    }))  # fmt: skip
    webhook = webhooks.kubeconfig(tmp_path, hooks, authority, "/events")
    log = tmp_path / "log"
    server = Server(
        tmp_path / "server", "--audit-policy-file", str(tmp_path / "policy.yaml"), "--audit-log-path", str(log / "audit.log"),
        "--audit-log-maxsize=1", "--audit-log-compress", "--audit-log-truncate-enabled", "--audit-log-truncate-max-event-size=700000",
        "--audit-webhook-config-file", webhook, "--audit-webhook-batch-max-wait=1h", "--audit-webhook-truncate-enabled",
        "--audit-webhook-truncate-max-event-size=5000", "--audit-webhook-truncate-max-batch-size=6000",
        "--audit-webhook-batch-throttle-qps=1000",
    ).start()  # fmt: skip
    client = Client(server, None, _certificate(server))
    sizes = {"small": 1000, "middle": 200_000, "large": 500_000}
    for name, size in sizes.items():
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"x": "y" * size}}
        assert client("POST", "/api/v1/namespaces/default/configmaps", body)[0] == 201
    for number in range(3):
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"more-{number}"}, "data": {"x": "y" * 300_000}}
        assert client("POST", "/api/v1/namespaces/default/configmaps", body)[0] == 201
    assert server.stop() == 0, server.log()
    found, names = {}, sorted(os.listdir(log))
    assert "audit.log" in names and len(names) > 1
    for name in names:
        assert name == "audit.log" or name.endswith(".log.gz"), names
        with (gzip.open if name.endswith(".gz") else open)(log / name, "rt") as file:
            for event in map(json.loads, file):
                found[event["objectRef"]["name"]] = event
    lists = hooks.questions("/events")
    hooks.close()
    sent = {event["objectRef"]["name"]: event for one in lists for event in one["items"]}
    assert len(lists) > 1 and all(len(json.dumps(one, separators=(",", ":"))) < 6200 for one in lists)
    key = "audit.k8s.io/truncated"
    for events, large in ((found, {"large"}), (sent, {"middle", "large"})):
        for name in sizes:
            event = events[name]
            assert ("requestObject" in event) == ("responseObject" in event) == (name not in large), name
            assert event["annotations"].get(key) == ("true" if name in large else None)
    assert "is too large" not in server.log()
