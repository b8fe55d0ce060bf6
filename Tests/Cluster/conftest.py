"""Fixtures of the cluster suite: an API server, `kubectl`, and Kubernetes' own Python client.

The suite speaks only the public API. With `KUBECONFIG` set it tests the server there; otherwise it starts `apus server`.
"""

import base64
import itertools
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import pytest
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

from authorities import Authority  # noqa: E402
from clusters import Server  # noqa: E402
from interface import API, eventually  # noqa: E402
from skips import pytest_addoption, pytest_sessionfinish  # noqa: E402, F401
from webhooks import Hooks  # noqa: E402

OUTSIDE = os.environ.get("KUBECONFIG")


def pytest_configure(config):
    config.addinivalue_line("markers", "own_server: needs a server that the suite starts itself")


def pytest_collection_modifyitems(config, items):
    for item in items:
        if OUTSIDE and item.get_closest_marker("own_server"):
            item.add_marker(pytest.mark.skip(reason="the suite did not start this server"))
    items.sort(key=lambda item: item.path.stem.endswith("_alone"))


@pytest.fixture(scope="session")
def work():
    directory = tempfile.mkdtemp(prefix="apus-cluster-")
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def server(work):
    if OUTSIDE:
        yield None
        return
    server = Server(os.path.join(work, "server")).start()
    yield server
    assert server.stop() == 0, server.log()


@pytest.fixture(scope="session")
def kubeconfig(server):
    return server.kubeconfig if server else OUTSIDE


class Kubectl:
    """The real `kubectl` pointed at one server."""

    def __init__(self, kubeconfig, cache, *flags):
        self.flags = flags
        self.environment = {key: value for key, value in os.environ.items() if not key.lower().startswith("http")}
        self.environment.update(KUBECONFIG=kubeconfig, KUBECACHEDIR=str(cache), HOME=str(cache))

    def __call__(self, *arguments, check=True, input=None, timeout=120):
        if isinstance(input, (dict, list)):
            many = {"apiVersion": "v1", "kind": "List", "items": input} if isinstance(input, list) else input
            input = json.dumps(many)
        done = subprocess.run(
            ["kubectl", *self.flags, *map(str, arguments)], env=self.environment, capture_output=True, text=True,
            timeout=timeout, **({"input": input} if input is not None else {"stdin": subprocess.DEVNULL}),
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"kubectl {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
        return done

    def out(self, *arguments, **more):
        return self(*arguments, **more).stdout.rstrip("\n")

    def json(self, *arguments, **more):
        return json.loads(self.out(*arguments, "-o", "json", **more))

    def yaml(self, *arguments, **more):
        return yaml.safe_load(self.out(*arguments, "-o", "yaml", **more))

    def fails(self, *arguments, says=(), **more):
        done = self(*arguments, check=False, **more)
        assert done.returncode != 0, f"kubectl {arguments} did not fail: {done.stdout}"
        for words in (says,) if isinstance(says, str) else says:
            assert words in done.stderr, done.stderr
        return done.stderr

    def popen(self, *arguments):
        return subprocess.Popen(
            ["kubectl", *self.flags, *map(str, arguments)], env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def within(self, namespace):
        one = Kubectl.__new__(Kubectl)
        one.environment, one.flags = self.environment, (*self.flags, "--namespace", namespace)
        return one


@pytest.fixture(scope="session")
def cluster_kubectl(kubeconfig, work):
    """`kubectl` without a namespace of its own."""
    return Kubectl(kubeconfig, os.path.join(work, "kubectl"))


names = itertools.count()


@pytest.fixture
def namespace(api):
    """A namespace of the test's own, with all that every namespace is given."""
    name = f"test-{os.getpid()}-{next(names)}"
    path = f"/api/v1/namespaces/{name}"
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for given in ("configmaps/kube-root-ca.crt", "serviceaccounts/default"):
        eventually(lambda: api.is_there(f"{path}/{given}"), f"{given} in {name}")
    yield name
    api.send("DELETE", path)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """Who signs the certificates of servers that the cluster calls."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def hooks(authority):
    """Answers what the cluster asks at `https://localhost:PORT`."""
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    yield hooks
    hooks.close()


@pytest.fixture
def kubectl(cluster_kubectl, namespace):
    return cluster_kubectl.within(namespace)


@pytest.fixture(scope="session")
def client(kubeconfig):
    """Kubernetes' Python client."""
    from kubernetes import config

    return config.new_client_from_config(kubeconfig)


@pytest.fixture
def core(client):
    from kubernetes import client as kubernetes

    return kubernetes.CoreV1Api(client)


def _files_of(kubeconfig, directory):
    """The parts of a kubeconfig's current context: URL, and paths of authority, certificate and key."""
    with open(kubeconfig) as file:
        config = yaml.safe_load(file)
    context = next(one["context"] for one in config["contexts"] if one["name"] == config["current-context"])
    cluster = next(one["cluster"] for one in config["clusters"] if one["name"] == context["cluster"])
    user = next(one["user"] for one in config["users"] if one["name"] == context["user"])
    paths = []
    for place, key in ((cluster, "certificate-authority"), (user, "client-certificate"), (user, "client-key")):
        path = place.get(key)
        if not path:
            path = os.path.join(directory, key)
            with open(path, "wb") as file:
                file.write(base64.b64decode(place[key + "-data"]))
        paths.append(path)
    return cluster["server"], *paths


def connection_of(kubeconfig, directory):
    """What a kubeconfig's user connects with: URL and TLS. `directory` is for files."""
    url, authority, certificate, key = _files_of(kubeconfig, directory)
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    return url, context


@pytest.fixture(scope="session")
def connection(kubeconfig, work):
    """What the administrator connects with: URL and TLS."""
    return connection_of(kubeconfig, work)


@pytest.fixture(scope="session")
def api(connection):
    """The API as it is on the wire."""
    return API(*connection)


@pytest.fixture(scope="session")
def raw(connection):
    """Sends a request as it is, as the administrator: (status, headers, parsed body)."""
    url, context = connection

    def send(method, path, body=None, query=(), headers=None, parse=json.loads):
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            url + path + ("?" + urllib.parse.urlencode(list(query)) if query else ""), method=method, data=data,
            headers={"Accept": "application/json", "Content-Type": "application/json", **(headers or {})},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, context=context, timeout=60) as answer:
                return answer.status, answer.headers, parse(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            answer = error.read() or b"{}"
            is_json = "json" in error.headers.get("Content-Type", "json")
            return error.code, error.headers, json.loads(answer) if is_json else answer

    return send
