"""Firewalls of other software beside the engine's own: what they drop is told."""

import json

import pytest

from networks import inside, opens
from test_networks_recovery import Own

pytestmark = [pytest.mark.own_engine, pytest.mark.apus]


@pytest.fixture
def own(another_engine, work):
    own = Own(another_engine(), work)
    yield own
    own.clear()
    own.client.close()


def warnings(own):
    return [line for line in json.loads(own.docker.out("info", "--format", "{{json .}}"))["Warnings"] or [] if "another firewall" in line]


def test_a_policy_that_drops_what_is_forwarded_is_told(own, name, port, until):
    bridge = own.engine.flags[own.engine.flags.index("--bridge") + 1]
    one = own.run(name, "-p", f"{port}:80", image="nginx")
    own.host.get_soon("127.0.0.1", port)
    assert warnings(own) == []
    own.host.run("iptables", "-P", "FORWARD", "DROP")
    (warning,) = warnings(own)
    assert warning.startswith("WARNING: another firewall (nf_tables table ip filter, chain FORWARD) drops what is forwarded from and to " + bridge)
    assert not opens(own.neighbour, own.engine.network.address, port)  # it does
    own.crash()
    until(lambda: warning[len("WARNING: ") :] in own.engine.log())
    assert warning in own.docker.out("info").splitlines() or warning in own.docker("info").stderr
    # Whoever lets it pass is not warned.
    own.host.run("iptables", "-I", "FORWARD", "-i", bridge, "-j", "ACCEPT")
    own.host.run("iptables", "-I", "FORWARD", "-o", bridge, "-j", "ACCEPT")
    assert warnings(own) == []
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
    with inside(own.docker, one) as here:
        assert opens(here, "198.51.100.2", port, within=20)
    own.host.run("iptables", "-P", "FORWARD", "ACCEPT")


def test_a_network_that_is_made_later_is_told_of(own, name):
    own.host.run("sh", "-ec", "nft add table inet wall; nft 'add chain inet wall pass { type filter hook forward priority 5; policy drop; }'")
    bridge = own.engine.flags[own.engine.flags.index("--bridge") + 1]
    own.host.run("nft", "add", "rule", "inet", "wall", "pass", "iifname", bridge, "accept")
    assert warnings(own) == []
    own.net(name, "-o", "com.docker.network.bridge.name=late0")
    (warning,) = warnings(own)
    assert "table inet wall, chain pass" in warning and "from late0:" in warning
    own.host.run("nft", "delete", "table", "inet", "wall")
    assert warnings(own) == []
