"""Admission plugins that do not run unless somebody says so."""

import json

import pytest
import yaml

from authorities import Authority
from clusters import Server
from conftest import Kubectl
from test_server_flags import run
from webhooks import Hooks, kubeconfig

pytestmark = pytest.mark.own_server
PLUGINS = [
    "AlwaysAdmit", "NamespaceAutoProvision", "NamespaceExists", "LimitPodHardAntiAffinityTopology", "ExtendedResourceToleration",
    "OwnerReferencesPermissionEnforcement", "PodNodeSelector", "EventRateLimit", "ImagePolicyWebhook",
    "PodTolerationRestriction",
]  # fmt: skip


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    directory = tmp_path_factory.mktemp("plugins")
    authority = Authority(str(directory / "authority"))
    hooks = Hooks(authority.context("DNS:localhost", "IP:127.0.0.1"))
    kubeconfig(directory, hooks, authority, "/images")
    (directory / "admission.yaml").write_text(yaml.safe_dump({
        "apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
        "plugins": [
            {"name": "PodNodeSelector", "configuration": {"podNodeSelectorPluginConfig": {
                "clusterDefaultNodeSelector": "pool=common", "narrow": "pool=narrow,disk=ssd",
            }}},
            {"name": "EventRateLimit", "configuration": {
                "apiVersion": "eventratelimit.admission.k8s.io/v1alpha1", "kind": "Configuration",
                "limits": [{"type": "Namespace", "qps": 1, "burst": 3}],
            }},
            {"name": "PodTolerationRestriction", "configuration": {
                "apiVersion": "podtolerationrestriction.admission.k8s.io/v1alpha1", "kind": "Configuration",
                "default": [{"key": "everywhere", "operator": "Exists"}],
            }},
            {"name": "ImagePolicyWebhook", "configuration": {"imagePolicy": {"kubeConfigFile": "webhook.yaml", "allowTTL": 60, "denyTTL": 60}}},
        ],
    }))  # fmt: skip

    def judge(review):
        images = [one["image"] for one in review["spec"]["containers"]]
        if "broken" in images:
            return 400, {}, {}
        status = {"allowed": "bad" not in images, "reason": "no bad ones" if "bad" in images else ""}
        return {"apiVersion": review["apiVersion"], "kind": "ImageReview", "status": status}

    hooks.answers["/images"] = judge
    tokens = directory / "tokens.csv"
    tokens.write_text("editor-token,editor,u1\n")
    server = Server(
        directory / "server", "--enable-admission-plugins", ",".join(PLUGINS), "--admission-control-config-file", str(directory / "admission.yaml"),
        "--token-auth-file", str(tokens),
    ).start()  # fmt: skip
    server.hooks = hooks
    yield server
    hooks.close()
    assert server.stop() == 0, server.log()


@pytest.fixture
def kubectl(own, tmp_path):
    return Kubectl(own.kubeconfig, tmp_path / "cache")


def pod(name, namespace, image="i", **spec):
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [{"name": "c", "image": image}], "automountServiceAccountToken": False, **spec},
    }  # fmt: skip


def create(kubectl, body, *flags):
    return kubectl("create", "--validate=false", "-o", "json", "-f", "-", *flags, input=body, check=False)


def made(kubectl, body, *flags):
    done = create(kubectl, body, *flags)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(kubectl, body, words, *flags):
    done = create(kubectl, body, *flags)
    assert done.returncode and words in done.stderr, done.stderr


def test_namespaces_are_made(kubectl):
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "fresh"}}
    refused(kubectl, config, 'namespaces "fresh" not found', "--dry-run=server")
    made(kubectl, config)
    assert kubectl.json("get", "namespace", "fresh")["status"]["phase"] == "Active"


def test_nodes_of_a_namespace(kubectl):
    for name in ("selected", "narrow", "common"):
        kubectl("create", "namespace", name)
    kubectl("annotate", "namespace", "selected", "scheduler.alpha.kubernetes.io/node-selector=zone=a")
    for name in ("selected", "narrow", "common"):
        kubectl("wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=60s")
    assert made(kubectl, pod("a", "selected", nodeSelector={"x": "y"}))["spec"]["nodeSelector"] == {"x": "y", "zone": "a"}
    refused(kubectl, pod("b", "selected", nodeSelector={"zone": "b"}), "pod node label selector conflicts with its namespace node label selector")
    assert made(kubectl, pod("a", "common"))["spec"]["nodeSelector"] == {"pool": "common"}
    # What a namespace may select is narrower than what it gets where nothing is said.
    refused(kubectl, pod("a", "narrow"), "pod node label selector labels conflict with its namespace whitelist")
    kubectl("annotate", "namespace", "narrow", "scheduler.alpha.kubernetes.io/node-selector=pool=narrow")
    assert made(kubectl, pod("a", "narrow", nodeSelector={"disk": "ssd"}))["spec"]["nodeSelector"] == {"disk": "ssd", "pool": "narrow"}


def test_affinity_and_tolerations(kubectl):
    def apart(key):
        term = {"topologyKey": key, "labelSelector": {"matchLabels": {"a": "b"}}}
        return {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}

    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    made(kubectl, pod("host", "default", affinity=apart("kubernetes.io/hostname")))
    refused(
        kubectl, pod("zone", "default", affinity=apart("zone")),
        "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed",
    )  # fmt: skip
    wants = pod("wants", "default")
    wants["spec"]["containers"][0]["resources"] = {"limits": {"example.com/gpu": "1", "cpu": "1"}}
    assert {"key": "example.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in made(kubectl, wants)["spec"]["tolerations"]


def test_tolerations_of_a_namespace(kubectl):
    kubectl("create", "namespace", "tolerant")
    kubectl("wait", "--for=create", "serviceaccount/default", "-n", "tolerant", "--timeout=60s")
    everywhere = {"key": "everywhere", "operator": "Exists"}
    assert everywhere in made(kubectl, pod("a", "tolerant"))["spec"]["tolerations"]
    prefix = "scheduler.alpha.kubernetes.io/"
    own = {"key": "own", "operator": "Equal", "value": "1", "effect": "NoSchedule"}
    kubectl("annotate", "namespace", "tolerant", f"{prefix}defaultTolerations={json.dumps([own])}")
    given = made(kubectl, pod("b", "tolerant"))["spec"]["tolerations"]
    assert own in given and everywhere not in given
    kubectl("annotate", "namespace", "tolerant", prefix + "tolerationsWhitelist=" + json.dumps([{"key": "own", "operator": "Exists"}, {"operator": "Exists", "effect": "NoExecute"}]))
    made(kubectl, pod("c", "tolerant"))
    other = pod("d", "tolerant", tolerations=[{"key": "other", "operator": "Exists"}])
    refused(kubectl, other, "pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist")


def test_images(kubectl, own):
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    annotated = pod("good", "default", image="good")
    annotated["metadata"]["annotations"] = {"mine.image-policy.k8s.io/ticket": "7", "other": "x"}
    made(kubectl, annotated)
    spec = {"containers": [{"image": "good"}], "annotations": {"mine.image-policy.k8s.io/ticket": "7"}, "namespace": "default"}
    assert spec in [one["spec"] for one in own.hooks.questions("/images")]
    for _ in range(2):
        refused(kubectl, pod("bad", "default", image="bad"), 'pods "bad" is forbidden: image policy webhook backend denied one or more images: no bad ones')
    assert len([one for one in own.hooks.questions("/images") if one["spec"]["containers"] == [{"image": "bad"}]]) == 1
    refused(kubectl, pod("broken", "default", image="broken"), 'pods "broken" is forbidden: ')


def test_owners(kubectl, own, tmp_path):
    kubectl("create", "clusterrole", "edits", "--verb=create,get,update", "--resource=configmaps")
    kubectl("create", "rolebinding", "edits", "--clusterrole=edits", "--user=editor")
    owner = made(kubectl, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner", "namespace": "default"}})
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}

    def owned(name, **more):
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default", "ownerReferences": [{**reference, **more}]}}

    kubectl("config", "set-credentials", "editor", "--token=editor-token", "--kubeconfig", str(copy(own, tmp_path)))
    editor = Kubectl(str(tmp_path / "kubeconfig"), tmp_path / "editors-cache")
    refused(editor, owned("a"), "cannot set an ownerRef on a resource you can't delete: ", "--user=editor")
    kubectl("create", "role", "deletes", "--verb=delete", "--resource=configmaps")
    kubectl("create", "rolebinding", "deletes", "--role=deletes", "--user=editor")
    made(editor, owned("a"), "--user=editor")
    refused(
        editor, owned("b", blockOwnerDeletion=True),
        "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ", "--user=editor",
    )  # fmt: skip
    refused(editor, owned("b", blockOwnerDeletion=True, kind="Nonsense"), "cannot find RESTMapping for APIVersion v1 Kind Nonsense", "--user=editor")


def copy(own, directory):
    path = directory / "kubeconfig"
    with open(own.kubeconfig) as file:
        path.write_text(file.read())
    return path


def test_events_are_limited(kubectl):
    kubectl("create", "namespace", "noisy")

    def event(name):
        return {
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": "noisy"}, "type": "Normal", "reason": "r", "message": "m",
            "involvedObject": {"kind": "Pod", "namespace": "noisy", "name": "p"},
        }  # fmt: skip

    body = {"apiVersion": "v1", "kind": "List", "items": [event(f"e{number}") for number in range(40)]}
    done = create(kubectl, body)
    assert "Too many requests: limit reached on type Namespace for key noisy" in done.stderr, done.stderr
    assert 3 <= len(kubectl.json("get", "events", "-n", "noisy")["items"]) < 40


def test_pods_have_the_labels_of_their_nodes(kubectl):
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    labels = {"topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", "other": "x"}
    made(kubectl, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n", "labels": labels}})
    body = pod("bound", "default")
    body["metadata"]["labels"] = {"mine": "y", "topology.kubernetes.io/zone": "elsewhere"}
    made(kubectl, body)
    binding = {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": "bound", "namespace": "default"}, "target": {"kind": "Node", "name": "n"}}
    kubectl("create", "--raw", "/api/v1/namespaces/default/pods/bound/binding", "-f", "-", input=binding)
    bound = kubectl.json("get", "pod", "bound", "--show-managed-fields")
    assert bound["metadata"]["labels"] == {"mine": "y", "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r"}
    # A binding is nobody's.
    assert [one.get("subresource") for one in bound["metadata"]["managedFields"]] == [None]


def test_everything_is_denied(tmp_path):
    server = Server(tmp_path / "server", "--enable-admission-plugins", "AlwaysDeny").start()
    try:
        refused(Kubectl(server.kubeconfig, tmp_path / "cache"), pod("a", "default"), "admission control is denying all modifications")
    finally:
        assert server.stop() == 0, server.log()


@pytest.mark.parametrize("plugin", ["EventRateLimit", "ImagePolicyWebhook"])
def test_what_must_be_told(tmp_path, plugin):
    done = run(tmp_path, "--api-listen", "127.0.0.1:0", "--enable-admission-plugins", plugin)
    assert done.returncode != 0 and f"the plugin {plugin} must be told what to do" in done.stderr, done.stderr
