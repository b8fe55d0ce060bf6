"""Networks that span hosts: three hosts with an engine each, one underlay, one store."""

import concurrent.futures
import json
import os
import re
import shutil
import socket
import subprocess
import time

import docker as docker_py
import pytest

import labs
from conftest import wait_for
from networks import default_route, links, refused
from pinger import Traffic, echoes

pytestmark = [
    pytest.mark.apus,
    pytest.mark.own_engine,
    pytest.mark.skipif(not os.path.exists(labs.SERVER), reason="etcd is missing: install etcd-server"),
]
LEASE = 10  # seconds after which a silent host is believed dead


@pytest.fixture(scope="module")
def lab(work):
    lab = labs.Lab(os.path.join(work, "lab"))
    try:
        yield lab.start()
    finally:
        lab.close()


@pytest.fixture
def hosts(lab):
    """The three hosts, cleared afterwards; nothing may be left of what a test made."""
    yield lab.hosts
    for host in lab.hosts:
        host.clear()
    for network in {n["Id"] for host in lab.hosts for n in host.client.api.networks(filters={"driver": "overlay"})}:
        try:
            lab.hosts[0].client.api.remove_network(network)
        except docker_py.errors.NotFound:
            pass
    wait_for(lambda: {key.split("/")[0] for key in lab.keys()} <= {"generation", "hosts"}, what="an empty store")
    for host in lab.hosts:
        wait_for(lambda: not any(n["Driver"] == "overlay" for n in host.networks().values()), what="no overlay network")
        assert os.listdir(os.path.join(host.engine.directory, "run", "overlay")) == []
        assert os.listdir(os.path.join(host.engine.directory, "run", "endpoints")) == []
        shown = json.loads(host.host.run("ip", "-json", "link").stdout)
        left = {link["ifname"] for link in shown} - {"lo", "uplink", host.engine.instance + "0", host.engine.instance + "-gw"}
        assert not left, left


@pytest.fixture
def spanning(hosts, name):
    """Makes an overlay network on the first host and waits until all hosts know it."""

    def make(*flags, suffix="", on=0):
        network = name + suffix
        hosts[on].docker("network", "create", "-d", "overlay", "--attachable", *flags, network)
        for host in hosts:
            wait_for(lambda: network in host.networks(), what=f"{network} on host {host.number}")
        return network

    return make


@pytest.fixture
def trio(hosts, spanning, name):
    """A container on each host, all on one network: `[(host, container)]` and the network's name."""
    network = spanning()
    return [(host, host.run(f"{name}-{host.number}", network)) for host in hosts], network


def describe(host, network):
    return json.loads(host.docker.out("network", "inspect", network))[0]


def all_reach_all(members, within=20.0):
    for host, container in members:
        for _, target in members:
            assert host.pings(container, target, within=within), (host.number, container, target)


def traffic(host, container, target):
    namespace = host.inside(container)
    try:
        return Traffic(namespace, target)
    finally:
        namespace.close()


def fragments(namespace):
    lines = [line.split() for line in namespace.run("cat", "/proc/net/snmp").stdout.splitlines() if line.startswith("Ip:")]
    return int(dict(zip(*lines))["FragCreates"])


def test_everybody_reaches_everybody_by_name(trio, hosts):
    members, network = trio
    all_reach_all(members)
    first, second = describe(hosts[0], network), describe(hosts[2], network)
    assert first["Scope"] == second["Scope"] == "global" and first["Id"] == second["Id"]
    assert first["IPAM"] == second["IPAM"] and first["Driver"] == "overlay" and second["Attachable"]
    addresses = {host.address_of(container, network) for host, container in members}
    assert len(addresses) == 3
    neighbour = hosts[0].run(members[0][1] + "-too", network)
    assert hosts[0].pings(neighbour, members[0][1]) and hosts[0].pings(members[0][1], neighbour)
    assert hosts[0].pings(neighbour, members[1][1]) and hosts[2].pings(members[2][1], neighbour)
    # Its own name leads back, a name that nobody has leads nowhere.
    host, container = members[0]
    looked = host.docker.out("exec", container, "nslookup", hosts[1].address_of(members[1][1], network))
    assert f"{members[1][1]}.{network}" in looked


def test_what_somebody_does_to_a_segment_is_put_right(trio, hosts):
    """The namespace of a network on one host, by whoever finds it: its links and its tables."""
    members, network = trio
    all_reach_all(members)
    host, container = members[0]
    segment = host.segment(describe(host, network)["Id"])
    try:
        port = next(name for name in links(segment) if name not in ("lo", "br0", "vxlan0"))
        for line in (
            "ip link delete br0", "ip link delete vxlan0", "ip link set br0 down", f"ip link set {port} nomaster",
            f"ip link delete {port}", "ip neighbour flush dev vxlan0 nud permanent",
            "for mac in $(bridge fdb show dev vxlan0 | awk '/dst/ { print $1 }'); do bridge fdb delete $mac dev vxlan0 self; done",
        ):  # fmt: skip
            segment.run("sh", "-c", line)
            all_reach_all(members)
        shown = host.host.run(os.environ["APUS_BINARY"], "network", "plan", "--host", host.engine.url, network, check=False).stdout
        assert "The kernel holds all of it." in shown, shown
    finally:
        segment.close()


def test_aliases_and_new_names_cross_hosts(hosts, spanning, name):
    network = spanning()
    one = hosts[0].run(name + "-a", network)
    hosts[1].run(name + "-b", network, "--network-alias", "shop")
    assert hosts[0].pings(one, "shop") and hosts[0].pings(one, f"shop.{network}")
    hosts[1].docker("rename", name + "-b", name + "-c")
    assert hosts[0].pings(one, name + "-c") and not hosts[0].pings(one, name + "-b", within=0)
    hosts[1].docker("rm", "-f", name + "-c")
    wait_for(lambda: not hosts[0].pings(one, "shop", within=0), what="the name to go")


def test_nothing_is_cut_in_pieces(trio, hosts):
    members, network = trio
    all_reach_all(members)
    before = [fragments(host.host) for host in hosts]
    host, container = members[0]
    inside = host.inside(container)
    links = {link["ifname"]: link for link in json.loads(inside.run("ip", "-json", "link").stdout)}
    assert links["eth0"]["mtu"] == 1450
    target = hosts[1].address_of(members[1][1], network)
    assert echoes(inside, target, 1422) and not echoes(inside, target, 1423, timeout=1)
    assert host.pings(container, target, "-s", "4000")  # which the container cuts in pieces, and nobody else
    assert [fragments(host.host) for host in hosts] == before
    inside.close()


def test_the_mtu_can_be_chosen(hosts, spanning, name):
    network = spanning("-o", "com.docker.network.driver.mtu=1300")
    container = hosts[0].run(name, network)
    assert hosts[0].docker.out("exec", container, "cat", "/sys/class/net/eth0/mtu") == "1300"


def test_the_way_out_and_published_ports(hosts, spanning, lab, name):
    network = spanning()
    port = hosts[0].host.free_port()
    hosts[0].docker(
        "run", "-d", "--name", name, "--network", network, "-p", f"{port}:80", "busybox",
        "sh", "-c", "mkdir /www; echo hello >/www/index.html; exec httpd -f -p 80 -h /www",
    )  # fmt: skip
    assert hosts[0].pings(name, lab.address)
    assert lab.underlay.get_soon(hosts[0].address, port) == (200, "hello\n")
    assert f"{port}->80/tcp" in hosts[0].docker.out("ps", "--filter", f"name={name}", "--format", "{{.Ports}}")
    # The network that leads out is the engine's business.
    shown = hosts[0].docker.inspect(name)["NetworkSettings"]
    assert list(shown["Networks"]) == [network] and shown["Ports"]["80/tcp"][0]["HostPort"] == str(port)
    # A way out of its own takes its place, ports and all, and gives it back.
    hosts[0].docker("network", "create", name + "-bridge")
    hosts[0].docker("network", "connect", name + "-bridge", name)
    inside = hosts[0].inside(name)
    gateway = hosts[0].address_of(name, name + "-bridge", "Gateway")
    assert default_route(inside)[0] == gateway
    assert lab.underlay.get_soon(hosts[0].address, port) == (200, "hello\n")
    assert len(json.loads(inside.run("ip", "-json", "link").stdout)) == 3
    hosts[0].docker("network", "disconnect", name + "-bridge", name)
    assert default_route(inside)[0] != gateway
    assert lab.underlay.get_soon(hosts[0].address, port) == (200, "hello\n")
    # Off the overlay network as well, it leads nowhere.
    hosts[0].docker("network", "disconnect", network, name)
    assert default_route(inside) is None
    assert [link["ifname"] for link in json.loads(inside.run("ip", "-json", "link").stdout)] == ["lo"]
    inside.close()
    hosts[0].docker("rm", "-f", name)
    hosts[0].docker("network", "rm", name + "-bridge")


def test_containers_do_not_meet_on_the_way_out(hosts, spanning, name):
    one, two = spanning(suffix="-1"), spanning(suffix="-2")
    a, b = hosts[0].run(name + "-a", one), hosts[0].run(name + "-b", two)
    address = json.loads(hosts[0].inside(b).run("ip", "-json", "address", "show", "eth1").stdout)[0]["addr_info"][0]["local"]
    assert not hosts[0].pings(a, address, within=0)


def test_an_internal_network_leads_nowhere(hosts, spanning, lab, name):
    network = spanning("--internal")
    for host in hosts[:2]:
        host.run(f"{name}-{host.number}", network)
    assert hosts[0].pings(f"{name}-1", f"{name}-2")
    assert default_route(hosts[0].inside(f"{name}-1")) is None
    assert not hosts[0].pings(f"{name}-1", lab.address, within=0)


def test_overlapping_subnets_are_kept_apart(hosts, spanning, name):
    one, two = spanning("--subnet", "10.77.0.0/24", suffix="-1"), spanning("--subnet", "10.77.0.0/24", suffix="-2", on=1)
    for network, suffix in ((one, "a"), (two, "b")):
        for host in hosts[:2]:
            host.run(f"{name}-{suffix}{host.number}", network)
    assert hosts[0].address_of(f"{name}-a1", one) == hosts[0].address_of(f"{name}-b1", two)
    for suffix in "ab":
        for host in hosts[:2]:
            assert host.pings(f"{name}-{suffix}{host.number}", f"{name}-{suffix}{3 - host.number}")
    hosts[1].docker("rm", "-f", f"{name}-a2")
    # The twin on the other network does not answer in its place.
    assert not hosts[0].pings(f"{name}-a1", hosts[1].address_of(f"{name}-b2", two), within=1)


def test_six_and_four(hosts, spanning, name):
    network = spanning("--ipv6", "--subnet", "10.78.0.0/24", "--subnet", "fd00:a905:78::/64")
    for host in hosts:
        host.run(f"{name}-{host.number}", network)
    for host in hosts:
        for other in hosts:
            target = other.address_of(f"{name}-{other.number}", network, "GlobalIPv6Address")
            assert host.pings(f"{name}-{host.number}", target, "-6")
            assert host.pings(f"{name}-{host.number}", f"{name}-{other.number}", "-4")


def test_nothing_is_flooded(trio, hosts):
    """A container that is asked about hears of it, its neighbours on other hosts do not."""
    members, network = trio
    all_reach_all(members)
    identifier = describe(hosts[0], network)["Id"]
    for host in hosts:
        segment = host.segment(identifier)
        others = {other.address for other in hosts} - {host.address}
        table = segment.run("bridge", "fdb", "show", "dev", "vxlan0").stdout
        assert set(re.findall(r"dst ([\d.]+)", table)) == others and "00:00:00:00:00:00" not in table
        shown = json.loads(segment.run("ip", "-json", "neighbour", "show", "dev", "vxlan0").stdout)
        assert len(shown) == 2 and all(entry["state"] == ["PERMANENT"] for entry in shown)
        segment.close()


def test_an_address_is_never_given_twice(hosts, spanning, name):
    network = spanning("--subnet", "10.79.0.0/25")

    def join(number):
        host = hosts[number % 3]
        host.docker("network", "connect", network, host.created[number // 3])
        return host.address_of(host.created[number // 3], network)

    for host in hosts:
        host.created = [host.docker.out("run", "-d", "--network", "bridge", "busybox", "sleep", "900") for _ in range(5)]
    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        given = list(pool.map(join, range(15)))
    assert len(set(given)) == 15, sorted(given)
    owners = hosts[0].lab.keys("addresses/")
    assert sorted(key.split("/")[-1] for key in owners) == sorted(given)


def test_networks_made_at_once_differ(hosts, name):
    def make(number):
        return hosts[number % 3].docker.out("network", "create", "-d", "overlay", f"{name}-{number}")

    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        ids = list(pool.map(make, range(12)))
    for host in hosts:
        wait_for(lambda: set(ids) <= {network["Id"] for network in host.networks().values()}, what="all networks")
    subnets = [n["IPAM"]["Config"][0]["Subnet"] for n in hosts[0].networks().values() if n["Id"] in ids]
    assert len(set(subnets)) == 12 and all(re.fullmatch(r"10\.0\.\d+\.0/24", subnet) for subnet in subnets), subnets
    assert len(hosts[0].lab.keys("vni/")) == 12


def test_names_addresses_and_identifiers_are_one_for_all(hosts, spanning, name):
    network = spanning("--subnet", "10.80.0.0/24", "-o", "com.docker.network.driver.overlay.vxlanid_list=70000")
    hosts[1].docker.fails("network", "create", "-d", "overlay", network, says=f"network with name {network} already exists")
    hosts[1].docker.fails(
        "network", "create", "-d", "overlay", "-o", "com.docker.network.driver.overlay.vxlanid_list=70000", name + "-x",
        says="vxlan id 70000 is another network's",
    )  # fmt: skip
    hosts[0].run(name + "-a", network, "--ip", "10.80.0.9")
    hosts[1].docker.fails(
        "run", "--rm", "--network", network, "--ip", "10.80.0.9", "busybox", "true", code=125, says="Address already in use"
    )
    assert hosts[0].lab.keys("vni/") == ["vni/70000"]


def test_removal_waits_for_the_last_endpoint(hosts, spanning, name):
    network = spanning()
    hosts[2].run(name, network)
    for host in hosts:
        # The other hosts hear of the endpoint's name a moment after it is there.
        words = f"network {network} has active endpoints (name:\"{name}\""
        wait_for(lambda: words in host.docker.fails("network", "rm", network), what=words)
    hosts[2].docker("rm", "-f", name)
    hosts[1].docker("network", "rm", network)
    for host in hosts:
        wait_for(lambda: network not in host.networks(), what="the network to go")
    hosts[0].docker.fails("run", "--rm", "--network", network, "busybox", "true", code=125, says=f"network {network} not found")


@pytest.mark.parametrize(
    "option, says",
    [
        ("encrypted", "encrypted overlay networks are not served"),
        ("encrypted=true", "encrypted overlay networks are not served"),
        ("com.docker.network.driver.overlay.vxlanid_list=0", "invalid vxlan id value"),
        ("com.docker.network.driver.overlay.vxlanid_list=16777216", "invalid vxlan id value"),
        ("com.docker.network.driver.overlay.vxlanid_list=5000,5001", "one identifier"),
        ("com.docker.network.driver.mtu=x", "failed to parse com.docker.network.driver.mtu value: x"),
        ("colour=green", 'unknown option "colour" for the overlay driver'),
    ],
)
def test_what_cannot_be_is_refused(hosts, name, option, says):
    hosts[0].docker.fails("network", "create", "-d", "overlay", "-o", option, name, says=says)


@pytest.mark.parametrize(
    "flags, says",
    [
        (("--subnet", "10.83.0.0/24", "--subnet", "10.84.0.0/24"), "doesn't support multiple subnets of one family"),
        (("--ipv6", "-o", "com.docker.network.driver.mtu=1000"), "invalid MTU 1000"),
        (("--scope", "local"), 'invalid scope "local" for driver overlay'),
        (("--ipam-driver", "null"), "the cluster's to give"),
    ],
)
def test_networks_that_cannot_be_are_refused(hosts, name, flags, says):
    hosts[0].docker.fails("network", "create", "-d", "overlay", *flags, name, says=says)


def test_an_engine_that_is_killed_comes_back(trio, hosts, spanning, name):
    members, network = trio
    host, container = members[1]
    flows = [
        traffic(hosts[0], members[0][1], hosts[1].address_of(container, network)),
        traffic(host, container, hosts[2].address_of(members[2][1], network)),
    ]
    host.engine.kill()
    time.sleep(2)
    host.engine.start()
    wait_for(lambda: host.lab.etcdctl("get", "--prefix", "lab/hosts/").stdout.count("203.0.113.") == 3, what="three hosts")
    # The former lease's time has passed as well.
    time.sleep(LEASE + 3)
    assert max(flow.gap() for flow in flows) < 20
    all_reach_all(members)
    late = host.run(name + "-late", network)
    assert hosts[0].pings(members[0][1], late)
    assert host.pings(late, members[2][1])
    # Its endpoint is taken off like any other.
    host.docker("rm", "-f", container)
    wait_for(lambda: len(host.lab.keys("endpoints/")) == 3, what="the endpoint to go")


def test_an_engine_that_is_stopped_for_long_is_not_dead(trio, hosts):
    members, network = trio
    host, container = members[1]
    flow = traffic(hosts[0], members[0][1], hosts[1].address_of(container, network))
    host.engine.stop()
    time.sleep(LEASE + 4)
    host.engine.start()
    assert flow.gap() < 20
    wait_for(lambda: "203.0.113.12" in host.lab.etcdctl("get", "--prefix", "lab/hosts/").stdout, what="the host")
    all_reach_all(members)


def speak_as_a_host(hosts, network, name):
    """Frames for an overlay network, sent into its tunnel by containers, which must be lost, and by a host."""
    hosts[0].run(name, network)
    segment = hosts[0].segment(describe(hosts[0], network)["Id"])

    def received():
        shown = json.loads(segment.run("ip", "-json", "-statistics", "link", "show", "vxlan0").stdout)
        return shown[0]["stats64"]["rx"]["packets"]

    station = bytes.fromhex("ffffffffffff" "020000000001" "0800")
    frame = b"\x08\0\0\0" + (60000).to_bytes(3, "big") + b"\0" + station + bytes(46)
    before = received()
    for host, target in ((hosts[0], "172.30.1.1"), (hosts[0], hosts[0].address), (hosts[1], hosts[0].address)):
        host.run(f"{name}-{target}-{host.number}", "bridge")
        inside = host.inside(f"{name}-{target}-{host.number}")
        with inside.socket(kind=socket.SOCK_DGRAM) as sender:
            sender.sendto(frame, (target, 4789))
        inside.close()
    assert received() == before
    # The same from a host itself arrives: the frame was good.
    with hosts[1].host.socket(kind=socket.SOCK_DGRAM) as sender:
        sender.sendto(frame, (hosts[0].address, 4789))
    wait_for(lambda: received() == before + 1, what="the host's frame")
    segment.close()


TUNNEL = "com.docker.network.driver.overlay.vxlanid_list=60000"


def test_a_container_cannot_speak_as_a_host(hosts, spanning, name):
    speak_as_a_host(hosts, spanning("-o", TUNNEL), name)


@pytest.mark.skipif(not shutil.which("iptables"), reason="iptables is missing")
def test_overlay_networks_with_rules_of_iptables(work, name):
    """Three more hosts, with the other firewall backend: all reach all, none speaks as a host, and nothing is left."""
    lab = labs.Lab(os.path.join(work, "lab-iptables"), flags=("--firewall-backend", "iptables"), letter="i")
    try:
        hosts = lab.start().hosts
        hosts[0].docker("network", "create", "-d", "overlay", "-o", TUNNEL, name)
        for host in hosts:
            wait_for(lambda: name in host.networks(), what=f"{name} on host {host.number}")
        all_reach_all([(host, host.run(f"{name}-{host.number}", name)) for host in hosts])
        speak_as_a_host(hosts, name, name)
    finally:
        lab.close()



def test_the_plan_is_shown(trio, hosts):
    members, network = trio
    shown = subprocess.run(
        [hosts[0].engine.command()[0], "network", "plan", "--host", hosts[0].engine.url, network],
        capture_output=True, text=True,
    )  # fmt: skip
    assert "is behind 203.0.113.12 on vxlan0" in shown.stdout and "The kernel holds all of it." in shown.stdout, shown


def test_a_host_that_dies_disappears(trio, hosts, spanning, name):
    members, network = trio
    identifier = describe(hosts[0], network)["Id"]
    dead, container = members[2]
    small = spanning("--subnet", "10.81.0.0/29", suffix="-small")  # five addresses
    for number in range(3):
        dead.run(f"{name}-s{number}", small)
    hosts[0].run(name + "-s3", small)
    hosts[0].run(name + "-s4", small)
    dead.cut()
    dead.engine.kill()
    try:
        for host in hosts[:2]:
            segment = host.segment(identifier)
            wait_for(
                lambda: dead.address not in segment.run("bridge", "fdb", "show", "dev", "vxlan0").stdout,
                what="its entries to go",
            )  # fmt: skip
            segment.close()
            assert not host.pings(members[host.number - 1][1], container, within=0)
        assert hosts[0].pings(members[0][1], members[1][1])
        # Its addresses are kept for it until somebody needs them.
        assert len([key for key in hosts[0].lab.keys("addresses/")]) == 8
        assert hosts[1].run(name + "-s5", small)
    finally:
        dead.restore()
        dead.engine.start()
    all_reach_all(members, within=60)
    assert hosts[0].pings(name + "-s3", name + "-s5")


def test_a_link_that_is_cut_and_restored(trio, hosts):
    members, network = trio
    lonely, container = members[0]
    lonely.cut()
    wait_for(lambda: len(lonely.lab.keys("hosts/")) == 2, what="the host to be missed")
    assert hosts[1].pings(members[1][1], members[2][1])
    # What it knew it still knows, and on itself all is well.
    identifier = describe(lonely, network)["Id"]
    segment = lonely.segment(identifier)
    assert segment.run("bridge", "fdb", "show", "dev", "vxlan0").stdout.count("dst") == 2
    segment.close()
    lonely.restore()
    all_reach_all(members, within=60)


def test_the_store_is_away(trio, hosts, lab, name):
    members, network = trio
    hosts[1].run(name + "-gone", network)
    flow = traffic(hosts[0], members[0][1], hosts[1].address_of(members[1][1], network))
    lab.stop_store()
    try:
        time.sleep(LEASE + 4)
        # Nothing that runs has noticed; what needs the store says so.
        all_reach_all(members)
        hosts[0].docker.fails(
            "run", "--rm", "--network", network, "busybox", "true", code=125, says=("cannot give an address", "etcd://203.0.113.1:2379")
        )
        hosts[0].docker.fails("network", "create", "-d", "overlay", name + "-x", says="cannot be made")
        # An engine that starts without the store keeps what runs; a container that goes is gone here.
        hosts[2].engine.kill()
        hosts[2].engine.start()
        assert hosts[2].pings(members[2][1], hosts[0].address_of(members[0][1], network))
        hosts[1].docker("rm", "-f", name + "-gone")
    finally:
        lab.start_store()
    wait_for(lambda: len(lab.keys("addresses/")) == 3 and len(lab.keys("endpoints/")) == 3, what="the store to be told")
    assert flow.gap() < 20
    all_reach_all(members)
    late = hosts[2].run(name + "-late", network)
    assert hosts[0].pings(members[0][1], late)


def test_a_store_that_forgot_is_told_again(trio, hosts, lab, name):
    members, network = trio
    lab.etcdctl("del", "--prefix", "lab/")
    for host in hosts:
        host.cut()
    time.sleep(LEASE + 5)
    for host in hosts:
        host.restore()
    wait_for(lambda: len(lab.keys("endpoints/")) == 3 and len(lab.keys("networks/")) == 1, what="the store to be told")
    all_reach_all(members)
    late = hosts[1].run(name + "-late", network)
    assert hosts[0].pings(members[0][1], late)


def test_without_a_store_docker_would_need_a_swarm(docker, client, name):
    says = ("This node is not a swarm manager", "--cluster-store")
    docker.fails("network", "create", "-d", "overlay", name, says=says)
    refused(lambda: client.api.create_network(name, driver="overlay"), 503, "not a swarm manager")
