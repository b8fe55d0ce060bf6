"""A server that is killed: what it acknowledged is there, versions go on, clients go on."""

import itertools
import os
import random
import threading

import pytest
from clusters import Server
from conftest import Kubectl

pytestmark = pytest.mark.own_server
KILLS = int(os.environ.get("APUS_SERVER_KILLS", "8"))


@pytest.fixture
def own(tmp_path):
    server = Server(tmp_path / "server").start()
    yield server
    server.stop()


def test_acknowledged_writes_survive(own, tmp_path):
    from kubernetes import client as kubernetes
    from kubernetes import config

    api = kubernetes.CoreV1Api(config.new_client_from_config(own.kubeconfig))
    acknowledged, numbers, over = {}, itertools.count(), threading.Event()

    def write():
        while not over.is_set():
            name = f"k{next(numbers)}"
            try:
                made = api.create_namespaced_config_map("default", {"metadata": {"name": name}, "data": {"n": name}}, _request_timeout=5)
                acknowledged[name] = int(made.metadata.resource_version)
            except Exception:
                over.wait(0.05)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(KILLS):
            over.wait(random.uniform(0.1, 0.6))
            own.kill()
            own.start()
    finally:
        over.set()
        for writer in writers:
            writer.join()
    found = {one.metadata.name: int(one.metadata.resource_version) for one in api.list_namespaced_config_map("default").items}
    lost = {name: version for name, version in acknowledged.items() if found.get(name) != version}
    assert not lost and len(acknowledged) > KILLS, (lost, len(acknowledged))
    last = api.create_namespaced_config_map("default", {"metadata": {"name": "last"}})
    assert int(last.metadata.resource_version) > max(acknowledged.values())


def test_the_same_authority_and_definitions_after_a_restart(own, tmp_path):
    kubectl = Kubectl(own.kubeconfig, tmp_path / "cache")
    kubectl("wait", "--for=create", "serviceaccount/default", "configmap/kube-root-ca.crt", "--timeout=60s")
    before = kubectl.json("get", "configmap", "kube-root-ca.crt")["data"]["ca.crt"]
    token = kubectl.out("create", "token", "default")
    own.kill()
    own.start()
    assert kubectl.json("get", "configmap", "kube-root-ca.crt")["data"]["ca.crt"] == before
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    assert kubectl.json("create", "--validate=false", "-f", "-", input=review)["status"]["authenticated"] is True


def test_dependents_of_custom_kinds_are_collected_after_a_restart(own, tmp_path):
    kubectl = Kubectl(own.kubeconfig, tmp_path / "cache")
    kubectl("create", "configmap", "owner")
    owner = kubectl.json("get", "configmap", "owner")["metadata"]
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["uid"]}
    schema = {"openAPIV3Schema": {"type": "object"}}
    for plural in ("firsts", "seconds"):
        kind = plural[:-1].capitalize()
        kubectl("create", "-f", "-", input={
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.example.com"},
            "spec": {
                "group": "example.com", "scope": "Namespaced", "names": {"plural": plural, "kind": kind},
                "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}],
            },
        })  # fmt: skip
        kubectl("wait", "--for=condition=Established", f"crd/{plural}.example.com", "--timeout=60s")
        for number in range(3):
            kubectl("create", "-f", "-", input={
                "apiVersion": "example.com/v1", "kind": kind,
                "metadata": {"name": f"child-{number}", "ownerReferences": [reference]},
            })  # fmt: skip
    own.kill()
    own.start()
    kubectl("delete", "configmap", "owner")
    for plural in ("firsts", "seconds"):
        kubectl("wait", "--for=delete", f"{plural}.example.com", "--all", "--timeout=60s")


def test_only_root_reads_the_secrets(own):
    for root, _, files in os.walk(own.directory):
        for name in files:
            if name.endswith((".key", ".db", "kubeconfig")):
                mode = os.stat(os.path.join(root, name)).st_mode & 0o777
                closed = os.stat(os.path.join(own.directory, "cluster")).st_mode & 0o077 == 0
                assert mode & 0o077 == 0 or closed, (root, name, oct(mode))


def test_snapshot_and_restore(own, tmp_path):
    import subprocess

    kubectl = Kubectl(own.kubeconfig, tmp_path / "cache")
    kubectl("create", "configmap", "kept")
    own.stop()
    snapshot = str(tmp_path / "snapshot.db")
    command = [own.binary, "server", "--data-dir", own.directory]
    subprocess.run([*command, "--snapshot", snapshot], check=True, capture_output=True, timeout=60)
    own.start()
    kubectl("delete", "configmap", "kept")
    version = int(kubectl.json("create", "configmap", "later")["metadata"]["resourceVersion"])
    own.stop()
    subprocess.run([*command, "--restore", snapshot], check=True, capture_output=True, timeout=60)
    own.start()
    kubectl("get", "configmap", "kept")
    kubectl.fails("get", "configmap", "later", says="not found")
    again = kubectl.json("create", "configmap", "new")
    assert int(again["metadata"]["resourceVersion"]) > version
