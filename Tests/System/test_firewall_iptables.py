"""The firewall as chains of iptables (`--firewall-backend iptables`): the same networks, in everybody's tables."""

import json
import os
import select
import socket

import pytest

import engines
import leaks
from networks import Listener, address, inside, opens, pings, pool
from test_networks_recovery import Own

pytestmark = [pytest.mark.own_engine, pytest.mark.apus]

FLAG = ["--firewall-backend", "iptables"]
BRIDGE = "com.docker.network.bridge."


@pytest.fixture
def own(another_engine, work):
    own = Own(another_engine(*FLAG), work)
    yield own
    own.clear()
    own.client.close()


def chains(own):
    return f"APUS-{own.engine.instance.upper()}-"


def saved(own, *programs):
    """The rules of the host as the programs print them, without counters."""
    lines = []
    for program in programs or ("iptables-save", "ip6tables-save"):
        text = own.host.run(program).stdout
        lines += [f"{program} {line.split(' [')[0]}" for line in text.splitlines() if not line.startswith("#")]
    return lines


def routed(own, network):
    """Lets the neighbour send packets to containers of a network by the engine's host, as a router would."""
    own.neighbour.run("ip", "route", "replace", pool(own.docker, network)["Subnet"], "via", own.engine.network.address)


def test_a_published_port_is_reached_from_everywhere(own, name, port, until):
    network = own.net(name, "--ipv6", "--subnet", "10.214.1.0/24", "--subnet", "fd00:a905:91::/64")
    web = own.run(name, "--network", network, "-p", f"{port}:80", image="nginx")
    outside, outside6 = own.engine.network.address, own.engine.network.address6
    assert own.neighbour.get_soon(outside, port)[0] == 200
    assert own.neighbour.get_soon(outside6, port)[0] == 200
    for where in ("127.0.0.1", "::1", outside, "10.214.1.1"):
        assert own.host.get_soon(where, port)[0] == 200
    for other in (web, own.run(name + "-near", "--network", network), own.run(name + "-far")):
        with inside(own.docker, other) as here:
            assert here.get_soon(outside, port)[0] == 200
    # Its own address, not the gateway's.
    for seen in (own.engine.network.neighbour_address, own.engine.network.neighbour_address6):
        until(lambda: f"{seen} - - " in own.docker.out("logs", web))


def test_only_what_is_published_is_reached(own, name, port):
    network = own.net(name)
    web = own.run(name, "--network", network, "-p", f"127.0.0.1:{port}:80", image="nginx")
    target = address(own.docker, web, network)
    assert own.host.get_soon("127.0.0.1", port)[0] == 200
    routed(own, network)
    assert not opens(own.neighbour, own.engine.network.address, port)
    assert not opens(own.neighbour, target, 80)
    own.neighbour.run("ip", "route", "replace", "127.0.0.9", "via", own.engine.network.address)
    assert not opens(own.neighbour, "127.0.0.9", port)


def test_what_leaves_has_the_address_that_was_chosen(own, name):
    own.host.run("ip", "address", "add", "198.51.100.77/24", "dev", "uplink")
    network = own.net(name, "-o", "com.docker.network.host_ipv4=198.51.100.77")
    with inside(own.docker, own.run(name, "--network", network)) as here, Listener(own.neighbour, "0.0.0.0") as listener:
        assert listener.peer_of(here, own.engine.network.neighbour_address) == "198.51.100.77"


def test_networks_are_isolated(own, name):
    first, second, internal = own.net(name + "-a"), own.net(name + "-b"), own.net(name + "-c", "--internal")
    web = own.run(name, "--network", first, image="nginx")
    secret = own.run(name + "-secret", "--network", internal, image="nginx")
    own.host.get_soon(address(own.docker, web, first), 80)
    own.host.get_soon(address(own.docker, secret, internal), 80)
    routed(own, internal)
    assert not opens(own.neighbour, address(own.docker, secret, internal), 80)
    with inside(own.docker, own.run(name + "-other", "--network", second)) as here:
        assert not opens(here, address(own.docker, web, first), 80)
        assert not opens(here, address(own.docker, secret, internal), 80)
        assert pings(here, own.engine.network.neighbour_address, within=20)
    with inside(own.docker, own.run(name + "-inner", "--network", internal)) as here:
        assert here.get_soon(address(own.docker, secret, internal), 80)[0] == 200
        here.run("ip", "route", "add", "default", "via", pool(own.docker, internal)["Gateway"])
        assert not pings(here, own.engine.network.neighbour_address)


def test_containers_that_must_not_reach_each_other(own, name, port):
    network = own.net(name, "-o", BRIDGE + "enable_icc=false")
    web = own.run(name, "--network", network, "-p", f"{port}:80", image="nginx")
    own.host.get_soon("127.0.0.1", port)
    with inside(own.docker, own.run(name + "-other", "--network", network)) as here:
        assert not opens(here, address(own.docker, web, network), 80)
        assert pings(here, own.engine.network.neighbour_address, within=20)
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200


def test_gateway_modes(own, name):
    network = own.net(name, "-o", BRIDGE + "gateway_mode_ipv4=routed")
    web = own.run(name, "--network", network, "-p", "80", image="nginx")
    shy = own.run(name + "-shy", "--network", network, image="nginx")
    bare = own.net(name + "-bare", "-o", BRIDGE + "gateway_mode_ipv4=nat-unprotected")
    free = own.run(name + "-free", "--network", bare, image="nginx")
    routed(own, network)
    routed(own, bare)
    assert own.neighbour.get_soon(address(own.docker, web, network), 80)[0] == 200
    assert pings(own.neighbour, address(own.docker, shy, network), within=20)
    assert not opens(own.neighbour, address(own.docker, shy, network), 80)
    assert own.neighbour.get_soon(address(own.docker, free, bare), 80)[0] == 200


def test_the_owners_chain_comes_first(own, name, port):
    """What stands in DOCKER-USER holds for traffic to and from containers, and nobody empties it."""
    own.run(name, "-p", f"{port}:80", image="nginx")
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
    rule = ["DOCKER-USER", "-s", own.engine.network.neighbour_address, "-j", "DROP"]
    own.host.run("iptables", "-I", *rule)
    assert not opens(own.neighbour, own.engine.network.address, port)
    assert own.host.get("127.0.0.1", port)[0] == 200
    own.crash(clean=True)
    assert not opens(own.neighbour, own.engine.network.address, port)
    own.host.run("iptables", "-D", *rule)
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
    own.host.run("iptables", "-I", "DOCKER-USER", "-d", own.engine.network.neighbour_address, "-j", "DROP")
    with inside(own.docker, own.run(name + "-out")) as here:
        assert not pings(here, own.engine.network.neighbour_address)


FLUSHES = ["iptables -F; iptables -t nat -F", "iptables -F; iptables -X; ip6tables -t nat -F", "nft flush ruleset"]


@pytest.mark.parametrize("flush", FLUSHES)
def test_rules_that_go_away_are_back(own, name, port, until, flush):
    web = own.run(name, "-p", f"{port}:80", image="nginx")
    own.host.get_soon("127.0.0.1", port)
    network = own.net(name)
    other = own.run(name + "-other", "--network", network)
    before = {line for line in saved(own) if chains(own) in line}
    for _ in range(3):
        own.host.run("sh", "-c", flush, check=False)
        assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
        # One program after the other puts its own right.
        until(lambda: {line for line in saved(own) if chains(own) in line} == before)
        with inside(own.docker, other) as here:
            assert not opens(here, address(own.docker, web, "bridge"), 80)


@pytest.mark.parametrize("backend", ["iptables", "nftables"])
def test_who_came_while_there_were_no_rules_is_served_afterwards(another_engine, work, name, port, backend):
    """Connection tracking remembers the first packet's way, and would send the next ones after it."""
    own = Own(another_engine("--firewall-backend", backend), work)
    one = own.run(name, "-p", f"{port}:9000/udp", "-p", f"{port}:80")
    where = (own.engine.network.address, port)
    with inside(own.docker, one) as here:
        server, web = here.socket(kind=socket.SOCK_DGRAM), here.socket()
    server.bind(("", 9000))
    server.settimeout(60)
    web.bind(("", 80))
    web.listen()
    own.engine.kill()
    own.host.run("nft", "flush", "ruleset")
    client, caller = own.neighbour.socket(kind=socket.SOCK_DGRAM), own.neighbour.socket()
    client.sendto(b"lost", where)
    caller.setblocking(False)
    caller.connect_ex(where)
    own.engine.start()
    client.sendto(b"found", where)
    assert server.recvfrom(100)[0] == b"found"
    caller.settimeout(60)  # the kernel asks again by itself
    assert select.select([], [caller], [], 60)[1] and not caller.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    for each in (server, web, client, caller):
        each.close()
    own.clear()
    own.client.close()


def test_rules_that_went_away_meanwhile_are_made_again(own, name, port):
    own.run(name, "-p", f"{port}:80", image="nginx")
    own.host.get_soon("127.0.0.1", port)
    before = {line for line in saved(own) if chains(own) in line}
    own.engine.kill()
    own.host.run("nft", "flush", "ruleset")
    own.engine.start()
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
    assert {line for line in saved(own) if chains(own) in line} == before


def test_rules_of_others_are_left_alone(another_engine, work, name, port):
    """Also where they were there first, with a DOCKER-USER of their own."""
    theirs = """
        iptables -P FORWARD DROP; iptables -N DOCKER-USER; iptables -A DOCKER-USER -s 192.0.2.66 -j DROP
        iptables -A FORWARD -i eth9 -j ACCEPT; iptables -N WALL; iptables -A WALL -p tcp --dport 25 -j REJECT
        iptables -A FORWARD -j WALL; iptables -t nat -A POSTROUTING -o eth9 -j MASQUERADE
        iptables -t nat -A PREROUTING -i eth9 -p tcp --dport 99 -j DNAT --to-destination 10.9.9.9
        iptables -t mangle -A FORWARD -j MARK --set-mark 7; ip6tables -A INPUT -p tcp --dport 23 -j DROP
    """
    network = engines.Network()
    network.host.run("sh", "-ec", theirs)
    own = Own(another_engine(*FLAG, network=network), work)

    def others():
        return [line for line in saved(own) if chains(own) not in line and f"instance {own.engine.instance}" not in line]

    first = engines.Network()  # the same without an engine, for what the programs print
    first.host.run("sh", "-ec", theirs)
    wanted = {f"iptables-save {line.split(' [')[0]}" for line in first.host.run("iptables-save").stdout.splitlines() if line[0] != "#"}
    first.close()
    assert wanted <= set(others())
    before = others()
    own.run(name, "--network", own.net(name), "-p", f"{port}:80", image="nginx")
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200  # though FORWARD's policy is to drop
    own.host.run("iptables", "-D", "FORWARD", "-j", "WALL")
    own.host.run("iptables", "-I", "FORWARD", "-j", "WALL")
    own.crash()
    own.clear()
    assert sorted(others()) == sorted(before)
    own.client.close()
    own.engine.stop()
    network.close()


def test_nothing_is_left(own, name, port):
    before, rules = leaks.snapshot(own.host), sorted(saved(own))
    network, other = own.net(name, "--ipv6"), own.net(name + "-2", "--internal")
    one = own.run(name, "--network", network, "-p", f"{port}:80", "-p", "53:53/udp", image="nginx")
    own.docker("network", "connect", other, one)
    own.crash()
    own.run(name + "-2", "--network", other)
    own.crash(clean=True)
    own.clear()
    assert leaks.settled(before, own.host, own.engine) == []
    assert sorted(saved(own)) == rules


def test_changing_the_backend_takes_the_others_rules_away(own, name, port):
    web = own.run(name, "-p", f"{port}:80", image="nginx")
    table = f"apus-{own.engine.instance}"

    def shown():
        rules = [line for line in saved(own) if chains(own) in line or "DOCKER-USER" in line]
        return bool(rules), table in own.host.run("nft", "list", "tables").stdout

    def backend():
        return json.loads(own.docker.out("info", "--format", "{{json .}}"))["FirewallBackend"]["Driver"]

    own.host.get_soon("127.0.0.1", port)
    assert shown() == (True, False)
    flags = list(own.engine.flags)
    plain = [flag for flag in flags if flag not in FLAG]
    for _ in range(2):
        own.engine.flags = plain
        own.crash()
        assert shown() == (False, True)
        assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
        own.engine.flags = flags
        own.crash(clean=True)
        assert shown() == (True, False)
        assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
    assert own.client.info()["FirewallBackend"]["Driver"] == "iptables"
    own.docker("rm", "-f", web)
    assert not opens(own.neighbour, own.engine.network.address, port)


def test_programs_of_the_older_kind(another_engine, work, name, port, tmp_path):
    for program in ("iptables", "ip6tables"):
        for action in ("", "-save", "-restore"):
            os.symlink("/usr/sbin/xtables-legacy-multi", tmp_path / (program + action))

    def older(engine):
        engine.prefix = ["env", f"PATH={tmp_path}:{os.environ['PATH']}"]

    own = Own(another_engine(*FLAG, prepare=older), work)
    own.run(name, "-p", f"{port}:80", image="nginx")
    assert own.neighbour.get_soon(own.engine.network.address, port)[0] == 200
    assert not [line for line in saved(own, "iptables-nft-save") if chains(own) in line]
    own.host.run("sh", "-ec", "iptables-legacy -F; iptables-legacy -t nat -F")
    assert own.neighbour.get_soon(own.engine.network.address, port, within=60)[0] == 200
    own.clear()
    own.client.close()


def test_a_backend_that_is_not_there_is_refused(another_engine):
    with pytest.raises(RuntimeError, match='invalid value "pf" for firewall-backend: it must be nftables or iptables'):
        another_engine("--firewall-backend", "pf")
