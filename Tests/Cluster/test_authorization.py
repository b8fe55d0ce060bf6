"""Who is asked what users may do: modes, a webhook of the operator's, and a file that is followed."""

import json
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest
import yaml

import webhooks
from clusters import Server
from interface import eventually
from test_access import request
from test_server_flags import run

pytestmark = pytest.mark.own_server
FILE = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AuthorizationConfiguration"}


@pytest.fixture
def tokens(tmp_path):
    path = tmp_path / "tokens.csv"
    path.write_text('ann-token,ann,u1,"editors"\nbob-token,bob,u2\n')
    return str(path)


@pytest.fixture
def kubeconfig(tmp_path, authority, hooks):
    return webhooks.kubeconfig(tmp_path, hooks, authority, "/ask", token="secret")


def answer(review, **status):
    return {"apiVersion": review["apiVersion"], "kind": "SubjectAccessReview", "status": {"allowed": False, **status}}


def text(url, token=None):
    """Status and text of an answer that is no JSON."""
    asked = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    try:
        with urllib.request.urlopen(asked, context=ssl._create_unverified_context(), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def webhook(kubeconfig, *conditions, **more):
    settings = {
        "timeout": "3s", "subjectAccessReviewVersion": "v1", "failurePolicy": "NoOpinion", "authorizedTTL": "1h", "unauthorizedTTL": "1h",
        "connectionInfo": {"type": "KubeConfigFile", "kubeConfigFile": kubeconfig}, **more,
    }  # fmt: skip
    if conditions:
        settings["matchConditionSubjectAccessReviewVersion"] = "v1"
        settings["matchConditions"] = [{"expression": text} for text in conditions]
    return {"type": "Webhook", "name": "hook", "webhook": settings}


def write(path, *authorizers):
    path.write_text(yaml.safe_dump({**FILE, "authorizers": list(authorizers)}))


NODE, RBAC = {"type": "Node", "name": "node"}, {"type": "RBAC", "name": "rbac"}


def test_a_webhook_is_asked(tmp_path, hooks, kubeconfig, tokens):
    def decide(review):
        spec = review["spec"]
        if spec.get("nonResourceAttributes", {}).get("path") == "/broken":
            return 400, {}, {}
        name = spec.get("resourceAttributes", {}).get("name", "")
        if name == "both":
            return answer(review, allowed=True, denied=True)
        return answer(review, allowed=spec["user"] == "ann" and name != "no", denied=name == "no", reason="ask the boss")

    hooks.answers["/ask"] = decide
    config = tmp_path / "authorization.yaml"
    write(config, webhook(kubeconfig, "!('system:masters' in request.groups)", "request.user in ['ann', 'bob']"), NODE, RBAC)
    server = Server(tmp_path / "server", "--authorization-config", str(config), "--token-auth-file", tokens).start()
    try:
        secrets = server.url + "/api/v1/namespaces/default/secrets"
        for _ in range(3):
            assert request(secrets + "?fieldSelector=type%3Da&labelSelector=b+in+(c)", "ann-token")[0] == 200
        # What is remembered is not asked again.
        (asked,) = [one["spec"] for one in hooks.questions("/ask") if one["spec"]["user"] == "ann" and "resourceAttributes" in one["spec"]]
        assert asked == {
            "user": "ann", "uid": "u1", "groups": ["editors", "system:authenticated"],
            "resourceAttributes": {
                "namespace": "default", "verb": "list", "version": "v1", "resource": "secrets",
                "fieldSelector": {"requirements": [{"key": "type", "operator": "In", "values": ["a"]}]},
                "labelSelector": {"requirements": [{"key": "b", "operator": "In", "values": ["c"]}]},
            },
        }  # fmt: skip
        status, body = request(secrets, "bob-token")
        assert status == 403 and body["message"].endswith('in the namespace "default": ask the boss'), body
        assert request(secrets + "/no", "ann-token")[0] == 403
        undecided = 'Internal Server Error: "/api/v1/namespaces/default/secrets/both": webhook subject access review returned both allow and deny response\n'
        assert text(secrets + "/both", "ann-token") == (500, undecided)
        # The administrator is never kept out, and not asked about.
        assert "system:admin" not in [one["spec"]["user"] for one in hooks.questions("/ask")]
        # A file that cannot be used changes nothing; one that can holds at once.
        config.write_text("nonsense: true\n")
        eventually(lambda: f"{config} is not used" in server.log())
        assert request(secrets, "ann-token")[0] == 200
        write(config, NODE, RBAC)
        eventually(lambda: request(secrets, "ann-token")[0] == 403)
        write(config, webhook(kubeconfig, "request.resourceAttributes.name == 'x'", failurePolicy="Deny"), {"type": "AlwaysAllow", "name": "all"})
        eventually(lambda: text(server.url + "/version", "ann-token")[0] == 500)
    finally:
        assert server.stop() == 0, server.log()


def test_reviews_tell_what_is_wrong(tmp_path, hooks, kubeconfig):
    hooks.answers["/ask"] = lambda review: (403, {"Content-Type": "text/plain"}, b"go away")
    flags = ["--authorization-mode", "Webhook,RBAC", "--authorization-webhook-config-file", kubeconfig]
    server = Server(tmp_path / "server", *flags).start()
    try:
        def ask(kind, spec):
            body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
            shown = subprocess.run(
                ["kubectl", "--kubeconfig", server.kubeconfig, "create", "-f", "-", "-o", "json"], input=json.dumps(body),
                capture_output=True, text=True, check=True,
            )  # fmt: skip
            return json.loads(shown.stdout)["status"]

        status = ask("SubjectAccessReview", {"user": "bob", "resourceAttributes": {"verb": "get", "resource": "pods"}})
        assert status["allowed"] is False and "go away" in status["evaluationError"], status
        assert hooks.questions("/ask")[-1]["apiVersion"] == "authorization.k8s.io/v1beta1"
        rules = ask("SelfSubjectRulesReview", {"namespace": "default"})
        assert rules["incomplete"] and rules["evaluationError"] == "webhook authorizer does not support user rule resolution"
    finally:
        assert server.stop() == 0, server.log()


def test_modes(tmp_path, tokens):
    server = Server(tmp_path / "server", "--authorization-mode", "AlwaysAllow", "--token-auth-file", tokens).start()
    try:
        assert request(server.url + "/api/v1/secrets", "bob-token")[0] == 200
    finally:
        assert server.stop() == 0, server.log()


@pytest.mark.parametrize("flags, words", [
    (["--authorization-mode", "ABAC"], "authorization-mode ABAC's authorization policy file not passed"),
    (["--authorization-mode", "Nonsense"], 'authorization-mode "Nonsense" is not a valid mode'),
    (["--authorization-mode", "RBAC,RBAC"], "has mode specified more than once"),
    (["--authorization-mode", "Webhook"], "authorization-mode Webhook's authorization config file not passed"),
    (["--authorization-webhook-config-file", "/nonexistent"], "cannot specify --authorization-webhook-config-file without mode Webhook"),
    (["--authorization-mode", "Webhook", "--authorization-webhook-config-file", "/nonexistent"], "/nonexistent"),
    (["--authorization-config", "/nonexistent", "--authorization-mode", "RBAC"], "--authorization-config can not be specified when"),
    (["--authorization-config", "/nonexistent"], "/nonexistent"),
])  # fmt: skip
def test_flags_that_are_wrong(tmp_path, flags, words):
    done = run(tmp_path, "--api-listen", "127.0.0.1:0", *flags)
    assert done.returncode != 0 and words in done.stderr, done.stderr


def test_a_file_that_is_wrong(tmp_path):
    config = tmp_path / "authorization.yaml"
    write(
        config, {"type": "Nonsense", "name": "a"}, {"type": "RBAC", "name": "b"}, {"type": "RBAC", "name": "c"}, {"type": "Node", "name": "b"},
        {"type": "Webhook", "name": "d"}, {"type": "AlwaysAllow", "name": "e", "webhook": {}},
        webhook("relative", "request.nonsense", timeout="1h", failurePolicy="Maybe"),
    )  # fmt: skip
    done = run(tmp_path, "--api-listen", "127.0.0.1:0", "--authorization-config", str(config))
    assert done.returncode != 0
    for words in [
        'authorizers[0].type: Unsupported value: "Nonsense": supported values: "ABAC", "AlwaysAllow", "AlwaysDeny", "Node", "RBAC", "Webhook"',
        'authorizers[2].type: Duplicate value: "RBAC"', 'authorizers[3].name: Duplicate value: "b"',
        "authorizers[4].webhook: Required value: required when type=Webhook",
        'authorizers[5].webhook: Invalid value: "non-null": may only be specified when type=Webhook',
        'authorizers[6].timeout: Invalid value: "1h0m0s": must be > 0s and <= 30s',
        'authorizers[6].failurePolicy: Unsupported value: "Maybe": supported values: "NoOpinion", "Deny"',
        'authorizers[6].connectionInfo.kubeConfigFile: Invalid value: "relative": must be an absolute path',
        "authorizers[6].matchConditions[0].expression: Invalid value",
    ]:  # fmt: skip
        assert words in done.stderr, done.stderr
