"""Networks of plugins across the end of their engine, clean or not, and of their plugin."""

import os
import time

import docker as docker_py
import pytest

import leaks
from conftest import Cli, ended, load, made
from nameservers import ask
from networks import described, endpoint, inside, pings, reaches
from plugin import Plugin

pytestmark = [pytest.mark.own_engine, pytest.mark.apus]


class Own:
    """An engine of the test's own with a plugin of its own."""

    def __init__(self, another_engine, work, name, patience=2):
        self.sockets = os.path.join(work, name + "-plugins")
        self.engine = another_engine("--plugin-dir", self.sockets, "--plugin-timeout", str(patience))
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


@pytest.fixture
def patient(another_engine, work, name):
    """One that waits for its plugin longer than the test does."""
    own = Own(another_engine, work, name, patience=50)
    yield own
    own.end()


def pid(own, container):
    return int(own.docker.inspect(container, "{{.State.Pid}}"))


@pytest.mark.parametrize("clean_end", [True, False], ids=["stopped", "killed"])
def test_containers_stay_connected(own, name, port, clean_end):
    network = name + "-n"
    own.docker("network", "create", "-d", own.plugin.name, "--ipam-driver", own.plugin.name, "-o", "colour=green", network)
    one, two = own.run(name + "-1", "--network", network, "-p", f"{port}:80"), own.run(name + "-2", "--network", network)
    before = described(own.docker, network), endpoint(own.docker, one, network), own.docker.inspect(one)["NetworkSettings"]["Ports"]
    with inside(own.docker, one) as here:
        target = endpoint(own.docker, two, network)["IPAddress"]
        own.crash(clean_end, start=False)
        assert pings(here, target, within=20)
        own.engine.start()
        assert pings(here, target, within=20)
        after = described(own.docker, network), endpoint(own.docker, one, network), own.docker.inspect(one)["NetworkSettings"]["Ports"]
        assert after == before
        assert ask(here, name + "-2").values() == [target]
    three = own.run(name + "-3", "--network", network)
    assert reaches(own.docker, one, endpoint(own.docker, three, network)["IPAddress"])
    own.clear()
    assert own.plugin.state["networks"] == {} and own.plugin.state["pools"] == {}
    assert leaks.settled(own.before, own.host, own.engine) == []


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
    assert time.monotonic() - start < 25, "a plugin is waited for 30 s when it is needed, not at the start"
    assert described(own.docker, network)["Driver"] == own.plugin.name
    assert reaches(own.docker, one, endpoint(own.docker, one, network)["Gateway"])
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


def test_those_that_ended_meanwhile_are_given_back(own, name, until):
    network = name + "-n"
    own.docker("network", "create", "-d", own.plugin.name, "--ipam-driver", own.plugin.name, network)
    one = own.run(name + "-1", "--network", network)
    number = pid(own, one)
    own.crash(start=False)
    os.kill(number, 9)
    ended(number)
    own.plugin.forget()
    own.engine.start()
    until(lambda: "DeleteEndpoint" in own.plugin.names() and "ReleaseAddress" in own.plugin.names())
    assert own.plugin.calls("Leave")[0]["answer"]["WasBack"]
    assert own.plugin.names().count("DeleteEndpoint") == 1
    own.docker("start", one)
    assert reaches(own.docker, one, endpoint(own.docker, one, network)["Gateway"])
    own.clear()
    assert leaks.settled(own.before, own.host, own.engine) == []


@pytest.mark.parametrize("call", ["CreateNetwork", "CreateEndpoint", "Join", "ProgramExternalConnectivity", "Leave", "DeleteNetwork"])
def test_killed_in_the_middle_of_a_call(patient, name, until, port, call, tmp_path):
    """What the plugin was asked for and nobody acknowledged is taken back."""
    own, gone = patient, tmp_path / "gone"
    network, container = name + "-n", name + "-1"
    create = ("network", "create", "-d", own.plugin.name, "--ipam-driver", own.plugin.name, network)
    run = ("run", "-d", "--name", container, "-p", f"{port}:80", "--network", network, "busybox", "sleep", "600")
    if call != "CreateNetwork":
        own.docker(*create)
    if call == "Leave":
        own.docker(*run)
    command = {"CreateNetwork": create, "Leave": ("rm", "-f", container), "DeleteNetwork": ("network", "rm", network)}.get(call, run)
    own.plugin.forget()
    with own.plugin.misbehaving(**{call: {"until": str(gone)}}):
        going = own.docker.popen(*command)
        until(lambda: own.plugin.arrived(call))
        own.engine.kill()
        going.wait(60)
        gone.touch()
        until(lambda: call in own.plugin.names())  # it has done it, and nobody heard
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


@pytest.mark.parametrize("call, connects", [("Leave", False), ("Join", True)])
def test_killed_while_a_running_container_changes_networks(patient, name, until, call, connects, tmp_path):
    """It is on those networks afterwards that it was told to be on."""
    own, gone = patient, tmp_path / "gone"
    network, other = name + "-n", name + "-m"
    own.docker("network", "create", "-d", own.plugin.name, network)
    own.docker("network", "create", other)
    one = own.run(name + "-1", "--network", other)
    if not connects:
        own.docker("network", "connect", network, one)
    with own.plugin.misbehaving(**{call: {"until": str(gone)}}):
        going = own.docker.popen("network", "connect" if connects else "disconnect", network, one)
        until(lambda: own.plugin.arrived(call))
        own.engine.kill()
        going.wait(60)
        gone.touch()
        until(lambda: call in own.plugin.names())  # it has done it, and nobody heard
    own.plugin.forget()
    own.engine.start()
    until(lambda: "DeleteEndpoint" in own.plugin.names())
    if connects:
        until(lambda: not described(own.docker, network)["Containers"])
        assert set(own.docker.inspect(one)["NetworkSettings"]["Networks"]) == {other}
        own.docker("network", "connect", network, one)
    else:
        until(lambda: described(own.docker, network)["Containers"])
    assert reaches(own.docker, one, endpoint(own.docker, one, network)["Gateway"])
    own.clear()
    assert own.plugin.state["networks"] == {}
    assert leaks.settled(own.before, own.host, own.engine) == []


def owed(own):
    """Nothing of the plugin's is left: no network, no pool, no endpoint, no address that nobody has."""
    state = own.plugin.state
    endpoints = [end for network in state["networks"].values() for end in network["endpoints"]]
    return endpoints, {pool: values["taken"] for pool, values in state["pools"].items()}


@pytest.mark.parametrize("restarts", [False, True], ids=["", "engine restarts"])
def test_what_a_dead_plugin_could_not_be_told_it_is_told_later(own, name, until, restarts):
    """A container goes while its plugin is away: what the plugin holds of it goes when it is back, without being asked for."""
    network, other = name + "-n", name + "-m"
    own.docker("network", "create", "-d", own.plugin.name, "--ipam-driver", own.plugin.name, network)
    own.docker("network", "create", "--ipam-driver", own.plugin.name, other)
    one, two = own.run(name + "-1", "--network", network), own.run(name + "-2", "--network", other)
    before = owed(own)
    assert len(before[0]) == 1 and sorted(map(len, before[1].values())) == [2, 2]
    own.plugin.kill()
    start = time.monotonic()
    own.docker("rm", "-f", one, two)
    own.docker("network", "rm", other)  # its links are ours; the pool is owed
    assert time.monotonic() - start < 25
    assert owed(own) == before
    if restarts:
        own.crash()
    own.plugin.forget()
    own.plugin.start()
    until(lambda: owed(own)[0] == [] and [len(taken) for taken in owed(own)[1].values()] == [1])
    until(lambda: "ReleasePool" in own.plugin.names())  # it notes what it was asked once it has done it
    names = own.plugin.names()
    assert names.index("Leave") < names.index("DeleteEndpoint") and names.count("ReleasePool") == 1
    own.docker("network", "rm", network)
    assert own.plugin.state["networks"] == {} and own.plugin.state["pools"] == {}
    assert leaks.settled(own.before, own.host, own.engine) == []


def test_what_a_plugin_refuses_it_is_told_again(own, name, until):
    network = name + "-n"
    own.docker("network", "create", "-d", own.plugin.name, "--ipam-driver", own.plugin.name, network)
    own.run(name, "--network", network)
    refuse = {"error": "not now"}
    with own.plugin.misbehaving(Leave=refuse, DeleteEndpoint=refuse, DeleteNetwork=refuse, ipam_ReleaseAddress=refuse, ipam_ReleasePool=refuse):
        own.docker("rm", "-f", name)
        own.docker("network", "rm", network)
        own.docker.fails("network", "inspect", network)
        assert len(owed(own)[0]) == 1
    until(lambda: own.plugin.state["networks"] == {} and own.plugin.state["pools"] == {})


def test_an_address_that_the_plugin_still_holds_can_be_had_once_it_is_back(own, name):
    """What it is owed it hears before it is asked for anything new."""
    network = name + "-n"
    own.docker("network", "create", "--ipam-driver", own.plugin.name, "--subnet", "10.232.8.0/24", network)
    one = own.run(name + "-1", "--network", network, "--ip", "10.232.8.8")
    own.plugin.kill()
    own.docker("rm", "-f", one)
    own.plugin.start()
    two = own.run(name + "-2", "--network", network, "--ip", "10.232.8.8")
    assert reaches(own.docker, two, endpoint(own.docker, two, network)["Gateway"])
    time.sleep(3)  # nothing that is said late takes it away again
    assert "10.232.8.8" in own.plugin.state["pools"]["10.232.8.0/24"]["taken"]


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
