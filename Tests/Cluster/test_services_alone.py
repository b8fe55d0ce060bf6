"""Services of clusters with their own ranges, and of servers that die."""

import json
import threading

import pytest
from clusters import Server
from conftest import Kubectl

pytestmark = pytest.mark.own_server


@pytest.fixture
def start(tmp_path):
    servers = []

    def start(*flags, directory="server"):
        servers.append(Server(tmp_path / directory, *flags).start())
        return servers[-1], Kubectl(servers[-1].kubeconfig, tmp_path / "kubectl", "--namespace", "default")

    yield start
    for server in servers:
        server.stop()


def service(name, **spec):
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"ports": [{"port": 80}], **spec},
    }  # fmt: skip


def make(kubectl, name, **spec):
    return kubectl.json("create", "-f", "-", input=service(name, **spec))["spec"]


def patch(kubectl, name, **spec):
    kubectl("patch", "service", name, "--type=merge", "-p", json.dumps({"spec": spec}))
    return kubectl.json("get", "service", name)["spec"]


def addresses(kubectl):
    return {one["metadata"]["name"] for one in kubectl.json("get", "ipaddresses")["items"]}


def test_two_families(start):
    _, kubectl = start("--service-cluster-ip-range", "10.50.0.0/24,fd00:50::/112")
    assert kubectl.json("get", "servicecidr", "kubernetes")["spec"]["cidrs"] == ["10.50.0.0/24", "fd00:50::/112"]
    assert make(kubectl, "usual")["ipFamilies"] == ["IPv4"]
    spec = make(kubectl, "six", ipFamilies=["IPv6"])
    assert spec["clusterIP"].startswith("fd00:50::") and spec["clusterIP"] in addresses(kubectl)
    both = make(kubectl, "both", ipFamilyPolicy="RequireDualStack")
    assert both["ipFamilies"] == ["IPv4", "IPv6"] and len(both["clusterIPs"]) == 2
    assert both["clusterIPs"][0].startswith("10.50.0.") and set(both["clusterIPs"]) <= addresses(kubectl)
    turned = make(kubectl, "turned", ipFamilyPolicy="PreferDualStack", ipFamilies=["IPv6"])
    assert turned["ipFamilies"] == ["IPv6", "IPv4"] and turned["clusterIPs"][1].startswith("10.50.0.")
    kubectl.fails(
        "create", "-f", "-", input=service("odd", ipFamilies=["IPv4", "IPv6"], ipFamilyPolicy="SingleStack"),
        says="must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified",
    )  # fmt: skip
    # One more, and one less.
    now = patch(kubectl, "usual", ipFamilyPolicy="PreferDualStack")
    assert now["ipFamilies"] == ["IPv4", "IPv6"] and set(now["clusterIPs"]) <= addresses(kubectl)
    less = patch(kubectl, "usual", ipFamilyPolicy="SingleStack")
    assert less["clusterIPs"] == now["clusterIPs"][:1] and less["ipFamilies"] == ["IPv4"]
    assert now["clusterIPs"][1] not in addresses(kubectl)
    kubectl.fails(
        "patch", "service", "both", "--type=merge", "-p", json.dumps({"spec": {"ipFamilies": ["IPv4"]}}),
        says="must be 'SingleStack' to release the secondary IP family",
    )  # fmt: skip
    kubectl.fails(
        "patch", "service", "both", "--type=merge", "-p", json.dumps({"spec": {"ipFamilies": ["IPv6", "IPv4"]}}),
        says="expected an IPv6 value as indicated by `ipFamilies[0]`",
    )  # fmt: skip
    kubectl("delete", "services", "both", "turned", "six", "usual")
    assert addresses(kubectl) == {"10.50.0.1"}


def test_a_full_range(start):
    _, kubectl = start("--service-cluster-ip-range", "10.51.0.0/29", "--service-node-port-range", "30000-30002")
    # Six addresses, of which the API has one.
    given = {make(kubectl, f"s{number}")["clusterIP"] for number in range(5)}
    assert given == {f"10.51.0.{number}" for number in range(2, 7)}
    kubectl.fails("create", "-f", "-", input=service("more"), says="failed to allocate a serviceIP: range is full")
    kubectl("delete", "service", "s0")
    assert make(kubectl, "more")["clusterIP"] in given
    for number in range(1, 4):
        assert patch(kubectl, f"s{number}", type="NodePort")["ports"][0]["nodePort"] in (30000, 30001, 30002)
    kubectl.fails(
        "patch", "service", "s4", "--type=merge", "-p", '{"spec":{"type":"NodePort"}}',
        says="failed to allocate a nodePort: range is full",
    )  # fmt: skip


@pytest.mark.parametrize(
    "flags, says",
    [
        (("--service-cluster-ip-range", "10.0.0.0"), "is not ADDRESS/LENGTH"),
        (("--service-cluster-ip-range", "10.0.0.0/30"), "must be from 8 to 29"),
        (("--service-cluster-ip-range", "10.0.0.0/16,10.1.0.0/16"), "one of each address family"),
        (("--service-node-port-range", "30000"), "it must be FIRST-LAST"),
        (("--service-node-port-range", "32000-31000"), "it must be FIRST-LAST"),
        (("--advertise-address", "127.0.0.1"), "an address that other hosts can reach"),
    ],
)
def test_flags_that_mean_nothing(tmp_path, flags, says):
    server = Server(tmp_path / "server", *flags).start(wait=False)
    assert server.process.wait(60) != 0
    assert says in server.log()


def test_nothing_is_lost_when_a_server_dies(start):
    """What was acknowledged stays claimed, and nothing else is."""
    server, kubectl = start()
    from kubernetes import client, config
    from urllib3.exceptions import HTTPError

    core = client.CoreV1Api(config.new_client_from_config(server.kubeconfig))
    made, removed = {}, set()

    def work(worker):
        try:
            for number in range(10_000):
                name = f"s{worker}-{number}"
                made[name] = core.create_namespaced_service("default", service(name, type="NodePort")).spec
                if number % 3 == 0:
                    removed.add(name)
                    core.delete_namespaced_service(name, "default")
        except (HTTPError, client.ApiException):
            return

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for one in workers:
        one.start()
    while len(made) < 60:
        assert any(one.is_alive() for one in workers)
        workers[0].join(0.02)
    server.kill()
    for one in workers:
        one.join()
    server.start()
    services = {one["metadata"]["name"]: one["spec"] for one in kubectl.json("get", "services")["items"]}
    assert {name for name in made if name not in removed} <= services.keys()
    given = [spec["clusterIP"] for spec in services.values()]
    ports = [port["nodePort"] for spec in services.values() for port in spec["ports"] if "nodePort" in port]
    assert len(set(given)) == len(given) and len(set(ports)) == len(ports)
    assert addresses(kubectl) == set(given)
    assert "repaired" not in server.log() and "freed" not in server.log()
    # Every port that is not a service's can be had again.
    for name, spec in made.items():
        port = spec.ports[0].node_port
        if name not in services and port not in ports:
            kubectl("create", "-f", "-", input=service("again", type="NodePort", ports=[{"port": 1, "nodePort": port}]))
            break
