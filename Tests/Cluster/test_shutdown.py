"""A server that is told to end: what it says, what becomes of what is under way, and what it leaves behind."""

import base64
import http.client
import json
import os
import signal
import ssl
import threading

import pytest
import yaml

from authorities import Authority
from clusters import Server
from interface import eventually
from webhooks import Hooks, allow

pytestmark = pytest.mark.own_server
SOON = 60


def administrator(server, directory):
    """A TLS context that is the administrator's."""
    with open(server.kubeconfig) as file:
        config = yaml.safe_load(file)
    context = ssl.create_default_context(cadata=base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode())
    user = config["users"][0]["user"]
    path = os.path.join(directory, "administrator.pem")
    with open(path, "wb") as file:
        file.write(base64.b64decode(user["client-certificate-data"]) + base64.b64decode(user["client-key-data"]))
    context.load_cert_chain(path)
    return context


class Client:
    """One connection."""

    def __init__(self, server, directory):
        self.connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=administrator(server, directory), timeout=SOON)

    def send(self, method, path, body=None):
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)

    def answer(self):
        return self.connection.getresponse()

    def ask(self, method, path, body=None):
        self.send(method, path, body)
        answer = self.answer()
        return answer.status, answer.read()


def start(work, name, *flags):
    return Server(os.path.join(work, name), *flags).start()


def refuses(server, directory):
    def closed():
        try:
            Client(server, directory).ask("GET", "/version")
        except OSError:
            return True
        return False

    return closed


def test_watches_end_properly_and_the_store_is_closed(work):
    server = start(work, "ending")
    client = Client(server, server.directory)
    client.send("GET", "/api/v1/namespaces?watch=true")
    answer = client.answer()
    assert json.loads(answer.readline())["type"] == "ADDED"
    server.process.send_signal(signal.SIGTERM)
    # The last chunk says that nothing is missing: without it this would be an IncompleteRead.
    for line in answer.read().splitlines():
        assert json.loads(line)["type"] in ("ADDED", "MODIFIED")
    assert server.process.wait(SOON) == 0
    assert "shutting down" in server.log()
    left = os.listdir(os.path.join(server.directory, "cluster"))
    assert "state.db" in left and not [name for name in left if name.startswith("state.db-wal")]


def test_not_ready_before_it_ends_and_a_second_signal(work):
    server = start(work, "lingering", "--shutdown-delay-duration", "10m")
    server.process.send_signal(signal.SIGTERM)
    client = Client(server, server.directory)
    eventually(lambda: client.ask("GET", "/readyz")[0] == 500)
    status, body = client.ask("GET", "/readyz")
    assert status == 500 and b"[-]shutdown failed: reason withheld" in body
    assert client.ask("GET", "/livez")[0] == 200
    # Whoever has not noticed is still served, on new connections too.
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "late"}}
    assert Client(server, server.directory).ask("POST", "/api/v1/namespaces/default/configmaps", made)[0] == 201
    assert server.process.poll() is None
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(SOON) == 1
    assert "a second signal" in server.log()
    # What was acknowledged is there.
    server.flags = ()
    server.start()
    assert Client(server, server.directory).ask("GET", "/api/v1/namespaces/default/configmaps/late")[0] == 200
    assert server.stop() == 0


def test_requests_under_way_are_answered(work):
    authority = Authority(os.path.join(work, "shutdown-ca"))
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    asked = threading.Event()

    def slow(review):
        asked.set()
        hooks.released.wait(SOON)
        return allow(review)

    hooks.answers["/slow"] = slow
    server = start(work, "busy")
    try:
        client = Client(server, server.directory)
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
        assert client.ask("POST", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", body)[0] == 201
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "slow"}}
        client.send("POST", "/api/v1/namespaces/default/configmaps", made)
        assert asked.wait(SOON)
        server.process.send_signal(signal.SIGTERM)
        eventually(refuses(server, server.directory))
        hooks.released.set()
        answer = client.answer()
        assert answer.status == 201 and json.loads(answer.read())["metadata"]["name"] == "slow"
        assert server.process.wait(SOON) == 0
    finally:
        hooks.close()
        server.stop()


def test_later_requests_are_sent_elsewhere(work):
    """While what is under way is waited for, who comes is told to come again, and who looks after the server is told of it."""
    authority = Authority(os.path.join(work, "elsewhere-ca"))
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    asked = threading.Event()

    def slow(review):
        asked.set()
        hooks.released.wait(SOON)
        return allow(review)

    hooks.answers["/slow"] = slow
    server = start(work, "elsewhere", "--shutdown-send-retry-after")
    try:
        client = Client(server, server.directory)
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
        assert client.ask("POST", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", body)[0] == 201
        made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "slow"}}
        client.send("POST", "/api/v1/namespaces/default/configmaps", made)
        assert asked.wait(SOON)
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: Client(server, server.directory).ask("GET", "/api/v1/namespaces")[0] == 429)
        late = Client(server, server.directory)
        late.send("GET", "/api/v1/namespaces")
        answer = late.answer()
        assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
        assert b"shutting down" in answer.read()
        assert Client(server, server.directory).ask("GET", "/livez")[0] == 200
        assert Client(server, server.directory).ask("GET", "/readyz")[0] == 500
        hooks.released.set()
        answer = client.answer()
        assert answer.status == 201 and json.loads(answer.read())["metadata"]["name"] == "slow"
        assert server.process.wait(SOON) == 0
    finally:
        hooks.released.set()
        hooks.close()
        server.stop()


def test_a_start_that_fails_leaves_nothing_open(work):
    """The port is taken: the store must be free for the next one."""
    first = start(work, "first")
    second = Server(os.path.join(work, "second"))
    second.port, free = first.port, second.port
    second.start(wait=False)
    assert second.process.wait(SOON) != 0
    assert "already in use" in second.log(), second.log()
    left = os.listdir(os.path.join(second.directory, "cluster"))
    assert not [name for name in left if name.startswith("state.db-wal")], left
    second.port = free
    second.start()
    assert second.stop() == 0 and first.stop() == 0
