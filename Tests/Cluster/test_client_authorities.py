"""Clients whom authorities of the operator's own vouch for, and the file that names these while the server runs."""

import json
import os
import ssl
import subprocess

import pytest
import urllib3

from authorities import Authority
from clusters import Server
from conftest import Kubectl
from interface import API, eventually
from test_authority import authorities

pytestmark = pytest.mark.own_server


def client(server, authority, directory, name):
    """Somebody with a certificate of an authority."""
    stem = os.path.join(str(directory), name)

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", f"/O=testers/CN={name}",
            "-keyout", stem + ".key", "-out", stem + ".csr")  # fmt: skip
    openssl("x509", "-req", "-in", stem + ".csr", "-CA", authority.certificate, "-CAkey", authority.key, "-CAcreateserial",
            "-days", "2", "-out", stem + ".crt")  # fmt: skip
    context = ssl.create_default_context(cadata=authorities(server))
    context.load_cert_chain(stem + ".crt", stem + ".key")
    return API(server.url, context)


def who(api):
    """The name by which the server knows a client; None where it does not."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    try:
        answer = api.send("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    except urllib3.exceptions.HTTPError:
        return None
    return answer.body["status"]["userInfo"]["username"] if answer.status == 201 else None


def test_authorities_of_a_file(tmp_path):
    one, other = Authority(tmp_path / "one"), Authority(tmp_path / "other")
    path = tmp_path / "clients.crt"
    with open(one.certificate) as file, open(other.certificate) as second:
        first, next_one = file.read(), second.read()
    path.write_text(first)
    server = Server(tmp_path / "server", "--client-ca-file", str(path)).start()
    try:
        jane, john = client(server, one, tmp_path, "jane"), client(server, other, tmp_path, "john")
        assert who(jane) == "jane" and who(john) is None
        kubectl = Kubectl(server.kubeconfig, tmp_path / "cache")
        assert json.loads(kubectl.out("auth", "whoami", "-o", "json"))["status"]["userInfo"]["username"] == "system:admin"

        def told():
            return kubectl.json("get", "configmap", "-n", "kube-system", "extension-apiserver-authentication")["data"]["client-ca-file"]

        assert told().count("BEGIN") == 2 and first.strip() in told()
        path.write_text("nonsense")
        eventually(lambda: "is not used, and what it said before holds: " in server.log(), server.log, 90)
        assert who(jane) == "jane"
        path.write_text(next_one)
        eventually(lambda: who(john) == "john", server.log, 90)
        # Who is connected is judged again.
        assert who(jane) is None
        # Other API servers are told of it; what they were told before may be that of a server that knows nothing of this yet.
        eventually(lambda: next_one.strip() in told(), told, 60)
        assert kubectl.out("get", "namespace", "default", "-o", "name") == "namespace/default"
    finally:
        assert server.stop() == 0, server.log()


def test_a_file_that_holds_none(tmp_path):
    path = tmp_path / "clients.crt"
    for text, words in (("nonsense", "--client-ca-file"), (None, "clients.crt")):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text)
        server = Server(tmp_path / "server", "--client-ca-file", str(path)).start(wait=False)
        assert server.process.wait(60) != 0 and words in server.log(), server.log()
        os.remove(server.log_path)
