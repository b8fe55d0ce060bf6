"""macvlan networks: containers with addresses of their own on a segment that the host is on, too."""

import pytest

from networks import address, addresses, default_route, described, endpoint, inside, links, opens, pings, refused

pytestmark = [pytest.mark.usefixtures("busybox", "nginx"), pytest.mark.own_engine]


@pytest.fixture
def segment(engine, neighbour):
    """A second link between the host and its neighbour, free of addresses on the host's side; answers its name."""
    host = engine.network.host
    host.run("ip", "link", "add", "lan0", "type", "veth", "peer", "name", "lan0", "netns", neighbour.path)
    for namespace in (host, neighbour):
        namespace.run("ip", "link", "set", "lan0", "up")
    neighbour.run("ip", "address", "add", "10.211.1.1/24", "dev", "lan0")
    neighbour.run("ip", "address", "add", "fd00:a905:71::1/64", "dev", "lan0", "nodad")
    yield "lan0"
    host.run("ip", "link", "del", "lan0")


def lan(net, *flags, subnet="10.211.1.0/24", gateway="10.211.1.1", parent="lan0"):
    return net("-d", "macvlan", "--subnet", subnet, "--gateway", gateway, "-o", f"parent={parent}", *flags)


def test_a_container_is_on_the_segment_with_its_own_mac(docker, segment, neighbour, net, run):
    network = lan(net)
    web = run("web", "--network", network, image="nginx")
    shown = endpoint(docker, web, network)
    assert shown["IPAddress"].startswith("10.211.1.") and shown["Gateway"] == "10.211.1.1" and shown["IPPrefixLen"] == 24
    assert neighbour.get_soon(shown["IPAddress"], 80)[0] == 200
    assert shown["MacAddress"] in neighbour.run("ip", "neighbour", "show", shown["IPAddress"]).stdout
    with inside(docker, web) as here:
        link = links(here)["eth0"]
        assert link["linkinfo"]["info_kind"] == "macvlan" and link["linkinfo"]["info_data"]["mode"] == "bridge"
        assert link["address"] == shown["MacAddress"] and addresses(here)["eth0"] == [shown["IPAddress"] + "/24"]
        assert default_route(here) == ("10.211.1.1", "eth0") and pings(here, "10.211.1.1", within=20)


def test_inspect(docker, segment, net):
    network = lan(net, "-o", "macvlan_mode=bridge", "--aux-address", "host=10.211.1.9")
    shown = described(docker, network)
    assert shown["Driver"] == "macvlan" and shown["Scope"] == "local" and shown["Internal"] is False
    assert shown["Options"] == {"parent": "lan0", "macvlan_mode": "bridge"}
    assert shown["IPAM"]["Config"] == [
        {"Subnet": "10.211.1.0/24", "Gateway": "10.211.1.1", "AuxiliaryAddresses": {"host": "10.211.1.9"}}
    ]


def test_chosen_addresses_and_names(docker, segment, neighbour, net, run):
    network = lan(net, "--aux-address", "host=10.211.1.2")
    one = run("one", "--network", network)
    assert address(docker, one, network) == "10.211.1.3"
    two = run("two", "--network", network, "--ip", "10.211.1.77", "--network-alias", "site")
    assert address(docker, two, network) == "10.211.1.77"
    for name in (two, "site"):
        assert "10.211.1.77" in docker.out("exec", one, "ping", "-c", "1", "-w", "5", name)
    assert pings(neighbour, "10.211.1.77", within=20)


def test_in_bridge_mode_siblings_reach_each_other(docker, segment, net, run):
    network = lan(net)
    web, one = run("web", "--network", network, image="nginx"), run("one", "--network", network)
    with inside(docker, one) as here:
        assert here.get_soon(address(docker, web, network), 80)[0] == 200


@pytest.mark.parametrize("mode", ["private", "vepa"])
def test_in_other_modes_they_do_not(docker, segment, neighbour, net, run, mode):
    network = lan(net, "-o", f"macvlan_mode={mode}")
    web, one = run("web", "--network", network, image="nginx"), run("one", "--network", network)
    assert neighbour.get_soon(address(docker, web, network), 80)[0] == 200
    with inside(docker, one) as here:
        assert links(here)["eth0"]["linkinfo"]["info_data"]["mode"] == mode
        assert pings(here, "10.211.1.1", within=20) and not opens(here, address(docker, web, network), 80)


def test_passthru_mode_is_for_one(docker, segment, neighbour, net, run):
    network = lan(net, "-o", "macvlan_mode=passthru")
    web = run("web", "--network", network, image="nginx")
    assert neighbour.get_soon(address(docker, web, network), 80)[0] == 200
    docker.fails("run", "--rm", "--network", network, "busybox", "true", code=125)


def test_the_host_itself_is_not_reached(docker, segment, host, net, run):
    """macvlan's nature: a parent and its children do not see each other."""
    network = lan(net)
    web = run("web", "--network", network, image="nginx")
    host.run("ip", "address", "add", "10.211.1.200/24", "dev", "lan0")
    assert not opens(host, address(docker, web, network), 80)
    with inside(docker, web) as here:
        assert not pings(here, "10.211.1.200")


def test_both_families(docker, segment, neighbour, net, run):
    network = lan(net, "--ipv6", "--subnet", "fd00:a905:71::/64", "--gateway", "fd00:a905:71::1")
    web = run("web", "--network", network, "--ip6", "fd00:a905:71::77", image="nginx")
    assert neighbour.get_soon("fd00:a905:71::77", 80)[0] == 200
    with inside(docker, web) as here:
        assert default_route(here, "-6") == ("fd00:a905:71::1", "eth0")


def test_beside_a_bridge_network(docker, engine, segment, neighbour, net, run, port):
    network = lan(net)
    web = run("web", "-p", f"{port}:80", image="nginx")
    docker("network", "connect", network, web)
    assert neighbour.get_soon(engine.network.address, port)[0] == 200
    assert neighbour.get_soon(address(docker, web, network), 80)[0] == 200
    docker("network", "disconnect", network, web)
    assert not opens(neighbour, "10.211.1.2", 80)
    assert neighbour.get_soon(engine.network.address, port)[0] == 200


def test_ports_are_not_published(docker, segment, host, net, run, port):
    web = run("web", "--network", lan(net), "-p", f"{port}:80", image="nginx")
    assert not docker.inspect(web)["NetworkSettings"]["Ports"].get("80/tcp") and not opens(host, "127.0.0.1", port)


def test_a_restart_keeps_a_chosen_address(docker, segment, neighbour, net, run):
    network = lan(net)
    name = run("web", "--network", network, "--ip", "10.211.1.77", image="nginx")
    assert neighbour.get_soon("10.211.1.77", 80)[0] == 200
    docker("restart", "-t", "0", name)
    assert neighbour.get_soon("10.211.1.77", 80, within=20)[0] == 200


def test_link_by_link(docker, segment, host, net, run):
    """Nothing of a network is on the host but the parent, which stays, and each container's link goes with it."""
    before = set(links(host))
    network = lan(net)
    one = run("one", "--network", network)
    assert set(links(host)) == before
    docker("rm", "-f", one)
    docker("network", "rm", network)
    assert set(links(host)) == before


# Without a parent


def test_internal(docker, segment, host, net, run):
    before = set(links(host))
    network = lan(net, "--internal")
    web, one = run("web", "--network", network, image="nginx"), run("one", "--network", network)
    with inside(docker, one) as here:
        assert here.get_soon(address(docker, web, network), 80)[0] == 200
        assert default_route(here) is None
    docker("rm", "-f", web, one)
    docker("network", "rm", network)
    assert set(links(host)) == before


@pytest.mark.apus
def test_without_a_parent_containers_reach_each_other_alone(docker, host, net, run):
    """What dockerd uses a dummy link for, which the reference machine's kernel has not."""
    before = set(links(host))
    network = net("-d", "macvlan", "--internal", "--subnet", "10.211.2.0/24")
    web, one = run("web", "--network", network, image="nginx"), run("one", "--network", network)
    with inside(docker, one) as here:
        assert here.get_soon(address(docker, web, network), 80)[0] == 200
        assert default_route(here) is None
    docker("rm", "-f", web, one)
    docker("network", "rm", network)
    assert set(links(host)) == before


# What is refused


def test_modes_that_are_none(client, segment, name):
    ipam = {"Config": [{"Subnet": "10.211.3.0/24"}], "Driver": "default", "Options": {}}
    options = {"parent": "lan0", "macvlan_mode": "sideways"}
    said = refused(lambda: client.api.create_network(name, driver="macvlan", options=options, ipam=ipam), (400, 500))
    assert "requested macvlan mode 'sideways' is not valid, 'bridge' mode is the macvlan driver default" in said
    client.api.create_network(name, driver="macvlan", options={"parent": "lan0"}, ipam=ipam)


def test_a_parent_that_is_not_there(docker, name):
    docker.fails("network", "create", "-d", "macvlan", "--subnet", "10.211.4.0/24", "-o", "parent=nolink0", name, code=1,
                 says="nolink0")  # fmt: skip
    docker.fails("network", "create", "-d", "macvlan", "--subnet", "10.211.4.0/24", "-o", "parent=nolink0.10", name, code=1,
                 says="was not found on the host: nolink0")  # fmt: skip
    docker.fails("network", "create", "-d", "macvlan", "--subnet", "10.211.4.0/24", "-o", "parent=lo", name, code=1,
                 says="loopback interface is not a valid macvlan parent link")  # fmt: skip
    docker.fails("network", "inspect", name)


@pytest.mark.apus
def test_unknown_options_are_refused_by_name(client, segment, name):
    ipam = {"Config": [{"Subnet": "10.211.5.0/24"}], "Driver": "default", "Options": {}}
    options = {"parent": "lan0", "macvlan_colour": "green"}
    refused(lambda: client.api.create_network(name, driver="macvlan", options=options, ipam=ipam), 400, "macvlan_colour")


def test_subnets_that_overlap(docker, segment, net, name):
    lan(net)
    docker.fails("network", "create", "-d", "macvlan", "--subnet", "10.211.1.0/25", "-o", "parent=lan0", name, code=1,
                 says="Pool overlaps with other one on this address space")  # fmt: skip
    docker.fails("network", "create", "--subnet", "10.211.0.0/16", name, code=1, says="Pool overlaps with other one on this address space")


@pytest.mark.differs("gives a parent to one network only")
def test_two_networks_on_one_parent(docker, segment, neighbour, net, run, name):
    neighbour.run("ip", "address", "add", "10.211.6.1/24", "dev", "lan0")
    for subnet in ("10.211.1", "10.211.6"):
        network = lan(net, subnet=subnet + ".0/24", gateway=subnet + ".1")
        web = run("web" + subnet[-1], "--network", network, image="nginx")
        assert neighbour.get_soon(address(docker, web, network), 80)[0] == 200
    docker.fails("network", "create", "-d", "macvlan", "--subnet", "10.211.7.0/24", "-o", "parent=lan0", "-o",
                 "macvlan_mode=passthru", name, code=1, says="cannot use mode passthru, macvlan network")  # fmt: skip


def test_a_parent_that_vanishes(docker, host, neighbour, net, run):
    """Its containers lose their link, and all can be removed; starting again tells why it cannot."""
    host.run("ip", "link", "add", "lan1", "type", "veth", "peer", "name", "lan1", "netns", neighbour.path)
    host.run("ip", "link", "set", "lan1", "up")
    network = lan(net, subnet="10.211.8.0/24", gateway="10.211.8.1", parent="lan1")
    one = run("one", "--network", network)
    host.run("ip", "link", "del", "lan1")
    docker("stop", "-t", "0", one)
    assert "lan1" in docker.fails("start", one, code=1)
    docker("rm", "-f", one)
    docker("network", "rm", network)
