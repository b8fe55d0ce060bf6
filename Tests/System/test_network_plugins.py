"""Networks whose driver, or whose giver of addresses, is a plugin: another process that speaks libnetwork's protocol."""

import json
import os
import socket
import time

import docker as docker_py
import pytest

import leaks
from conftest import KIND, Cli, load, made
from nameservers import ask
from networks import addresses, default_route, described, endpoint, inside, links, opens, pings, reaches, refused
from plugin import GENERIC, Plugin

pytestmark = [pytest.mark.usefixtures("busybox"), pytest.mark.own_engine]


@pytest.fixture
def sockets(work):
    return os.path.join(work, "plugins") if KIND == "apus" else "/run/docker/plugins"


@pytest.fixture
def plugin(work, sockets, host, name):
    plugin = Plugin(name + "p", os.path.join(work, name + "-plugin"), sockets, host).start()
    yield plugin
    plugin.kill(leave_socket=False)


@pytest.fixture
def plugged(plugin, net):
    """Makes networks of the plugin's: `plugged(*flags)` answers the name of a new one."""
    return lambda *flags: net("-d", plugin.name, *flags)


@pytest.fixture(autouse=True)
def clean(request, name):
    """What a test leaves goes before its plugin does, and what the plugin leaves goes after it."""
    if "plugin" not in request.fixturenames:
        yield
        return
    docker, plugin, host = map(request.getfixturevalue, ("docker", "plugin", "host"))
    before = set(links(host))
    yield
    plugin.kill()
    plugin.start()
    for container in docker.out("ps", "-aq", "--filter", f"name={name}").split():
        docker("rm", "-f", container)
    for network in docker.out("network", "ls", "-q", "--filter", f"name={name}").split():
        docker("network", "rm", network)
    for link in set(links(host)) - before:
        if link.startswith(("pb", "ph", "pc")):
            host.run("ip", "link", "del", link, check=False)


# The network driver


def test_containers_reach_each_other(docker, host, plugin, plugged, run):
    network = plugged("--subnet", "10.231.1.0/24", "-o", "colour=green", "-o", "com.example.size=3", "-o", "empty=")
    shown = described(docker, network)
    assert (shown["Driver"], shown["Scope"]) == (plugin.name, "local")
    assert shown["Options"] == {"colour": "green", "com.example.size": "3", "empty": ""}
    (created,) = plugin.calls("CreateNetwork")
    assert created["accept"] == "application/vnd.docker.plugins.v1.2+json"
    request = created["request"]
    assert request["NetworkID"] == shown["Id"]
    assert request["Options"][GENERIC] == {"colour": "green", "com.example.size": "3", "empty": ""}
    assert request["Options"]["com.docker.network.enable_ipv6"] is False
    (data,) = request["IPv4Data"]
    assert (data["Pool"], data["Gateway"]) == ("10.231.1.0/24", "10.231.1.1/24")
    assert not request["IPv6Data"]

    one, two = run("one", "--network", network), run("two", "--network", network, "--ip", "10.231.1.77")
    for container, address in ((one, "10.231.1.2"), (two, "10.231.1.77")):
        shown = endpoint(docker, container, network)
        assert (shown["IPAddress"], shown["IPPrefixLen"], shown["Gateway"]) == (address, 24, "10.231.1.1")
        with inside(docker, container) as here:
            assert addresses(here)["eth0"] == [address + "/24"]
            assert default_route(here) == ("10.231.1.1", "eth0")
            assert pings(here, "10.231.1.1", within=5)
            assert set(links(here)) == {"lo", "eth0"}
            if KIND == "apus":
                assert shown["MacAddress"] == links(here)["eth0"]["address"]
    assert reaches(docker, one, "10.231.1.77")
    asked = {call["request"]["EndpointID"]: call["request"] for call in plugin.calls("CreateEndpoint")}
    assert {request["Interface"]["Address"] for request in asked.values()} == {"10.231.1.2/24", "10.231.1.77/24"}
    for call in plugin.calls("Join"):
        assert os.path.exists(call["request"]["SandboxKey"]) and call["request"]["EndpointID"] in asked

    docker("rm", "-f", one)
    docker("rm", "-f", two)
    assert [call["answer"]["WasBack"] for call in plugin.calls("Leave")] == [True, True]
    docker("network", "rm", network)
    names = [name for name in plugin.names() if name in ("Leave", "DeleteEndpoint", "DeleteNetwork")]
    assert names == ["Leave", "DeleteEndpoint"] * 2 + ["DeleteNetwork"]
    assert plugin.state["networks"] == {}
    assert not [link for link in links(host) if link.startswith(("pb", "ph", "pc"))]


def test_ipv6(docker, plugin, plugged, run):
    network = plugged("--ipv6", "--subnet", "10.231.2.0/24", "--subnet", "fd00:a905:231::/64")
    request = plugin.calls("CreateNetwork")[0]["request"]
    assert request["Options"]["com.docker.network.enable_ipv6"] is True
    assert [data["Pool"] for data in request["IPv6Data"]] == ["fd00:a905:231::/64"]
    one, two = run("one", "--network", network), run("two", "--network", network)
    with inside(docker, one) as here:
        assert set(addresses(here)["eth0"]) == {"10.231.2.2/24", "fd00:a905:231::2/64"}
        assert default_route(here, "-6") == ("fd00:a905:231::1", "eth0")
        assert pings(here, endpoint(docker, two, network)["GlobalIPv6Address"], within=5)


def test_an_internal_network(plugin, plugged):
    plugged("--internal")
    assert plugin.calls("CreateNetwork")[0]["request"]["Options"]["com.docker.network.internal"] is True


def test_several_networks(docker, plugin, plugged, net, run):
    first, second, bridge = plugged("--subnet", "10.231.3.0/24"), plugged("--subnet", "10.231.4.0/24", "-o", "prefix=lan"), net()
    one, two = run("one", "--network", first), run("two", "--network", second)
    docker("network", "connect", second, one)
    docker("network", "connect", "--ip", "10.231.4.99", second, run("three", "--network", bridge))
    with inside(docker, one) as here:
        assert addresses(here) == {"lo": [], "eth0": ["10.231.3.2/24"], "lan0": ["10.231.4.3/24"]}
        assert pings(here, endpoint(docker, two, second)["IPAddress"], within=5)
        assert pings(here, "10.231.4.99", within=5)
        docker("network", "disconnect", second, one)
        assert set(links(here)) == {"lo", "eth0"}
        assert pings(here, "10.231.3.1", within=5)
    assert plugin.calls("Leave")[-1]["answer"]["WasBack"]
    docker("network", "disconnect", first, one)
    docker("network", "connect", first, one)
    assert reaches(docker, one, "10.231.3.1")
    docker.fails("network", "rm", first, says="has active endpoints")
    docker("restart", "-t", "0", one)
    assert reaches(docker, one, "10.231.3.1")


def test_what_the_plugin_adds(docker, plugin, plugged, run):
    """Addresses where nobody else gives any, a hardware address, a prefix of names, routes."""
    network = plugged("--ipam-driver", "null", "-o", "address=10.231.5.0/24", "-o", "mac=02:42:0a:e7:05:05", "-o", "prefix=plug",
                      "-o", "route=10.99.0.0/16@")  # fmt: skip
    one = run("one", "--network", network)
    shown = endpoint(docker, one, network)
    assert (shown["IPAddress"], shown["MacAddress"]) == ("10.231.5.10", "02:42:0a:e7:05:05")
    with inside(docker, one) as here:
        assert addresses(here)["plug0"] == ["10.231.5.10/24"]
        assert links(here)["plug0"]["address"] == "02:42:0a:e7:05:05"
        assert "10.99.0.0/16" in here.run("ip", "route", "show", "dev", "plug0").stdout
    two = run("two", "--network", plugged("--subnet", "10.231.6.0/24", "-o", "route=10.98.0.0/16@10.231.6.9"))
    with inside(docker, two) as here:
        assert "10.98.0.0/16 via 10.231.6.9" in here.run("ip", "route").stdout


def test_a_hardware_address_of_the_users(docker, plugin, plugged, run):
    one = run("one", "--network", plugged(), "--mac-address", "02:42:0a:e7:07:07")
    assert plugin.calls("CreateEndpoint")[0]["request"]["Interface"]["MacAddress"] == "02:42:0a:e7:07:07"
    with inside(docker, one) as here:
        assert links(here)["eth0"]["address"] == "02:42:0a:e7:07:07"


def test_options_of_endpoints(docker, plugin, plugged, run):
    network = plugged()
    one = run("one", "--network", network)
    docker("network", "disconnect", network, one)
    docker("network", "connect", "--driver-opt", "com.example.colour=blue", network, one)
    assert plugin.calls("CreateEndpoint")[-1]["request"]["Options"]["com.example.colour"] == "blue"


def test_published_ports_are_the_plugins(docker, plugin, plugged, run, port):
    one = run("one", "--network", plugged(), "-p", f"{port}:80", "-p", "127.0.0.1:53:53/udp", "--expose", "99")
    (call,) = plugin.calls("ProgramExternalConnectivity")
    options = call["request"]["Options"]
    bindings = sorted(options["com.docker.network.portmap"], key=lambda binding: binding["Port"])
    assert [(b["Proto"], b["Port"], b["HostIP"], b["HostPort"]) for b in bindings] == [(17, 53, "127.0.0.1", 53), (6, 80, "", port)]
    exposed = sorted((e["Proto"], e["Port"]) for e in options["com.docker.network.endpoint.exposedports"])
    assert exposed == [(6, 80), (6, 99), (17, 53)]
    names = plugin.names()
    assert names.index("Join") < names.index("ProgramExternalConnectivity")
    docker("rm", "-f", one)
    names = plugin.names()
    assert names.index("RevokeExternalConnectivity") < names.index("Leave") < names.index("DeleteEndpoint")


def test_ports_are_not_every_plugins_business(docker, plugin, plugged, run, port):
    with plugin.misbehaving(ProgramExternalConnectivity={"status": 404, "raw": "404 page not found"},
                            RevokeExternalConnectivity={"status": 404, "raw": "404 page not found"}):  # fmt: skip
        one = run("one", "--network", plugged(), "-p", f"{port}:80")
        docker("rm", "-f", one)
    assert "DeleteEndpoint" in plugin.names()


def test_names(docker, plugin, plugged, run):
    network = plugged()
    one, two = run("one", "--network", network, "--network-alias", "first"), run("two", "--network", network)
    with inside(docker, two) as here:
        for word in (one, "first"):
            assert ask(here, word).values() == [endpoint(docker, one, network)["IPAddress"]]


def test_gateways_that_are_not_wanted(docker, plugin, plugged, run):
    if KIND != "apus":
        pytest.skip("20.10 does not ask")
    with plugin.misbehaving(GetCapabilities={"instead": {"Scope": "global", "GwAllocChecker": True}}):
        network = plugged("--subnet", "10.231.8.0/24")
        one = run("one", "--network", network)
    assert described(docker, network)["Scope"] == "global"
    assert "Gateway" not in plugin.calls("CreateNetwork")[0]["request"]["IPv4Data"][0]
    assert endpoint(docker, one, network)["IPAddress"] == "10.231.8.1"
    assert "DiscoverNew" in plugin.names()
    (call,) = plugin.calls("DiscoverNew")
    assert call["request"] == {"DiscoveryType": 1, "DiscoveryData": {"Address": "198.51.100.2", "Self": True}}


# Where the plugin is


@pytest.mark.apus
@pytest.mark.parametrize("kind", ["nested", "spec", "json", "nested spec"])
def test_where_plugins_are_found(docker, net, name, sockets, plugin, kind):
    other = name + "q"
    directory = os.path.join(sockets, other) if kind.startswith("nested") else sockets
    os.makedirs(directory, exist_ok=True)
    if kind == "nested":
        os.symlink(plugin.path, os.path.join(directory, other + ".sock"))
    elif kind == "json":
        with open(os.path.join(directory, other + ".json"), "w") as file:
            json.dump({"Name": other, "Addr": "unix://" + plugin.path}, file)
    else:
        with open(os.path.join(directory, other + ".spec"), "w") as file:
            file.write(f"unix://{plugin.path}\n")
    network = net("-d", other)
    assert described(docker, network)["Driver"] == other
    assert other in docker.out("info", "--format", "{{json .Plugins.Network}}")


@pytest.mark.apus
def test_plugins_that_are_not_there(docker, client, name):
    start = time.monotonic()
    for reference in (name + "-none", "../../etc/passwd", "some/plugin:latest"):
        refused(lambda: client.api.create_network(name, driver=reference), 404, f'plugin "{reference}" not found')
    ipam = docker_py.types.IPAMConfig(driver=name + "-none")
    refused(lambda: client.api.create_network(name, ipam=ipam), 404, "not found")
    assert time.monotonic() - start < 1
    shown = json.loads(docker.out("info", "--format", "{{json .Plugins.Network}}"))
    assert {"bridge", "host", "macvlan", "null"} <= set(shown)


@pytest.mark.apus
def test_a_plugin_of_another_kind(docker, plugin, client, name):
    with plugin.misbehaving(Activate={"instead": {"Implements": ["VolumeDriver"]}}):
        message = refused(lambda: client.api.create_network(name, driver=plugin.name), 404, "not found")
        assert "VolumeDriver" in message


@pytest.mark.apus
def test_a_plugin_that_is_being_started(docker, plugin, name, until):
    """Its socket is there, and nobody listens yet: it is waited for."""
    plugin.kill()
    started = docker.popen("network", "create", "-d", plugin.name, name)
    time.sleep(0.5)
    assert started.poll() is None
    plugin.start()
    assert started.wait(10) == 0


# What can go wrong


WRONG = {
    "error": ({"error": "boom"}, "boom"),
    "status": ({"status": 500, "raw": "out of cheese"}, "status 500: out of cheese"),
    "status with an error": ({"status": 500, "error": "boom"}, "boom"),
    "missing": ({"status": 404, "raw": "404 page not found"}, "status 404"),
    "malformed": ({"raw": "{nonsense"}, "makes no sense"),
    "empty": ({"raw": ""}, "makes no sense"),
    "another type": ({"raw": '["a"]'}, "makes no sense"),
    "huge": ({"padding": 1 << 21}, "larger than 1 MiB"),
    "late": ({"delay": 4}, "no answer within 2 s"),
    "dead": ({"die": True}, "without an answer"),
}


@pytest.mark.apus
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("call", ["CreateNetwork", "CreateEndpoint", "Join", "ProgramExternalConnectivity"])
def test_wrong_answers(docker, host, plugin, net, name, call, wrong):
    """The error names plugin and call, and nothing is half made."""
    if call == "ProgramExternalConnectivity" and wrong == "missing":
        pytest.skip("need not be there")
    before = set(links(host))
    fault, says = WRONG[wrong]
    network = None if call == "CreateNetwork" else net("-d", plugin.name)
    with plugin.misbehaving(**{call: fault}):
        if call == "CreateNetwork":
            said = docker.fails("network", "create", "-d", plugin.name, name)
        else:
            said = docker.fails("run", "--name", name, "--network", network, "-p", "8099:80", "busybox", "true")
            docker("rm", "-f", name)
        assert plugin.name in said and f"NetworkDriver.{call}" in said and says in said, said
    if wrong == "dead":
        plugin.start()
    if network:
        assert docker.out("run", "--rm", "--network", network, "busybox", "echo", "fine") == "fine"
        assert described(docker, network)["Containers"] == {}
        docker("network", "rm", network)
    else:
        docker.fails("network", "inspect", name)
    if wrong not in ("late", "dead"):
        assert set(links(host)) <= before
        assert plugin.state["networks"] == {}


@pytest.mark.apus
@pytest.mark.parametrize("answer, says", [
    ({"Interface": {"Address": "10.9.9.9/24"}}, "it changed the address"),
    ({"Interface": {"MacAddress": "nonsense"}}, "invalid MAC address"),
    ({"Interface": {"AddressIPv6": "10.0.0.1/8"}}, "invalid IPv6 address"),
])  # fmt: skip
def test_endpoints_that_make_no_sense(docker, plugin, plugged, name, answer, says):
    network = plugged()
    with plugin.misbehaving(CreateEndpoint={"more": answer}):
        docker.fails("run", "--rm", "--network", network, "busybox", "true", says=says)
    assert "DeleteEndpoint" in plugin.names() and "Join" not in plugin.names()


@pytest.mark.apus
@pytest.mark.parametrize("answer, says", [
    ({"InterfaceName": {"SrcName": "nolink9", "DstPrefix": "eth"}}, "no link nolink9"),
    ({"InterfaceName": {"SrcName": "a/b", "DstPrefix": "eth"}}, "invalid name"),
    ({"Gateway": "nonsense"}, "unable to parse Gateway"),
    ({"StaticRoutes": [{"Destination": "x"}]}, "invalid destination"),
    ({"StaticRoutes": [{"Destination": "10.0.0.0/8", "RouteType": 7}]}, "unknown type 7"),
    ({"Gateway": "192.0.2.77"}, ""),
])  # fmt: skip
def test_joins_that_make_no_sense(docker, host, plugin, plugged, name, answer, says):
    network = plugged()
    before = set(links(host))
    with plugin.misbehaving(Join={"more": answer}):
        docker.fails("run", "--rm", "--network", network, "busybox", "true", says=says)
    assert plugin.names()[-2:] == ["Leave", "DeleteEndpoint"]
    assert set(links(host)) == before


@pytest.mark.apus
@pytest.mark.parametrize("wrong", ["error", "malformed", "late", "status"])
def test_a_teardown_goes_on(docker, engine, host, plugin, plugged, run, port, wrong):
    """Whatever the plugin says to it: container and network are gone afterwards, and all that was ours with them."""
    before = leaks.snapshot(host)
    network = plugged("--subnet", "10.231.9.0/24")
    one = run("one", "--network", network, "-p", f"{port}:80")
    fault = WRONG[wrong][0]
    with plugin.misbehaving(RevokeExternalConnectivity=fault, Leave=fault, DeleteEndpoint=fault, DeleteNetwork=fault):
        start = time.monotonic()
        docker("rm", "-f", one)
        docker("network", "rm", network)
        assert time.monotonic() - start < 10
    docker.fails("network", "inspect", network)
    if wrong == "late":
        time.sleep(4.5)  # until it has done it after all
    assert {"RevokeExternalConnectivity", "Leave", "DeleteEndpoint", "DeleteNetwork"} <= set(plugin.names())
    for link in links(host):
        if link.startswith(("pb", "ph", "pc")):  # what the plugin did not take away itself
            host.run("ip", "link", "del", link, check=False)
    found = [line for line in leaks.settled(before, host, engine.process) if "docker-proxy" not in line]
    assert found == []
    again = plugged("--subnet", "10.231.9.0/24")
    assert docker.inspect(run("two", "--network", again))["NetworkSettings"]["Networks"][again]["IPAddress"] == "10.231.9.2"


@pytest.mark.apus
def test_nobody_waits_for_anothers_plugin(docker, plugin, net, run, name):
    network = net("-d", plugin.name)
    with plugin.misbehaving(Join={"delay": 1.5}, CreateNetwork={"delay": 1.5}):
        joining = docker.popen("run", "--rm", "--network", network, "busybox", "true")
        making = docker.popen("network", "create", "-d", plugin.name, name)
        time.sleep(0.3)
        start = time.monotonic()
        other = net()
        docker("run", "--rm", "--network", other, "busybox", "true")
        docker("network", "rm", other)
        docker.fails("network", "create", name, says="already exists")
        docker.fails("network", "rm", network, says="has active endpoints")
        assert time.monotonic() - start < 1.2 and joining.poll() is None and making.poll() is None
        assert joining.wait(10) == 0 and making.wait(10) == 0


# A plugin that dies and returns


def test_killed_and_started_again(docker, plugin, plugged, run):
    network = plugged()
    one = run("one", "--network", network)
    plugin.kill()
    assert reaches(docker, one, endpoint(docker, one, network)["Gateway"])
    plugin.start()
    two = run("two", "--network", network)
    assert reaches(docker, one, endpoint(docker, two, network)["IPAddress"])
    docker("rm", "-f", one, two)
    docker("network", "rm", network)
    assert plugin.state["networks"] == {}


@pytest.mark.apus
def test_while_it_is_away(docker, host, plugin, plugged, run, name):
    network = plugged()
    one = run("one", "--network", network)
    plugin.kill()
    docker.fails("run", "--name", name, "--network", network, "busybox", "true", says=plugin.name)
    docker("rm", "-f", name)
    docker("rm", "-f", one)
    docker.fails("network", "rm", network, says="nobody listens there")
    assert described(docker, network)["Containers"] == {}
    plugin.start()
    assert docker.out("run", "--rm", "--network", network, "busybox", "echo", "fine") == "fine"
    docker("network", "rm", network)


# IPAM


@pytest.mark.parametrize("driver", ["bridge", "plugin", "macvlan"])
def test_addresses_from_a_plugin(docker, plugin, host, net, run, driver):
    flags = {"bridge": (), "plugin": ("-d", plugin.name), "macvlan": ("-d", "macvlan")}[driver]
    network = net(*flags, "--ipam-driver", plugin.name, "--ipam-opt", "colour=red")
    shown = described(docker, network)["IPAM"]
    assert (shown["Driver"], shown["Options"]) == (plugin.name, {"colour": "red"})
    (pool,) = plugin.calls("RequestPool")
    assert pool["request"] == {"AddressSpace": "test-local", "Pool": "", "SubPool": "", "Options": {"colour": "red"}, "V6": False}
    subnet = pool["answer"]["Pool"]
    assert shown["Config"][0]["Subnet"] == subnet
    (gateway,) = plugin.calls("RequestAddress")
    assert gateway["request"]["Options"]["RequestAddressType"] == "com.docker.network.gateway"
    one, two = run("one", "--network", network), run("two", "--network", network)
    base = subnet.rsplit(".", 1)[0]
    assert [endpoint(docker, container, network)["IPAddress"] for container in (one, two)] == [base + ".2", base + ".3"]
    assert reaches(docker, one, base + ".3")
    docker("rm", "-f", one, two)
    assert plugin.state["pools"][subnet]["taken"] == [base + ".1"]
    docker("network", "rm", network)
    assert plugin.state["pools"] == {}


def test_pools_and_addresses_that_are_asked_for(docker, plugin, net, run):
    network = net("--ipam-driver", plugin.name, "--subnet", "10.232.1.0/24", "--ip-range", "10.232.1.64/26", "--gateway",
                  "10.232.1.9", "--aux-address", "printer=10.232.1.66")  # fmt: skip
    request = plugin.calls("RequestPool")[0]["request"]
    assert (request["Pool"], request["SubPool"]) == ("10.232.1.0/24", "10.232.1.64/26")
    assert {call["request"]["Address"] for call in plugin.calls("RequestAddress")} == {"10.232.1.9", "10.232.1.66"}
    one = run("one", "--network", network, "--ip", "10.232.1.70")
    assert endpoint(docker, one, network)["IPAddress"] == "10.232.1.70"
    assert endpoint(docker, one, network)["Gateway"] == "10.232.1.9"
    docker.fails("run", "--rm", "--network", network, "--ip", "10.232.1.70", "busybox", "true", says="address is taken")
    docker("rm", "-f", one)
    docker("network", "rm", network)
    assert plugin.state["pools"] == {}


def test_both_families_from_a_plugin(docker, plugin, net, run):
    network = net("--ipv6", "--ipam-driver", plugin.name, "--subnet", "fd00:a905:232::/64")
    assert {call["request"]["V6"] for call in plugin.calls("RequestPool")} == {True, False}
    one = run("one", "--network", network)
    shown = endpoint(docker, one, network)
    assert shown["GlobalIPv6Address"] == "fd00:a905:232::2" and shown["IPAddress"].startswith("10.230.")


@pytest.mark.apus
def test_an_ipam_plugin_that_wants_hardware_addresses(docker, plugin, net, name, sockets, work, host, run):
    other = Plugin(name + "m", os.path.join(work, name + "-mac"), sockets, host).start()
    try:
        with other.misbehaving(ipam_GetCapabilities={"instead": {"RequiresMACAddress": True}}):
            network = net("--ipam-driver", other.name)
            one = run("one", "--network", network)
        mac = other.calls("RequestAddress")[-1]["request"]["Options"]["com.docker.network.endpoint.macaddress"]
        assert endpoint(docker, one, network)["MacAddress"] == mac
        docker("rm", "-f", one)
        docker("network", "rm", network)
    finally:
        other.kill(leave_socket=False)


@pytest.mark.apus
@pytest.mark.parametrize("call, fault, says", [
    ("RequestPool", {"error": "no pools left"}, "no pools left"),
    ("RequestPool", {"instead": {"PoolID": "x", "Pool": "nonsense"}}, "gave no IPv4 pool"),
    ("RequestPool", {"raw": "{"}, "makes no sense"),
    ("RequestAddress", {"error": "no addresses left"}, "no addresses left"),
    ("RequestAddress", {"instead": {}}, "gave no address"),
    ("RequestAddress", {"instead": {"Address": "10.9.9.9/24"}}, "gave no address"),
    ("GetDefaultAddressSpaces", {"delay": 4}, "no answer within 2 s"),
])  # fmt: skip
def test_wrong_answers_of_an_ipam_plugin(docker, plugin, name, call, fault, says):
    with plugin.misbehaving(**{"ipam_" + call: fault}):
        said = docker.fails("network", "create", "--ipam-driver", plugin.name, name)
        assert plugin.name in said and f"IpamDriver.{call}" in said and says in said, said
    docker.fails("network", "inspect", name)
    docker("network", "create", "--ipam-driver", plugin.name, name)
    docker("network", "rm", name)
    assert plugin.state["pools"] == {}


@pytest.mark.apus
def test_all_is_given_back_when_something_fails(docker, plugin, net, name):
    """A container that cannot start gives its address back, a network that cannot be made its pool."""
    network = net("--ipam-driver", plugin.name)
    taken = dict(plugin.state["pools"])
    docker.fails("run", "--rm", "--network", network, "busybox", "/nonsense")
    assert plugin.state["pools"] == taken
    with plugin.misbehaving(CreateNetwork={"error": "boom"}):
        docker.fails("network", "create", "-d", plugin.name, "--ipam-driver", plugin.name, name, says="boom")
    assert plugin.state["pools"] == taken
    docker.fails("network", "create", "--ipam-driver", plugin.name, "--subnet", "10.230.77.0/24", "-o",
                 "com.docker.network.bridge.name=lo", name)  # fmt: skip
    assert plugin.state["pools"] == taken


@pytest.mark.apus
def test_a_teardown_goes_on_without_the_ipam_plugin(docker, plugin, net, run):
    network = net("--ipam-driver", plugin.name)
    one = run("one", "--network", network)
    with plugin.misbehaving(ipam_ReleaseAddress={"error": "boom"}, ipam_ReleasePool={"error": "boom"}):
        docker("rm", "-f", one)
        docker("network", "rm", network)
    docker.fails("network", "inspect", network)


# The engine ends, and starts again


class Own:
    """An engine of the test's own with a plugin of its own."""

    def __init__(self, another_engine, work, name):
        self.sockets = os.path.join(work, name + "-plugins")
        self.engine = another_engine("--plugin-dir", self.sockets, "--plugin-timeout", "2")
        self.host = self.engine.network.host
        self.plugin = Plugin(name + "o", os.path.join(work, name + "-own"), self.sockets, self.host).start()
        self.docker = Cli(self.engine.url, work)
        self.client = docker_py.DockerClient(base_url=self.engine.url, version="auto", timeout=60)
        load(self.client, made("busybox"), "busybox:latest")
        self.docker("run", "--rm", "-p", "1", "busybox", "true")
        self.before = leaks.snapshot(self.host)

    def run(self, name, *flags):
        self.docker("run", "-d", "--name", name, *flags, "busybox", "sleep", "600")
        return name

    def crash(self, clean=False, start=True):
        self.engine.stop() if clean else self.engine.kill()
        if start:
            self.engine.start()

    def clear(self):
        for container in self.client.api.containers(all=True):
            self.client.api.remove_container(container["Id"], force=True)
        for network in self.client.api.networks(filters={"type": ["custom"]}):
            self.client.api.remove_network(network["Id"])

    def end(self):
        if not self.plugin.answers():
            self.plugin.start()
        self.clear()
        self.client.close()
        self.plugin.kill(leave_socket=False)


@pytest.fixture
def own(another_engine, work, name):
    own = Own(another_engine, work, name)
    yield own
    own.end()


def pid(own, container):
    return int(own.docker.inspect(container, "{{.State.Pid}}"))


@pytest.mark.apus
@pytest.mark.parametrize("clean_end", [True, False], ids=["stopped", "killed"])
def test_containers_stay_connected(own, name, port, clean_end):
    network = name + "-n"
    own.docker("network", "create", "-d", own.plugin.name, "--ipam-driver", own.plugin.name, "-o", "colour=green", network)
    one, two = own.run(name + "-1", "--network", network, "-p", f"{port}:80"), own.run(name + "-2", "--network", network)
    before = described(own.docker, network), endpoint(own.docker, one, network), own.docker.inspect(one)["NetworkSettings"]["Ports"]
    with inside(own.docker, one) as here:
        target = endpoint(own.docker, two, network)["IPAddress"]
        own.crash(clean_end, start=False)
        assert pings(here, target)
        own.engine.start()
        assert pings(here, target)
        after = described(own.docker, network), endpoint(own.docker, one, network), own.docker.inspect(one)["NetworkSettings"]["Ports"]
        assert after == before
        assert ask(here, name + "-2").values() == [target]
    three = own.run(name + "-3", "--network", network)
    assert reaches(own.docker, one, endpoint(own.docker, three, network)["IPAddress"])
    own.clear()
    assert own.plugin.state["networks"] == {} and own.plugin.state["pools"] == {}
    assert leaks.settled(own.before, own.host, own.engine) == []


@pytest.mark.apus
def test_the_engine_starts_without_the_plugin(own, name):
    network, other = name + "-n", name + "-m"
    own.docker("network", "create", "-d", own.plugin.name, network)
    own.docker("network", "create", "--ipam-driver", own.plugin.name, other)
    one = own.run(name + "-1", "--network", network)
    two = own.run(name + "-2", "--network", other)
    own.crash(start=False)
    own.plugin.kill(leave_socket=False)
    start = time.monotonic()
    own.engine.start()
    assert time.monotonic() - start < 3
    assert described(own.docker, network)["Driver"] == own.plugin.name
    assert reaches(own.docker, one, "172.17.0.1") or reaches(own.docker, one, endpoint(own.docker, one, network)["Gateway"])
    assert reaches(own.docker, two, endpoint(own.docker, two, other)["Gateway"])
    assert own.docker.out("run", "--rm", "busybox", "echo", "fine") == "fine"
    own.docker.fails("run", "--name", name, "--network", network, "busybox", "true", says=f'plugin "{own.plugin.name}" not found')
    own.docker.fails("network", "rm", network, says="has active endpoints")
    own.docker("rm", "-f", one)
    own.docker.fails("network", "rm", network, says="not found")
    assert described(own.docker, network)["Containers"] == {}
    own.plugin.start()
    assert own.docker.out("run", "--rm", "--network", network, "busybox", "echo", "fine") == "fine"
    own.docker("rm", "-f", name, two)
    own.docker("network", "rm", network, other)


@pytest.mark.apus
def test_those_that_ended_meanwhile_are_given_back(own, name, until):
    network = name + "-n"
    own.docker("network", "create", "-d", own.plugin.name, "--ipam-driver", own.plugin.name, network)
    one = own.run(name + "-1", "--network", network)
    number = pid(own, one)
    own.crash(start=False)
    os.kill(number, 9)
    time.sleep(0.5)
    own.plugin.forget()
    own.engine.start()
    until(lambda: "DeleteEndpoint" in own.plugin.names() and "ReleaseAddress" in own.plugin.names())
    assert own.plugin.calls("Leave")[0]["answer"]["WasBack"]
    assert own.plugin.names().count("DeleteEndpoint") == 1
    own.docker("start", one)
    assert reaches(own.docker, one, endpoint(own.docker, one, network)["Gateway"])
    own.clear()
    assert leaks.settled(own.before, own.host, own.engine) == []


@pytest.mark.apus
@pytest.mark.parametrize("call", ["CreateNetwork", "CreateEndpoint", "Join", "ProgramExternalConnectivity", "Leave", "DeleteNetwork"])
def test_killed_in_the_middle_of_a_call(own, name, until, port, call):
    """What the plugin was asked for and nobody acknowledged is taken back."""
    network, container = name + "-n", name + "-1"
    create = ("network", "create", "-d", own.plugin.name, "--ipam-driver", own.plugin.name, network)
    run = ("run", "-d", "--name", container, "-p", f"{port}:80", "--network", network, "busybox", "sleep", "600")
    if call != "CreateNetwork":
        own.docker(*create)
    if call == "Leave":
        own.docker(*run)
    command = {"CreateNetwork": create, "Leave": ("rm", "-f", container), "DeleteNetwork": ("network", "rm", network)}.get(call, run)
    own.plugin.forget()
    with own.plugin.misbehaving(**{call: {"delay": 1}}):
        going = own.docker.popen(*command)
        until(lambda: own.plugin.arrived(call))
        own.engine.kill()
        going.wait(10)
        time.sleep(1)
    own.engine.start()
    if call == "CreateNetwork":
        until(lambda: own.plugin.state["networks"] == {} and own.plugin.state["pools"] == {})
        own.docker.fails("network", "inspect", network)
    elif call != "DeleteNetwork":
        until(lambda: "DeleteEndpoint" in own.plugin.names())
        own.docker("rm", "-f", container, check=False)
        until(lambda: not described(own.docker, network)["Containers"])
        (pool,) = own.plugin.state["pools"].values()
        until(lambda: len(list(own.plugin.state["pools"].values())[0]["taken"]) == 1)
    own.clear()
    assert own.plugin.state["networks"] == {} and own.plugin.state["pools"] == {}
    assert leaks.settled(own.before, own.host, own.engine) == []


@pytest.mark.apus
def test_pools_are_asked_for_again_where_the_plugin_forgets_them(own, name, until):
    network = name + "-n"
    with own.plugin.misbehaving(ipam_GetCapabilities={"instead": {"RequiresRequestReplay": True}}):
        own.docker("network", "create", "--ipam-driver", own.plugin.name, "--aux-address", "x=10.232.9.7", "--subnet",
                   "10.232.9.0/24", network)  # fmt: skip
        one = own.run(name + "-1", "--network", network)
        before = own.plugin.state["pools"]
        own.engine.kill()
        own.plugin.kill()
        os.unlink(os.path.join(own.plugin.directory, "state"))
        own.plugin.forget()
        own.plugin.start()
        own.engine.start()
        until(lambda: own.plugin.calls("RequestAddress") and sorted(own.plugin.state["pools"]["10.232.9.0/24"]["taken"]) == sorted(
            before["10.232.9.0/24"]["taken"]))  # fmt: skip
        two = own.run(name + "-2", "--network", network)
        assert endpoint(own.docker, two, network)["IPAddress"] == "10.232.9.3"
        assert own.plugin.names().count("RequestPool") == 1
        assert reaches(own.docker, one, "10.232.9.3")
        own.clear()
    assert own.plugin.state["pools"] == {}
