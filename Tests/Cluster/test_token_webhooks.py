"""A service of the operator's is asked whose a token is."""

import http.client
import json
import ssl

import pytest

from authorities import Authority
from clusters import Server
from conftest import Kubectl
from webhooks import Hooks, kubeconfig

pytestmark = pytest.mark.own_server


def ask(server, token):
    """Who the server takes the bearer of a token for."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=60)
    try:
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        connection.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_a_webhook_knows_tokens(tmp_path):
    authority = Authority(str(tmp_path / "authority"))
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    user = {"username": "ann", "uid": "u1", "groups": ["editors"], "extra": {"example.com/team": ["blue"]}}
    known = {
        "good": {"authenticated": True, "user": user}, "elsewhere": {"authenticated": True, "user": user, "audiences": ["others"]},
        "broken": {"authenticated": False, "error": "the directory is closed"},
    }  # fmt: skip

    def answer(review):
        status = known.get(review["spec"]["token"], {"authenticated": False})
        return {"apiVersion": review["apiVersion"], "kind": "TokenReview", "status": status}

    hooks.answers["/ask"] = answer
    path = kubeconfig(tmp_path, hooks, authority, "/ask")
    flags = ["--authentication-token-webhook-config-file", path, "--authentication-token-webhook-version", "v1"]
    server = Server(tmp_path / "server", *flags, "--authentication-token-webhook-cache-ttl", "1h").start()
    try:
        for _ in range(2):
            status, review = ask(server, "good")
            assert status == 201, review
            told = review["status"]["userInfo"]
            assert (told["username"], told["uid"]) == ("ann", "u1") and told["extra"] == {"example.com/team": ["blue"]}
            assert told["groups"] == ["editors", "system:authenticated"]
        # It is remembered what was said.
        (question,) = [one for one in hooks.questions("/ask") if one["spec"]["token"] == "good"]
        assert question["apiVersion"] == "authentication.k8s.io/v1" and question["spec"]["audiences"] == ["https://kubernetes.default.svc.cluster.local"]
        for token in ("elsewhere", "broken", "unknown"):
            assert ask(server, token)[0] == 401, token
        kubectl = Kubectl(server.kubeconfig, tmp_path / "cache")
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": "broken"}}
        assert kubectl.json("create", "-f", "-", input=review)["status"]["error"] == "the directory is closed"
        review["spec"] = {"token": "elsewhere", "audiences": ["others"]}
        status = kubectl.json("create", "-f", "-", input=review)["status"]
        assert status["authenticated"] is True and status["audiences"] == ["others"] and status["user"]["username"] == "ann"
    finally:
        assert server.stop() == 0, server.log()
        hooks.close()
