"""Networks whose driver is a plugin: another process that speaks libnetwork's protocol."""

import contextlib
import json
import os
import re
import socket
import ssl
import threading
import time

import docker as docker_py
import pytest

import leaks
from conftest import KIND
from nameservers import ask
from networks import addresses, default_route, described, endpoint, inside, links, pings, reaches, refused
from plugin import GENERIC, WRONG
from test_registry_tls import Authority

pytestmark = [pytest.mark.usefixtures("busybox"), pytest.mark.own_engine]


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
            assert pings(here, "10.231.1.1", within=20)
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
    if KIND == "apus":  # the original brings the link back after this call
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
        assert pings(here, endpoint(docker, two, network)["GlobalIPv6Address"], within=20)


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
        assert pings(here, endpoint(docker, two, second)["IPAddress"], within=20)
        assert pings(here, "10.231.4.99", within=20)
        docker("network", "disconnect", second, one)
        assert set(links(here)) == {"lo", "eth0"}
        assert pings(here, "10.231.3.1", within=20)
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


@pytest.mark.differs("has an API before 1.44")
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


def test_ports_that_the_plugin_does_not_tell_are_those_asked_for(docker, engine, plugin, plugged, run, port):
    """Which they are is not known then, and the engine's log says so; it says nothing where a plugin does not know the question."""
    words = "which ports are published is not known, and stands as asked for"

    def told():
        return [line for line in engine.process.log(1000).splitlines() if words in line and plugin.name in line]

    with plugin.misbehaving(EndpointOperInfo={"status": 404, "raw": "404 page not found"}):
        run("one", "--network", plugged(), "-p", f"{port}:80")
    assert KIND != "apus" or not told()
    with plugin.misbehaving(EndpointOperInfo={"error": "the table is locked"}):
        two = run("two", "--network", plugged(), "-p", "127.0.0.1:53:53/udp")
    assert docker.inspect(two)["NetworkSettings"]["Ports"]["53/udp"] == [{"HostIp": "127.0.0.1", "HostPort": "53"}]
    assert KIND != "apus" or ["the table is locked" in line for line in told()] == [True]


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


@pytest.mark.differs("does not ask")
def test_gateways_that_are_not_wanted(docker, plugin, plugged, run):
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


class Front:
    """TLS in front of a plugin's socket, on the engine's host."""

    def __init__(self, plugin, context):
        self.plugin, self.context = plugin, context
        self.listener = plugin.namespace.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                with contextlib.suppress(OSError), self.context.wrap_socket(connection, server_side=True) as client:
                    with socket.socket(socket.AF_UNIX) as server:
                        server.connect(self.plugin.path)
                        server.settimeout(60)
                        client.settimeout(60)
                        server.sendall(self.message(client))
                        client.sendall(self.message(server))

    @staticmethod
    def message(stream):
        """A request or an answer, to its end."""
        text = b""
        while b"\r\n\r\n" not in text:
            more = stream.recv(1 << 20)
            if not more:
                return text
            text += more
        head, _, body = text.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        while length and len(body) < int(length[1]):
            more = stream.recv(1 << 20)
            if not more:
                break
            body += more
        return head + b"\r\n\r\n" + body

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


@pytest.mark.apus
def test_a_plugin_over_tls(docker, plugin, sockets, tmp_path, net, name):
    """With an authority of its own its certificate must be valid, and it may ask for ours."""
    ours, theirs = (Authority(tmp_path / word, word) for word in ("ours", "theirs"))
    context = ours.context("plugin", "IP:127.0.0.1")
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ours.certificate)
    certificate, key = ours.issue("engine", "DNS:engine", usage="clientAuth")
    front = Front(plugin, context)
    try:
        files = {"CertFile": certificate, "KeyFile": key}
        for index, tls in enumerate((
            {"CAFile": ours.certificate, **files}, {"CAFile": theirs.certificate, "InsecureSkipVerify": True, **files}, files,
            {"CAFile": theirs.certificate, **files}, {"CAFile": ours.certificate}, {"CAFile": "/nonsense"},
        )):  # fmt: skip
            other = f"{name}q{index}"
            path = os.path.join(sockets, other + ".json")
            with open(path, "w") as file:
                json.dump({"Name": other, "Addr": f"tcp://127.0.0.1:{front.port}", "TLSConfig": tls}, file)
            if index < 3:
                docker("network", "rm", net("-d", other))
            else:
                docker.fails("network", "create", "-d", other, name, says=f'plugin "{other}"')
            os.unlink(path)
    finally:
        front.close()


@pytest.mark.apus
def test_plugins_that_are_not_there(docker, client, name):
    start = time.monotonic()
    for reference in (name + "-none", "../../etc/passwd", "some/plugin:latest"):
        refused(lambda: client.api.create_network(name, driver=reference), 404, f'plugin "{reference}" not found')
    ipam = docker_py.types.IPAMConfig(driver=name + "-none")
    refused(lambda: client.api.create_network(name, ipam=ipam), 404, "not found")
    assert time.monotonic() - start < 25, "one that is not there is not waited for"
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
    assert started.wait(60) == 0


# What can go wrong


@pytest.mark.apus
@pytest.mark.parametrize("call, wrong", [
    (call, wrong) for call in ("CreateNetwork", "CreateEndpoint", "Join", "ProgramExternalConnectivity") for wrong in WRONG
    if (call, wrong) != ("ProgramExternalConnectivity", "missing")  # which need not be there
])  # fmt: skip
def test_wrong_answers(docker, host, plugin, net, name, call, wrong):
    """The error names plugin and call, and nothing is half made."""
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
        assert time.monotonic() - start < 25
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
def test_nobody_waits_for_anothers_plugin(docker, plugin, net, run, name, until):
    for attempt in range(5):  # a host may be too busy to be done before the plugin answers
        network = net("-d", plugin.name)
        with plugin.misbehaving(Join={"delay": 1.2}, CreateNetwork={"delay": 1.2}):
            plugin.forget()
            joining = docker.popen("run", "--rm", "--network", network, "busybox", "true")
            making = docker.popen("network", "create", "-d", plugin.name, f"{name}-{attempt}")
            until(lambda: plugin.arrived("Join") and plugin.arrived("CreateNetwork"))
            other = net()
            docker("run", "--rm", "--network", other, "busybox", "true")
            docker("network", "rm", other)
            docker.fails("network", "create", f"{name}-{attempt}", says="already exists")
            docker("network", "rm", network, check=False)
            nobody_waited = joining.poll() is None and making.poll() is None
            # On such a host the plugin may be too late as well.
            in_time = [joining.wait(60), making.wait(60)] == [0, 0]
        docker("network", "rm", f"{name}-{attempt}", check=in_time)
        if nobody_waited and in_time:
            break
    assert nobody_waited and in_time


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
