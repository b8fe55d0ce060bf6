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


def test_what_cannot_be_decrypted(tmp_path):
    """A secret whose key is lost is not served, and neither are lists that it belongs to; everything else is. It can be removed
    by those who may do that unseen, or read again when its key is back."""
    place = Encrypted(tmp_path, "--encryption-provider-config-automatic-reload=true")
    place.start((["secrets"], [provider("aesgcm", "first")]))
    for namespace in ("default", "other"):
        place.kubectl.out("create", "namespace", namespace, check=namespace == "other")
        place.kubectl.out("create", "secret", "generic", "one", "--from-literal=a=b", "--namespace", namespace)
    place.stop()
    place.start((["secrets"], [provider("aesgcm", "second")]))
    api = API(*connection_of(place.server.kubeconfig, str(tmp_path)))
    try:
        why = 'unable to transform key "{}": no matching key was found for the provided AES transformer'
        broken = [f"/registry/secrets/{namespace}/one" for namespace in ("default", "other")]
        log = place.server.log().replace('\\"', '"')
        for key in broken:
            assert why.format(key) + ": the object is not served, and neither are lists that it belongs to" in log
        path = "/api/v1/namespaces/default/secrets"
        answer = api.send("GET", f"{path}/one")
        assert answer.status == 500 and answer.body["reason"] == "InternalError", answer
        assert answer.body["message"] == "Internal error occurred: " + why.format(broken[0])
        answer = api.send("GET", "/api/v1/secrets")
        assert answer.status == 500 and answer.body["reason"] == "StorageReadError", answer
        assert answer.body["message"] == "failed to read one or more secrets from the storage"
        assert answer.body["details"]["kind"] == "secrets"
        assert [cause["field"] for cause in answer.body["details"]["causes"]] == broken
        assert api.send("GET", path, watch="true").body["reason"] == "StorageReadError"
        # Where it does not belong there is a list, and a name that nobody has is free.
        assert api.send("GET", "/api/v1/namespaces/kube-system/secrets").status == 200
        place.kubectl.out("create", "secret", "generic", "two", "--from-literal=a=b")
        assert base64.b64decode(api.get(f"{path}/two")["data"]["a"]) == b"b"
        place.kubectl.fails("create", "secret", "generic", "one", says="already exists")
        place.kubectl.out("create", "configmap", "one")
        assert api.send("GET", "/readyz").status == 200
        # It goes by no usual way, and by the unusual one only for those who may.
        answer = api.send("DELETE", f"{path}/one")
        assert answer.status == 500 and answer.body["reason"] == "InternalError", answer
        option = {"ignoreStoreReadErrorWithClusterBreakingPotential": "true"}
        answer = api.send("DELETE", f"{path}/one", headers={"Impersonate-User": "eve"}, **option)
        assert answer.status == 403
        role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "remover"}}
        role["rules"] = [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["delete"]}]
        place.kubectl.out("create", "-f", "-", input=json.dumps(role))
        place.kubectl.out("create", "clusterrolebinding", "remover", "--clusterrole=remover", "--user=eve")
        eve = {"Impersonate-User": "eve"}
        eventually(lambda: api.send("DELETE", f"{path}/two", headers=eve).status == 200)
        answer = api.send("DELETE", f"{path}/one", headers=eve, **option)
        assert answer.status == 403 and 'not permitted to do "unsafe-delete-ignore-read-errors"' in answer.body["message"]
        for more, words in [
            ({"gracePeriodSeconds": "0"}, "cannot be set together with .gracePeriodSeconds"),
            ({"dryRun": "All"}, "cannot be set together with .dryRun"),
        ]:
            answer = api.send("DELETE", f"{path}/one", **option, **more)
            assert answer.status == 422 and words in answer.body["message"], answer
        assert api.send("DELETE", path, **option).status == 422
        answer = api.send("DELETE", f"{path}/one", **option)
        assert answer.status == 200 and answer.body["status"] == "Success", answer
        assert api.send("GET", f"{path}/one").status == 404
        answer = api.send("DELETE", f"{path}/one", **option)
        assert answer.status == 422 and "is exclusively used to delete corrupt object(s)" in answer.body["message"], answer
        assert api.send("GET", path).status == 200
        # The other one's key is found again.
        assert api.send("GET", "/api/v1/secrets").status == 500
        configuration(place.path, (["secrets"], [provider("aesgcm", "second", "first")]))
        eventually(lambda: api.send("GET", "/api/v1/secrets").status == 200, place.server.log, 90)
        assert base64.b64decode(api.get("/api/v1/namespaces/other/secrets/one")["data"]["a"]) == b"b"
    finally:
        place.stop()


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
        assert place.kubectl.out("get", "--raw", "/healthz/kms-providers") == "ok"
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
        assert "[+]kms-provider-0 ok" in api.send("GET", "/healthz?verbose").bytes.decode()
        plugin.health = "sick"
        # What was found out of late is told again for a while.
        eventually(lambda: api.send("GET", "/readyz/kms-provider-0").status == 500, seconds=120)
        answer = api.send("GET", "/readyz/kms-provider-0")
        assert b"internal server error: got unexpected healthz status: sick" in answer.bytes
        plugin.health = "ok"
        eventually(lambda: api.send("GET", "/readyz/kms-provider-0").status == 200, seconds=120)
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
    # Without the plugin no secret can be read, and that is said.
    plugin.close()
    place.server.start(wait=False)
    try:
        # Not ready: a plugin that is away is told of by health checks.
        eventually(lambda: place.kubectl("get", "--raw", "/version", check=False).returncode == 0, place.server.log, 120)
        answer = api.send("GET", "/api/v1/secrets")
        assert answer.status == 500 and answer.body["reason"] == "StorageReadError", answer
        assert "failed to decrypt DEK, error: rpc error: code = Unavailable" in place.server.log()
        assert api.send("GET", "/api/v1/configmaps").status == 200
        # When it is back they can.
        plugin = Plugin(plugin.path)
        plugin.key = 2
        eventually(lambda: api.send("GET", "/api/v1/secrets").status == 200, place.server.log, 120)
    finally:
        place.stop()
        plugin.close()
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
