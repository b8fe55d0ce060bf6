"""What admission plugins are told by a file (`--admission-control-config-file`)."""

import pytest
from clusters import Server
from conftest import Kubectl

pytestmark = pytest.mark.own_server

FILE = """
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  path: pods.yaml
- name: ResourceQuota
  configuration:
    apiVersion: apiserver.config.k8s.io/v1
    kind: ResourceQuotaConfiguration
    limitedResources:
    - resource: persistentvolumeclaims
      matchContains: [.storageclass.storage.k8s.io/requests.storage]
"""
PODS = """
apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {enforce: baseline, warn: restricted}
exemptions: {usernames: [trusted], namespaces: [free], runtimeClasses: [sandboxed]}
"""


def pod(name, namespace, **spec):
    container = {"name": "c", "image": "i", "securityContext": {"privileged": True}}
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [container], **spec},
    }  # fmt: skip


def claim(namespace, storage_class):
    return {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c", "namespace": namespace},
        "spec": {
            "storageClassName": storage_class, "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }  # fmt: skip


def test_plugins_do_as_they_are_told(tmp_path):
    (tmp_path / "admission.yaml").write_text(FILE)
    (tmp_path / "pods.yaml").write_text(PODS)
    server = Server(tmp_path / "server", "--admission-control-config-file", str(tmp_path / "admission.yaml")).start()
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "kubectl")

        def create(body, *flags):
            return kubectl("create", "--validate=false", "-f", "-", *flags, input=body, check=False)

        for name in ("held", "free"):
            kubectl("create", "namespace", name)
            kubectl("wait", "--for=create", "serviceaccount/default", "--namespace", name, "--timeout=60s")
        assert 'violates PodSecurity "baseline:latest": privileged' in create(pod("p", "held")).stderr
        assert create(pod("p", "free")).returncode == 0
        labelled = kubectl("label", "namespace", "free", "pod-security.kubernetes.io/enforce=restricted").stderr
        assert (
            'Warning: namespace "free" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored'
        ) in labelled
        assert create(pod("p", "held"), "--as", "trusted", "--as-group", "system:masters").returncode == 0
        runtime = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "sandboxed"}, "handler": "x"}
        assert create(runtime).returncode == 0
        assert create(pod("q", "held", runtimeClassName="sandboxed")).returncode == 0
        warned = create(
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "w", "namespace": "held"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        )
        assert warned.returncode == 0 and 'would violate PodSecurity "restricted:latest"' in warned.stderr

        refused = create(claim("held", "gold")).stderr
        assert "insufficient quota to consume: gold.storageclass.storage.k8s.io/requests.storage" in refused
        assert create(claim("held", "")).returncode == 0
        kubectl("create", "quota", "q", "--hard=gold.storageclass.storage.k8s.io/requests.storage=5Gi", "--namespace", "free")
        kubectl("wait", "--for=jsonpath={.status.used}", "quota/q", "--namespace", "free", "--timeout=60s")
        assert create(claim("free", "gold")).returncode == 0
    finally:
        server.stop()


def test_a_file_that_cannot_be_used_is_told_of(tmp_path):
    path = tmp_path / "admission.yaml"
    (tmp_path / "pods.yaml").write_text(PODS)
    for text, words in (
        (FILE.replace("pods.yaml", "nowhere.yaml"), "nowhere.yaml"),
        (FILE.replace("PodSecurity", "ImagePolicyWebhook"), "ImagePolicyWebhook"),
        (FILE.replace("limitedResources", "limited"), 'unknown field "limited"'),
    ):
        path.write_text(text)
        server = Server(tmp_path / "server", "--admission-control-config-file", str(path)).start(wait=False)
        assert server.process.wait(60) != 0
        assert words in server.log(), server.log()
