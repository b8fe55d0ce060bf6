"""Watches over WebSocket: a frame an event."""

import base64
import hashlib
import json
import os
import socket
import ssl
import urllib.parse

import pytest

pytestmark = pytest.mark.own_server


class WebSocket:
    """As much of RFC 6455 as a reader needs."""

    def __init__(self, server, path, headers=()):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        raw = socket.create_connection(("127.0.0.1", server.port), timeout=60)
        self.connection = context.wrap_socket(raw)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Connection: Upgrade", "Upgrade: websocket",
            "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *headers,
        ]  # fmt: skip
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode())
        self.stream = self.connection.makefile("rb")
        self.status = int(self.stream.readline().split()[1])
        self.headers = {}
        while line := self.stream.readline().strip():
            name, value = line.decode().split(":", 1)
            self.headers[name.lower()] = value.strip()
        if self.status == 101:
            digest = hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
            assert self.headers["sec-websocket-accept"] == base64.b64encode(digest).decode()

    def body(self):
        return json.loads(self.stream.read(int(self.headers["content-length"])))

    def frame(self):
        first, second = self.stream.read(2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(self.stream.read(2), "big")
        elif length == 127:
            length = int.from_bytes(self.stream.read(8), "big")
        assert first & 0x80 and not second & 0x80
        return first & 0x0F, self.stream.read(length)

    def event(self):
        kind, payload = self.frame()
        assert kind == 1, (kind, payload)
        return json.loads(payload)

    def close(self):
        mask = os.urandom(4)
        code = (1000).to_bytes(2, "big")
        masked = bytes(byte ^ mask[index] for index, byte in enumerate(code))
        self.connection.sendall(b"\x88\x82" + mask + masked)
        kind, _ = self.frame()
        assert kind == 8
        self.connection.close()


@pytest.fixture
def token(kubectl, namespace):
    kubectl("create", "rolebinding", "reads", "--clusterrole=view", f"--serviceaccount={namespace}:default")
    return kubectl.out("create", "token", "default")


def path(namespace, **query):
    return f"/api/v1/namespaces/{namespace}/configmaps?" + urllib.parse.urlencode({"watch": "true", **query})


def test_a_frame_an_event(kubectl, namespace, server, token):
    kubectl("create", "configmap", "first")
    version = json.loads(kubectl.out("get", "--raw", f"/api/v1/namespaces/{namespace}/configmaps"))["metadata"]["resourceVersion"]
    watch = WebSocket(server, path(namespace, resourceVersion=version), [f"Authorization: Bearer {token}"])
    assert watch.status == 101 and "sec-websocket-protocol" not in watch.headers
    kubectl("create", "configmap", "second", "--from-literal=a=b\nc")
    event = watch.event()
    assert event["type"] == "ADDED" and event["object"]["data"] == {"a": "b\nc"}
    kubectl("label", "configmap", "second", "x=y")
    assert watch.event()["type"] == "MODIFIED"
    kubectl("delete", "configmap", "second")
    event = watch.event()
    assert event["type"] == "DELETED" and event["object"]["metadata"]["name"] == "second"
    watch.close()


def test_it_begins_with_what_is_there(kubectl, namespace, server, token):
    for name in ("a", "b", "c"):
        kubectl("create", "configmap", name, "--from-literal=long=" + "x" * 70_000)
    watch = WebSocket(server, path(namespace, labelSelector="!none", fieldSelector="metadata.name!=kube-root-ca.crt"), [f"Authorization: Bearer {token}"])
    events = [watch.event() for _ in range(3)]
    assert [one["object"]["metadata"]["name"] for one in events] == ["a", "b", "c"]
    watch.close()


def test_a_watch_that_is_over_is_closed(namespace, server, token):
    watch = WebSocket(server, path(namespace, timeoutSeconds=1, fieldSelector="metadata.name=none"), [f"Authorization: Bearer {token}"])
    kind, payload = watch.frame()
    assert kind == 8 and int.from_bytes(payload[:2], "big") == 1000


def test_a_token_among_the_subprotocols(kubectl, namespace, server, token):
    name = "base64url.bearer.authorization.k8s.io." + base64.urlsafe_b64encode(token.encode()).rstrip(b"=").decode()
    watch = WebSocket(server, path(namespace), [f"Sec-WebSocket-Protocol: {name}, base64.binary.k8s.io"])
    assert watch.status == 101 and watch.headers["sec-websocket-protocol"] == "base64.binary.k8s.io"
    assert watch.event()["type"] == "ADDED"
    watch.close()
    wrong = WebSocket(server, path(namespace), [f"Sec-WebSocket-Protocol: {name[:-4]}AAAA"])
    assert wrong.status == 401


def test_what_is_refused(namespace, server, token):
    nobody = WebSocket(server, path(namespace))
    assert nobody.status == 403 and nobody.body()["reason"] == "Forbidden"
    old = WebSocket(server, path(namespace), [f"Authorization: Bearer {token}", "Sec-WebSocket-Version: 8"])
    assert old.status in (400, 426)
    query = WebSocket(server, path(namespace, labelSelector="=="), [f"Authorization: Bearer {token}"])
    assert query.status == 400
