"""A server that answers the cluster's questions: admission and conversion webhooks, each at a path of its own."""

import atexit
import base64
import functools
import json
import subprocess
import threading

import yaml

from tls_server import Handler, TLSServer


@functools.cache
def own_address():
    """An address of this host that is not loopback's: endpoints may have no other. A host without one gets one, on `lo`,
    until the tests end."""
    shown = subprocess.run(["ip", "-json", "-4", "address", "show", "scope", "global"], capture_output=True, check=True)
    for link in json.loads(shown.stdout or "[]"):
        for address in link.get("addr_info", []):
            if "UP" in link.get("flags", []):
                return address["local"]
    address = "198.51.100.77"
    subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    atexit.register(subprocess.run, ["ip", "address", "del", f"{address}/32", "dev", "lo"])
    return address


def allow(review, **more):
    return {
        "apiVersion": review["apiVersion"], "kind": "AdmissionReview",
        "response": {"uid": review["request"]["uid"], "allowed": True, **more},
    }  # fmt: skip


def deny(review, **status):
    return {
        "apiVersion": review["apiVersion"], "kind": "AdmissionReview",
        "response": {"uid": review["request"]["uid"], "allowed": False, **({"status": status} if status else {})},
    }  # fmt: skip


def patch(review, operations, **more):
    text = base64.b64encode(json.dumps(operations).encode()).decode()
    return allow(review, patchType="JSONPatch", patch=text, **more)


def kubeconfig(directory, hooks, authority, place, **user):
    """A file by which a server finds the webhook at a path and shows itself as a user; where the file is."""
    path = directory / "webhook.yaml"
    cluster = {"server": f"https://localhost:{hooks.port}{place}", "certificate-authority-data": authority.bundle}
    path.write_text(yaml.safe_dump({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "clusters": [{"name": "k", "cluster": cluster}],
        "users": [{"name": "u", "user": user}], "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
    }))  # fmt: skip
    return str(path)


class Hooks:
    """`answers` maps a path to a function from the question to the answer; `seen` has every question that came,
    and `shown` what it said of who asks."""

    def __init__(self, context, address="0.0.0.0"):
        self.answers, self.seen, self.shown, self.lock = {}, [], [], threading.Lock()
        # An answer that is late waits here for the end.
        self.released = threading.Event()
        self.connections = 0
        hooks = self

        class Answering(Handler):
            def setup(self):
                with hooks.lock:
                    hooks.connections += 1
                super().setup()

            def do_POST(self):
                question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                path = self.path.split("?")[0]
                with hooks.lock:
                    hooks.seen.append((self.path, question))
                    certificate = self.connection.getpeercert() or {}
                    names = dict(part[0] for part in certificate.get("subject", ()))
                    hooks.shown.append((self.headers["Authorization"], names.get("commonName")))
                status, headers, answer = 200, {}, hooks.answers[path](question)
                if isinstance(answer, tuple):
                    status, headers, answer = answer
                body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                try:
                    self.send_response(status)
                    for name, value in {"Content-Type": "application/json", **headers}.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass

        self.server = TLSServer(Answering, context, address)
        self.port = self.server.port

    def questions(self, path):
        with self.lock:
            return [question for place, question in self.seen if place.split("?")[0] == path]

    def close(self):
        self.released.set()
        self.server.close()
