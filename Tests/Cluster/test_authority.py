"""The cluster's authority: what is on disk is taken up, and the next one is trusted long before the first one ends."""

import base64
import json
import os
import socket
import ssl
import subprocess

import pytest
import yaml
from clusters import Server
from conftest import Kubectl
from test_certificates import as_user

pytestmark = pytest.mark.own_server


def openssl(*arguments, **more):
    return subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, text=True, **more).stdout


def make_authority(directory, days, name="ca"):
    """An authority and a key for tokens as earlier versions have left them."""
    os.makedirs(directory, exist_ok=True)
    key, certificate = directory / f"{name}.key", directory / f"{name}.crt"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key)
    openssl(
        "req", "-x509", "-new", "-key", key, "-subj", f"/CN={name}", "-days", days, "-out", certificate,
        "-addext", "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign",
    )  # fmt: skip
    if not (directory / "sa.key").exists():
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", directory / "sa.key")
    return certificate.read_text()


def authorities(server):
    with open(server.kubeconfig) as file:
        return base64.b64decode(yaml.safe_load(file)["clusters"][0]["cluster"]["certificate-authority-data"]).decode()


def shown(server, authority):
    """The certificate that the server shows to whoever trusts one authority."""
    context = ssl.create_default_context(cadata=authority)
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as raw:
        with context.wrap_socket(raw, server_hostname="127.0.0.1") as connection:
            return connection.getpeercert()


def test_what_is_there_is_taken_up(tmp_path):
    authority = make_authority(tmp_path / "cluster" / "pki", 3650)
    server = Server(tmp_path).start()
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "kubectl")
        assert authorities(server).strip() == authority.strip()
        assert ("commonName", "kube-apiserver") in shown(server, authority)["subject"][0]
        kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
        token = kubectl.out("create", "token", "default")
        server.stop()
        server.start()
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        assert kubectl.json("create", "--validate=false", "-f", "-", input=review)["status"]["authenticated"]
        # Nobody knows the age of the key for tokens, so another one will sign; both are published.
        assert (tmp_path / "cluster" / "pki" / "sa-2.key").read_text().startswith("Created: ")
        assert len(json.loads(kubectl.out("get", "--raw", "/openid/v1/jwks"))["keys"]) == 2
        assert authorities(server).strip() == authority.strip()
        assert not (tmp_path / "cluster" / "pki" / "ca-2.crt").exists()
    finally:
        server.stop()


def test_the_next_authority_is_trusted_long_before(tmp_path):
    pki = tmp_path / "cluster" / "pki"
    first = make_authority(pki, 900)
    server = Server(tmp_path).start()
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "kubectl")
        second = (pki / "ca-2.crt").read_text()
        both = first.strip() + "\n" + second.strip()
        assert authorities(server).strip() == both
        # The first one still signs.
        shown(server, first)
        with pytest.raises(ssl.SSLError):
            shown(server, second)
        kubectl("wait", "--for=create", "configmap/kube-root-ca.crt", "--namespace", "default", "--timeout=60s")
        assert kubectl.json("get", "configmap", "kube-root-ca.crt", "--namespace", "default")["data"]["ca.crt"].strip() == both
        # What the second one signs is believed already.
        key, certificate, extensions = (tmp_path / name for name in ("client.key", "client.crt", "extensions"))
        extensions.write_text("extendedKeyUsage=clientAuth\n")
        request = openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj", "/CN=eve"
        )
        certificate.write_text(
            openssl("x509", "-req", "-CA", pki / "ca-2.crt", "-CAkey", pki / "ca-2.key", "-CAcreateserial", "-days", 2, "-extfile", extensions, input=request)
        )
        eve = Kubectl(as_user(server.kubeconfig, tmp_path, certificate.read_text(), key), tmp_path / "kubectl")
        assert eve.json("auth", "whoami")["status"]["userInfo"]["username"] == "eve"
        server.stop()
        server.start()
        assert authorities(server).strip() == both and not (pki / "ca-3.crt").exists()
    finally:
        server.stop()


def test_secrets_are_for_their_owner_alone(tmp_path):
    server = Server(tmp_path).start()
    try:
        pki = tmp_path / "cluster" / "pki"
        assert pki.stat().st_mode & 0o077 == 0
        for name in ("ca.key", "sa.key"):
            assert (pki / name).stat().st_mode & 0o777 == 0o600
        assert os.stat(server.kubeconfig).st_mode & 0o777 == 0o600
    finally:
        server.stop()


def test_another_key_signs_tokens(tmp_path):
    """A key that was made long ago is published beside the next one, signs no more, and still verifies."""
    pki = tmp_path / "cluster" / "pki"
    make_authority(pki, 3650)
    old, day = (pki / "sa.key").read_text(), 86400
    (pki / "sa.key").write_text("Created: 1000\n" + old)
    server = Server(tmp_path).start()
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "kubectl")

        def review(token):
            body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
            return kubectl.json("create", "--validate=false", "-f", "-", input=body)["status"].get("authenticated")

        def signer(token):
            head = token.split(".")[0]
            return json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]

        kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
        before = kubectl.out("create", "token", "default")
        keys = [one["kid"] for one in json.loads(kubectl.out("get", "--raw", "/openid/v1/jwks"))["keys"]]
        assert keys[0] == signer(before) and len(keys) == 2
        server.stop()
        # As if a week had passed since the second one was made.
        made, pem = (pki / "sa-2.key").read_text().split("\n", 1)
        (pki / "sa-2.key").write_text(f"Created: {int(made.removeprefix('Created: ')) - 7 * day}\n{pem}")
        server.start()
        after = kubectl.out("create", "token", "default")
        assert signer(after) == keys[1] and review(after) and review(before)
        assert "PRIVATE" not in (pki / "sa.key").read_text()
    finally:
        server.stop()
