"""What an engine's settings decide for its networks: default options, the addresses behind `host-gateway`."""

import docker as docker_py
import pytest

from conftest import Cli, load, made
from networks import refused

pytestmark = [pytest.mark.usefixtures("busybox"), pytest.mark.own_engine]


@pytest.fixture
def started(another_engine, work):
    """An engine with these flags, and the image: answers a client of its API."""
    clients = []

    def start(*flags):
        engine = another_engine(*flags)
        client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=90)
        clients.append(client)
        load(client, made("busybox"), "busybox:latest")
        return engine, client

    yield start
    for client in clients:
        client.close()


@pytest.mark.differs("has no default-network-opt")
def test_options_of_new_networks(started, work):
    mtu, family = "com.docker.network.driver.mtu", "com.docker.network.enable_ipv6"
    engine, client = started("--default-network-opt", f"bridge={mtu}=1280", "--default-network-opt", f"bridge={family}=true")

    def seen(name, **more):
        network = client.networks.create(name, **more)
        network.reload()
        inside = client.containers.run("busybox", "cat /sys/class/net/eth0/mtu", network=name, remove=True)
        return network.attrs["Options"].get(mtu), int(inside), network.attrs["EnableIPv6"]

    assert seen("plain") == ("1280", 1280, True)
    assert seen("own", options={mtu: "1300"}) == ("1300", 1300, True)
    Cli(engine.url, work)("network", "create", "--ipv6=false", "single")
    assert client.networks.get("single").attrs["EnableIPv6"] is False
    assert client.networks.get("bridge").attrs["Options"][mtu] == "1500"  # the default network has settings of its own
    for name in ("plain", "own", "single"):
        client.networks.get(name).remove()


@pytest.mark.differs("takes no family from options")
def test_families_by_options(client, name, net):
    network = client.networks.get(net("-o", "com.docker.network.enable_ipv6=true", "--subnet", "fd00:a906::/64"))
    assert network.attrs["EnableIPv6"] and network.attrs["EnableIPv4"]
    refused(
        lambda: client.api.create_network(name, options={"com.docker.network.enable_ipv6": "maybe"}),
        400, 'driver-opt "com.docker.network.enable_ipv6" is not a valid bool',
    )  # fmt: skip


def gateways(client, **more):
    said = client.containers.run("busybox", "cat /etc/hosts", extra_hosts={"gate": "host-gateway"}, remove=True, **more)
    return [line.split()[0] for line in said.decode().splitlines() if line.endswith("\tgate")]


@pytest.mark.differs("knows host-gateway as one address")
def test_host_gateway_is_an_address_of_each_family(started):
    engine, client = started("--ipv6", "--fixed-cidr-v6", "fd00:a907::/64")
    subnets = client.networks.get("bridge").attrs["IPAM"]["Config"]
    assert gateways(client) == [subnet["Gateway"] for subnet in subnets] and len(subnets) == 2
    assert gateways(client, network="none") == gateways(client)


@pytest.mark.differs("takes one address")
def test_host_gateway_by_choice(started):
    engine, client = started("--host-gateway-ip", "192.0.2.7", "--host-gateway-ip", "2001:db8::7")
    assert gateways(client) == ["192.0.2.7", "2001:db8::7"]


def test_without_a_default_network(another_engine, work):
    """Containers that name no network are on none; those that do are on it, with names and ports."""
    engine = another_engine("--bridge", "none")
    client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=90)
    try:
        load(client, made("busybox"), "busybox:latest")
        docker = Cli(engine.url, work)
        assert {network.name for network in client.networks.list()} == {"host", "none"}
        links = engine.network.host.run("ip", "-brief", "link").stdout.splitlines()
        assert {line.split()[0].split("@")[0] for line in links} == {"lo", "uplink"}
        for flags in ((), ("--network", "bridge"), ("-p", "80")):
            shown = docker.out("run", "--rm", *flags, "busybox", "ip", "-o", "link")
            assert shown.count("\n") == 0 and " lo:" in shown
        docker.fails("network", "inspect", "bridge", says="not found")
        docker("network", "create", "own")
        docker("run", "-d", "--name", "one", "--network", "own", "busybox", "sleep", "600")
        assert "Address" in docker.out("run", "--rm", "--network", "own", "busybox", "nslookup", "one")
        docker("rm", "-f", "one")
        docker("network", "rm", "own")
    finally:
        client.close()
