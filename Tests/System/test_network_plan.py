"""`apus network plan`: what the kernel shall hold for a network, and what it does hold."""

import json
import os

import pytest

pytestmark = [pytest.mark.apus, pytest.mark.usefixtures("busybox")]


@pytest.fixture
def plan(engine):
    def ask(*arguments):
        done = engine.network.host.run(os.environ["APUS_BINARY"], "network", "plan", "--host", engine.url, *arguments, check=False)
        return done.returncode, done.stdout, done.stderr

    return ask


def test_a_network_that_is_as_planned(docker, plan, net, run, name, port):
    network = net("--subnet", "10.219.1.0/24", "--ipv6", "--subnet", "fd00:219::/64")
    run("one", "--network", network, "-p", f"{port}:80")
    code, shown, _ = plan(network)
    assert code == 0 and "The kernel holds all of it." in shown, shown
    for line in (f"network {network} (bridge", "address 10.219.1.1/24 on br-", f"endpoint {name}-one", f"publish 0.0.0.0:{port}/tcp to 10.219.1.2:80",
                 "address 10.219.1.2/24 on eth0", "route default via 10.219.1.1 on eth0"):  # fmt: skip
        assert line in shown, (line, shown)
    code, shown, _ = plan(network, "--json")
    report = json.loads(shown)
    assert code == 0 and report["isInSync"] is True and report["network"] == network
    assert [thing["name"] for thing in report["objects"]] == [network, f"{name}-one"]


@pytest.mark.own_engine
def test_a_network_of_a_plugin(docker, plan, plugged, run, name):
    """Its links are the plugin's; what is ours of it is in the sandbox."""
    network = plugged("--subnet", "10.219.3.0/24", "-o", "route=10.99.0.0/16@")
    one = run("one", "--network", network)
    code, shown, _ = plan(network)
    assert code == 0, shown
    for line in ("address 10.219.3.2/24 on eth0", "route 10.99.0.0/16", "route default via 10.219.3.1 on eth0"):
        assert line in shown, (line, shown)
    docker("exec", "--privileged", one, "ip", "address", "del", "10.219.3.2/24", "dev", "eth0")
    code, shown, _ = plan(network)
    assert code == 1 and "! in the sandbox: address 10.219.3.2/24 on eth0 is missing" in shown, shown


def test_what_differs_is_told(docker, plan, host, net, run):
    """A bridge of somebody else's is theirs to put right, and its inside is the container's."""
    host.run("ip", "link", "add", "mine0", "type", "bridge")
    try:
        network = net("--subnet", "10.219.2.0/24", "-o", "com.docker.network.bridge.name=mine0")
        one = run("one", "--network", network)
        assert plan(network)[0] == 0, plan(network)
        host.run("ip", "address", "del", "10.219.2.1/24", "dev", "mine0")
        host.run("ip", "link", "set", "mine0", "down")
        docker("exec", "--privileged", one, "ip", "route", "del", "default")
        code, shown, _ = plan(network)
        assert code == 1, shown
        for line in ("! address 10.219.2.1/24 on mine0 is missing", "! link mine0 is down",
                     "! in the sandbox: route default via 10.219.2.1 on eth0 is missing", "3 differences to the kernel"):  # fmt: skip
            assert line in shown, (line, shown)
        docker("rm", "-f", one)
        docker("network", "rm", network)
    finally:
        host.run("ip", "link", "del", "mine0")


def test_questions_that_have_no_answer(plan):
    code, _, said = plan("no-such-network")
    assert code != 0 and "network no-such-network not found" in said


def test_no_engine_answers(engine):
    done = engine.network.host.run(
        os.environ["APUS_BINARY"], "network", "plan", "--host", "unix:///nowhere/docker.sock", "bridge", check=False)
    assert done.returncode != 0 and "no engine answers" in done.stderr
