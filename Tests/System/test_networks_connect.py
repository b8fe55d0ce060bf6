"""`docker network connect` and `disconnect`, containers on several networks, and what an endpoint is told to be."""

import re

import pytest

from networks import (
    address, addresses, default_route, described, endpoint, inside, links, opens, pings, pool, refused, words,
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("busybox", "nginx")


@pytest.fixture
def subnets(net):
    """Two networks with subnets that a user chose."""
    return net("--subnet", "10.203.1.0/24"), net("--subnet", "10.203.2.0/24")


def identifier(docker, container):
    return docker.inspect(container, "{{.Id}}")


# While running, and while not


def test_connect_and_disconnect_while_running(docker, net, run):
    first, second = net(), net()
    one, web = run("one", "--network", first), run("web", "--network", second, image="nginx")
    with inside(docker, one) as here:
        before = default_route(here)
        docker("network", "connect", second, one)
        shown = endpoint(docker, one, second)
        assert addresses(here)["eth1"] == [f"{shown['IPAddress']}/{shown['IPPrefixLen']}"]
        assert links(here)["eth1"]["address"] == shown["MacAddress"] and "UP" in links(here)["eth1"]["flags"]
        assert here.get_soon(address(docker, web, second), 80)[0] == 200
        assert default_route(here) == before
        assert shown["IPAddress"] in docker.out("exec", one, "cat", "/etc/hosts")
        docker("network", "disconnect", second, one)
        assert set(links(here)) == {"lo", "eth0"} and default_route(here) == before
        assert shown["IPAddress"] not in docker.out("exec", one, "cat", "/etc/hosts")
    assert set(docker.inspect(one)["NetworkSettings"]["Networks"]) == {first}
    assert identifier(docker, one) not in described(docker, second)["Containers"]


def test_connect_before_the_start(docker, net, name):
    first, second = net(), net()
    docker("create", "--name", name, "--network", first, "busybox", "sleep", "600")
    docker("network", "connect", second, name)
    shown = docker.inspect(name)["NetworkSettings"]["Networks"]
    assert set(shown) == {first, second} and not any(one["IPAddress"] or one["EndpointID"] for one in shown.values())
    assert described(docker, second)["Containers"] == {}
    docker("start", name)
    with inside(docker, name) as here:
        found = addresses(here)
    shown = docker.inspect(name)["NetworkSettings"]["Networks"]
    assert sorted(found["eth0"] + found["eth1"]) == sorted(f"{one['IPAddress']}/{one['IPPrefixLen']}" for one in shown.values())


def test_disconnect_while_stopped(docker, net, run):
    first, second = net(), net()
    one = run("one", "--network", first)
    docker("network", "connect", second, one)
    docker("stop", "-t", "0", one)
    docker("network", "disconnect", first, one)
    assert set(docker.inspect(one)["NetworkSettings"]["Networks"]) == {second}
    docker("start", one)
    with inside(docker, one) as here:
        assert set(links(here)) == {"lo", "eth0"} and default_route(here)[0] == pool(docker, second)["Gateway"]


def test_a_container_left_without_a_network_can_be_given_one(docker, net, run):
    one, network = run("one"), net()
    docker("network", "disconnect", "bridge", one)
    with inside(docker, one) as here:
        assert set(links(here)) == {"lo"} and default_route(here) is None
        assert docker.inspect(one)["NetworkSettings"]["Networks"] == {}
        docker("network", "connect", network, one)
        assert default_route(here)[0] == pool(docker, network)["Gateway"] and len(links(here)) == 2
        docker("network", "connect", "bridge", one)
        assert len(links(here)) == 3


def test_networks_are_kept_from_one_start_to_the_next(docker, net, run):
    first, second = net(), net()
    one = run("one", "--network", first)
    docker("network", "connect", second, one)
    for _ in range(2):
        docker("restart", "-t", "0", one)
        shown = docker.inspect(one)["NetworkSettings"]["Networks"]
        assert set(shown) == {first, second} and all(network["IPAddress"] for network in shown.values())
        assert identifier(docker, one) in described(docker, second)["Containers"]


def test_by_ids(docker, net, run):
    one, network = run("one"), net()
    container, identity = identifier(docker, one), described(docker, network)["Id"]
    docker("network", "connect", identity[:12], container[:12])
    assert endpoint(docker, one, network)["NetworkID"] == identity
    docker("network", "disconnect", identity, container)
    assert network not in docker.inspect(one)["NetworkSettings"]["Networks"]
    two = run("two", "--network", identity[:12])
    assert set(docker.inspect(two)["NetworkSettings"]["Networks"]) == {network}


def test_ps_filters_by_network(docker, net, run):
    first, second = net(), net()
    one, two = run("one", "--network", first), run("two", "--network", second)
    docker("network", "connect", second, one)

    def shown(network):
        return set(docker.out("ps", "-a", "--filter", f"network={network}", "--format", "{{.Names}}").split())

    assert shown(first) == {one} and shown(second) == shown(described(docker, second)["Id"]) == {one, two}
    row = docker.out("ps", "--filter", f"name={one}", "--format", "{{.Networks}}")
    assert set(row.split(",")) == {first, second}
    docker("stop", "-t", "0", one, two)
    identity = described(docker, second)["Id"]
    assert shown(identity) == shown(identity[:12]) == {one, two}
    assert docker.inspect(two)["NetworkSettings"]["Networks"][second]["NetworkID"] == identity
    docker("network", "disconnect", second, one)
    assert shown(identity) == {two}


def test_a_joined_container_sees_the_others_networks_come(docker, net, run):
    one, network = run("one"), net()
    two = run("two", "--network", f"container:{one}")
    docker("network", "connect", network, one)
    assert address(docker, one, network) in docker.out("exec", two, "ip", "-4", "address")
    assert docker.inspect(two)["NetworkSettings"]["Networks"] == {}


def test_statistics_of_every_interface(docker, client, net, run):
    one = run("one", "--network", net())
    docker("network", "connect", net(), one)
    assert set(client.api.stats(one, stream=False)["networks"]) == {"eth0", "eth1"}


# Which way out


def test_the_first_network_by_name_is_the_way_out(docker, net, run):
    first, second, third = net(), net(), net()  # …-n1, …-n2, …-n3
    one = run("one", "--network", second)
    with inside(docker, one) as here:
        docker("network", "connect", third, one)
        assert default_route(here) == (pool(docker, second)["Gateway"], "eth0")
        docker("network", "connect", first, one)
        assert default_route(here) == (pool(docker, first)["Gateway"], "eth2")
        docker("network", "disconnect", first, one)
        assert default_route(here) == (pool(docker, second)["Gateway"], "eth0")
        docker("network", "disconnect", second, one)
        assert default_route(here) == (pool(docker, third)["Gateway"], "eth1")


@pytest.mark.differs("has no gateway priority")
def test_gateway_priority(docker, net, run):
    first, second, third = net(), net(), net()
    one = run("one", "--network", first)
    with inside(docker, one) as here:
        docker("network", "connect", "--gw-priority", "5", second, one)
        assert default_route(here) == (pool(docker, second)["Gateway"], "eth1")
        docker("network", "connect", "--gw-priority", "-1", third, one)
        assert default_route(here)[0] == pool(docker, second)["Gateway"]
        docker("network", "disconnect", second, one)
        assert default_route(here)[0] == pool(docker, first)["Gateway"]
        docker("network", "disconnect", first, one)
        assert default_route(here)[0] == pool(docker, third)["Gateway"]
    assert endpoint(docker, one, third)["GwPriority"] == -1


@pytest.mark.differs("creates a container on one network only")
def test_several_networks_at_once(docker, net, run):
    first, second = net("--subnet", "10.203.3.0/24"), net("--subnet", "10.203.4.0/24")
    web = run("web", "--network", f"name={first},alias=site,ip=10.203.3.50", "--network",
              f"name={second},mac-address=02:42:0a:cb:04:09,gw-priority=1", image="nginx")  # fmt: skip
    shown = docker.inspect(web)
    assert set(shown["NetworkSettings"]["Networks"]) == {first, second} and shown["HostConfig"]["NetworkMode"] == first
    assert endpoint(docker, web, first)["IPAddress"] == "10.203.3.50" and endpoint(docker, web, first)["Aliases"] == ["site"]
    assert endpoint(docker, web, second)["MacAddress"] == "02:42:0a:cb:04:09"
    with inside(docker, web) as here:
        assert default_route(here)[0] == "10.203.4.1"
        macs = {link["address"] for link in links(here).values()}
    assert "02:42:0a:cb:04:09" in macs
    for network in (first, second):
        with inside(docker, run("on-" + network, "--network", network)) as here:
            assert here.get_soon(address(docker, web, network), 80)[0] == 200


def test_a_network_in_many_words(docker, subnets, run):
    first, _ = subnets
    one = run("one", "--network", f"name={first},ip=10.203.1.60,alias=site,driver-opt=com.example.a=b")
    shown = endpoint(docker, one, first)
    assert shown["IPAddress"] == "10.203.1.60" and shown["IPAMConfig"]["IPv4Address"] == "10.203.1.60"
    assert "site" in shown["Aliases"] and shown["DriverOpts"] == {"com.example.a": "b"}


def test_an_endpoint_described_at_creation(docker, client, subnets, run, name):
    """The way that docker-py and Compose go: by name, or by id."""
    first, second = subnets
    db = run("db", "--network", first)
    for number, key in enumerate((first, described(docker, first)["Id"])):
        settings = client.api.create_endpoint_config(
            aliases=["site"], links={db: "data"}, ipv4_address=f"10.203.1.{50 + number}", driver_opt={"com.example.a": "b"}
        )
        made = client.api.create_container(
            "busybox", ["sleep", "600"], name=f"{name}-{number}", host_config=client.api.create_host_config(network_mode=key),
            networking_config=client.api.create_networking_config({key: settings}),
        )  # fmt: skip
        client.api.start(made)
        shown = docker.inspect(f"{name}-{number}")["NetworkSettings"]["Networks"]
        assert set(shown) == {first} and shown[first]["IPAddress"] == f"10.203.1.{50 + number}"
        assert "site" in shown[first]["Aliases"] and shown[first]["Links"] == [f"{db}:data"]


def test_published_ports_come_with_a_network_that_leads_outside(docker, host, net, run, port):
    internal, outside = net("--internal"), net()
    web = run("web", "--network", internal, "-p", f"{port}:80", image="nginx")
    assert not opens(host, "127.0.0.1", port)
    docker("network", "connect", outside, web)
    assert host.get_soon("127.0.0.1", port)[0] == 200
    docker("network", "disconnect", outside, web)
    assert opens(host, "127.0.0.1", port) == words(False, True)  # the latter by mistake


def test_published_ports_move_to_the_network_that_is_left(docker, host, engine, net, run, port):
    first, second = net(), net()
    web = run("web", "--network", first, "-p", f"{port}:80", image="nginx")
    docker("network", "connect", second, web)
    host.get_soon("127.0.0.1", port)
    docker("network", "disconnect", first, web)
    assert host.get_soon("127.0.0.1", port)[0] == 200
    assert engine.network.neighbour.get_soon(engine.network.address, port)[0] == 200
    assert docker.inspect(web)["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"] == str(port)
    docker("network", "disconnect", second, web)
    assert not opens(host, "127.0.0.1", port)
    docker("network", "connect", first, web)
    assert host.get_soon("127.0.0.1", port)[0] == 200


# What an endpoint is told to be


def test_addresses_that_were_chosen_are_kept(docker, net, run):
    network = net("--ipv6", "--subnet", "10.203.5.0/24", "--subnet", "fd00:a905:41::/64")
    one = run("one", "--network", network, "--ip", "10.203.5.77", "--ip6", "fd00:a905:41::77")
    for _ in range(2):
        shown = endpoint(docker, one, network)
        assert shown["IPAMConfig"] == {"IPv4Address": "10.203.5.77", "IPv6Address": "fd00:a905:41::77"}
        assert shown["IPAddress"] == "10.203.5.77" and shown["GlobalIPv6Address"] == "fd00:a905:41::77"
        with inside(docker, one) as here:
            assert set(addresses(here)["eth0"]) == {"10.203.5.77/24", "fd00:a905:41::77/64"}
        docker("restart", "-t", "0", one)
    docker("network", "disconnect", network, one)
    docker("network", "connect", "--ip", "10.203.5.78", network, one)
    assert address(docker, one, network) == "10.203.5.78"
    docker("stop", "-t", "0", one)
    docker("start", one)
    assert address(docker, one, network) == "10.203.5.78"


def has_mac(docker, container, network, mac):
    """Whether it has the address, and has it again after a restart."""
    for _ in range(2):
        assert endpoint(docker, container, network)["MacAddress"] == mac
        with inside(docker, container) as here:
            assert links(here)["eth0"]["address"] == mac
        docker("restart", "-t", "0", container)


@pytest.mark.differs("the command does not tell it in a way that it understands")
def test_mac_address(docker, net, run):
    network = net()
    has_mac(docker, run("one", "--network", network, "--mac-address", "02:42:ac:aa:bb:cc"), network, "02:42:ac:aa:bb:cc")
    two = run("two", "--network", f"name={network},mac-address=02:42:ac:aa:bb:cd")
    has_mac(docker, two, network, "02:42:ac:aa:bb:cd")
    docker.fails("run", "--rm", "--network", network, "--mac-address", "02:42", "busybox", "true", code=125, says="02:42")


def test_mac_address_of_the_container(docker, client, net, name):
    network = net()
    client.containers.run("busybox", ["sleep", "600"], name=name, network=network, mac_address="02:42:ac:aa:bb:ce", detach=True)
    has_mac(docker, name, network, "02:42:ac:aa:bb:ce")


def test_mac_addresses_are_local_and_differ(docker, net, run):
    network = net()
    macs = [endpoint(docker, run(str(number), "--network", network), network)["MacAddress"] for number in range(3)]
    assert len(set(macs)) == 3 and all(int(mac[:2], 16) & 3 == 2 for mac in macs)


def test_link_local_addresses(docker, net, run):
    network = net("--subnet", "10.203.6.0/24")
    one, two = run("one"), run("two", "--network", network)
    docker("network", "connect", "--link-local-ip", "169.254.34.68", network, one)
    assert endpoint(docker, one, network)["IPAMConfig"]["LinkLocalIPs"] == ["169.254.34.68"]
    assert "169.254.34.68/16" in docker.out("exec", one, "ip", "address", "show", "eth1")
    docker("restart", "-t", "0", one)
    assert "169.254.34.68/16" in docker.out("exec", one, "ip", "address")
    assert endpoint(docker, two, network)["IPAMConfig"] in (None, {})


def test_driver_options(docker, net, run):
    one, network = run("one"), net()
    docker("network", "connect", "--driver-opt", "com.example.colour=green", network, one)
    assert endpoint(docker, one, network)["DriverOpts"] == {"com.example.colour": "green"}


@pytest.mark.differs("knows no such options")
def test_an_interface_by_name_and_its_settings(docker, net, run):
    network = net()
    one = run("one", "--network", f"name={network},driver-opt=com.docker.network.endpoint.ifname=lan7")
    with inside(docker, one) as here:
        assert "lan7" in links(here) and "eth0" not in links(here)
    two = run("two", "--network",
              f'name={network},"driver-opt=com.docker.network.endpoint.sysctls=net.ipv4.conf.IFNAME.log_martians=1"')  # fmt: skip
    assert docker.out("exec", two, "cat", "/proc/sys/net/ipv4/conf/eth0/log_martians") == "1"
    docker.fails("run", "--rm", "--network",
                 f"name={network},driver-opt=com.docker.network.endpoint.sysctls=net.ipv4.conf.eth0.log_martians=1", "busybox",
                 "true", code=125, says="unrecognised network interface sysctl")  # fmt: skip


def test_every_field_of_an_endpoint(docker, net, run):
    network = net("--subnet", "10.203.7.0/24")
    one = run("one", "--network", network, "--network-alias", "site")
    shown = endpoint(docker, one, network)
    member = described(docker, network)["Containers"][identifier(docker, one)]
    assert shown["NetworkID"] == described(docker, network)["Id"] and re.fullmatch("[0-9a-f]{64}", shown["EndpointID"])
    assert shown["EndpointID"] == member["EndpointID"] and shown["Gateway"] == "10.203.7.1" and shown["IPPrefixLen"] == 24
    assert shown["IPv6Gateway"] == shown["GlobalIPv6Address"] == "" and shown["GlobalIPv6PrefixLen"] == 0
    assert "site" in shown["Aliases"] and shown["DriverOpts"] in (None, {}) and not shown["Links"]
    settings = docker.inspect(one)["NetworkSettings"]
    assert settings["IPAddress"] == settings["Gateway"] == "" and settings["SandboxKey"] and settings["SandboxID"]


@pytest.mark.differs("gives the short id as an alias and tells no names")
def test_names_of_an_endpoint(docker, net, run):
    network = net()
    one = run("one", "--network", network, "--network-alias", "site", "--hostname", "mainframe")
    shown = endpoint(docker, one, network)
    assert shown["Aliases"] == ["site"]
    assert shown["DNSNames"] == [one, "site", identifier(docker, one)[:12], "mainframe"]
    assert endpoint(docker, run("two"), "bridge")["DNSNames"] is None


# What is refused


def test_connected_already(client, docker, net, run):
    network = net()
    one = run("one", "--network", network)
    refused(lambda: client.api.connect_container_to_network(one, network), 403,
            f"endpoint with name {one} already exists in network {network}")  # fmt: skip
    assert set(docker.inspect(one)["NetworkSettings"]["Networks"]) == {network}
    with inside(docker, one) as here:
        assert set(links(here)) == {"lo", "eth0"}


def test_not_connected(docker, net, run):
    network, one = net(), run("one")
    said = docker.fails("network", "disconnect", network, one, code=1)
    assert re.search(f"container {identifier(docker, one)} is not connected to (the )?network {network}", said), said
    docker("stop", "-t", "0", one)
    said = docker.fails("network", "disconnect", network, one, code=1)
    assert re.search(f"container {identifier(docker, one)} is not connected to (the )?network {network}", said), said


def test_unknown_ones(client, net, run):
    network, one = net(), run("one")
    for call in (client.api.connect_container_to_network, client.api.disconnect_container_from_network):
        refused(lambda: call("no-such-container", network), 404, "No such container: no-such-container")
        refused(lambda: call(one, "no-such-network"), 404, "network no-such-network not found")


def test_networks_that_stand_alone(docker, client, net, run):
    network, one = net(), run("one")
    on_host, on_none = run("host", "--network", "host"), run("none", "--network", "none")
    sharing = run("sharing", "--network", f"container:{one}")
    shared = "container sharing network namespace with another container or host cannot be connected to any other network"
    refused(lambda: client.api.connect_container_to_network(on_host, network), 400, shared)
    refused(lambda: client.api.connect_container_to_network(sharing, network), 400, shared)
    refused(lambda: client.api.connect_container_to_network(on_none, network), 400,
            r"container cannot be connected to multiple networks with one of the networks in private \(none\) mode")  # fmt: skip
    refused(lambda: client.api.connect_container_to_network(one, "none"), 400, r"private \(none\) mode")
    either = "container cannot be disconnected from host network or connected to host network"
    refused(lambda: client.api.connect_container_to_network(one, "host"), 400,
            words("cannot connect container to host network - container must be created in host network mode", either))  # fmt: skip
    refused(lambda: client.api.disconnect_container_from_network(on_host, "host"), 400,
            words("cannot disconnect container from host network - container was created in host network mode", either))  # fmt: skip
    assert set(docker.inspect(one)["NetworkSettings"]["Networks"]) == {"bridge"}


def test_a_network_that_is_not_there(docker, name):
    said = docker.fails("run", "--name", name, "--network", "no-such-network", "busybox", "true", code=125)
    assert "network no-such-network not found" in said


def test_what_only_user_defined_networks_have(docker, net, run):
    docker.fails("run", "--rm", "--ip", "172.17.0.99", "busybox", "true", code=125,
                 says="user specified IP address is supported on user defined networks only")  # fmt: skip
    other = run("other", "--network", net())
    docker.fails("network", "connect", "--alias", "site", "bridge", other, code=1,
                 says="network-scoped alias is supported only for containers in user defined networks")  # fmt: skip
    docker.fails("run", "--rm", "--network", net(), "--ip", "10.203.8.8", "busybox", "true", code=125,
                 says="user specified IP address is supported only when connecting to networks with user configured subnets")  # fmt: skip
    one, network = run("one"), net()
    docker.fails("network", "connect", "--ip", "10.203.8.8", network, one, code=1,
                 says="user specified IP address is supported only when connecting to networks with user configured subnets")  # fmt: skip
    assert network not in docker.inspect(one)["NetworkSettings"]["Networks"]
    with inside(docker, one) as here:
        assert set(links(here)) == {"lo", "eth0"}


def test_addresses_that_are_none(docker, client, subnets, run):
    network, _ = subnets
    one = run("one")
    for key, value in (("ipv4_address", "10.203.1.300"), ("ipv4_address", "::1"), ("link_local_ips", ["x"])):
        said = refused(lambda: client.api.connect_container_to_network(one, network, **{key: value}), words(400, 500), "(?i)invalid")
        assert str(value if isinstance(value, str) else value[0]) in said
    shown = set(docker.inspect(one)["NetworkSettings"]["Networks"])
    assert shown == words({"bridge"}, {"bridge", network})  # the latter by mistake
    with inside(docker, one) as here:
        assert set(links(here)) == {"lo", "eth0"}


def test_an_address_outside(docker, client, subnets, run):
    network, _ = subnets
    one = run("one")
    refused(lambda: client.api.connect_container_to_network(one, network, ipv4_address="10.99.1.1"), words(400, 500), words(
        "invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.99.1.1",
        "10.99.1.1: It does not belong to any of this network's subnets"))  # fmt: skip
    docker.fails("run", "--rm", "--network", network, "--ip", "10.99.1.1", "busybox", "true", code=125, says="10.99.1.1")
    assert described(docker, network)["Containers"] == {}


def test_an_address_in_use(docker, client, subnets, run):
    network, _ = subnets
    one, two = run("one", "--network", network, "--ip", "10.203.1.99"), run("two")
    refused(lambda: client.api.connect_container_to_network(two, network, ipv4_address="10.203.1.99"), 403, "Address already in use")
    docker.fails("run", "--rm", "--network", network, "--ip", "10.203.1.99", "busybox", "true", code=125, says="Address already in use")
    docker.fails("run", "--rm", "--network", network, "--ip", "10.203.1.1", "busybox", "true", code=125, says="Address already in use")
    with inside(docker, one) as here:
        assert pings(here, "10.203.1.1", within=20)
    docker("rm", "-f", one)
    docker("network", "connect", "--ip", "10.203.1.99", network, two)


# disconnect --force


def test_forced_disconnect(docker, net, run):
    network = net()
    one = run("one", "--network", network)
    docker("network", "disconnect", "--force", network, one)
    assert described(docker, network)["Containers"] == {} and docker.inspect(one, "{{.State.Running}}") == "true"
    docker.fails("network", "disconnect", "--force", network, one, code=1)
    docker.fails("network", "disconnect", "--force", network, "no-such-container", code=1)
    docker("network", "rm", network)


@pytest.mark.differs("has no priorities of gateways")
def test_a_link_that_was_broken_does_not_hold_others(docker, net, run):
    """The network that is left over cannot give the way out. The other one is left all the same, and joined again."""
    first, second = net(), net()
    container = run("c", "--network", f"name={first},gw-priority=1", "--cap-add", "NET_ADMIN")
    docker("network", "connect", "--driver-opt", "com.docker.network.endpoint.ifname=eth7", second, container)
    docker("exec", container, "ip", "link", "set", "eth7", "down")

    def networks():
        return set(docker.inspect(container)["NetworkSettings"]["Networks"])

    docker("network", "disconnect", first, container)
    assert networks() == {second}
    docker("network", "connect", first, container)
    docker("restart", "-t", "0", container)
    assert networks() == {first, second}
    with inside(docker, container) as here:
        assert default_route(here)
