"""Networks whose addresses a plugin gives out."""

import os

import pytest

from networks import described, endpoint, reaches
from plugin import Plugin

pytestmark = [pytest.mark.usefixtures("busybox"), pytest.mark.own_engine]


@pytest.mark.parametrize("driver", [
    "bridge", "plugin", pytest.param("macvlan", marks=pytest.mark.differs("needs dummy links, which a kernel need not have")),
])  # fmt: skip
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
