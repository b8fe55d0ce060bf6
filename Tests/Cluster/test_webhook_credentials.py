"""What admission webhooks are shown, by which they know the server (WebhookAdmissionConfiguration)."""

import json
import ssl

import pytest
from authorities import Authority
from clusters import Server
from conftest import Kubectl
from webhooks import Hooks, allow

pytestmark = pytest.mark.own_server

PLUGINS = {"MutatingAdmissionWebhook": "MutatingWebhookConfiguration", "ValidatingAdmissionWebhook": "ValidatingWebhookConfiguration"}


def config_map(name):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}


def configuration(kind, name, hooks, authority):
    return {
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name},
        "webhooks": [{
            "name": f"{name}.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"url": f"https://127.0.0.1:{hooks.port}/{kind}", "caBundle": authority.bundle},
            "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}],
            "matchConditions": [{"name": "own", "expression": "object.metadata.name.startsWith('own-')"}],
        }],
    }  # fmt: skip


def test_each_plugin_shows_its_own(tmp_path):
    authority = Authority(tmp_path / "ca")
    authority.context("DNS:client")
    context = authority.context("IP:127.0.0.1")
    context.verify_mode = ssl.CERT_OPTIONAL
    context.load_verify_locations(authority.certificate)
    hooks = Hooks(context, "127.0.0.1")
    users = {
        "MutatingAdmissionWebhook": [
            {"name": f"127.0.0.1:{hooks.port}", "user": {"token": "with-port"}},
            {"name": "127.0.0.1", "user": {"token": "without-port"}},
            {"name": "*", "user": {"token": "fallback"}},
        ],
        "ValidatingAdmissionWebhook": [
            {"name": "*", "user": {"client-certificate": "ca/DNS_client.crt", "client-key": "ca/DNS_client.key"}}
        ],
    }  # fmt: skip
    plugins = []
    for plugin, entries in users.items():
        path = tmp_path / f"{plugin}.kubeconfig"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "Config", "users": entries}))
        told = {"apiVersion": "apiserver.config.k8s.io/v1", "kind": "WebhookAdmissionConfiguration", "kubeConfigFile": str(path)}
        plugins.append({"name": plugin, "configuration": told})
    file = tmp_path / "admission.json"
    file.write_text(
        json.dumps({"apiVersion": "apiserver.k8s.io/v1alpha1", "kind": "AdmissionConfiguration", "plugins": plugins})
    )
    server = Server(tmp_path / "server", "--admission-control-config-file", str(file)).start()
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "kubectl")
        for kind in PLUGINS.values():
            hooks.answers[f"/{kind}"] = allow
            kubectl("create", "-f", "-", input=configuration(kind, kind.lower(), hooks, authority))
        # A webhook is asked soon after it has been told of.
        for attempt in range(50):
            kubectl("create", "-f", "-", input=config_map(f"own-{attempt}"))
            if all(hooks.questions(f"/{kind}") for kind in PLUGINS.values()):
                break
        shown = dict(zip((path.split("?")[0] for path, _ in hooks.seen), hooks.shown, strict=True))
        assert shown == {
            "/MutatingWebhookConfiguration": ("Bearer with-port", None),
            "/ValidatingWebhookConfiguration": (None, "test-server"),
        }
    finally:
        server.stop()
        hooks.close()
    path.write_text(json.dumps({"users": [{"name": "*", "user": {"exec": {"command": "x"}}}]}))
    server = Server(tmp_path / "other", "--admission-control-config-file", str(file)).start(wait=False)
    assert server.process.wait(60) != 0
    assert 'user "*": exec is not supported' in server.log(), server.log()
