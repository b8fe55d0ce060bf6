"""Options, names and requests that make no sense: refused in clear words, with nothing half made."""

import json
import threading

import docker as docker_py
import pytest

from networks import address, addresses, described, inside, links, opens, pings, refused, words

pytestmark = pytest.mark.usefixtures("busybox", "nginx")

BRIDGE = "com.docker.network.bridge."


@pytest.fixture
def unchanged(docker, host, name):
    """The host's links and the list of networks are the same afterwards as before."""

    def state():
        return set(links(host)), set(docker.out("network", "ls", "-q").split())

    before = state()
    yield
    assert state() == before


# Options of a bridge


@pytest.mark.parametrize("option, value", [
    ("com.docker.network.driver.mtu", "wide"),
    (BRIDGE + "enable_icc", "perhaps"),
    (BRIDGE + "enable_ip_masquerade", "2"),
    (BRIDGE + "host_binding_ipv4", "nonsense"),
])  # fmt: skip
def test_values_that_are_none(client, name, unchanged, option, value):
    said = refused(lambda: client.api.create_network(name, options={option: value}), words(400, 500))
    assert f"failed to parse {option} value: {value} (" in said


@pytest.mark.differs("does not know or does not check them")
@pytest.mark.parametrize("option, value", [
    (BRIDGE + "gateway_mode_ipv4", "odd"),
    (BRIDGE + "gateway_mode_ipv6", "nat,routed"),
    ("com.docker.network.enable_ipv6", "perhaps"),
])  # fmt: skip
def test_more_values_that_are_none(client, name, unchanged, option, value):
    assert option in refused(lambda: client.api.create_network(name, options={option: value}), 400)


@pytest.mark.differs("takes it")
def test_a_negative_mtu(client, name, unchanged):
    refused(lambda: client.api.create_network(name, options={"com.docker.network.driver.mtu": "-1"}), 400, "invalid MTU number: -1")


@pytest.mark.differs("does not check them")
@pytest.mark.parametrize("subnet, says", [
    ("fe80::/80", "'fe80::/80' clashes with the Link-Local prefix 'fe80::/64'"), ("ff05::/64", "multicast subnet"),
])  # fmt: skip
def test_ipv6_subnets_that_no_bridge_can_have(raw, unchanged, name, subnet, says):
    answer, said = raw("POST", "/networks/create", {"Name": name, "EnableIPv6": True, "IPAM": {"Config": [{"Subnet": subnet}]}})
    assert answer.status == 400 and says.split("/80'")[0] in said["message"], said


@pytest.mark.apus
@pytest.mark.parametrize("option", [BRIDGE + "colour", "com.docker.network.colour", "com.docker.network.driver.colour", "parent"])
def test_unknown_options_are_refused_by_name(client, name, unchanged, option):
    assert option in refused(lambda: client.api.create_network(name, options={option: "green"}), 400)


def test_foreign_options_are_kept_but_mean_nothing(docker, net):
    network = net("-o", "com.example.colour=green")
    assert described(docker, network)["Options"] == {"com.example.colour": "green"}


@pytest.mark.own_engine
def test_a_name_that_is_someone_elses_link(client, host, name, unchanged):
    said = refused(lambda: client.api.create_network(name, options={BRIDGE + "name": "uplink"}), (400, 403, 500))
    assert words("existing interface uplink is not a bridge", "uplink") in said
    assert "UP" in links(host)["uplink"]["flags"] and "198.51.100.2/24" in addresses(host)["uplink"]


@pytest.mark.own_engine
def test_a_bridge_that_was_there_is_used_and_left(docker, host, net, run):
    """Whoever made the bridge keeps it, with what else is on it."""
    host.run("ip", "link", "add", "mine0", "type", "bridge")
    host.run("ip", "address", "add", "10.212.1.1/24", "dev", "mine0")
    try:
        network = net("--subnet", "10.212.1.0/24", "--gateway", "10.212.1.1", "-o", BRIDGE + "name=mine0")
        one = run("one", "--network", network)
        with inside(docker, one) as here:
            assert pings(here, "10.212.1.1", within=20) and pings(here, "198.51.100.1", within=20)
        docker("rm", "-f", one)
        docker("network", "rm", network)
        assert "mine0" in links(host) and "10.212.1.1/24" in addresses(host)["mine0"]
    finally:
        host.run("ip", "link", "del", "mine0")


def test_a_bridge_that_another_network_has(client, net, name):
    net("-o", BRIDGE + "name=apust7")
    said = refused(lambda: client.api.create_network(name, options={BRIDGE + "name": "apust7"}), 403, "networks have same bridge name")
    assert "cannot create network" in said and "conflicts with network" in said


@pytest.mark.differs("takes the default network's bridge away")
def test_the_default_bridges_name_is_taken(docker, client, name, unchanged):
    default = described(docker, "bridge")["Options"][BRIDGE + "name"]
    refused(lambda: client.api.create_network(name, options={BRIDGE + "name": default}), 403, "networks have same bridge name")


@pytest.mark.parametrize("bridge", ["sixteenlettersxx", "a/b", "a b", "..", "a:b"])
def test_names_that_no_link_can_have(client, docker, name, unchanged, bridge):
    refused(lambda: client.api.create_network(name, options={BRIDGE + "name": bridge}), (400, 403, 500))
    docker.fails("network", "inspect", name, says="not found")


def test_an_interface_prefix_that_no_link_can_have(docker, name):
    done = docker("network", "create", "-o", "com.docker.network.container_iface_prefix=sixteenlettersxx", name, check=False)
    if done.returncode == 0:
        docker.fails("run", "--rm", "--network", name, "busybox", "true", code=125)


# Requests


def test_requests_that_make_no_sense(raw, net, run):
    network, one = net(), run("one")
    for path in (f"/networks/{network}/connect", f"/networks/{network}/disconnect"):
        answer, _ = raw("POST", path, "{", {"Content-Type": "application/json"})
        assert answer.status == words(400, answer.status)
        answer, said = raw("POST", path, {"Container": ""})
        assert answer.status in words((400, 404), (400, 404, 500)) and said["message"]
        answer, _ = raw("POST", path, {"Container": one, "EndpointConfig": []})
        assert answer.status in words((400,), (400, 500)) or path.endswith("disconnect")
    answer, _ = raw("POST", "/networks/create", {"Name": "x", "IPAM": "y"})
    assert answer.status == words(400, answer.status) and answer.status >= 400
    answer, _ = raw("POST", "/networks/create", {"Name": "x", "Labels": ["y"]})
    assert answer.status == words(400, answer.status) and answer.status >= 400


def test_paths_that_make_no_sense(raw):
    for path in ("/networks/no%20such", "/networks/%2e%2e", "/networks/..%2f..", "/networks/" + "x" * 4000, "/networks/%00"):
        for method in ("GET", "DELETE"):
            answer, _ = raw(method, path)
            assert 300 < answer.status < 500, (method, path, answer.status)
    assert raw("GET", "/networks?filters=nonsense")[0].status == words(400, 500)
    assert raw("PUT", "/networks/bridge")[0].status in (404, 405)


def test_an_ambiguous_start_of_an_id(client, name):
    """Of seventeen ids, two begin alike."""
    made = [client.api.create_network(name + str(number))["Id"] for number in range(17)]
    everything = [network["Id"] for network in client.api.networks()]
    start = next(one[0] for one in made if sum(other[0] == one[0] for other in everything) > 1)
    count = sum(other[0] == start for other in everything)
    said = refused(lambda: client.api.inspect_network(start), 400, f"network {start} is ambiguous")
    assert f"{count} matches found based on ID prefix" in said
    refused(lambda: client.api.remove_network(start), 400, f"network {start} is ambiguous")
    assert len(client.api.networks()) == len(everything)


def test_large_descriptions(docker, client, name):
    labels = {f"label{number}": "x" * 100 for number in range(500)}
    client.api.create_network(name, labels=labels)
    assert described(docker, name)["Labels"] == labels
    client.api.remove_network(name)
    long = name + "y" * 300
    client.api.create_network(long)
    assert json.loads(docker.out("network", "inspect", long))[0]["Name"] == long


# What fails leaves nothing


def test_a_refused_port_leaves_no_endpoint(docker, net, run, port):
    network = net("--subnet", "10.212.2.0/29")
    run("web", "--network", network, "-p", f"{port}:80", image="nginx")
    for _ in range(6):  # more often than there are addresses
        docker.fails("run", "--rm", "--network", network, "-p", f"{port}:80", "nginx", code=125, says="port is already allocated")
    assert len(described(docker, network)["Containers"]) == 1
    assert address(docker, run("other", "--network", network), network)


def test_a_second_network_that_fails_leaves_the_first(docker, net, run, name):
    """A start that fails half way gives back what it had taken, and can be tried again."""
    first, full = net("--subnet", "10.212.3.0/29"), net("--subnet", "10.212.4.0/30")
    blocker = run("blocker", "--network", full)
    docker("create", "--name", name, "--network", first, "busybox", "sleep", "600")
    docker("network", "connect", full, name)
    for _ in range(6):
        docker.fails("start", name, code=1, says="no available IPv4 addresses")
    assert described(docker, first)["Containers"] == {}
    docker("rm", "-f", blocker)
    docker("start", name)
    assert address(docker, name, first) and address(docker, name, full) == "10.212.4.2"


def test_a_program_that_cannot_be_started_leaves_no_endpoint(docker, host, net, port):
    network = net("--subnet", "10.212.5.0/29")
    for _ in range(6):
        docker.fails("run", "--rm", "--network", network, "-p", f"{port}:80", "busybox", "/no/such/program")
    assert described(docker, network)["Containers"] == {} and not opens(host, "127.0.0.1", port)


def test_everything_at_once(docker, client, net, run):
    """Connecting, disconnecting and removing from many sides ends in a state that agrees with itself."""
    network = net("--subnet", "10.212.6.0/24")
    members = [run(str(number)) for number in range(3)]
    unexpected = []

    def work(container):
        for call in (client.api.connect_container_to_network, client.api.disconnect_container_from_network) * 4:
            try:
                call(container, network)
            except docker_py.errors.APIError as error:
                if error.status_code not in words((403, 404, 409), (403, 404, 409, 500)) and "not connected" not in str(error):
                    unexpected.append(error)

    threads = [threading.Thread(target=work, args=(member,)) for member in members * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not unexpected
    shown = {member["Name"] for member in described(docker, network)["Containers"].values()}
    for member in members:
        assert (network in docker.inspect(member)["NetworkSettings"]["Networks"]) == (member in shown)
        with inside(docker, member) as here:
            assert len(links(here)) == (3 if member in shown else 2)
        docker("rm", "-f", member)
    docker("network", "rm", network)
