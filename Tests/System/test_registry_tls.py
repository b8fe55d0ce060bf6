"""Registries over TLS: private authorities, client certificates, `docker login` and `docker logout`, `--insecure-registry`.

Docker's directory of certificates (`<host[:port]>/*.crt`, `*.cert` with `*.key`) is read anew for every operation, so
one engine serves all tests: each puts there what it needs.
"""

import json
import os
import ssl
import subprocess

import bcrypt
import docker as docker_py
import pytest

import engines
import images
import leaks
from conftest import KIND, UnderTest, load
from registries import FakeRegistry, LocalRegistry

pytestmark = pytest.mark.own_engine

ADDRESS = engines.Network.address
UNKNOWN_AUTHORITY = "x509: certificate signed by unknown authority"


class Authority:
    """A certificate authority in a directory of its own, by the `openssl` command."""

    def __init__(self, directory, name):
        self.directory, self.name = str(directory), name
        os.makedirs(self.directory)
        self.path("index.txt", "")
        self.path("openssl.cnf", CONFIGURATION)
        self.openssl("req", "-x509", *NEW_KEY, "-subj", f"/CN={name}", "-days", 2, "-keyout", "ca.key", "-out", "ca.crt",
                     "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")  # fmt: skip
        self.certificate = os.path.join(self.directory, "ca.crt")

    def path(self, name, content=None):
        path = os.path.join(self.directory, name)
        if content is not None:
            with open(path, "w") as file:
                file.write(content)
        return path

    def openssl(self, command, *arguments):
        subprocess.run(
            ["openssl", command, "-config", "openssl.cnf", *map(str, arguments)],
            cwd=self.directory, check=True, capture_output=True, stdin=subprocess.DEVNULL,
        )  # fmt: skip

    def issue(self, name, alternative, usage="serverAuth", days=("20200101000000Z", "20480101000000Z")):
        """A certificate for a subject's alternative name, and its key: the paths of both."""
        extensions = f"[x]\nsubjectAltName={alternative}\nextendedKeyUsage={usage}\nbasicConstraints=critical,CA:FALSE\n"
        self.path(name + ".ext", extensions)
        self.openssl("req", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", name + ".key", "-out", name + ".csr")
        self.openssl("ca", "-batch", "-notext", "-extfile", name + ".ext", "-extensions", "x", "-startdate", days[0],
                     "-enddate", days[1], "-in", name + ".csr", "-out", name + ".crt")  # fmt: skip
        return self.path(name + ".crt"), self.path(name + ".key")

    def context(self, *more, **issued):
        """A server's side of TLS with a certificate issued for it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(*more, **issued))
        return context


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
CONFIGURATION = """
[req]
distinguished_name = name
[name]
[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
certificate = ca.crt
private_key = ca.key
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
"""


class Site:
    """A host with registries, and an engine on it."""

    user, password = "alice", "correct horse"

    def __init__(self, directory):
        self.directory = directory
        self.network = engines.Network()
        self.closers = [self.network.close]
        self.ours, self.theirs = (Authority(os.path.join(directory, name), name) for name in ("ours", "theirs"))
        certificate, key = self.ours.issue("registry", f"IP:{ADDRESS}")
        tls = {"certificate": certificate, "key": key}
        users = os.path.join(directory, "htpasswd")
        with open(users, "w") as file:
            file.write(f"{self.user}:{bcrypt.hashpw(self.password.encode(), bcrypt.gensalt(4)).decode()}\n")
        self.guarded = self.local("guarded", {"tls": tls}, {"auth": {"htpasswd": {"realm": "tests", "path": users}}})
        self.mutual = self.local("mutual", {"tls": {**tls, "clientcas": [self.ours.certificate]}})
        self.plain, self.forbidden = self.local("plain", {}), self.local("forbidden", {})
        self.insecure = self.fake(self.theirs.context("insecure", "DNS:elsewhere.example"))
        self.unknown = self.fake(self.theirs.context("unknown", f"IP:{ADDRESS}"))
        self.misnamed = self.fake(self.ours.context("misnamed", "IP:192.0.2.9"))
        self.expired = self.fake(
            self.ours.context("expired", f"IP:{ADDRESS}", days=("20200101000000Z", "20200102000000Z"))
        )
        self.certificates = os.path.join(directory, "certs.d")
        os.makedirs(self.certificates)

        flags = ["--insecure-registry", self.insecure.address, "--insecure-registry", self.plain.address]
        if KIND == "apus":
            flags += ["--bridge", "brtls", "--bip", "10.213.9.1/24"]
        self.engine = engines.KINDS[KIND](os.path.join(directory, "engine"), self.network, flags, instance="ttls")
        self.engine.certificates = self.certificates
        self.closers += [self.engine.remove, self.engine.stop]
        self.engine.start()
        self.client = docker_py.DockerClient(base_url=self.engine.url, version="auto", timeout=60)
        self.closers.append(self.client.close)
        self.image = images.Image([images.Layer().file("x", "tls")], command=["x"])

    def local(self, name, http, environment=None):
        registry = LocalRegistry(
            os.path.join(self.directory, name), self.network.host, environment, address=ADDRESS, http=http
        )
        self.closers.append(registry.close)
        return registry

    def fake(self, context):
        registry = FakeRegistry(self.network.host, ADDRESS, tls=context)
        registry.serve("one", images.Image([images.Layer().file("x", "tls")], command=["x"]))
        self.closers.append(registry.close)
        return registry

    def put(self, registry, **files):
        """Puts certificates where the engine looks for those of a registry, and nothing else: `put(registry, a_crt=PATH)`."""
        place = os.path.join(self.certificates, registry.address)
        os.makedirs(place, exist_ok=True)
        for name in os.listdir(place):
            os.unlink(os.path.join(place, name))
        for name, source in files.items():
            with open(source) as file, open(os.path.join(place, name.replace("_", ".")), "w") as copy:
                copy.write(file.read())
        return place

    def close(self):
        for closer in reversed(self.closers):
            closer()


@pytest.fixture(scope="module")
def site(work):
    site = Site(os.path.join(work, "tls"))
    yield site
    try:
        site.engine.stop()
        left = leaks.of_directory(site.engine.directory)
    finally:
        site.close()
    assert not left, left


@pytest.fixture
def cli(site, tmp_path):
    """The `docker` command with a configuration, and so with credentials, of its own."""
    yield UnderTest(site.engine.url, site.network, site.engine).cli(tmp_path)
    for image in site.client.api.images():
        site.client.api.remove_image(image["Id"], force=True)


@pytest.fixture
def guarded(site):
    """A registry over TLS of a private authority, which wants a name and a password."""
    site.put(site.guarded, ca_crt=site.ours.certificate)
    return site.guarded.address


@pytest.fixture
def tagged(site, cli, guarded, name):
    """An image with a name of that registry."""
    load(site.client, site.image, f"{guarded}/{name}:1")
    return f"{guarded}/{name}:1"


def log_in(cli, site, address):
    return cli.out("login", "-u", site.user, "--password-stdin", address, input=site.password + "\n")


def stored(cli):
    path = os.path.join(cli.environment["DOCKER_CONFIG"], "config.json")
    if not os.path.exists(path):
        return []
    with open(path) as file:
        return list(json.load(file).get("auths", {}))


# Name and password


def test_login_push_pull_logout(site, cli, guarded, tagged):
    assert "Login Succeeded" in log_in(cli, site, guarded)
    assert stored(cli) == [guarded]
    assert "digest: sha256:" in cli.out("push", tagged)
    cli("rmi", tagged)
    cli("pull", tagged)
    assert cli.inspect(tagged, "{{.Id}}") == site.image.id
    assert cli.out("logout", guarded) == f"Removing login credentials for {guarded}"
    assert stored(cli) == []
    cli("rmi", tagged)
    cli.fails("pull", tagged, code=1, says="no basic auth credentials")


@pytest.mark.parametrize("user, password", [("alice", "wrong"), ("mallory", "correct horse")])
def test_login_with_what_is_not_right(cli, guarded, user, password):
    cli.fails(
        "login", "-u", user, "--password-stdin", guarded, code=1, input=password + "\n",
        says=f"Error response from daemon: login attempt to https://{guarded}/v2/ failed with status: 401 Unauthorized",
    )  # fmt: skip
    assert stored(cli) == []


def test_pull_and_push_without_login(cli, guarded, tagged):
    cli.fails("push", tagged, code=1, says="no basic auth credentials")
    cli.fails("pull", tagged, code=1, says=f"https://{guarded}/v2/")
    cli.fails("pull", tagged, code=1, says="no basic auth credentials")


def test_pull_with_a_password_that_is_no_longer_right(site, cli, guarded, tagged):
    log_in(cli, site, guarded)
    path = os.path.join(cli.environment["DOCKER_CONFIG"], "config.json")
    with open(path, "w") as file:
        json.dump({"auths": {guarded: {"auth": "YWxpY2U6d3Jvbmc="}}}, file)  # alice:wrong
    cli.fails("pull", tagged, code=1, says="unauthorized: authentication required")
    cli.fails("push", tagged, code=1, says="unauthorized: authentication required")


# Whom to trust


def test_unknown_authority(site, cli):
    address = site.unknown.address
    site.put(site.unknown)
    cli.fails("pull", f"{address}/one", code=1, says=UNKNOWN_AUTHORITY)
    cli.fails("login", "-u", "x", "-p", "y", address, code=1, says=(f'Get "https://{address}/v2/": ', UNKNOWN_AUTHORITY))
    load(site.client, site.image, f"{address}/one:2")
    cli.fails("push", f"{address}/one:2", code=1, says=UNKNOWN_AUTHORITY)


def test_trust_comes_and_goes_without_a_restart(site, cli):
    reference = f"{site.unknown.address}/one"
    site.put(site.unknown, other_crt=site.ours.certificate)
    cli.fails("pull", reference, says=UNKNOWN_AUTHORITY)
    site.put(site.unknown, other_crt=site.ours.certificate, right_crt=site.theirs.certificate)
    cli("pull", reference)
    cli("rmi", reference)
    site.put(site.unknown)
    cli.fails("pull", reference, says=UNKNOWN_AUTHORITY)


def test_certificate_of_another_host(site, cli):
    site.put(site.misnamed, ca_crt=site.ours.certificate)
    said = cli.fails("pull", f"{site.misnamed.address}/one", code=1, says="x509: certificate is ")
    assert ADDRESS in said and "unknown authority" not in said


def test_certificate_that_ran_out(site, cli):
    site.put(site.expired, ca_crt=site.ours.certificate)
    cli.fails(
        "pull", f"{site.expired.address}/one", code=1, says="x509: certificate has expired or is not yet valid: current time"
    )


def test_insecure_registry_needs_no_valid_certificate(site, cli):
    cli("pull", f"{site.insecure.address}/one")
    assert "Login Succeeded" in cli.out("login", "-u", "x", "-p", "y", site.insecure.address)


def test_insecure_registry_may_be_plain(site, cli, name):
    reference = f"{site.plain.address}/{name}:1"
    load(site.client, site.image, reference)
    cli("push", reference)
    cli("rmi", reference)
    cli("pull", reference)
    assert cli.inspect(reference, "{{.Id}}") == site.image.id


def test_plain_registry_that_was_not_allowed(site, cli):
    address = site.forbidden.address
    cli.fails("pull", f"{address}/one", code=1, says="http: server gave HTTP response to HTTPS client")


# Whom to show oneself as


@pytest.fixture(scope="module")
def shown(site):
    """A certificate that the registry accepts, and one of another authority: certificate and key of each."""
    return (
        site.ours.issue("client", "DNS:client.example", usage="clientAuth"),
        site.theirs.issue("client", "DNS:client.example", usage="clientAuth"),
    )


def push_and_pull(site, cli, name):
    reference = f"{site.mutual.address}/{name}:1"
    load(site.client, site.image, reference)
    cli("push", reference)
    cli("rmi", reference)
    cli("pull", reference)


def test_client_certificate(site, cli, shown, name):
    (certificate, key), _ = shown
    site.put(site.mutual, ca_crt=site.ours.certificate)
    said = cli.fails("pull", f"{site.mutual.address}/{name}", code=1)
    assert "tls: bad certificate" in said or "tls: certificate required" in said, said
    site.put(site.mutual, ca_crt=site.ours.certificate, client_cert=certificate, client_key=key)
    push_and_pull(site, cli, name)
    assert "Login Succeeded" in cli.out("login", "-u", "x", "-p", "y", site.mutual.address)


def test_the_right_one_of_several_client_certificates(site, cli, shown, name):
    (certificate, key), (other, other_key) = shown
    site.put(
        site.mutual, ca_crt=site.ours.certificate, a_cert=other, a_key=other_key, b_cert=certificate, b_key=key
    )  # fmt: skip
    push_and_pull(site, cli, name)


def test_client_certificate_of_a_stranger(site, cli, shown, name):
    _, (other, other_key) = shown
    site.put(site.mutual, ca_crt=site.ours.certificate, a_cert=other, a_key=other_key)
    assert "tls: " in cli.fails("pull", f"{site.mutual.address}/{name}", code=1)


# Files that are not right


def test_client_certificate_without_key(site, cli, shown):
    (certificate, key), _ = shown
    address = site.mutual.address
    site.put(site.mutual, client_cert=certificate)
    for arguments in (["pull", f"{address}/x"], ["login", "-u", "x", "-p", "y", address]):
        said = cli.fails(*arguments, code=1, says="issing key client.key for client certificate client.cert. ")
        assert KIND == "dockerd" or "CA certificates must use the extension .crt" in said
    site.put(site.mutual, client_key=key)
    cli.fails("pull", f"{address}/x", code=1, says="issing client certificate client.cert for key client.key")


@pytest.mark.apus
def test_files_that_are_no_certificates_are_named(site, cli, shown, tmp_path):
    (certificate, key), (_, other_key) = shown
    nonsense, empty = tmp_path / "nonsense", tmp_path / "empty"
    nonsense.write_text("-----BEGIN CERTIFICATE-----\nbm9uc2Vuc2U=\n-----END CERTIFICATE-----\n")
    empty.write_text("")
    for wrong, files in (
        ("ca.crt", {"ca_crt": nonsense}),
        ("ca.crt", {"ca_crt": empty}),
        ("ca.crt", {"ca_crt": key}),
        ("client.cert", {"client_cert": nonsense, "client_key": key}),
        ("client.key", {"client_cert": certificate, "client_key": nonsense}),
        ("client.key", {"client_cert": certificate, "client_key": empty}),
        ("client.key", {"client_cert": certificate, "client_key": other_key}),
    ):
        place = site.put(site.mutual, **files)
        cli.fails("pull", f"{site.mutual.address}/x", code=1, says=f"Error response from daemon: {place}/{wrong}: tls: ")
    place = site.put(site.mutual)
    os.mkdir(os.path.join(place, "ca.crt"))
    try:
        cli.fails("pull", f"{site.mutual.address}/x", code=1, says=f"{place}/ca.crt: is a directory")
    finally:
        os.rmdir(os.path.join(place, "ca.crt"))
