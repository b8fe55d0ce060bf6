"""What passes through this server to others and back: bytes as they are, however many, and what clients make of it."""

import gzip
import json
import os
import threading

import pytest

from clusters import Server
from conftest import Kubectl, connection_of
from interface import API, eventually
from sample_server import VERSION, SampleServer
from test_aggregation import api_service, behind, condition, flunder, sample, trusted  # noqa: F401

PROTOBUF = "application/vnd.kubernetes.protobuf"


def path(sample, namespace, what):
    return f"/apis/{sample.group}/{VERSION}/namespaces/{namespace}/{what}"


def as_is(answer):
    return answer


def test_other_encodings_pass_as_they_are(sample, raw, namespace):
    body = b"k8s\x00" + os.urandom(4096)
    status, headers, answer = raw("POST", path(sample, namespace, "mirror"), body, headers={"Content-Type": PROTOBUF, "Accept": PROTOBUF}, parse=as_is)
    assert (status, headers["Content-Type"], answer) == (200, PROTOBUF, body)
    _, _, sent, received = sample.seen(path(sample, namespace, "mirror"))[-1]
    assert received == body and dict(sent)["Accept"] == PROTOBUF


def test_large_bodies(sample, raw, namespace):
    """The limit of this server's own objects is not that of others."""
    body = os.urandom(9 << 20)
    status, headers, answer = raw("POST", path(sample, namespace, "mirror"), body, headers={"Content-Type": "application/octet-stream"}, parse=as_is)
    assert status == 200 and answer == body and headers["Content-Type"] == "application/octet-stream"


def test_packed_answers_are_packed_once(sample, raw, namespace):
    status, headers, answer = raw("GET", path(sample, namespace, "packed"), headers={"Accept-Encoding": "gzip"}, parse=as_is)
    assert (status, headers["Content-Encoding"]) == (200, "gzip") and gzip.decompress(answer) == b'{"packed": true}' * 1000


def test_connections_that_end_unseen(sample, raw, namespace):
    """The other server ends connections without a word; a request that can be sent again is."""
    for _ in range(20):
        assert raw("GET", path(sample, namespace, "hangup"))[0] == 200


def test_explain(kubectl, cluster_kubectl, sample):
    version = f"--api-version={sample.group}/{VERSION}"
    assert "A flunder is what this server keeps." in cluster_kubectl.out("explain", "flunders", version)
    told = cluster_kubectl.out("explain", "flunders.spec.reference", version)
    assert "FIELD: reference <string>" in told and "The name of what is meant." in told
    rows = cluster_kubectl.out("api-resources", "--api-group", sample.group, "-o", "wide", "--no-headers")
    assert "create,delete,get,list,update,watch" in rows
    assert f"{sample.group}/{VERSION}" in cluster_kubectl.out("api-versions").split()


def test_kubectl_watches(kubectl, sample, namespace):
    kubectl("create", "--validate=false", "-f", "-", input=flunder(sample.group, "first"))
    watch = kubectl.popen("get", f"flunders.{sample.group}", "-w", "-o", "name")
    timer = threading.Timer(60, watch.kill)
    timer.start()
    try:
        assert watch.stdout.readline().strip() == f"flunder.{sample.group}/first"
        eventually(lambda: namespace in sample.watched)
        kubectl("create", "--validate=false", "-f", "-", input=flunder(sample.group, "second"))
        assert watch.stdout.readline().strip() == f"flunder.{sample.group}/second"
        # The other server ends its watch: so does this one, properly, and kubectl with it.
        sample.tell(None)
        assert watch.wait(60) == 0, watch.stderr.read()
    finally:
        timer.cancel()
        watch.kill()
        watch.communicate()


def test_a_silent_server_does_not_spoil_the_rest(cluster_kubectl, sample, raw, namespace):
    """Clients that look for all resources get the rest."""
    name = f"{VERSION}.{sample.group}"
    sample.ready.clear()
    cluster_kubectl("annotate", "service", "-n", namespace, "sample", "look=once-more")
    eventually(lambda: condition(cluster_kubectl, name)["status"] == "False")
    row = cluster_kubectl.out("get", "apiservice", name, "--no-headers").split()
    assert row[:4] == [name, f"{namespace}/sample", "False", "(FailedDiscoveryCheck)"]
    resources = cluster_kubectl.out("api-resources", "-o", "name").split()
    assert "deployments.apps" in resources and f"flunders.{sample.group}" not in resources
    status, headers, body = raw("GET", path(sample, namespace, "flunders"), parse=as_is)
    assert (status, body) == (503, b"service unavailable\n") and headers["Content-Type"].startswith("text/plain")
    assert cluster_kubectl("get", "namespaces").returncode == 0
    sample.ready.set()
    eventually(lambda: condition(cluster_kubectl, name)["status"] == "True")
    assert raw("GET", path(sample, namespace, "flunders"))[0] == 200


@pytest.mark.own_server
def test_large_bodies_are_not_the_audit_log_s(work, authority):
    """The other server has its own limit and its own log: nothing of the body is read for this one's."""
    directory = os.path.join(work, "audited-aggregation")
    os.makedirs(directory)
    policy, log = os.path.join(directory, "policy.yaml"), os.path.join(directory, "audit.log")
    with open(policy, "w") as file:
        json.dump({"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [{"level": "RequestResponse"}]}, file)
    server = Server(directory, "--audit-policy-file", policy, "--audit-log-path", log).start()
    sample = None
    try:
        kubectl = Kubectl(server.kubeconfig, os.path.join(directory, "kubectl"))
        trusted = kubectl.json("get", "configmap", "-n", "kube-system", "extension-apiserver-authentication")["data"]
        names = json.loads(trusted["requestheader-allowed-names"])
        context, group = authority.context("DNS:sample.default.svc"), "large.example.com"
        sample = SampleServer(context, group, trusted["requestheader-client-ca-file"], names)
        kubectl("create", "--validate=false", "-f", "-", input=behind("sample", "default", sample.port))
        kubectl("create", "--validate=false", "-f", "-", input=api_service(group, "default", authority.bundle))
        kubectl("wait", "--for=condition=Available", f"apiservice/{VERSION}.{group}", "--timeout=30s")
        api = API(*connection_of(server.kubeconfig, directory))
        body = os.urandom(9 << 20)
        answer = api.send("POST", path(sample, "default", "mirror"), body, {"Content-Type": "application/octet-stream"})
        assert answer.status == 200 and answer.bytes == body
        # Objects of this server's own are limited as before, in the words of the API.
        large = {"metadata": {"name": "large"}, "data": {"a": "x" * (4 << 20)}}
        api.refused(413, "POST", "/api/v1/namespaces/default/configmaps", large, says="Request entity too large: limit is 3145728")
        with open(log) as file:
            lines = [json.loads(line) for line in file if "/mirror" in line]
        assert lines and all("requestObject" not in one for one in lines)
    finally:
        if sample:
            sample.close()
        server.stop()
