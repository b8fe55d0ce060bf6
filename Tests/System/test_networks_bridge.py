"""User-defined bridge networks: who reaches whom, the way out, published ports, and each of the driver's options."""

import ipaddress
import socket
import threading

import pytest

from networks import Listener, address, addresses, default_route, described, endpoint, inside, links, opens, pings, pool

pytestmark = pytest.mark.usefixtures("busybox", "nginx")

BRIDGE = "com.docker.network.bridge."


@pytest.fixture
def routed(engine, neighbour):
    """Lets the neighbour send packets for a subnet to the engine's host, as a router on the segment would."""
    made = []

    def route(subnet, via=engine.network.address if engine.network else None):
        neighbour.run("ip", "route", "replace", subnet, "via", via)
        made.append(subnet)

    yield route
    for subnet in made:
        neighbour.run("ip", "route", "del", subnet, check=False)


# Who reaches whom


def test_containers_reach_each_other_and_the_gateway(docker, net, run):
    network = net()
    one, web = run("one", "--network", network), run("web", "--network", network, image="nginx")
    with inside(docker, one) as here:
        assert here.get_soon(address(docker, web, network), 80)[0] == 200
        assert pings(here, address(docker, one, network, "Gateway"), within=20)


def test_the_bridge_has_the_gateways_address(docker, host, net, run):
    network = net("-o", BRIDGE + "name=apust1")
    run("one", "--network", network)
    config = pool(docker, network)
    assert addresses(host)["apust1"] == [f"{config['Gateway']}/{config['Subnet'].split('/')[1]}"]


def test_inside_are_the_address_the_route_and_the_hosts_file(docker, net, run):
    network = net()
    one = run("one", "--network", network)
    shown = endpoint(docker, one, network)
    with inside(docker, one) as here:
        assert addresses(here)["eth0"] == [f"{shown['IPAddress']}/{shown['IPPrefixLen']}"]
        assert default_route(here) == (shown["Gateway"], "eth0")
        assert links(here)["eth0"]["address"] == shown["MacAddress"]
    hosts = [line.split() for line in docker.out("exec", one, "cat", "/etc/hosts").splitlines()]
    assert [shown["IPAddress"], docker.inspect(one, "{{.Config.Hostname}}")] in hosts


def test_the_networks_of_one_engine_do_not_overlap(docker, net):
    subnets = [ipaddress.ip_network(pool(docker, network)["Subnet"]) for network in ("bridge", net(), net(), net())]
    assert not any(one.overlaps(other) for one in subnets for other in subnets if one is not other)


def test_networks_are_isolated_from_each_other(docker, host, net, run):
    first, second = net(), net()
    web = run("web", "--network", first, image="nginx")
    target = address(docker, web, first)
    host.get_soon(target, 80)
    for other in (run("other", "--network", second), run("default")):
        with inside(docker, other) as here:
            assert not pings(here, target) and not opens(here, target, 80)
    default = address(docker, run("default-web", image="nginx"), "bridge")
    host.get_soon(default, 80)
    with inside(docker, web) as here:
        assert not pings(here, default) and not opens(here, default, 80)


def test_a_published_port_does_not_break_the_isolation(docker, engine, host, net, run, port):
    """Others reach it on the host's address, as everybody does, not on the container's."""
    first, second = net(), net()
    web = run("web", "--network", first, "-p", f"{port}:80", image="nginx")
    host.get_soon("127.0.0.1", port)
    with inside(docker, run("other", "--network", second)) as here:
        assert not opens(here, address(docker, web, first), 80)
        assert here.get_soon(engine.network.address, port)[0] == 200
        assert here.get_soon(pool(docker, second)["Gateway"], port)[0] == 200
        assert here.get_soon(pool(docker, first)["Gateway"], port)[0] == 200


def test_the_host_reaches_every_container(docker, host, net, run):
    network = net()
    assert host.get_soon(address(docker, run("web", "--network", network, image="nginx"), network), 80)[0] == 200


def test_the_way_out_is_masqueraded(docker, engine, neighbour, net, run):
    one = run("one", "--network", net())
    with inside(docker, one) as here, Listener(neighbour, engine.network.neighbour_address) as listener:
        assert listener.peer_of(here, engine.network.neighbour_address) == engine.network.address


def test_another_host_reaches_only_what_is_published(docker, engine, neighbour, net, run, routed, port, until):
    network = net()
    web = run("web", "--network", network, "-p", f"{port}:80", image="nginx")
    shy = run("shy", "--network", network, image="nginx")
    assert neighbour.get_soon(engine.network.address, port)[0] == 200
    until(lambda: f"{engine.network.neighbour_address} - - " in docker.out("logs", web))
    routed(pool(docker, network)["Subnet"])
    assert not opens(neighbour, address(docker, shy, network), 80)


@pytest.mark.differs("lets a neighbour that routes to the subnet reach the published container port directly")
def test_a_published_port_is_not_reached_round_the_translation(docker, engine, neighbour, net, run, routed, port):
    network = net()
    web = run("web", "--network", network, "-p", f"{port}:80", image="nginx")
    neighbour.get_soon(engine.network.address, port)
    routed(pool(docker, network)["Subnet"])
    assert not opens(neighbour, address(docker, web, network), 80)


def test_a_container_reaches_its_own_published_port(docker, engine, net, run, port):
    network = net()
    web = run("web", "--network", network, "-p", f"{port}:80", image="nginx")
    with inside(docker, web) as here:
        for where in (engine.network.address, pool(docker, network)["Gateway"]):
            assert here.get_soon(where, port)[0] == 200
    with inside(docker, run("sibling", "--network", network)) as here:
        assert here.get_soon(engine.network.address, port)[0] == 200


def test_published_udp(docker, engine, neighbour, net, run, port):
    network = net()
    one = run("one", "--network", network, "-p", f"{port}:9000/udp")
    with inside(docker, one) as here:
        server = here.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", 9000))
    server.settimeout(60)
    client = neighbour.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(60)
    client.sendto(b"ping", (engine.network.address, port))
    data, sender = server.recvfrom(100)
    assert data == b"ping" and sender[0] == engine.network.neighbour_address
    server.sendto(b"pong", sender)
    assert client.recvfrom(100) == (b"pong", (engine.network.address, port))
    client.close()
    server.close()


def test_concurrent_starts_get_addresses_of_their_own(docker, client, net, name):
    network, made = net("--subnet", "10.201.10.0/28"), []

    def start(number):
        container = client.containers.run("busybox", ["sleep", "600"], name=f"{name}{number}", network=network, detach=True)
        made.append(container.id)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    members = described(docker, network)["Containers"]
    assert set(members) == set(made) and len({member["IPv4Address"] for member in members.values()}) == 6


# Options


def test_bridge_name(docker, host, net, run):
    network = net("-o", BRIDGE + "name=apust2")
    assert "apust2" in links(host)
    run("one", "--network", network)
    assert len([link for link in links(host).values() if link.get("master") == "apust2"]) == 1
    assert described(docker, network)["Options"] == {BRIDGE + "name": "apust2"}
    docker("rm", "-f", docker.out("ps", "-q", "--filter", f"network={network}"))
    docker("network", "rm", network)
    assert "apust2" not in links(host)


def test_no_communication_between_containers(docker, engine, host, neighbour, net, run, port):
    network = net("-o", BRIDGE + "enable_icc=false")
    web = run("web", "--network", network, "-p", f"{port}:80", image="nginx")
    target = address(docker, web, network)
    host.get_soon(target, 80)
    with inside(docker, run("other", "--network", network)) as here:
        assert not pings(here, target) and not opens(here, target, 80)
        assert pings(here, pool(docker, network)["Gateway"], within=20)
        assert pings(here, engine.network.neighbour_address, within=20)
    assert neighbour.get_soon(engine.network.address, port)[0] == 200


def test_no_masquerading(docker, engine, neighbour, net, run, routed):
    # Docker 28 drops even answers to a container's own address, unless it trusts the link that they come by.
    network = net("-o", BRIDGE + "enable_ip_masquerade=false", "-o", BRIDGE + "trusted_host_interfaces=uplink")
    one = run("one", "--network", network)
    routed(pool(docker, network)["Subnet"])
    with inside(docker, one) as here, Listener(neighbour, engine.network.neighbour_address) as listener:
        assert listener.peer_of(here, engine.network.neighbour_address) == address(docker, one, network)


@pytest.mark.differs("knows no address for what leaves")
def test_what_leaves_has_the_address_that_was_chosen(docker, engine, host, neighbour, net, run):
    chosen, chosen6 = "198.51.100.77", "2001:db8:51::77"
    host.run("ip", "address", "add", chosen + "/24", "dev", "uplink")
    host.run("ip", "address", "add", chosen6 + "/64", "dev", "uplink", "nodad")
    try:
        network = net("--ipv6", "--subnet", "10.215.77.0/24", "--subnet", "fd00:a905:77::/64",
                      "-o", "com.docker.network.host_ipv4=" + chosen, "-o", "com.docker.network.host_ipv6=" + chosen6)  # fmt: skip
        one, other = run("one", "--network", network), run("two", "--network", net())
        with inside(docker, one) as here:
            with Listener(neighbour, "0.0.0.0") as listener:
                assert listener.peer_of(here, engine.network.neighbour_address) == chosen
            with Listener(neighbour, "::", socket.AF_INET6) as listener:
                assert listener.peer_of(here, engine.network.neighbour_address6) == chosen6
            with Listener(host, "0.0.0.0") as listener:  # the host itself sees the container
                assert listener.peer_of(here, "10.215.77.1") == address(docker, one, network)
        with inside(docker, other) as here, Listener(neighbour, "0.0.0.0") as listener:
            assert listener.peer_of(here, engine.network.neighbour_address) == engine.network.address
        assert described(docker, network)["Options"]["com.docker.network.host_ipv4"] == chosen
        docker("rm", "-f", one)
        docker("network", "rm", network)
    finally:
        host.run("ip", "address", "del", chosen + "/24", "dev", "uplink")
        host.run("ip", "address", "del", chosen6 + "/64", "dev", "uplink")


def test_the_address_that_ports_are_published_on(docker, engine, host, neighbour, net, run, port):
    network = net("-o", BRIDGE + "host_binding_ipv4=127.0.0.1")
    web = run("web", "--network", network, "-p", f"{port}:80", image="nginx")
    assert host.get_soon("127.0.0.1", port)[0] == 200
    assert not opens(neighbour, engine.network.address, port)
    assert docker.inspect(web)["NetworkSettings"]["Ports"]["80/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": str(port)}]


def test_a_port_that_names_its_address_overrides_the_networks(engine, neighbour, net, run, port):
    network = net("-o", BRIDGE + "host_binding_ipv4=127.0.0.1")
    run("web", "--network", network, "-p", f"{engine.network.address}:{port}:80", image="nginx")
    assert neighbour.get_soon(engine.network.address, port)[0] == 200


@pytest.mark.parametrize("mtu", [1380, 1000])  # the second one is too small for IPv6
def test_mtu(docker, net, run, mtu):
    network = net("-o", f"com.docker.network.driver.mtu={mtu}")
    with inside(docker, run("one", "--network", network)) as here:
        assert links(here)["eth0"]["mtu"] == mtu


def test_the_prefix_of_the_interfaces_name(docker, net, run):
    network = net("-o", "com.docker.network.container_iface_prefix=lan")
    one = run("one", "--network", network)
    with inside(docker, one) as here:
        assert "lan0" in links(here) and default_route(here)[1] == "lan0"


@pytest.mark.differs("shows the addresses that are not there")
@pytest.mark.parametrize("flag", [
    ("--sysctl", "net.ipv6.conf.all.disable_ipv6=1"),
    ("--network-opt", "com.docker.network.endpoint.sysctls=net.ipv6.conf.IFNAME.disable_ipv6=1"),
])  # fmt: skip
def test_a_container_without_ipv6_on_a_network_with_it(docker, client, host, net, name, port, flag):
    """It has no address of that family, nobody finds one by its name, and its ports are reached all the same."""
    network = net("--ipv6", "--subnet", "fd00:a90a::/64")
    # The command line puts options of an endpoint into its network's flag.
    flags = ["--network", network, *flag] if flag[0] == "--sysctl" else ["--network", f"name={network},driver-opt={flag[1]}"]
    docker("run", "-d", "--name", name, "-p", f"{port}:80", *flags, "busybox", "httpd", "-f", "-p", "80")
    endpoint = client.api.inspect_container(name)["NetworkSettings"]["Networks"][network]
    assert endpoint["GlobalIPv6Address"] == "" and endpoint["GlobalIPv6PrefixLen"] == 0 and endpoint["IPAddress"]
    assert "inet6" not in docker.out("exec", name, "ip", "address", "show", "eth0")
    for local in ("127.0.0.1", "::1"):
        assert host.get_soon(local, port)[0] == 404
    other = docker.out("run", "--rm", "--network", network, "busybox", "nslookup", name, check=False)
    assert endpoint["IPAddress"] in other and "fd00:a90a" not in other.split(name, 1)[1]
    if flag[0] == "--sysctl":
        assert "::1" not in docker.out("exec", name, "cat", "/etc/hosts")
    docker.fails("run", "--rm", "--ip6", "fd00:a90a::9", *flags, "busybox", "true", says="IPv6")


@pytest.mark.differs("has no gateway modes")
def test_routed_mode(docker, engine, host, neighbour, net, run, routed):
    """No translation either way: the published port is the container's own, and nothing else of it is reached."""
    network = net("-o", BRIDGE + "gateway_mode_ipv4=routed")
    web = run("web", "--network", network, "-p", "80", image="nginx")
    mine = address(docker, web, network)
    routed(pool(docker, network)["Subnet"])
    assert neighbour.get_soon(mine, 80)[0] == 200
    assert pings(neighbour, mine, within=20)
    assert {"HostIp": "0.0.0.0", "HostPort": ""} in docker.inspect(web)["NetworkSettings"]["Ports"]["80/tcp"]
    shy = address(docker, run("shy", "--network", network, image="nginx"), network)
    host.get_soon(shy, 80)
    assert not opens(neighbour, shy, 80)
    with inside(docker, web) as here, Listener(neighbour, engine.network.neighbour_address) as listener:
        assert listener.peer_of(here, engine.network.neighbour_address) == mine


@pytest.mark.differs("has no gateway modes")
def test_what_routed_mode_opens_is_open_to_other_networks(docker, net, run, until):
    """From a network with translation to one without: the published port and pings, as docker has it. Not back."""
    network, other = net("-o", BRIDGE + "gateway_mode_ipv4=routed"), net()
    web = run("web", "--network", network, "-p", "80", image="nginx")
    one = run("one", "--network", other, "-p", "80", image="nginx")
    shy = run("shy", "--network", network, image="nginx")
    with inside(docker, shy) as here:
        here.get_soon("127.0.0.1", 80)
    with inside(docker, one) as here:
        assert here.get_soon(address(docker, web, network), 80)[0] == 200
        assert pings(here, address(docker, web, network), within=5)
        assert not opens(here, address(docker, shy, network), 80)
    with inside(docker, web) as here:
        assert not opens(here, address(docker, one, other), 80)
        assert not pings(here, address(docker, one, other))


@pytest.mark.differs("has no gateway modes")
def test_routed_mode_keeps_neighbours_apart_that_are_to_be(docker, net, run):
    network = net("-o", BRIDGE + "gateway_mode_ipv4=routed", "-o", BRIDGE + "enable_icc=false")
    web = run("web", "--network", network, "-p", "80", image="nginx")
    with inside(docker, web) as here:
        here.get_soon("127.0.0.1", 80)
    with inside(docker, run("one", "--network", network)) as here:
        assert not opens(here, address(docker, web, network), 80)
        assert not pings(here, address(docker, web, network))


@pytest.mark.differs("has no gateway modes")
@pytest.mark.parametrize("translated, other", [("ipv4", "ipv6"), ("ipv6", "ipv4")])
def test_one_family_is_translated_and_one_routed(docker, host, net, run, port, translated, other):
    """Of the family that is routed no address of the host leads to the container, not by way of the other family either."""
    network = net("--ipv6", "--subnet", "fd00:a909::/64", "-o", BRIDGE + f"gateway_mode_{other}=routed")
    web = run("web", "--network", network, "-p", f"{port}:80", image="nginx")
    hosts = {"ipv4": "0.0.0.0", "ipv6": "::"}
    assert docker.inspect(web)["NetworkSettings"]["Ports"]["80/tcp"] == [
        {"HostIp": hosts[family], "HostPort": str(port) if family == translated else ""} for family in ("ipv4", "ipv6")
    ]
    local = {"ipv4": "127.0.0.1", "ipv6": "::1"}
    assert host.get_soon(local[translated], port)[0] == 200
    assert not opens(host, local[other], port)


@pytest.mark.differs("has no gateway modes")
def test_routed_mode_needs_no_host_port(host, net, run, port):
    network = net("-o", BRIDGE + "gateway_mode_ipv4=routed")
    run("web", "--network", network, "-p", f"0.0.0.0:{port}:80", image="nginx")
    assert not opens(host, "127.0.0.1", port)
    run("other", "--network", network, "-p", f"0.0.0.0:{port}:80", image="nginx")


@pytest.mark.differs("has no gateway modes")
def test_unprotected_mode(docker, engine, neighbour, net, run, routed, port):
    """Ports are translated as ever, and every other port is reached by those who route to the subnet."""
    network = net("-o", BRIDGE + "gateway_mode_ipv4=nat-unprotected")
    web = run("web", "--network", network, "-p", f"{port}:81", image="nginx")
    routed(pool(docker, network)["Subnet"])
    assert neighbour.get_soon(address(docker, web, network), 80)[0] == 200
    assert docker.inspect(web)["NetworkSettings"]["Ports"]["81/tcp"][0]["HostPort"] == str(port)
    with inside(docker, web) as here, Listener(neighbour, engine.network.neighbour_address) as listener:
        assert listener.peer_of(here, engine.network.neighbour_address) == engine.network.address


@pytest.mark.differs("has no gateway modes")
def test_isolated_mode_leaves_the_host_out(docker, host, net, run):
    network = net("--internal", "-o", BRIDGE + "gateway_mode_ipv4=isolated", "-o", BRIDGE + "name=apust3")
    web, one = run("web", "--network", network, image="nginx"), run("one", "--network", network)
    assert addresses(host)["apust3"] == [] and not pool(docker, network).get("Gateway")
    with inside(docker, one) as here:
        assert here.get_soon(address(docker, web, network), 80)[0] == 200
    assert not opens(host, address(docker, web, network), 80)
    docker.fails("network", "create", "-o", BRIDGE + "gateway_mode_ipv4=isolated", network + "-x",
                 says="gateway mode 'isolated' can only be used for an internal network")  # fmt: skip


# Internal networks


def test_internal_networks_lead_nowhere(docker, engine, host, net, run):
    network = net("--internal")
    one = run("one", "--network", network, "--cap-add", "NET_ADMIN")
    web = run("web", "--network", network, image="nginx")
    gateway = pool(docker, network)["Gateway"]
    with inside(docker, one) as here:
        assert here.get_soon(address(docker, web, network), 80)[0] == 200
        assert pings(here, gateway, within=20)
        # A route alone, which the container may add, opens nothing: neither the world nor another network.
        other = address(docker, run("other", image="nginx"), "bridge")
        host.get_soon(other, 80)
        docker("exec", one, "ip", "route", "replace", "default", "via", gateway)
        assert not pings(here, engine.network.neighbour_address)
        assert not opens(here, other, 80)
    assert host.get_soon(address(docker, web, network), 80)[0] == 200


@pytest.mark.differs("sets a route that leads nowhere")
def test_internal_networks_have_no_default_route(docker, net, run):
    network = net("--internal")
    one = run("one", "--network", network)
    with inside(docker, one) as here:
        assert default_route(here) is None
    assert address(docker, one, network, "Gateway") == ""


def test_internal_networks_are_not_reached_from_another_host(docker, host, neighbour, net, run, routed):
    network = net("--internal")
    web = run("web", "--network", network, image="nginx")
    host.get_soon(address(docker, web, network), 80)
    routed(pool(docker, network)["Subnet"])
    assert not opens(neighbour, address(docker, web, network), 80)


def test_internal_networks_publish_no_ports(docker, host, net, run, port):
    network = net("--internal")
    web = run("web", "--network", network, "-p", f"{port}:80", image="nginx")
    assert not docker.inspect(web)["NetworkSettings"]["Ports"].get("80/tcp")
    assert docker.out("port", web) == ""
    assert not opens(host, "127.0.0.1", port)


def test_the_way_out_of_an_internal_networks_container_is_its_other_network(docker, engine, net, run):
    internal, open_network = net("--internal"), net()
    one = run("one", "--network", internal)
    docker("network", "connect", open_network, one)
    with inside(docker, one) as here:
        assert default_route(here) == (pool(docker, open_network)["Gateway"], "eth1")
        assert pings(here, engine.network.neighbour_address, within=20)


# IPv6


@pytest.fixture
def dual(net):
    return net("--ipv6", "--subnet", "10.201.20.0/24", "--subnet", "fd00:a905:20::/64")


def test_dual_stack(docker, dual, run):
    web, one = run("web", "--network", dual, image="nginx"), run("one", "--network", dual)
    shown = endpoint(docker, web, dual)
    assert shown["GlobalIPv6Address"].startswith("fd00:a905:20::") and shown["GlobalIPv6PrefixLen"] == 64
    with inside(docker, one) as here:
        assert here.get_soon(shown["IPAddress"], 80)[0] == here.get_soon(shown["GlobalIPv6Address"], 80)[0] == 200
        assert pings(here, shown["IPv6Gateway"], within=20)
        assert default_route(here, "-6") == (shown["IPv6Gateway"], "eth0")
    hosts = docker.out("exec", web, "cat", "/etc/hosts")
    assert shown["IPAddress"] in hosts and shown["GlobalIPv6Address"] in hosts
    assert described(docker, dual)["EnableIPv6"] is True


@pytest.mark.differs("isolates and masquerades IPv6 only where ip6tables are switched on")
def test_ipv6_is_isolated_masqueraded_and_published(docker, engine, neighbour, dual, net, run, port, until):
    web = run("web", "--network", dual, "-p", f"{port}:80", image="nginx")
    assert neighbour.get_soon(engine.network.address6, port)[0] == 200
    until(lambda: engine.network.neighbour_address6 in docker.out("logs", web))
    with inside(docker, web) as here, Listener(neighbour, engine.network.neighbour_address6, socket.AF_INET6) as listener:
        assert listener.peer_of(here, engine.network.neighbour_address6) == engine.network.address6
    other = net("--ipv6", "--subnet", "fd00:a905:21::/64")
    with inside(docker, run("other", "--network", other)) as here:
        assert pings(here, address(docker, web, dual, "IPv6Gateway"), within=20)
        assert not opens(here, address(docker, web, dual, "GlobalIPv6Address"), 80)


@pytest.mark.differs("has no gateway modes")
def test_routed_ipv6_beside_translated_ipv4(docker, engine, neighbour, net, run, routed, port):
    """What a site with addresses to give away wants: IPv6 end to end, IPv4 behind the host's."""
    network = net("--ipv6", "--subnet", "2001:db8:52::/64", "-o", BRIDGE + "gateway_mode_ipv6=routed")
    web = run("web", "--network", network, "-p", f"{port}:80", image="nginx")
    routed("2001:db8:52::/64", engine.network.address6)
    assert neighbour.get_soon(engine.network.address, port)[0] == 200
    mine = address(docker, web, network, "GlobalIPv6Address")
    assert neighbour.get_soon(mine, 80)[0] == 200
    with inside(docker, web) as here, Listener(neighbour, engine.network.neighbour_address6, socket.AF_INET6) as listener:
        assert listener.peer_of(here, engine.network.neighbour_address6) == mine


@pytest.mark.differs("always gives IPv4 addresses")
def test_ipv6_alone(docker, net, run):
    network = net("--ipv4=false", "--ipv6", "--subnet", "fd00:a905:22::/64")
    web, one = run("web", "--network", network, image="nginx"), run("one", "--network", network)
    shown = endpoint(docker, web, network)
    assert shown["IPAddress"] == "" and shown["GlobalIPv6Address"]
    with inside(docker, one) as here:
        assert here.get_soon(shown["GlobalIPv6Address"], 80)[0] == 200
        assert default_route(here) is None
    assert described(docker, network)["EnableIPv4"] is False


@pytest.mark.differs("wants a subnet with --ipv6")
def test_ipv6_without_a_subnet_takes_a_unique_local_one(docker, net):
    network = net("--ipv6")
    subnets = [ipaddress.ip_network(config["Subnet"]) for config in described(docker, network)["IPAM"]["Config"]]
    assert [subnet.version for subnet in subnets] == [4, 6]
    assert subnets[1].subnet_of(ipaddress.ip_network("fd00::/8")) and subnets[1].prefixlen == 64


def test_a_bridge_takes_no_router_advertisements_from_containers(host, net):
    net("--ipv6", "--subnet", "fd00:a905:23::/64", "-o", BRIDGE + "name=apust4")
    assert host.run("sysctl", "-n", "net.ipv6.conf.apust4.accept_ra").stdout.strip() == "0"


# The default bridge


def test_the_default_bridge_is_a_network_like_others(docker, run):
    one = run("one")
    assert list(docker.inspect(one)["NetworkSettings"]["Networks"]) == ["bridge"]
    assert docker.inspect(one, "{{.HostConfig.NetworkMode}}") in ("default", "bridge")
    assert "127.0.0.11" not in docker.out("exec", one, "cat", "/etc/resolv.conf")
    two = run("two", "--network", "bridge")
    with inside(docker, two) as here:
        assert pings(here, address(docker, one, "bridge"), within=20)


def test_none_has_loopback_alone_and_host_has_everything(docker, host, run):
    none = run("none", "--network", "none")
    with inside(docker, none) as here:
        assert set(links(here)) == {"lo"}
    shown = endpoint(docker, none, "none")
    assert shown["IPAddress"] == "" and shown["NetworkID"] == described(docker, "none")["Id"]
    with inside(docker, run("host", "--network", "host")) as here:
        assert "uplink" in links(here) and set(links(here)) == set(links(host))
    assert docker.inspect(none, "{{.HostConfig.NetworkMode}}") == "none"
