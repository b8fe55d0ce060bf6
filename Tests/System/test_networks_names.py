"""Names on networks: the resolver at 127.0.0.11, what it knows, what it forwards, and to whom."""

import concurrent.futures
import contextlib
import random
import struct

import pytest

from nameservers import NOERROR, NXDOMAIN, REFUSED, SERVFAIL, NameServer, ask, question, reverse, send
from networks import address, inside, refused, words

pytestmark = pytest.mark.usefixtures("busybox")


def identifier(docker, container):
    return docker.inspect(container, "{{.Id}}")


DNS = ("--dns", "198.51.100.1")  # the neighbour, where the fixture `nameserver` answers
ZONE = {
    ("www.example.test", "A"): ["203.0.113.10"],
    ("www.example.test", "AAAA"): ["2001:db8::10"],
    ("many.example.test", "A"): [f"203.0.113.{last}" for last in range(1, 101)],
    ("text.example.test", "TXT"): ["v=apus"],
    ("_http._tcp.example.test", "SRV"): [(10, 5, 8080, "www.example.test")],
    ("example.test", "MX"): [(10, "mail.example.test")],
    (reverse("203.0.113.10"), "PTR"): ["www.example.test"],
    ("short", "A"): ["203.0.113.20"],
}


@pytest.fixture
def nameserver(engine, neighbour):
    with NameServer(neighbour, engine.network.neighbour_address, ZONE) as server:
        yield server


# What containers are called


def test_container_names_short_ids_and_host_names(docker, net, run):
    network = net()
    one = run("one", "--network", network, "--hostname", "mainframe")
    mine = address(docker, one, network)
    with inside(docker, run("two", "--network", network)) as here:
        for name in (one, identifier(docker, one)[:12], one.upper(), one + "."):
            assert ask(here, name).values() == [mine], name
        assert ask(here, f"{one}.{network}").values() == [mine]
        assert ask(here, one, tcp=True).values() == [mine]
    with inside(docker, one) as here:
        assert ask(here, one).values() == [mine]


@pytest.mark.differs("does not know host names")
def test_host_names(docker, net, run):
    network = net()
    one = run("one", "--network", network, "--hostname", "mainframe")
    with inside(docker, run("two", "--network", network)) as here:
        assert ask(here, "mainframe").values() == [address(docker, one, network)]


def test_an_answer_in_detail(docker, net, run):
    network = net()
    one = run("one", "--network", network)
    with inside(docker, one) as here:
        answer = ask(here, one)
    assert answer.code == NOERROR and answer.available and not answer.truncated
    assert answer.records == [(one, "A", 600, address(docker, one, network))] and answer.questions == [(one, "A")]


def test_the_file_that_names_the_resolver(docker, net, run):
    network = net()
    one = run("one", "--network", network, "--dns", "192.0.2.53", "--dns-search", "example.test", "--dns-option", "timeout:3")
    shown = docker.out("exec", one, "cat", "/etc/resolv.conf").splitlines()
    assert [line for line in shown if line.startswith("nameserver")] == ["nameserver 127.0.0.11"]
    assert "search example.test" in shown
    (options,) = [line.split()[1:] for line in shown if line.startswith("options")]
    assert set(options) == {"timeout:3", "ndots:0"}


def test_the_default_bridge_has_the_servers_themselves_and_no_names(docker, run):
    one = run("one", "--dns", "192.0.2.53", "--dns", "192.0.2.54", "--dns-search", "example.test", "--dns-option", "ndots:2")
    shown = [line for line in docker.out("exec", one, "cat", "/etc/resolv.conf").splitlines() if not line.startswith("#")]
    assert [line for line in shown if line.startswith("nameserver")] == ["nameserver 192.0.2.53", "nameserver 192.0.2.54"]
    assert "search example.test" in shown and "options ndots:2" in shown
    with inside(docker, one) as here, pytest.raises(OSError):
        ask(here, one, timeout=1)
    assert docker.inspect(one)["HostConfig"]["Dns"] == ["192.0.2.53", "192.0.2.54"]


def test_no_search_domain(docker, net, run):
    one = run("one", "--network", net(), "--dns", "192.0.2.53", "--dns-search", ".")
    assert not any(line.startswith("search") for line in docker.out("exec", one, "cat", "/etc/resolv.conf").splitlines())


def test_programs_in_a_container_find_names(docker, net, run):
    network = net()
    one = run("one", "--network", network)
    shown = docker.out("run", "--rm", "--network", network, "busybox", "ping", "-c", "1", "-w", "5", one)
    assert address(docker, one, network) in shown


def test_aliases(docker, net, run, nameserver):
    network, other = net(), net()
    one = run("one", "--network", network, "--network-alias", "site", "--network-alias", "shop")
    docker("network", "connect", "--alias", "elsewhere", other, one)
    with inside(docker, run("two", "--network", network, *DNS)) as here:
        for name in ("site", "shop", "SITE", f"site.{network}"):
            assert ask(here, name).values() == [address(docker, one, network)]
        assert ask(here, "elsewhere").values() == []
    with inside(docker, run("three", "--network", other, *DNS)) as here:
        assert ask(here, "elsewhere").values() == [address(docker, one, other)]
        assert ask(here, "site").values() == []


def test_an_alias_that_several_have_gives_all_of_them_in_turn(docker, net, run):
    network = net()
    members = [run(str(number), "--network", network, "--network-alias", "service") for number in range(3)]
    mine = {address(docker, member, network) for member in members}
    with inside(docker, run("client", "--network", network)) as here:
        answers = [ask(here, "service").values() for _ in range(30)]
        assert all(set(answer) == mine and len(answer) == 3 for answer in answers)
        assert {answer[0] for answer in answers} == mine
        docker("stop", "-t", "0", members[0])
        assert len(ask(here, "service").values()) == 2
        docker("start", members[0])
        assert len(ask(here, "service").values()) == 3
        docker("network", "disconnect", network, members[1])
        assert len(ask(here, "service").values()) == 2


def test_names_come_and_go_with_their_containers(docker, net, run, name, nameserver):
    network = net()
    with inside(docker, run("client", "--network", network, *DNS)) as here:
        assert ask(here, f"{name}-late").values() == []
        late = run("late", "--network", network)
        assert ask(here, late).values() == [address(docker, late, network)]
        docker("rename", late, f"{name}-renamed")
        assert ask(here, f"{name}-renamed").values() == [address(docker, f"{name}-renamed", network)]
        assert ask(here, late).values() == []
        docker("rm", "-f", f"{name}-renamed")
        assert ask(here, f"{name}-renamed").values() == []


def test_names_do_not_cross_networks(docker, net, run, nameserver):
    first, second = net(), net()
    one, two = run("one", "--network", first, *DNS), run("two", "--network", second)
    with inside(docker, one) as here:
        assert ask(here, two).values() == []
        docker("network", "connect", second, one)
        assert ask(here, two).values() == [address(docker, two, second)]
        assert ask(here, f"{two}.{second}").values() == [address(docker, two, second)]
        assert ask(here, f"{two}.{first}").values() == []
    with inside(docker, two) as here:
        assert ask(here, one).values() == [address(docker, one, second)]


def test_addresses_have_names(docker, net, run):
    network = net("--ipv6", "--subnet", "10.210.1.0/24", "--subnet", "fd00:a905:61::/64")
    one = run("one", "--network", network, "--network-alias", "site")
    with inside(docker, run("two", "--network", network)) as here:
        for key in ("IPAddress", "GlobalIPv6Address"):
            assert ask(here, reverse(address(docker, one, network, key)), "PTR").values() == [f"{one}.{network}"]


def test_ipv6_addresses_and_their_absence(docker, net, run):
    network, only4 = net("--ipv6", "--subnet", "10.210.2.0/24", "--subnet", "fd00:a905:62::/64"), net()
    one = run("one", "--network", network)
    with inside(docker, one) as here:
        assert ask(here, one, "AAAA").values() == [address(docker, one, network, "GlobalIPv6Address")]
        assert ask(here, one, "A").values() == [address(docker, one, network)]
    two = run("two", "--network", only4)
    with inside(docker, two) as here:
        answer = ask(here, two, "AAAA")  # the name is known: no other server may be asked, none may say it is not
        assert answer.code == NOERROR and answer.records == []


def test_a_known_name_has_no_other_records_and_is_not_asked_elsewhere(docker, net, run, nameserver):
    one = run("one", "--network", net(), *DNS)
    with inside(docker, one) as here:
        answer = ask(here, one, "MX")
        assert answer.code == NOERROR and answer.records == []
        ask(here, one, "AAAA")
    assert nameserver.asked(one) == []


# Links


def test_links_on_a_user_defined_network(docker, net, run, nameserver):
    network = net()
    one = run("one", "--network", network)
    two = run("two", "--network", network, "--link", f"{one}:db", "--link", one)
    three = run("three", "--network", network, *DNS)
    with inside(docker, two) as here:
        assert ask(here, "db").values() == ask(here, one).values() == [address(docker, one, network)]
    with inside(docker, three) as here:
        assert ask(here, "db").values() == []
    docker("network", "disconnect", network, three)
    docker("network", "connect", "--link", f"{one}:data", network, three)
    with inside(docker, three) as here:
        assert ask(here, "data").values() == [address(docker, one, network)]
    assert docker.inspect(three)["NetworkSettings"]["Networks"][network]["Links"] == [f"{one}:data"]


def test_links_on_the_default_bridge(docker, run):
    one = run("one", "--hostname", "mainframe", "-e", "COLOUR=green")
    two = run("two", "--link", f"{one}:db")
    lines = [line.split() for line in docker.out("exec", two, "cat", "/etc/hosts").splitlines()]
    (line,) = [line for line in lines if line and line[0] == address(docker, one, "bridge")]
    assert {"db", one, "mainframe"} <= set(line)
    shown = docker.out("exec", two, "env")
    assert f"DB_NAME=/{two}/db" in shown and "DB_ENV_COLOUR=green" in shown
    assert docker.inspect(two)["HostConfig"]["Links"] == [f"/{one}:/{two}/db"]
    docker("stop", "-t", "0", one)
    run("three")  # takes the address that became free
    docker("start", one)
    lines = [line.split() for line in docker.out("exec", two, "cat", "/etc/hosts").splitlines()]
    shown = {line[0] for line in lines if "db" in line}
    assert shown and shown <= {address(docker, one, "bridge"), address(docker, one, "bridge", "GlobalIPv6Address")}


def test_links_that_are_refused(docker, run, name):
    docker.fails("run", "--rm", "--link", "no-such-container:db", "busybox", "true", code=125, says="no-such-container")
    docker("create", "--name", name, "busybox", "true")
    docker.fails("run", "--rm", "--link", f"{name}:db", "busybox", "true", code=125,
                 says=f"Cannot link to a non running container: /{name} AS")  # fmt: skip
    one = run("one")
    docker.fails("run", "--rm", "--network", "host", "--link", f"{one}:db", "busybox", "true", code=125,
                 says="conflicting options: host type networking can't be used with links")  # fmt: skip


def test_extra_hosts_and_the_gateway_of_the_host(docker, net, run):
    one = run("one", "--network", net(), "--add-host", "printer:192.0.2.7", "--add-host", "outside:host-gateway")
    hosts = [line.split() for line in docker.out("exec", one, "cat", "/etc/hosts").splitlines()]
    assert ["192.0.2.7", "printer"] in hosts
    gateway = address(docker, run("two"), "bridge", "Gateway")
    assert any(line[1:] == ["outside"] and line[0] == gateway for line in hosts), (hosts, gateway)


# Forwarding


def test_other_names_are_forwarded(docker, engine, net, run, nameserver):
    one = run("one", "--network", net(), *DNS)
    with inside(docker, one) as here:
        assert ask(here, "www.example.test").values() == ["203.0.113.10"]
        assert ask(here, "www.example.test", "AAAA").values() == ["2001:db8::10"]
        assert ask(here, "text.example.test", "TXT").values() == ["v=apus"]
        assert ask(here, "_http._tcp.example.test", "SRV").values() == [(10, 5, 8080, "www.example.test")]
        assert ask(here, "example.test", "MX").values() == [(10, "mail.example.test")]
        assert ask(here, reverse("203.0.113.10"), "PTR").values() == ["www.example.test"]
        assert ask(here, "short").values() == ["203.0.113.20"]
    assert {(protocol, peer) for _, _, protocol, peer in nameserver.queries} == {("udp", engine.network.address)}


def test_with_ndots_chosen_short_names_stay_inside(docker, net, run, nameserver):
    """The client will come back with its search domain, so the bare name is nobody else's business."""
    one = run("one", "--network", net(), "--dns-option", "ndots:1", *DNS)
    assert "ndots:1" in docker.out("exec", one, "cat", "/etc/resolv.conf")
    with inside(docker, one) as here:
        answer = ask(here, "short")
        assert answer.code == NOERROR and answer.records == []
        assert ask(here, "www.example.test").values() == ["203.0.113.10"]
    assert nameserver.asked("short") == []


def test_names_that_nobody_knows(docker, net, run, nameserver):
    one = run("one", "--network", net(), *DNS)
    with inside(docker, one) as here:
        answer = ask(here, "no-such-name.example.test")
        assert answer.code == NXDOMAIN and answer.records == []
        answer = ask(here, "www.example.test", "TXT")
        assert answer.code == NOERROR and answer.records == []


def test_long_answers_are_truncated_and_then_asked_for_by_tcp(docker, net, run, nameserver):
    one = run("one", "--network", net(), *DNS)
    with inside(docker, one) as here:
        answer = ask(here, "many.example.test")
        assert answer.truncated and answer.size <= 512
        answer = ask(here, "many.example.test", tcp=True)
        assert len(answer.values()) == 100 and not answer.truncated
        answer = ask(here, "many.example.test", size=4096)
        assert len(answer.values()) == 100 and not answer.truncated
    assert [protocol for _, _, protocol, _ in nameserver.asked("many.example.test")] == ["udp", "tcp", "udp"]


def test_a_service_with_more_addresses_than_a_datagram_holds(docker, net, run):
    """Of a name of its own, too, the resolver sends what fits and says that there is more."""
    network = net("--subnet", "10.210.3.0/24")
    label = "x" * 60
    alias = f"{label}.{label}.{label}.service"  # the longer the name, the fewer containers it takes
    members = [run(str(number), "--network", network, "--network-alias", alias) for number in range(6)]
    with inside(docker, members[0]) as here:
        assert len(ask(here, alias, tcp=True).values()) == 6
        answer = ask(here, alias)
        assert answer.size <= 512 and (answer.truncated or len(answer.values()) == 6)
        assert len(ask(here, alias, size=4096).values()) == 6


def test_the_next_server_is_asked_when_one_fails(docker, net, run, nameserver, neighbour):
    neighbour.run("ip", "address", "add", "198.51.100.9/24", "dev", "uplink")
    try:
        with NameServer(neighbour, "198.51.100.9", {}) as first:
            one = run("one", "--network", net(), "--dns", "198.51.100.9", *DNS)
            with inside(docker, one) as here:
                for code in (SERVFAIL, REFUSED):
                    first.code = code
                    assert ask(here, "www.example.test").values() == ["203.0.113.10"]
                first.code = NXDOMAIN  # an answer, not a failure
                assert ask(here, "www.example.test").code == words(NXDOMAIN, NOERROR)
                first.silent = True
                assert ask(here, "www.example.test", timeout=15).values() == ["203.0.113.10"]
    finally:
        neighbour.run("ip", "address", "del", "198.51.100.9/24", "dev", "uplink")


def test_no_server_that_answers(docker, net, run, nameserver):
    nameserver.code = REFUSED
    one = run("one", "--network", net(), *DNS)
    with inside(docker, one) as here:
        assert ask(here, "other.example.test").code in words((SERVFAIL,), (SERVFAIL, REFUSED))


def test_many_questions_at_once(docker, net, run, nameserver):
    network = net()
    one = run("one", "--network", network, *DNS)
    mine = address(docker, one, network)
    with inside(docker, one) as here, concurrent.futures.ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda number: ask(here, one if number % 2 else "www.example.test").values(), range(200)))
    assert found == [[mine] if number % 2 else ["203.0.113.10"] for number in range(200)]


def test_internal_networks_ask_nobody_outside(docker, engine, net, run, nameserver):
    network = net("--internal")
    one = run("one", "--network", network, *DNS)
    two = run("two", "--network", network, "--dns", engine.network.address)
    with inside(docker, one) as here:
        assert ask(here, two).values() == [address(docker, two, network)]
    for where in (one, two):
        with inside(docker, where) as here, contextlib.suppress(TimeoutError):
            assert ask(here, "www.example.test", timeout=1.5).code != NOERROR
    assert nameserver.queries == []


def test_forwarding_begins_and_ends_with_a_network_that_leads_outside(docker, net, run, nameserver):
    internal, outside = net("--internal"), net()
    one = run("one", "--network", internal, *DNS)
    with inside(docker, one) as here:
        docker("network", "connect", outside, one)
        assert ask(here, "www.example.test").values() == ["203.0.113.10"]
        docker("network", "disconnect", outside, one)
        nameserver.queries.clear()
        with contextlib.suppress(TimeoutError):
            assert ask(here, "www.example.test", timeout=1.5).code != NOERROR
    assert nameserver.queries == []


# Malformed questions


def test_nonsense_does_not_disturb_it(docker, net, run):
    network = net()
    one = run("one", "--network", network)
    seed = random.randrange(1 << 30)
    print("seed", seed)
    source = random.Random(seed)
    loop = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"\xc0\x0c" + struct.pack("!2H", 1, 1)
    endless = struct.pack("!6H", 7, 0x100, 1, 0, 0, 0) + b"\x3fx" * 40
    nothing = struct.pack("!6H", 7, 0x100, 0, 0, 0, 0)
    noise = [source.randbytes(source.randrange(1, 200)) for _ in range(100)]
    cut = [question(one)[:length] for length in range(1, 30)]
    with inside(docker, one) as here:
        for message in [loop, endless, nothing, b"", *noise, *cut]:
            with contextlib.suppress(OSError):
                send(here, message, "127.0.0.11", timeout=0.01)
        assert ask(here, one).values() == [address(docker, one, network)]
        for message in (loop, b"\0\0", noise[0]):
            with contextlib.suppress(OSError, struct.error):
                send(here, message, "127.0.0.11", tcp=True, timeout=0.2)
        assert ask(here, one, tcp=True).values() == [address(docker, one, network)]


def test_dns_addresses_that_are_none(docker, client):
    docker.fails("run", "--rm", "--dns", "nonsense", "busybox", "true", code=125)
    refused(lambda: client.api.create_container_from_config({"Image": "busybox", "HostConfig": {"ExtraHosts": ["nonsense"]}}), 400)
