"""Proxies in front of the server, which say in headers for whom they ask, as kube-apiserver's flags tell of them."""

import json
import os
import ssl
import subprocess

import pytest

from authorities import Authority
from clusters import Server
from conftest import Kubectl
from interface import API, eventually
from test_authority import authorities
from test_server_flags import run

pytestmark = pytest.mark.own_server
HEADERS = [
    "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
    "--requestheader-extra-headers-prefix=X-Remote-Extra-", "--requestheader-uid-headers=X-Remote-Uid",
]  # fmt: skip


def proxy(server, authority, directory, name, subject=""):
    """Somebody who shows a certificate of an authority."""
    stem = os.path.join(str(directory), name)
    openssl = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", stem + ".key"]
    subprocess.run([*openssl, "-subj", f"{subject}/CN={name}", "-out", stem + ".csr"], check=True, capture_output=True)
    subprocess.run(
        ["openssl", "x509", "-req", "-in", stem + ".csr", "-CA", authority.certificate, "-CAkey", authority.key, "-CAcreateserial",
         "-days", "2", "-out", stem + ".crt"], check=True, capture_output=True)  # fmt: skip
    context = ssl.create_default_context(cadata=authorities(server))
    context.load_cert_chain(stem + ".crt", stem + ".key")
    return API(server.url, context)


def review(api, headers):
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    return api.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body, headers=headers)


def who(api, **headers):
    """As whom the server takes a request; None where it does not."""
    answer = review(api, {name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status in (201, 401), answer
    return answer.body["status"]["userInfo"] if answer.status == 201 else None


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    directory = tmp_path_factory.mktemp("proxies")
    proxies, clients = Authority(directory / "proxies"), Authority(directory / "clients")
    server = Server(
        directory / "server", "--requestheader-client-ca-file", proxies.certificate, "--requestheader-allowed-names=front,second",
        *HEADERS, "--client-ca-file", clients.certificate,
    ).start()  # fmt: skip
    yield server, proxies, clients, directory
    assert server.stop() == 0, server.log()


def test_for_whom_a_proxy_asks(place):
    server, proxies, _, directory = place
    front = proxy(server, proxies, directory, "front")
    user = who(front, X_Remote_User="jane", X_Remote_Group="friends", X_Remote_Uid="7", X_Remote_Extra_Scopes="all")
    assert user == {
        "username": "jane", "uid": "7", "groups": ["friends", "system:authenticated"], "extra": {"scopes": ["all"]}
    }  # fmt: skip
    assert front.send("GET", "/api/v1/nodes", headers={"X-Remote-User": "jane"}).status == 403
    everybody = {"X-Remote-User": "root", "X-Remote-Group": "system:masters"}
    assert front.send("GET", "/api/v1/nodes", headers=everybody).status == 200
    # Whoever may do that acts as somebody else by a proxy as well.
    answer = review(front, {**everybody, "Impersonate-User": "john"})
    assert answer.status == 201 and answer.body["status"]["userInfo"]["username"] == "john"
    # Without a name it says nothing, and its certificate is no client's.
    assert who(front) is None and who(front, X_Remote_Group="system:masters") is None


def test_who_is_no_proxy(place):
    server, proxies, clients, directory = place
    stranger = proxy(server, proxies, directory, "stranger")
    assert who(stranger, X_Remote_User="jane", X_Remote_Group="system:masters") is None
    john = proxy(server, clients, directory, "front", "/O=friends")
    user = who(john, X_Remote_User="jane", X_Remote_Group="system:masters")
    assert user["username"] == "front" and user["groups"] == ["friends", "system:authenticated"]
    nobody = API(server.url, ssl.create_default_context(cadata=authorities(server)))
    assert review(nobody, {"X-Remote-User": "jane", "X-Remote-Group": "system:masters"}).status == 403
    unknown = proxy(server, Authority(directory / "unknown"), directory, "front")
    assert who(unknown, X_Remote_User="jane") is None
    kubectl = Kubectl(server.kubeconfig, directory / "cache")
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    token = kubectl.out("create", "token", "default").strip()
    user = who(nobody, X_Remote_User="jane", Authorization=f"Bearer {token}")
    assert user["username"] == "system:serviceaccount:default:default"


def test_other_servers_are_told(place):
    server, proxies, _, directory = place
    told = Kubectl(server.kubeconfig, directory / "cache").json(
        "get", "configmap", "-n", "kube-system", "extension-apiserver-authentication"
    )["data"]
    with open(proxies.certificate) as file:
        assert file.read().strip() in told["requestheader-client-ca-file"]
    # The server's own is there as well, since it speaks to others itself.
    assert told["requestheader-client-ca-file"].count("BEGIN") == 2
    lists = {name: json.loads(value) for name, value in told.items() if not name.endswith("-file")}
    assert lists == {
        "requestheader-allowed-names": ["front", "second", "front-proxy-client"],
        "requestheader-username-headers": ["X-Remote-User"], "requestheader-group-headers": ["X-Remote-Group"],
        "requestheader-uid-headers": ["X-Remote-Uid"], "requestheader-extra-headers-prefix": ["X-Remote-Extra-"],
    }  # fmt: skip


def test_other_headers_and_a_file_that_changes(tmp_path):
    one, other = Authority(tmp_path / "one"), Authority(tmp_path / "other")
    path = tmp_path / "proxies.crt"
    with open(one.certificate) as first, open(other.certificate) as second:
        path.write_text(first.read())
        next_one = second.read()
    server = Server(
        tmp_path / "server", "--requestheader-client-ca-file", str(path), "--requestheader-username-headers=X-User,X-Other-User",
    ).start()  # fmt: skip
    try:
        warning = "--requestheader-username-headers is set without specifying the standard X-Remote-User header - API aggregation will not work"
        assert warning in server.log()
        # Any name will do, and what is not named is not looked at.
        front, late = proxy(server, one, tmp_path, "anything"), proxy(server, other, tmp_path, "late")
        user = who(front, X_User="", X_Other_User="jane", X_Remote_User="john", X_Remote_Group="system:masters")
        assert user == {"username": "jane", "groups": ["system:authenticated"]}
        assert who(front, X_Remote_User="john") is None and who(late, X_User="jane") is None
        path.write_text(next_one)
        eventually(lambda: who(late, X_User="jane"), server.log, 90)
        assert who(front, X_User="jane") is None
        kubectl = Kubectl(server.kubeconfig, tmp_path / "cache")

        def told():
            return kubectl.json("get", "configmap", "-n", "kube-system", "extension-apiserver-authentication")["data"]

        eventually(lambda: next_one.strip() in told()["requestheader-client-ca-file"], told)
        assert json.loads(told()["requestheader-allowed-names"]) == []
        assert json.loads(told()["requestheader-username-headers"]) == ["X-User", "X-Other-User"]
    finally:
        assert server.stop() == 0, server.log()


@pytest.mark.parametrize(
    "flag, words",
    [
        ("--requestheader-username-headers= ", 'empty value in "requestheader-username-headers"'),
        ("--requestheader-group-headers=a,,b", 'empty value in "requestheader-group-headers"'),
        ("--requestheader-extra-headers-prefix=X-A-, ", 'empty value in "requestheader-extra-headers-prefix"'),
        ("--requestheader-allowed-names=,", 'empty value in "requestheader-allowed-names"'),
        ("--requestheader-uid-headers=X-Uid", "--requestheader-uid-headers is set without specifying the standard X-Remote-Uid header"),
        ("--requestheader-client-ca-file=/nowhere/ca.crt", "/nowhere/ca.crt"),
        (f"--requestheader-client-ca-file={__file__}", f"--requestheader-client-ca-file {__file__}"),
    ],
)
def test_flags_that_are_wrong(tmp_path, flag, words):
    result = run(tmp_path, flag)
    assert result.returncode != 0 and words in result.stderr, result
