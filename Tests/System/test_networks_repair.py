"""What somebody else does to the engine's links while it runs, and how it is put right."""

import random
import subprocess
import threading
import time

import pytest

import leaks
from conftest import wait_for
from nameservers import ask
from networks import Listener, address, addresses, default_route, described, endpoint, inside, links, pings, pool

pytestmark = [pytest.mark.apus, pytest.mark.own_engine, pytest.mark.usefixtures("busybox")]


def bridge_of(docker, network):
    return "br-" + described(docker, network)["Id"][:12]


def port_of(docker, host, container, network):
    """The host's end of a container's link, found by the engine's mark on it."""
    mark = "/endpoint/" + endpoint(docker, container, network)["EndpointID"]
    return next(name for name, link in links(host).items() if link.get("ifalias", "").endswith(mark))


def connects(namespace, target, port):
    """Whether a connection can be made at once: a first packet that is lost is sent again only after a second."""
    try:
        namespace.connect((target, port), timeout=0.1).close()
        return True
    except OSError:
        return False


def restored(condition):
    return wait_for(condition, what="what was damaged")


@pytest.fixture
def town(docker, net, run, nginx, host, port):
    """A network with three containers, one of them a web server with a published port, one also on the default network."""
    network = net("--subnet", "10.220.1.0/24", "--ipv6", "--subnet", "fd00:220:1::/64")
    web = run("web", "--network", network, "--network-alias", "site", "-p", f"{port}:80", image="nginx")
    one, two = run("one", "--network", network), run("two", "--network", network)
    docker("network", "connect", "bridge", two)
    host.get_soon("127.0.0.1", port)
    return network, web, one, two


@pytest.fixture
def works(docker, engine, neighbour, town, port):
    """Whether everybody reaches everybody, by name too, and the world reaches the published port."""
    network, web, one, two = town
    target, target6 = address(docker, web, network), address(docker, web, network, "GlobalIPv6Address")

    def check():
        assert restored(lambda: connects(neighbour, engine.network.address, port))
        assert neighbour.get_soon(engine.network.address, port)[0] == 200
        for container in (one, two):
            with inside(docker, container) as here:
                assert restored(lambda: connects(here, target, 80))
                assert here.get_soon(target6, 80)[0] == 200
                assert ask(here, "site").values() == [target]
                assert restored(lambda: pings(here, engine.network.neighbour_address))

    return check


DAMAGE = {
    "bridge deleted": "ip link delete BRIDGE",
    "bridge down": "ip link set BRIDGE down",
    "addresses gone": "ip address flush dev BRIDGE",
    "bridge renamed": "ip link set BRIDGE name stray0",
    "route gone": "ip route delete 10.220.1.0/24 dev BRIDGE; ip -6 route delete fd00:220:1::/64 dev BRIDGE",
    "out of the bridge": "ip link set PORT nomaster",
    "port down": "ip link set PORT down",
    "link deleted": "ip link delete PORT",
    "all links deleted": "for port in $(ls /sys/class/net/BRIDGE/brif); do ip link delete $port; done",
    "isolated": "bridge link set dev PORT isolated on",
    "no forwarding": "echo 0 >/proc/sys/net/ipv4/ip_forward",
    "bridge without IPv6": "echo 1 >/proc/sys/net/ipv6/conf/BRIDGE/disable_ipv6",
    "everything": "ip link delete BRIDGE; ip link delete PORT; echo 0 >/proc/sys/net/ipv4/ip_forward",
}


@pytest.mark.parametrize("line", DAMAGE.values(), ids=DAMAGE.keys())
def test_damage_is_put_right(docker, engine, host, town, works, line):
    network, web, one, two = town
    works()
    before = {name: docker.inspect(name)["NetworkSettings"]["Networks"] for name in town[1:]}
    def view(container):
        with inside(docker, container) as here:
            return addresses(here), default_route(here), default_route(here, "-6"), {name: link["address"] for name, link in links(here).items()}
    inner = {name: view(name) for name in town[1:]}
    bridge, port = bridge_of(docker, network), port_of(docker, host, web, network)
    # One shell in the host's network, with /sys of that network.
    line = "mount -t sysfs sysfs /sys && " + line.replace("BRIDGE", bridge).replace("PORT", port)
    subprocess.run(["unshare", "-m", *host.command("sh", "-c", line)], check=True)
    works()
    assert {name: docker.inspect(name)["NetworkSettings"]["Networks"] for name in town[1:]} == before
    assert {name: view(name) for name in town[1:]} == inner
    assert ": put right" in engine.process.log()


def test_the_other_network_does_not_notice(docker, host, net, run, town, works):
    network, web, one, two = town
    other = net("--subnet", "10.220.2.0/24")
    docker("network", "connect", other, one)
    three = run("three", "--network", other)
    before = {name: link["ifindex"] for name, link in links(host).items()}
    with inside(docker, three) as here:
        target = address(docker, one, other)
        traffic = subprocess.Popen(
            here.command("busybox", "ping", "-i", "0.1", "-c", "15", "-W", "1", target), stdout=subprocess.PIPE, text=True)
        host.run("ip", "link", "delete", bridge_of(docker, network))
        shown = traffic.communicate()[0]
    assert " 0% packet loss" in shown, shown
    works()
    after = {name: link["ifindex"] for name, link in links(host).items()}
    assert {name for name in before if after.get(name) != before[name]} == {bridge_of(docker, network)}


def test_containers_that_must_not_see_each_other_do_not_afterwards_either(docker, host, net, run):
    network = net("-o", "com.docker.network.bridge.enable_icc=false")
    one, two = run("one", "--network", network), run("two", "--network", network)
    heard = Listener(host, "0.0.0.0")
    for line in (("delete", bridge_of(docker, network)), ("set", port_of(docker, host, two, network), "nomaster")):
        host.run("ip", "link", *line)
        with inside(docker, one) as here:
            assert restored(lambda: connects(here, pool(docker, network)["Gateway"], heard.port))
            assert not pings(here, address(docker, two, network), within=0.3)
        restored(lambda: sum(link.get("master") == bridge_of(docker, network) for link in links(host).values()) == 2)
        ports = {name: link["linkinfo"].get("info_slave_data", {}) for name, link in links(host).items() if link.get("master") == bridge_of(docker, network)}
        assert len(ports) == 2 and all(data["isolated"] and data["hairpin"] for data in ports.values()), ports


def test_stations_get_their_links_again(docker, host, net, run):
    network = net("-d", "macvlan", "--subnet", "10.220.3.0/24")
    one = run("one", "--network", network, command=("httpd", "-f", "-p", "80"))
    two = run("two", "--network", network)
    parent = "dm-" + described(docker, network)["Id"][:12]
    before = endpoint(docker, one, network)
    for words in (("delete", parent), ("set", parent, "down")):
        host.run("ip", "link", *words)
        with inside(docker, two) as here:
            assert restored(lambda: connects(here, before["IPAddress"], 80))
    with inside(docker, one) as here:
        assert links(here)["eth0"]["address"] == before["MacAddress"]


def test_links_of_others_stay_as_they_are(docker, host, net, run):
    host.run("ip", "link", "add", "mine0", "type", "bridge")
    try:
        network = net("--subnet", "10.220.4.0/24", "-o", "com.docker.network.bridge.name=mine0")
        one = run("one", "--network", network)
        host.run("ip", "link", "add", "theirs0", "type", "bridge")
        host.run("ip", "link", "set", "theirs0", "mtu", "1400", "down")
        host.run("ip", "address", "delete", "10.220.4.1/24", "dev", "mine0")
        host.run("ip", "link", "set", "mine0", "mtu", "1400")
        # Something of ours, done later, is put right.
        host.run("ip", "link", "set", port_of(docker, host, one, network), "nomaster")
        restored(lambda: links(host)[port_of(docker, host, one, network)].get("master") == "mine0")
        assert links(host)["mine0"]["mtu"] == links(host)["theirs0"]["mtu"] == 1400
        assert addresses(host)["mine0"] == [] and "UP" not in links(host)["theirs0"]["flags"]
        docker("rm", "-f", one)
        docker("network", "rm", network)
        assert "mine0" in links(host)
    finally:
        for name in ("mine0", "theirs0"):
            host.run("ip", "link", "delete", name, check=False)


def test_what_is_taken_down_is_no_damage(docker, client, host, net, run, name):
    """Networks and endpoints that go while somebody damages them: nothing of them is left."""
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    one = run("one")
    before = leaks.links(host)
    for round in range(12):
        network = net()
        docker("network", "connect", network, one)
        bridge, port = bridge_of(docker, network), port_of(docker, host, one, network)
        done = threading.Event()

        def damage(bridge=bridge, port=port, done=done, pause=source.uniform(0, 0.05)):
            while not done.is_set():
                for link in (bridge, port):
                    host.run("ip", "link", "delete", link, check=False)
                time.sleep(pause)

        worker = threading.Thread(target=damage)
        worker.start()
        time.sleep(source.uniform(0, 0.2))
        try:
            if round % 3 == 2:
                client.api.remove_container(one, force=True)
                one = run(f"one{round}")
            else:
                client.api.disconnect_container_from_network(one, network)
            client.api.remove_network(network)
        finally:
            done.set()
            worker.join()
        assert bridge not in links(host) and port not in links(host)
    wait_for(lambda: len(leaks.links(host)) == len(before), what="no links but those of before")
    with inside(docker, one) as here:
        assert set(links(here)) == {"lo", "eth0"}


def test_nobody_is_fought_with(docker, engine, host, net, run, until):
    """Somebody who deletes a bridge all the time gets it made again a few times, and then seldom; the engine serves on."""
    network = net("--subnet", "10.220.5.0/24")
    one = run("one", "--network", network)
    bridge = bridge_of(docker, network)

    def told():
        return engine.process.log(10**6).count(f"network {network}: ")

    before, began = told(), time.monotonic()
    while time.monotonic() < began + 4 or told() < before + 10:  # a busy host takes longer
        assert time.monotonic() < began + 120, told() - before
        host.run("ip", "link", "delete", bridge, check=False)
        assert docker.out("version", "--format", "{{.Server.Version}}")
    assert told() <= before + 40
    # When they have gone, it comes back and stays.
    with inside(docker, one) as here:
        assert until(lambda: pings(here, "10.220.5.1"))
