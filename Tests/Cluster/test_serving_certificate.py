"""A certificate of the operator's, which the server shows in the place of its own."""

import contextlib
import os
import shutil
import socket
import ssl

import pytest

from authorities import Authority
from clusters import Server
from conftest import Kubectl
from interface import eventually
from test_access import request
from test_server_flags import run

pytestmark = pytest.mark.own_server


@pytest.fixture
def files(tmp_path):
    authority = Authority(str(tmp_path / "authority"))

    def make():
        """Issues a certificate and puts it in its place, the key first."""
        authority.context("DNS:localhost", "IP:127.0.0.1")
        stem = os.path.join(authority.directory, "DNS_localhost")
        for end in ("key", "crt"):
            shutil.copy(f"{stem}.{end}", tmp_path / f"next.{end}")
            os.replace(tmp_path / f"next.{end}", tmp_path / f"shown.{end}")
        return (tmp_path / "shown.crt").read_text()

    return make


def test_the_files_are_shown_and_followed(tmp_path, files):
    first = files()
    flags = ["--tls-cert-file", str(tmp_path / "shown.crt"), "--tls-private-key-file", str(tmp_path / "shown.key")]
    server = Server(tmp_path / "server", *flags).start()

    def shown():
        return ssl.get_server_certificate(("127.0.0.1", server.port))

    try:
        assert shown().strip() == first.strip()
        # The administrator and the cluster's pods trust it.
        kubectl = Kubectl(server.kubeconfig, tmp_path / "kubectl")
        assert kubectl.json("get", "namespace", "default")["metadata"]["name"] == "default"
        kubectl("wait", "--for=create", "configmap/kube-root-ca.crt", "--timeout=60s")
        assert first.strip() in kubectl.json("get", "configmap", "kube-root-ca.crt")["data"]["ca.crt"]
        second = files()
        eventually(lambda: shown().strip() == second.strip(), server.log, 90)
        eventually(lambda: Kubectl(server.kubeconfig, tmp_path / "again")("get", "namespaces", check=False).returncode == 0, server.log)
        # A key that does not fit changes nothing.
        (tmp_path / "shown.key").write_text("no key\n")
        eventually(lambda: "are not used, and the certificate before is shown" in server.log(), server.log, 90)
        assert shown().strip() == second.strip()
    finally:
        assert server.stop() == 0, server.log()


def threads(pid):
    names = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        # One may have ended meanwhile.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/task/{thread}/comm") as file:
            names.append(file.read().strip())
    return names


def opened(pid):
    files = []
    for number in os.listdir(f"/proc/{pid}/fd"):
        try:
            files.append(os.readlink(f"/proc/{pid}/fd/{number}"))
        except FileNotFoundError:  # closed meanwhile
            continue
    return files


def test_certificates_for_names(tmp_path):
    """Who asks for a name is shown what is for it, and what has taken its place; everybody else the server's own."""
    authority = Authority(str(tmp_path / "authority"))

    def issue(name, place):
        authority.context(f"DNS:{name}")
        stem = os.path.join(authority.directory, f"DNS_{name}")
        for end in ("key", "crt"):
            shutil.copy(f"{stem}.{end}", tmp_path / f"next.{end}")
            os.replace(tmp_path / f"next.{end}", tmp_path / f"{place}.{end}")

    issue("one.example.com", "one")
    issue("two.example.com", "two")
    os.mkdir(tmp_path / "other")
    issue("three.example.com", "other/three")
    flags = ["--tls-sni-cert-key", f"{tmp_path}/one.crt,{tmp_path}/one.key"]
    flags += ["--tls-sni-cert-key", f"{tmp_path}/two.crt,{tmp_path}/two.key:*.example.org, two.example.com"]
    flags += ["--tls-sni-cert-key", f"{tmp_path}/other/three.crt,{tmp_path}/other/three.key"]
    server = Server(tmp_path / "server", *flags).start()

    def shown(name):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain:
            with context.wrap_socket(plain, server_hostname=name) as secure:
                return ssl.DER_cert_to_PEM_cert(secure.getpeercert(binary_form=True)).strip()

    def held(place):
        return (tmp_path / f"{place}.crt").read_text().strip()

    try:
        own = shown(None)
        assert own not in (held("one"), held("two"))
        assert shown("one.example.com") == shown("ONE.example.com") == held("one")
        assert shown("two.example.com") == shown("any.example.org") == held("two")
        assert shown("localhost") == shown("example.org") == shown("far.any.example.org") == own
        issue("one.example.com", "one")
        eventually(lambda: shown("one.example.com") == held("one"), server.log, 90)
        assert shown("two.example.com") == held("two") and shown("localhost") == own
        # All of them are followed with one thread and one inotify instance.
        assert [name for name in threads(server.process.pid) if name.startswith("apus-watched")] == ["apus-watched"]
        assert opened(server.process.pid).count("anon_inode:inotify") == 1
        issue("three.example.com", "other/three")
        eventually(lambda: shown("three.example.com") == held("other/three"), server.log, 30)
    finally:
        assert server.stop() == 0, server.log()


@pytest.mark.parametrize("flags, words", [
    (["--tls-cert-file", "/nonexistent"], "--tls-cert-file and --tls-private-key-file go together"),
    (["--tls-cert-file", "/nonexistent", "--tls-private-key-file", "/nonexistent"], "/nonexistent"),
])  # fmt: skip
def test_files_that_cannot_be_used(tmp_path, flags, words):
    done = run(tmp_path, "--api-listen", "127.0.0.1:0", *flags)
    assert done.returncode != 0 and words in done.stderr, done.stderr


def test_whom_tokens_may_be_for(tmp_path):
    server = Server(tmp_path / "server", "--api-audiences", "one,two").start()
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "kubectl")
        kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")

        def status(*flags):
            return request(server.url + "/api/v1/nodes", kubectl.out("create", "token", "default", *flags).strip())[0]

        assert [status(), status("--audience=two"), status("--audience=three")] == [403, 403, 401]
    finally:
        assert server.stop() == 0, server.log()
