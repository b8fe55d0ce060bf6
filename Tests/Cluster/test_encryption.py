"""Objects that are encrypted in the store, as `--encryption-provider-config` of kube-apiserver has it."""

import base64
import json
import os
import sqlite3
import tempfile

import pytest

import wire
from clusters import Server
from conftest import Kubectl, connection_of
from definitions import Definition
from interface import API, eventually
from kms import Plugin
from test_server_flags import run

pytestmark = pytest.mark.own_server


def provider(name, *keys):
    """The first letter of a key's name says what its bytes are."""
    return {name: {"keys": [{"name": key, "secret": base64.b64encode(key[:1].encode() * 32).decode()} for key in keys]}}


def configuration(path, *entries):
    """Writes a file; each entry is resources and providers."""
    entries = [{"resources": resources, "providers": providers} for resources, providers in entries]
    text = json.dumps({"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration", "resources": entries})
    # In one step, so that nobody reads half of it.
    path.with_suffix(".new").write_text(text)
    os.rename(path.with_suffix(".new"), path)
    return str(path)


def stored(server, key):
    """What the store of a server that has ended holds."""
    with sqlite3.connect(os.path.join(server.directory, "cluster", "state.db")) as database:
        (value,) = database.execute("SELECT value FROM log WHERE key = ? ORDER BY id DESC LIMIT 1", (key,)).fetchone()
    return bytes(value)


class Encrypted:
    """A server that is started again with one configuration after the other."""

    def __init__(self, directory, *flags):
        self.path = directory / "encryption.yaml"
        self.server = Server(directory / "server", "--encryption-provider-config", str(self.path), *flags)
        self.kubectl = Kubectl(self.server.kubeconfig, directory / "cache")

    def start(self, *entries):
        configuration(self.path, *entries)
        self.server.start()
        return self

    def stop(self):
        assert self.server.stop() == 0, self.server.log()


SECRET = "/registry/secrets/default/one"
IDENTITY = {"identity": {}}


@pytest.mark.parametrize("name", ["aescbc", "aesgcm", "secretbox"])
def test_secrets_are_encrypted(tmp_path, name):
    place = Encrypted(tmp_path).start((["secrets"], [provider(name, "key1"), IDENTITY]))
    try:
        place.kubectl.out("create", "secret", "generic", "one", "--from-literal=password=correct-horse")
        place.kubectl.out("create", "configmap", "one", "--from-literal=word=correct-horse")
        assert base64.b64decode(place.kubectl.json("get", "secret", "one")["data"]["password"]) == b"correct-horse"
    finally:
        place.stop()
    value = stored(place.server, SECRET)
    assert value.startswith(f"k8s:enc:{name}:v1:key1:".encode()) and b'"one"' not in value
    assert b"correct-horse" in stored(place.server, "/registry/configmaps/default/one")
    with open(os.path.join(place.server.directory, "cluster", "state.db"), "rb") as file:
        assert base64.b64encode(b"correct-horse")[:16] not in file.read()
    place.server.start()
    try:
        assert base64.b64decode(place.kubectl.json("get", "secret", "one")["data"]["password"]) == b"correct-horse"
        place.kubectl.out("delete", "secret", "one")
    finally:
        place.stop()


def test_keys_are_replaced(tmp_path):
    """The way of Kubernetes' handbook: another key reads, then writes; everything is written once more; the old one goes."""
    place = Encrypted(tmp_path).start((["secrets"], [IDENTITY]))
    place.kubectl.out("create", "secret", "generic", "one", "--from-literal=a=b")
    place.stop()
    assert stored(place.server, SECRET).startswith(b"{")
    steps = [
        ([provider("aescbc", "first"), IDENTITY], b"k8s:enc:aescbc:v1:first:"),
        ([provider("aescbc", "second", "first")], b"k8s:enc:aescbc:v1:second:"),
        ([provider("secretbox", "third"), provider("aescbc", "second")], b"k8s:enc:secretbox:v1:third:"),
        ([IDENTITY, provider("secretbox", "third")], b"{"),
    ]
    for providers, prefix in steps:
        before = stored(place.server, SECRET)
        place.start((["secrets"], providers))
        version = place.kubectl.json("get", "secret", "one")["metadata"]["resourceVersion"]
        secret = place.kubectl.json("get", "secret", "one")
        place.stop()
        assert stored(place.server, SECRET) == before, "nothing is written that nobody writes"
        place.server.start()
        # The same object once more: it is written, since it stands there in another way than it would be today.
        place.kubectl.out("replace", "-f", "-", input=json.dumps(secret))
        after = place.kubectl.json("get", "secret", "one")
        assert after["data"] == secret["data"] and after["metadata"]["resourceVersion"] != version
        # And now it is not.
        place.kubectl.out("replace", "-f", "-", input=json.dumps(after))
        assert place.kubectl.json("get", "secret", "one")["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
        place.stop()
        assert stored(place.server, SECRET).startswith(prefix)
    # Without the key the server does not begin, and says which value it cannot read.
    place.start((["secrets"], [provider("aesgcm", "first"), IDENTITY]))
    place.kubectl.out("patch", "secret", "one", "-p", '{"stringData": {"a": "c"}}')
    place.stop()
    configuration(place.path, (["secrets"], [provider("aesgcm", "other")]))
    place.server.start(wait=False)
    assert place.server.process.wait(60) != 0
    assert f'unable to transform key "{SECRET}": no matching key was found for the provided AES transformer' in place.server.log()


def test_everything_is_encrypted(tmp_path):
    place = Encrypted(tmp_path).start((["secrets"], [provider("aesgcm", "a")]), (["*.*"], [provider("aescbc", "b"), IDENTITY]))
    try:
        api = API(*connection_of(place.server.kubeconfig, str(tmp_path)))
        gadgets = Definition(api).create()
        path = f"/apis/{gadgets.group}/v1/namespaces/default/{gadgets.plural}"
        body = {"apiVersion": f"{gadgets.group}/v1", "kind": gadgets.kind, "metadata": {"name": "one"}, "a": 1}
        api.create(path, body)
        assert api.get(f"{path}/one")["a"] == 1
        place.kubectl.out("create", "secret", "generic", "one")
        place.kubectl.out("create", "configmap", "one")
        place.kubectl.out("create", "deployment", "one", "--image=i")
    finally:
        place.stop()
    assert stored(place.server, SECRET).startswith(b"k8s:enc:aesgcm:v1:a:")
    for key in [f"{gadgets.group}/{gadgets.plural}/default/one", "configmaps/default/one", "deployments/default/one", "namespaces/default"]:
        assert stored(place.server, f"/registry/{key}").startswith(b"k8s:enc:aescbc:v1:b:"), key


def test_a_file_that_is_followed(tmp_path):
    place = Encrypted(tmp_path, "--encryption-provider-config-automatic-reload=true")
    place.start((["secrets"], [provider("aescbc", "first")]))
    try:
        place.kubectl.out("create", "secret", "generic", "one", "--from-literal=a=b")
        place.path.write_text("nonsense")
        eventually(lambda: "is not used, and what it said before holds: " in place.server.log(), place.server.log, 90)
        place.kubectl.out("create", "secret", "generic", "two", "--from-literal=a=b")
        configuration(place.path, (["secrets"], [provider("secretbox", "second"), provider("aescbc", "first")]))
        eventually(lambda: f"reloaded {place.path}" in place.server.log(), place.server.log, 90)
        version = place.kubectl.json("get", "secret", "one")["metadata"]["resourceVersion"]
        place.kubectl.out("label", "secret", "one", "touched=yes")
        assert place.kubectl.json("get", "secret", "one")["metadata"]["resourceVersion"] != version
    finally:
        place.stop()
    assert stored(place.server, SECRET).startswith(b"k8s:enc:secretbox:v1:second:")
    assert stored(place.server, "/registry/secrets/default/two").startswith(b"k8s:enc:aescbc:v1:first:")


def test_keys_that_a_plugin_keeps(tmp_path):
    """The plugin is asked for a seed when its key changes, and for each seed in the store once."""
    # A socket's path is short.
    directory = tempfile.mkdtemp(prefix="kms-")
    plugin = Plugin(os.path.join(directory, "kms.sock"))
    kms = {"kms": {"apiVersion": "v2", "name": "vault", "endpoint": f"unix://{plugin.path}", "timeout": "20s"}}
    place = Encrypted(tmp_path).start((["secrets"], [kms, IDENTITY]))
    api = API(*connection_of(place.server.kubeconfig, str(tmp_path)))
    try:
        for name in ("one", "two", "three"):
            place.kubectl.out("create", "secret", "generic", name, "--from-literal=a=b")
        assert plugin.calls.count("Encrypt") == 1 and "Decrypt" not in plugin.calls
        assert "[+]kms-providers ok" in api.send("GET", "/healthz?verbose").bytes.decode()
        plugin.health = "sick"
        # What was found out of late is told again for a while.
        eventually(lambda: api.send("GET", "/readyz/kms-providers").status == 500, seconds=120)
        answer = api.send("GET", "/readyz/kms-providers")
        assert b"internal server error: kms-provider-0: got unexpected healthz status: sick" in answer.bytes
        plugin.health = "ok"
        eventually(lambda: api.send("GET", "/readyz/kms-providers").status == 200, seconds=120)
    finally:
        place.stop()
    value = stored(place.server, SECRET)
    prefix = b"k8s:enc:kms:v2:vault:"
    assert value.startswith(prefix)
    # The number of the key, which the plugin wants to see again.
    assert wire.one(value[len(prefix) :], 2) == "key-1" and wire.at(value[len(prefix) :], 4, 2) == [b"1"]
    plugin.key = 2
    plugin.calls.clear()
    place.server.start()
    try:
        secret = place.kubectl.json("get", "secret", "one")
        assert base64.b64decode(secret["data"]["a"]) == b"b"
        assert plugin.calls.count("Decrypt") == 1 and plugin.calls.count("Encrypt") == 1
        place.kubectl.out("replace", "-f", "-", input=json.dumps(secret))
        assert place.kubectl.json("get", "secret", "one")["metadata"]["resourceVersion"] != secret["metadata"]["resourceVersion"]
    finally:
        place.stop()
    assert wire.one(stored(place.server, SECRET)[len(prefix) :], 2) == "key-2"
    # Without the plugin nothing can be read, and that is said.
    plugin.close()
    place.server.start(wait=False)
    assert place.server.process.wait(120) != 0
    assert f'unable to transform key "/registry/secrets/default/' in place.server.log()
    assert "failed to decrypt DEK, error: rpc error: code = Unavailable" in place.server.log()
    os.rmdir(directory)


def test_configurations_that_are_wrong(tmp_path):
    path = tmp_path / "encryption.yaml"
    flag = ("--encryption-provider-config", str(path))
    result = run(tmp_path / "a", *flag)
    assert result.returncode != 0 and str(path) in result.stderr, result
    cases = [
        ("", "error while parsing file: the file is empty"),
        ("kind: Other\napiVersion: v1", 'no kind "Other" is registered for version "v1"'),
        (([], [IDENTITY]), "resources[0].resources: Required value: at least one resources[0].resources is required"),
        ((["secrets"], [provider("aescbc")]), "resources[0].providers[0].aescbc.keys: Required value"),
        ((["secrets"], [{"kms": {"name": "k", "endpoint": "unix:///k"}}]), "KMSv1 is deprecated"),
        ((["secrets"], [{"kms": {"apiVersion": "v2", "name": "k", "endpoint": "http://k"}}]), 'unsupported scheme "http" for KMS provider'),
    ]
    for content, words in cases:
        if isinstance(content, str):
            path.write_text(content)
        else:
            configuration(path, content)
        result = run(tmp_path / "a", *flag)
        assert result.returncode != 0 and words in result.stderr, (content, result)
    result = run(tmp_path / "b", "--encryption-provider-config-automatic-reload=true")
    words = "--encryption-provider-config-automatic-reload must be set with --encryption-provider-config"
    assert result.returncode != 0 and words in result.stderr, result
