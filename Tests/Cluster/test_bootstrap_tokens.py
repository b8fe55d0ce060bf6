"""Tokens that nodes join with, and what the cluster tells those who hold one."""

import base64
import datetime
import hashlib
import hmac
import random

import pytest
import yaml
from conftest import Kubectl
from interface import eventually
from test_access import request
from test_certificates import KUBELET, as_user, make_request, signing_request, wait_issued
from test_service_accounts import review


def word(length):
    return "".join(random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(length))


def bootstrap_secret(identifier, secret, **data):
    data = {"token-id": identifier, "token-secret": secret, "usage-bootstrap-authentication": "true", **data}
    return {
        "apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
        "metadata": {"name": f"bootstrap-token-{identifier}", "namespace": "kube-system"},
        "stringData": {key.replace("_", "-"): value for key, value in data.items() if value is not None},
    }  # fmt: skip


def at(**difference):
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**difference)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def system(cluster_kubectl):
    made = []

    def make(identifier, secret, **data):
        cluster_kubectl("create", "-f", "-", input=bootstrap_secret(identifier, secret, **data))
        made.append(f"bootstrap-token-{identifier}")

    yield make
    for name in made:
        cluster_kubectl("delete", "secret", name, "--namespace", "kube-system", "--ignore-not-found")


def test_who_holds_one_is_a_bootstrapper(cluster_kubectl, system):
    identifier, secret = word(6), word(16)
    system(identifier, secret, auth_extra_groups="system:bootstrappers:workers,system:bootstrappers:a:b", expiration=at(hours=1))
    user = review(cluster_kubectl, f"{identifier}.{secret}")["user"]
    assert user["username"] == f"system:bootstrap:{identifier}"
    assert set(user["groups"]) == {"system:bootstrappers", "system:bootstrappers:workers", "system:bootstrappers:a:b", "system:authenticated"}
    assert not review(cluster_kubectl, f"{identifier}.{word(16)}").get("authenticated")
    assert not review(cluster_kubectl, f"{word(6)}.{secret}").get("authenticated")


@pytest.mark.own_server
def test_a_bootstrapper_may_ask_where_it_is_allowed(cluster_kubectl, system, server):
    identifier, secret = word(6), word(16)
    group = f"system:bootstrappers:{identifier}"
    system(identifier, secret, auth_extra_groups=group)
    url = server.url + "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    assert request(url, f"{identifier}.{secret}")[0] == 403
    cluster_kubectl("create", "clusterrolebinding", f"joins-{identifier}", "--clusterrole=system:node-bootstrapper", f"--group={group}")
    assert request(url, f"{identifier}.{secret}")[0] == 200
    assert request(url, f"{identifier}.{word(16)}")[0] == 401


@pytest.mark.own_server
def test_a_node_joins(cluster_kubectl, system, server, tmp_path):
    """With nothing but a token: what anybody may know, a certificate, and who that makes it."""
    identifier, secret = word(6), word(16)
    system(
        identifier, secret, usage_bootstrap_signing="true",
        auth_extra_groups="system:bootstrappers:kubeadm:default-node-token",
    )  # fmt: skip
    public = cluster_kubectl.within("kube-public")
    public("wait", "configmap", "cluster-info", "--for=jsonpath={.data.jws-kubeconfig-" + identifier + "}", "--timeout=60s")
    info = request(server.url + "/api/v1/namespaces/kube-public/configmaps/cluster-info")[1]["data"]
    assert info[f"jws-kubeconfig-{identifier}"] == signature(info["kubeconfig"], identifier, secret)
    config = yaml.safe_load(info["kubeconfig"])
    # A server of the tests serves on this host alone, and tells the address by which others would reach it.
    config["clusters"][0]["cluster"]["server"] = server.url
    config["users"] = [{"name": "joins", "user": {"token": f"{identifier}.{secret}"}}]
    config["contexts"] = [{"name": "joins", "context": {"cluster": config["clusters"][0]["name"], "user": "joins"}}]
    config["clusters"][0]["name"] = config["contexts"][0]["context"]["cluster"] = "cluster"
    config["current-context"] = "joins"
    path = str(tmp_path / "kubeconfig")
    with open(path, "w") as file:
        yaml.safe_dump(config, file)
    joins = Kubectl(path, tmp_path)
    key, pem = make_request(tmp_path, f"/O=system:nodes/CN=system:node:{identifier}")
    wanted = signing_request(pem, KUBELET, ["digital signature", "client auth"])
    joins("create", "--validate=false", "-f", "-", input=wanted)
    certificate = wait_issued(joins, wanted["metadata"]["name"])
    node = Kubectl(as_user(path, tmp_path, certificate, key), tmp_path)
    assert node.json("auth", "whoami")["status"]["userInfo"]["username"] == f"system:node:{identifier}"


def test_tokens_that_are_not_good(cluster_kubectl, system):
    for data in (
        {"usage-bootstrap-authentication": "false"},
        {"usage-bootstrap-authentication": None},
        {"auth_extra_groups": "system:masters"},
        {"auth_extra_groups": "system:bootstrappers:"},
    ):
        identifier, secret = word(6), word(16)
        system(identifier, secret, **data)
        assert not review(cluster_kubectl, f"{identifier}.{secret}").get("authenticated"), data


def test_a_token_goes_when_its_time_is_over(cluster_kubectl, system):
    for expiration in (at(hours=-1), at(seconds=1), "some day"):
        identifier, secret = word(6), word(16)
        system(identifier, secret, expiration=expiration)
        cluster_kubectl("wait", "secret", f"bootstrap-token-{identifier}", "--namespace", "kube-system", "--for=delete", "--timeout=60s")
        assert not review(cluster_kubectl, f"{identifier}.{secret}").get("authenticated")
    identifier, secret = word(6), word(16)
    system(identifier, secret, expiration=at(hours=1))
    assert cluster_kubectl.out("get", "secret", f"bootstrap-token-{identifier}", "--namespace", "kube-system", "-o", "name")


def signature(content, identifier, secret):
    def encode(data):
        return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

    head = encode(b'{"alg":"HS256","kid":"%s"}' % identifier.encode())
    code = hmac.new(secret.encode(), f"{head}.{encode(content.encode())}".encode(), hashlib.sha256)
    return f"{head}..{encode(code.digest())}"


@pytest.mark.own_server
def test_what_anybody_may_know_is_signed(cluster_kubectl, system):
    public = cluster_kubectl.within("kube-public")
    identifier, secret = word(6), word(16)
    system(identifier, secret, usage_bootstrap_signing="true")
    key = f"jws-kubeconfig-{identifier}"
    public("wait", "configmap", "cluster-info", "--for=jsonpath={.data." + key + "}", "--timeout=60s")
    data = public.json("get", "configmap", "cluster-info")["data"]
    assert data[key] == signature(data["kubeconfig"], identifier, secret)
    # Whoever spoils it is corrected.
    public("patch", "configmap", "cluster-info", "-p", '{"data":{"%s":"forged"}}' % key)
    public("wait", "configmap", "cluster-info", "--for=jsonpath={.data." + key + "}=" + data[key], "--timeout=60s")
    unsigned = word(6)
    system(unsigned, word(16))
    cluster_kubectl("delete", "secret", f"bootstrap-token-{identifier}", "--namespace", "kube-system")
    eventually(lambda: key not in public.json("get", "configmap", "cluster-info")["data"], "the end of the signature")
    assert f"jws-kubeconfig-{unsigned}" not in public.json("get", "configmap", "cluster-info")["data"]


@pytest.mark.own_server
def test_anybody_may_read_it(server, cluster_kubectl):
    status, body = request(server.url + "/api/v1/namespaces/kube-public/configmaps/cluster-info")
    assert status == 200, body
    root = cluster_kubectl.json("get", "configmap", "kube-root-ca.crt", "--namespace", "default")["data"]["ca.crt"]
    assert base64.b64encode(root.encode()).decode() in body["data"]["kubeconfig"]
    told = yaml.safe_load(body["data"]["kubeconfig"])["clusters"][0]["cluster"]["server"]
    assert told.startswith("https://") and told.endswith(f":{server.port}")
    assert request(server.url + "/api/v1/namespaces/kube-public/configmaps/kube-root-ca.crt")[0] == 403
