"""Which built-in APIs are served: `--runtime-config` as kube-apiserver has it."""

import pytest

from clusters import Server
from conftest import Kubectl, connection_of
from interface import API, eventually
from test_server_flags import run

pytestmark = pytest.mark.own_server


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    directory = tmp_path_factory.mktemp("enablement")
    rules = "api/all=true,api/beta=false,batch/v1=true,autoscaling/v1=false,storage.k8s.io/v1beta1=false,events.k8s.io/v1=false"
    server = Server(directory / "server", f"--runtime-config={rules}", "--runtime-config", "apps/v1/daemonsets=false,node.k8s.io/v1=0").start()
    yield server, Kubectl(server.kubeconfig, directory / "cache"), API(*connection_of(server.kubeconfig, str(directory)))
    assert server.stop() == 0, server.log()


def test_discovery_tells_what_is_served(place):
    server, kubectl, api = place
    groups = {group["name"]: [one["version"] for one in group["versions"]] for group in api.get("/apis")["groups"]}
    assert groups["autoscaling"] == ["v2"] and "v1" in groups["batch"]
    assert "events.k8s.io" not in groups and "node.k8s.io" not in groups
    names = {one["name"] for one in api.get("/apis/apps/v1")["resources"]}
    assert {"deployments", "replicasets", "controllerrevisions"} <= names and not any(name.startswith("daemonsets") for name in names)
    aggregated = api.send("GET", "/apis", headers={"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"})
    apps = next(one for one in aggregated.body["items"] if one["metadata"]["name"] == "apps")
    assert "daemonsets" not in {one["resource"] for one in apps["versions"][0]["resources"]}
    versions = set(kubectl.out("api-versions").split())
    assert "autoscaling/v2" in versions and not {"autoscaling/v1", "events.k8s.io/v1", "node.k8s.io/v1"} & versions
    paths = api.get("/openapi/v3")["paths"]
    assert "apis/apps/v1" in paths and "apis/node.k8s.io/v1" not in paths and "apis/autoscaling/v1" not in paths
    document = api.get("/openapi/v3/apis/apps/v1")["paths"]
    assert "/apis/apps/v1/deployments" in document and "/apis/apps/v1/daemonsets" not in document


def test_routes_are_gone(place):
    server, kubectl, api = place
    for path in ["/apis/autoscaling/v1", "/apis/node.k8s.io/v1", "/apis/node.k8s.io", "/apis/apps/v1/daemonsets", "/apis/events.k8s.io/v1/events"]:
        assert api.send("GET", path).status == 404, path
    kubectl.fails("get", "daemonsets", says='the server doesn\'t have a resource type "daemonsets"')
    kubectl.fails("get", "runtimeclasses", says="the server doesn't have a resource type")
    # What is there goes on, that of another version too.
    kubectl.out("create", "deployment", "one", "--image=i")
    scaler = {
        "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "one"},
        "spec": {"maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "one"}},
    }  # fmt: skip
    api.create("/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers", scaler)
    assert kubectl.json("get", "horizontalpodautoscaler", "one")["apiVersion"] == "autoscaling/v2"
    kubectl.out("create", "namespace", "short")
    kubectl.out("delete", "namespace", "short", "--timeout=60s")
    assert not [line for line in server.log().splitlines() if "events.k8s.io" in line or "daemonsets" in line]


def test_services_of_what_is_not_served_go(tmp_path):
    """They are the server's own, and follow what it serves when it starts again."""
    server = Server(tmp_path / "server").start()
    kubectl = Kubectl(server.kubeconfig, tmp_path / "cache")
    eventually(lambda: kubectl("get", "apiservice", "v1.node.k8s.io", check=False).returncode == 0)
    assert server.stop() == 0
    server.flags = ("--runtime-config=node.k8s.io/v1=false",)
    server.start()
    try:
        eventually(lambda: kubectl("get", "apiservice", "v1.node.k8s.io", check=False).returncode != 0, server.log)
        assert kubectl("get", "apiservice", "v1.apps", check=False).returncode == 0
    finally:
        assert server.stop() == 0, server.log()


@pytest.mark.parametrize(
    "rules, words",
    [
        ("api/all=false", "invalid runtime-config with only api/all=false"),
        ("api/ga=perhaps", "invalid value api/ga=perhaps"),
        ("api/alpha=true", "api/alpha=true: this server has stable versions only"),
        ("storage.k8s.io/v1beta1=true", "storage.k8s.io/v1beta1=true: this server has stable versions only"),
        ("v1=true", "runtime-config invalid key v1"),
        ("apps/v1=perhaps", 'invalid value of apps/v1: perhaps, err: strconv.ParseBool: parsing "perhaps": invalid syntax'),
        ("apps/v2=true", "group version apps/v2 that has not been registered"),
        ("cats.example.com/v1=true", "unknown api groups cats.example.com/v1"),
        ("apps/v1/Deployments=false", 'group/version/resource and resource is always lowercase plural, not "Deployments"'),
    ],
)
def test_rules_that_are_wrong(tmp_path, rules, words):
    result = run(tmp_path, f"--runtime-config={rules}")
    assert result.returncode != 0 and words in result.stderr, result
