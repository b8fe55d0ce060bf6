"""Pools and addresses of networks: chosen by the user or by the engine, exhausted, refused, and given back."""

import ipaddress
import threading

import docker as docker_py
import pytest

import leaks
from conftest import Cli, load, made
from networks import address, addresses, described, endpoint, inside, pings, pool, refused, words

pytestmark = pytest.mark.usefixtures("busybox")


def create(raw, name, *pools, status=None, **more):
    """`POST /networks/create` without what the command line checks or fills in; answers the message."""
    body = {"Name": name, "Driver": "bridge", "IPAM": {"Driver": "default", "Config": list(pools)}, "CheckDuplicate": True, **more}
    answer, said = raw("POST", "/networks/create", body)
    if status is None:
        assert answer.status == 201, said
    else:
        assert answer.status == status, (answer.status, said)
    return said.get("message", "").strip()


# What the user chooses


def test_subnet(docker, net, run):
    network = net("--subnet", "10.204.1.0/24")
    (config,) = described(docker, network)["IPAM"]["Config"]
    assert config.pop("Gateway", "10.204.1.1") == "10.204.1.1" and config == {"Subnet": "10.204.1.0/24"}
    shown = endpoint(docker, run("one", "--network", network), network)
    assert shown["IPAddress"].startswith("10.204.1.") and shown["Gateway"] == "10.204.1.1" and shown["IPPrefixLen"] == 24


def test_gateway(docker, net, run):
    network = net("--subnet", "10.204.2.0/24", "--gateway", "10.204.2.77")
    one = run("one", "--network", network)
    assert address(docker, one, network, "Gateway") == "10.204.2.77"
    with inside(docker, one) as here:
        assert pings(here, "10.204.2.77", within=20)


def test_range(docker, net, run):
    network = net("--subnet", "10.204.3.0/24", "--ip-range", "10.204.3.128/30", "--gateway", "10.204.3.1")
    found = {address(docker, run(str(number), "--network", network), network) for number in range(4)}
    assert found == {f"10.204.3.{last}" for last in range(128, 132)}
    said = docker.fails("run", "--rm", "--network", network, "busybox", "true", code=125)
    assert "no available IPv4 addresses on this network's address pools: " + network in said
    one = run("outside-of-it", "--network", network, "--ip", "10.204.3.9")
    assert address(docker, one, network) == "10.204.3.9"
    with inside(docker, one) as here:
        assert addresses(here)["eth0"] == ["10.204.3.9/24"]


def test_auxiliary_addresses_are_left_alone(docker, net, run):
    network = net("--subnet", "10.204.4.0/29", "--aux-address", "router=10.204.4.2", "--aux-address", "printer=10.204.4.4")
    docker.fails("run", "--rm", "--network", network, "--ip", "10.204.4.2", "busybox", "true", code=125, says="Address already in use")
    found = {address(docker, run(str(number), "--network", network), network) for number in range(3)}
    assert found == {"10.204.4.3", "10.204.4.5", "10.204.4.6"}
    assert pool(docker, network)["AuxiliaryAddresses"] == {"router": "10.204.4.2", "printer": "10.204.4.4"}


def test_two_families(docker, net, run):
    network = net("--ipv6", "--subnet", "10.204.5.0/24", "--gateway", "10.204.5.254",
                  "--subnet", "fd00:a905:51::/64", "--gateway", "fd00:a905:51::fe", "--ip-range", "fd00:a905:51::1000/116")  # fmt: skip
    shown = endpoint(docker, run("one", "--network", network), network)
    assert shown["IPAddress"].startswith("10.204.5.") and shown["Gateway"] == "10.204.5.254"
    assert ipaddress.ip_address(shown["GlobalIPv6Address"]) in ipaddress.ip_network("fd00:a905:51::1000/116")
    assert shown["IPv6Gateway"] == "fd00:a905:51::fe" and shown["GlobalIPv6PrefixLen"] == 64
    shown = endpoint(docker, run("two", "--network", network, "--ip6", "fd00:a905:51::77"), network)
    assert shown["GlobalIPv6Address"] == "fd00:a905:51::77" and shown["IPAMConfig"] == {"IPv6Address": "fd00:a905:51::77"}
    docker.fails("run", "--rm", "--network", network, "--ip6", "fd00:a905:51::77", "busybox", "true", code=125, says="Address already in use")


def test_a_large_pool(docker, net, run):
    network = net("--subnet", "11.0.0.0/8")
    assert address(docker, run("one", "--network", network), network) == "11.0.0.2"
    assert address(docker, run("two", "--network", network, "--ip", "11.255.255.254"), network) == "11.255.255.254"


# Exhaustion and re-use


def test_a_full_network_and_one_that_has_room_again(docker, net, run, name):
    network = net("--subnet", "10.204.6.0/29")
    found = {address(docker, run(str(number), "--network", network), network) for number in range(5)}
    assert found == {f"10.204.6.{last}" for last in range(2, 7)}
    identifier = described(docker, network)["Id"]
    said = docker.fails("run", "--name", f"{name}-late", "--network", network, "busybox", "sleep", "600", code=125)
    assert f"no available IPv4 addresses on this network's address pools: {network} ({identifier})" in said
    assert docker.inspect(f"{name}-late", "{{.State.Status}}") == "created"
    free = address(docker, f"{name}-3", network)
    docker("stop", "-t", "0", f"{name}-3")
    docker("start", f"{name}-late")
    assert address(docker, f"{name}-late", network) == free
    docker.fails("start", f"{name}-3", code=1, says="no available IPv4 addresses")
    docker("network", "disconnect", network, f"{name}-0")
    docker("start", f"{name}-3")


def test_the_smallest_network_of_all(docker, net, run, name):
    network = net("--subnet", "10.204.7.0/30")
    assert address(docker, run("one", "--network", network), network) == "10.204.7.2"
    docker.fails("run", "--rm", "--network", network, "busybox", "true", code=125, says="no available IPv4 addresses")
    docker("rm", "-f", f"{name}-one")
    assert address(docker, run("two", "--network", network), network) == "10.204.7.2"


def test_a_failed_connect_gives_its_address_back(docker, client, net, run):
    """IPv4 is given first; if there is no IPv6 left, it must not stay taken."""
    network = net("--ipv6", "--subnet", "10.204.8.0/24", "--subnet", "fd00:a905:52::/126")
    members = [run(str(number), "--network", network) for number in range(2)]
    late = run("late")
    for _ in range(3):
        refused(lambda: client.api.connect_container_to_network(late, network), 500, "no available IPv6 addresses")
    assert len(described(docker, network)["Containers"]) == len(members)
    docker("network", "disconnect", network, members[0])
    docker("network", "connect", network, late)


def test_many_networks_come_and_go(client, engine, host, name):
    before = leaks.snapshot(host)
    subnets = set()
    for number in range(words(200, 25)):
        made = client.api.create_network(name)
        if number % 20 == 0:
            subnets.add(client.api.inspect_network(made["Id"])["IPAM"]["Config"][0]["Subnet"])
        client.api.remove_network(made["Id"])
    assert subnets
    if engine.process:
        assert leaks.settled(before, host, engine.process) == []


def test_a_pool_is_free_once_its_network_is_gone(docker, name):
    for _ in range(3):
        docker("network", "create", "--subnet", "10.204.9.0/24", "--gateway", "10.204.9.9", name)
        docker("network", "rm", name)
    docker("network", "create", "--subnet", "10.204.0.0/16", name)


def test_networks_made_at_the_same_time_do_not_overlap(client, name):
    made, errors = [], []

    def create(number):
        try:
            made.append(client.api.create_network(f"{name}{number}")["Id"])
        except docker_py.errors.APIError as error:
            errors.append(error)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    subnets = [ipaddress.ip_network(client.api.inspect_network(one)["IPAM"]["Config"][0]["Subnet"]) for one in made]
    assert not any(one.overlaps(other) for one in subnets for other in subnets if one is not other)


@pytest.mark.differs("sometimes gives it twice")
def test_one_name_at_the_same_time_is_given_once(client, name):
    answers = []

    def create():
        try:
            answers.append(client.api.create_network(name)["Id"])
        except docker_py.errors.APIError as error:
            answers.append(error.status_code)

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(409) == 5 and len(answers) == 6


# What the engine chooses


@pytest.mark.own_engine
def test_pools_that_routes_of_the_host_cover_are_not_chosen(docker, host, name):
    covered = [f"172.{second}.0.0/16" for second in range(17, 32)]
    covered += ["192.168.0.0/17", "192.168.128.0/18", "192.168.192.0/19", "192.168.224.0/20"]
    for subnet in covered:
        host.run("ip", "route", "add", subnet, "dev", "uplink", check=False)
    try:
        docker("network", "create", name)
        assert pool(docker, name)["Subnet"] == "192.168.240.0/20"
        said = docker.fails("network", "create", name + "-2", code=1)
        assert words(
            "all predefined address pools have been fully subnetted",
            "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network",
        ) in said  # fmt: skip
        docker("network", "create", "--subnet", "10.204.10.0/24", name + "-3")
    finally:
        for subnet in covered:
            host.run("ip", "route", "del", subnet, "dev", "uplink", check=False)


@pytest.mark.own_engine
def test_pools_by_flag(another_engine, work, name):
    engine = another_engine("--default-address-pool", "base=10.205.0.0/22,size=24", "--default-address-pool", "base=10.206.0.0/24,size=25")
    docker = Cli(engine.url, work)
    for number in range(6):
        docker("network", "create", f"{name}{number}")
    shown = {pool(docker, f"{name}{number}")["Subnet"] for number in range(6)}
    assert shown == {"10.205.0.0/24", "10.205.1.0/24", "10.205.2.0/24", "10.205.3.0/24", "10.206.0.0/25", "10.206.0.128/25"}
    docker.fails("network", "create", name + "-late", code=1)
    docker("network", "rm", name + "2")
    docker("network", "create", name + "-late")
    assert pool(docker, name + "-late")["Subnet"] == "10.205.2.0/24"
    for number in (0, 1, 3, 4, 5):
        docker("network", "rm", f"{name}{number}")
    docker("network", "rm", name + "-late")


@pytest.mark.own_engine
def test_pools_are_remembered(another_engine, work, name):
    """What another network has is refused after a restart too, and an address that a container has is not given twice."""
    engine = another_engine()
    docker = Cli(engine.url, work)
    client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=60)
    load(client, made("busybox"), "busybox:latest")
    client.close()
    docker("network", "create", "--subnet", "10.204.11.0/29", name)
    docker("run", "-d", "--name", name, "--network", name, "busybox", "sleep", "600")
    taken = address(docker, name, name)
    engine.kill()
    engine.start()
    docker.fails("network", "create", "--subnet", "10.204.11.0/24", name + "-2", code=1, says="Pool overlaps with other one on this address space")
    docker.fails("run", "--rm", "--network", name, "--ip", taken, "busybox", "true", code=125, says="Address already in use")
    found = set()
    for number in range(4):
        docker("run", "-d", "--name", f"{name}{number}", "--network", name, "busybox", "sleep", "600")
        found.add(address(docker, f"{name}{number}", name))
    assert len(found) == 4 and taken not in found


# What is refused


def test_overlapping_pools(docker, raw, net, name):
    taken = net("--subnet", "10.207.0.0/16")
    for other in ("10.207.0.0/16", "10.207.3.0/24", "10.0.0.0/8"):
        said = create(raw, name, {"Subnet": other}, status=403)
        assert "Pool overlaps with other one on this address space" in said
    docker.fails("network", "create", "--subnet", "10.207.4.0/24", name, code=1, says="Pool overlaps with other one on this address space")
    docker("network", "rm", taken)
    create(raw, name, {"Subnet": "10.207.3.0/24"})


def test_the_default_bridges_pool_is_taken_too(docker, raw, name):
    subnets = [config["Subnet"] for config in described(docker, "bridge")["IPAM"]["Config"]]
    create(raw, name, *({"Subnet": subnet} for subnet in subnets), status=403, EnableIPv6=True)


@pytest.mark.parametrize("subnet", ["nonsense", "10.208.1.0", "10.208.1.0/33", "10.208.300.0/24", "", "10.208.1.0/-1"])
def test_malformed_subnets(docker, raw, name, subnet):
    said = create(raw, name, {"Subnet": subnet}, status=words(400, 500))
    assert words(f"invalid network config:\ninvalid subnet {subnet}: invalid CIDR block notation", f"nvalid subnet {subnet}") in said
    docker.fails("network", "inspect", name, says="not found")


@pytest.mark.differs("takes them as they come, or refuses them in other words")
def test_pools_that_do_not_fit(docker, raw, name):
    subnet = "10.208.1.0/24"
    for config, says in (
        ({"Subnet": "10.208.1.7/24"}, "invalid subnet 10.208.1.7/24: it should be 10.208.1.0/24"),
        ({"Subnet": subnet, "IPRange": "x"}, "invalid ip-range x: invalid CIDR block notation"),
        ({"Subnet": subnet, "IPRange": "10.208.0.0/16"}, "invalid ip-range 10.208.0.0/16: CIDR block is bigger than its parent subnet 10.208.1.0/24"),
        ({"Subnet": subnet, "IPRange": "10.208.1.9/28"}, "invalid ip-range 10.208.1.9/28: it should be 10.208.1.0/28"),
        ({"Subnet": subnet, "IPRange": "10.209.1.0/28"}, "invalid ip-range 10.209.1.0/28: parent subnet 10.208.1.0/24 doesn't contain ip-range"),
        ({"Subnet": subnet, "IPRange": "fd00::/80"}, "invalid ip-range fd00::/80: parent subnet is an IPv4 block"),
        ({"Subnet": subnet, "Gateway": "x"}, "invalid gateway x: invalid address"),
        ({"Subnet": subnet, "Gateway": "10.209.1.1"}, "invalid gateway 10.209.1.1: parent subnet 10.208.1.0/24 doesn't contain this address"),
        ({"Subnet": subnet, "Gateway": "fd00::1"}, "invalid gateway fd00::1: parent subnet is an IPv4 block"),
        ({"Subnet": subnet, "AuxiliaryAddresses": {"a": "10.209.1.1"}}, "invalid auxiliary address a: parent subnet 10.208.1.0/24 doesn't contain this address"),
        ({"Subnet": subnet, "AuxiliaryAddresses": {"a": "x"}}, "invalid auxiliary address a: invalid address"),
    ):  # fmt: skip
        assert create(raw, name, config, status=400) == "invalid network config:\n" + says
    docker.fails("network", "inspect", name, says="not found")


@pytest.mark.differs("stops at the first")
def test_every_mistake_is_told_at_once(raw, name):
    said = create(raw, name, {"Subnet": "x"}, {"Subnet": "10.208.2.0/24", "Gateway": "10.1.1.1", "IPRange": "y"}, status=400)
    assert said.splitlines() == [
        "invalid network config:",
        "* invalid subnet x: invalid CIDR block notation",
        "* invalid ip-range y: invalid CIDR block notation",
        "* invalid gateway 10.1.1.1: parent subnet 10.208.2.0/24 doesn't contain this address",
    ]


def test_a_gateway_or_a_range_that_is_elsewhere(raw, name):
    """In any words: both engines refuse these. Of 20.10 a pool stays taken."""
    for wrong in (
        {"Gateway": "10.209.1.1"}, {"Gateway": "10.208.3.400"}, {"IPRange": "elsewhere"},
        {"AuxiliaryAddresses": {"a": "10.209.1.1"}}, {"AuxiliaryAddresses": {"a": "elsewhere"}},
    ):  # fmt: skip
        answer, said = raw("POST", "/networks/create", {
            "Name": name, "IPAM": {"Config": [{"Subnet": "10.208.3.0/24", **wrong}]}})  # fmt: skip
        assert 400 <= answer.status <= 500 and said["message"], (wrong, said)
    create(raw, name, {"Subnet": "10.208.3.0/24"}, status=words(None, 403))


def test_an_auxiliary_address_that_is_the_gateway(raw, name):
    config = {"Subnet": "10.208.4.0/24", "Gateway": "10.208.4.1", "AuxiliaryAddresses": {"a": "10.208.4.1"}}
    said = create(raw, name, config, status=words(500, 500))
    assert "failed to allocate secondary ip address (a:10.208.4.1): Address already in use" in said
    create(raw, name, {"Subnet": "10.208.4.0/24"})


def test_several_subnets_of_one_family(raw, name):
    said = create(raw, name, {"Subnet": "10.208.5.0/24"}, {"Subnet": "10.208.6.0/24"}, status=403)
    assert "bridge driver doesn't support multiple subnets" in said
    create(raw, name, {"Subnet": "10.208.6.0/24"})


def test_ipam_drivers_that_are_not_there(docker, raw, name):
    body = {"Name": name, "IPAM": {"Driver": "no-such-ipam", "Config": []}}
    answer, said = raw("POST", "/networks/create", body, timeout=60)
    assert answer.status == 404 and 'plugin "no-such-ipam" not found' in said["message"], said
    docker.fails("network", "inspect", name, says="not found")


def test_an_ipv6_subnet_without_ipv6_is_not_used(docker, net, run):
    network = net("--subnet", "10.208.7.0/24", "--subnet", "fd00:a905:53::/64")
    shown = endpoint(docker, run("one", "--network", network), network)
    assert shown["GlobalIPv6Address"] == "" and described(docker, network)["EnableIPv6"] is False


@pytest.mark.differs("sets two addresses of a subnet aside in any case")
@pytest.mark.parametrize("option", ["inhibit_ipv4=true", "gateway_mode_ipv4=isolated"])
def test_two_containers_on_a_subnet_of_two_addresses(docker, net, run, option):
    """RFC 3021; the host has no place there."""
    network = net("--internal", "--subnet", "10.205.9.0/31", "-o", "com.docker.network.bridge." + option)
    one, other = run("one", "--network", network), run("other", "--network", network)
    assert {address(docker, one, network), address(docker, other, network)} == {"10.205.9.0", "10.205.9.1"}
    with inside(docker, one) as here:
        assert pings(here, address(docker, other, network), within=5)


@pytest.mark.differs("gives the subnet to several networks")
def test_a_subnet_that_is_local_to_a_link(docker, net, run):
    network = net("--ipv6", "--subnet", "fe80::/64")
    one, other = run("one", "--network", network), run("other", "--network", network)
    mine = docker.inspect(other)["NetworkSettings"]["Networks"][network]["GlobalIPv6Address"]
    assert mine.startswith("fe80::")
    with inside(docker, one) as here:
        assert pings(here, mine + "%eth0", within=5)
