"""Networks across the end of their engine, clean or not, and across what befalls the host's rules and links."""

import os
import random
import threading
import time

import docker as docker_py
import pytest

import leaks
from conftest import Cli, ended, load, made
from nameservers import ask
from networks import address, addresses, described, endpoint, inside, links, opens, pings, pool

pytestmark = pytest.mark.own_engine


class Own:
    """An engine of the test's own, with clients."""

    def __init__(self, engine, work):
        self.engine, self.host, self.neighbour = engine, engine.network.host, engine.network.neighbour
        self.docker = Cli(engine.url, work)
        self.client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=60)
        load(self.client, made("busybox"), "busybox:latest")
        load(self.client, made("nginx"), "nginx:latest")
        self.docker("run", "--rm", "-p", "1", "busybox", "true")  # makes what all containers share

    def net(self, name, *flags):
        self.docker("network", "create", *flags, name)
        return name

    def run(self, name, *flags, image="busybox"):
        self.docker("run", "-d", "--name", name, *flags, image, *(("sleep", "600") if image == "busybox" else ()))
        return name

    def crash(self, clean=False):
        self.engine.stop() if clean else self.engine.kill()
        self.engine.start()

    def clear(self):
        for container in self.client.api.containers(all=True):
            self.client.api.remove_container(container["Id"], force=True)
        for network in self.client.api.networks(filters={"type": ["custom"]}):
            self.client.api.remove_network(network["Id"])


@pytest.fixture
def own(another_engine, work):
    own = Own(another_engine(), work)
    yield own
    own.clear()
    own.client.close()


@pytest.fixture
def town(own, name, port):
    """Two networks and an internal one; a web server with a published port and a client on several of them."""
    first = own.net(name + "-a", "--ipv6", "--subnet", "10.216.1.0/24", "--subnet", "fd00:a905:81::/64", "--label", "a=b")
    second, internal = own.net(name + "-b"), own.net(name + "-c", "--internal")
    web = own.run(name + "-web", "--network", first, "--network-alias", "site", "-p", f"{port}:80", "--ip", "10.216.1.77", image="nginx")
    own.docker("network", "connect", "--alias", "shop", second, web)
    one = own.run(name + "-one", "--network", second)
    own.docker("network", "connect", internal, one)
    own.host.get_soon("127.0.0.1", port)
    return first, second, internal, web, one


def networks_of(own, container):
    shown = own.docker.inspect(container)["NetworkSettings"]["Networks"]
    keys = ("NetworkID", "EndpointID", "Gateway", "IPAddress", "MacAddress", "GlobalIPv6Address", "IPAMConfig", "DriverOpts")
    return {network: {key: one[key] for key in keys} for network, one in shown.items()}


def mark_of(endpoint):
    """What the engine's mark on an endpoint's link ends with."""
    return "/endpoint/" + endpoint["EndpointID"]


def without_gateways(own, network):
    """The network's description. The original tells gateways that it chose itself only once it has been restarted."""
    shown = described(own.docker, network)
    for config in shown["IPAM"]["Config"]:
        config.pop("Gateway", None)
    return shown


@pytest.mark.parametrize("clean", [True, False], ids=["stopped", "killed"])
def test_containers_stay_connected(own, town, port, clean):
    first, second, internal, web, one = town
    before = {container: networks_of(own, container) for container in (web, one)}
    descriptions = {network: without_gateways(own, network) for network in (first, second, internal)}
    target = address(own.docker, web, second)
    with inside(own.docker, one) as here:
        own.engine.stop() if clean else own.engine.kill()
        assert here.get(target, 80)[0] == 200  # with no engine at all
        assert own.neighbour.get(own.engine.network.address, port)[0] == 200
        own.engine.start()
        assert here.get(target, 80)[0] == 200
        assert {container: networks_of(own, container) for container in (web, one)} == before
        assert {network: without_gateways(own, network) for network in descriptions} == descriptions
        assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
        assert not opens(here, "10.216.1.77", 80)


@pytest.mark.parametrize("clean", [True, False], ids=["stopped", "killed"])
def test_names_are_known_again(own, town, until, clean):
    first, second, internal, web, one = town
    own.crash(clean)

    def answer(name, timeout=20):
        with inside(own.docker, one) as here:
            try:
                return ask(here, name, timeout=timeout).values()
            except OSError:
                return None

    until(lambda: answer(web, timeout=1))
    assert answer(web) == answer("shop") == [address(own.docker, web, second)]
    assert answer(one) in ([address(own.docker, one, second)], [address(own.docker, one, internal)]) or len(answer(one)) == 2
    two = own.run(web + "-two", "--network", second)
    assert answer(two) == [address(own.docker, two, second)]
    with inside(own.docker, two) as here:
        assert ask(here, web).values() == [address(own.docker, web, second)]


def test_all_can_be_changed_afterwards(own, town, port):
    first, second, internal, web, one = town
    own.crash()
    own.docker("network", "connect", first, one)
    with inside(own.docker, one) as here:
        assert here.get_soon("10.216.1.77", 80)[0] == 200 and len(links(here)) == 4
        own.docker("network", "disconnect", internal, one)
        assert len(links(here)) == 3
    own.docker("network", "disconnect", second, web)
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
    own.docker("network", "rm", internal)
    own.docker.fails("network", "rm", first, says="has active endpoints")
    own.docker("rm", "-f", web, one)
    assert not opens(own.host, "127.0.0.1", port)
    own.docker("network", "rm", first, second)
    assert not own.client.api.networks(filters={"type": ["custom"]})


def test_nothing_is_left(own, name, port):
    before = leaks.snapshot(own.host)
    network, other = own.net(name), own.net(name + "-2", "--internal")
    one = own.run(name, "--network", network, "-p", f"{port}:80", image="nginx")
    own.docker("network", "connect", other, one)
    own.crash()
    own.run(name + "-2", "--network", other)
    own.crash(clean=True)
    own.clear()
    found = leaks.settled(before, own.host, own.engine)
    assert [line for line in found if "containerd --config" not in line] == []  # the original's is a new one


def test_those_that_ended_meanwhile_have_left_their_networks(own, name, until):
    network = own.net(name, "--subnet", "10.216.2.0/30")
    one = own.run(name, "--network", network)
    pid = int(own.docker.inspect(one, "{{.State.Pid}}"))
    own.engine.kill()
    os.kill(pid, 9)
    ended(pid)
    own.engine.start()
    until(lambda: not described(own.docker, network)["Containers"])
    two = own.run(name + "-2", "--network", network)
    assert address(own.docker, two, network) == "10.216.2.2"
    own.docker("rm", "-f", two)
    own.docker("start", one)
    assert address(own.docker, one, network) == "10.216.2.2"


def test_those_that_are_started_again_get_their_networks_back(own, name, until):
    network, other = own.net(name, "--subnet", "10.216.3.0/24"), own.net(name + "-2")
    one = own.run(name, "--restart", "always", "--network", network, "--ip", "10.216.3.33")
    own.docker("network", "connect", other, one)
    pid = int(own.docker.inspect(one, "{{.State.Pid}}"))
    own.engine.kill()
    os.kill(pid, 9)
    ended(pid)
    own.engine.start()
    until(lambda: own.docker.inspect(one, "{{.State.Running}}") == "true" and own.docker.inspect(one, "{{.State.Pid}}") != str(pid))
    until(lambda: endpoint(own.docker, one, other)["IPAddress"])
    assert address(own.docker, one, network) == "10.216.3.33"
    with inside(own.docker, one) as here:
        assert pings(here, "10.216.3.1", within=20) and len(links(here)) == 3


def test_a_bridge_that_went_away_meanwhile_is_made_again(own, name):
    network = own.net(name, "--subnet", "10.216.4.0/24", "-o", "com.docker.network.bridge.name=apust9")
    own.engine.stop()
    own.host.run("ip", "link", "del", "apust9")
    own.engine.start()
    assert addresses(own.host)["apust9"] == ["10.216.4.1/24"]
    one = own.run(name, "--network", network)
    with inside(own.docker, one) as here:
        assert pings(here, own.engine.network.neighbour_address, within=20)


@pytest.mark.apus
def test_links_that_went_away_meanwhile_are_made_again(own, town, port):
    """With no engine there: the bridge, a container's link, and forwarding; afterwards all is as it was."""
    first, second, internal, web, one = town
    before = {container: networks_of(own, container) for container in (web, one)}
    own.engine.kill()
    for link in links(own.host).values():
        if link["ifname"].startswith("br-") or link.get("ifalias", "").endswith(mark_of(before[web][second])):
            own.host.run("ip", "link", "del", link["ifname"], check=False)
    own.host.run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/ip_forward")
    own.engine.start()
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
    with inside(own.docker, one) as here:
        assert here.get_soon(address(own.docker, web, second), 80)[0] == 200
        assert ask(here, "shop").values() == [address(own.docker, web, second)]
        assert not opens(here, "10.216.1.77", 80)
    assert {container: networks_of(own, container) for container in (web, one)} == before


def test_rules_that_went_away_meanwhile_are_made_again(own, town, port):
    first, second, internal, web, one = town
    own.engine.stop()
    own.host.run("nft", "flush", "ruleset")
    own.engine.start()
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
    with inside(own.docker, one) as here:
        assert here.get_soon(address(own.docker, web, second), 80)[0] == 200
        assert not opens(here, "10.216.1.77", 80)


@pytest.mark.apus
def test_rules_that_go_away_are_back(own, town, until, port):
    first, second, internal, web, one = town

    def rules():
        return {line for line in leaks.ruleset(own.host) if " / chain " in line}

    before = rules()
    assert before
    for _ in range(3):
        own.host.run("nft", "flush", "ruleset")
        until(lambda: rules() == before, what="the rules to be back")
        assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
        with inside(own.docker, one) as here:
            assert not opens(here, "10.216.1.77", 80)


@pytest.mark.apus
def test_killed_at_any_moment_it_leaves_no_network_half_made(own, name):
    """Every network that is listed works and can be removed, and the host has no link that belongs to none."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    before = leaks.snapshot(own.host)
    one = own.run(name)
    for round in range(8):
        done = threading.Event()

        def work(round=round, done=done):
            client = docker_py.DockerClient(base_url=own.engine.url, version="auto", timeout=10)
            number = 0
            while not done.is_set():
                number += 1
                try:
                    network = client.api.create_network(f"{name}-{round}-{number}")["Id"]
                    client.api.connect_container_to_network(one, network)
                    client.api.disconnect_container_from_network(one, network)
                    client.api.remove_network(network)
                except Exception:
                    break
            client.close()

        worker = threading.Thread(target=work)
        worker.start()
        time.sleep(source.uniform(0.05, 0.6))
        own.engine.kill()
        done.set()
        worker.join()
        own.engine.start()
        for network in own.client.api.networks(filters={"type": ["custom"]}):
            if one not in {member["Name"] for member in described(own.docker, network["Id"])["Containers"].values()}:
                own.docker("network", "connect", network["Id"], one)
            with inside(own.docker, one) as here:
                assert pings(here, pool(own.docker, network["Id"])["Gateway"], within=20)
            own.docker("network", "disconnect", network["Id"], one)
            own.docker("network", "rm", network["Id"])
        with inside(own.docker, one) as here:
            assert set(links(here)) == {"lo", "eth0"}
    own.clear()
    assert leaks.settled(before, own.host, own.engine) == []
