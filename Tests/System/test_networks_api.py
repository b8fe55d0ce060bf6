"""`docker network create`, `ls`, `inspect`, `rm` and `prune`, configuration-only networks, and their events."""

import datetime
import json
import re
import time

import pytest

from networks import described, endpoint, refused, words

pytestmark = pytest.mark.usefixtures("busybox")


# create


def test_create_answers_the_id(docker, client, name):
    made = docker.out("network", "create", name)
    assert re.fullmatch("[0-9a-f]{64}", made)
    assert client.api.inspect_network(name)["Id"] == made
    made = client.api.create_network(name + "-2")
    assert re.fullmatch("[0-9a-f]{64}", made["Id"]) and not made.get("Warning")


def test_names_are_unique(docker, client, net):
    network = net()
    docker.fails("network", "create", network, code=1, says=f"network with name {network} already exists")
    refused(lambda: client.api.create_network(network, check_duplicate=True), 409, f"network with name {network} already exists")


@pytest.mark.differs("makes a second one unless told to check")
def test_names_are_unique_unasked(client, net):
    network = net()
    refused(lambda: client.api.create_network(network), 409, f"network with name {network} already exists")


@pytest.mark.parametrize("predefined", ["bridge", "host", "none"])
def test_predefined_names_are_taken(client, predefined):
    refused(lambda: client.api.create_network(predefined), 403, f"operation is not permitted on predefined {predefined} network")


def test_names_that_are_none(raw):
    for nothing in ("", "  "):
        answer, body = raw("POST", "/networks/create", {"Name": nothing})
        assert answer.status == words(400, 500) and "invalid name" in body["message"]


def test_bodies_that_are_no_json(raw):
    for body in ("{", '{"Name": 1}', ""):
        answer, _ = raw("POST", "/networks/create", body, {"Content-Type": "application/json"})
        assert answer.status == words(400, answer.status) and answer.status >= 400


def test_drivers_that_are_not_there(docker, client, name):
    refused(lambda: client.api.create_network(name, driver="no-such-driver"), 404, 'plugin "no-such-driver" not found')
    docker.fails("network", "inspect", name, says="not found")


@pytest.mark.parametrize("driver", ["host", "null"])
def test_drivers_with_a_single_network(client, name, driver):
    refused(lambda: client.api.create_network(name, driver=driver), 403, f'only one instance of "{driver}" network is allowed')


def test_swarm_needs_a_swarm(client, name):
    refused(lambda: client.api.create_network(name, scope="swarm"), 403, "swarm")
    refused(lambda: client.api.create_network(name, ingress=True), 403, "Ingress network can only be global scope network")


# inspect


def test_every_field(docker, name):
    before = time.time()
    made = docker.out(
        "network", "create", "--driver", "bridge", "--attachable", "--internal", "--ipv6",
        "--subnet", "10.202.1.0/24", "--ip-range", "10.202.1.128/25", "--gateway", "10.202.1.254",
        "--aux-address", "router=10.202.1.250", "--subnet", "fd00:a905:31::/64",
        "--ipam-opt", "com.example.option=value", "--label", "colour=green", "--label", "bare",
        "--opt", "com.docker.network.driver.mtu=1400", name,
    )  # fmt: skip
    shown = described(docker, name)
    created = datetime.datetime.fromisoformat(re.sub(r"(\.\d{6})\d*", r"\1", shown.pop("Created")).replace("Z", "+00:00"))
    assert before - 2 < created.timestamp() < time.time() + 2
    assert shown.pop("EnableIPv4", True) is True
    ipam = shown.pop("IPAM")
    assert ipam["Driver"] == "default" and ipam["Options"] == {"com.example.option": "value"}
    assert ipam["Config"][0] == {
        "Subnet": "10.202.1.0/24", "IPRange": "10.202.1.128/25", "Gateway": "10.202.1.254",
        "AuxiliaryAddresses": {"router": "10.202.1.250"},
    }  # fmt: skip
    assert ipam["Config"][1]["Subnet"] == "fd00:a905:31::/64" and len(ipam["Config"]) == 2
    assert shown == {
        "Name": name, "Id": made, "Scope": "local", "Driver": "bridge", "EnableIPv6": True, "Internal": True,
        "Attachable": True, "Ingress": False, "ConfigFrom": {"Network": ""}, "ConfigOnly": False, "Containers": {},
        "Options": {"com.docker.network.driver.mtu": "1400"}, "Labels": {"colour": "green", "bare": ""},
    }  # fmt: skip


def test_what_was_not_asked_for(docker, net):
    shown = described(docker, net())
    assert shown["Driver"] == "bridge" and shown["Scope"] == "local" and shown["Options"] == {} and shown["Labels"] == {}
    assert not any(shown[key] for key in ("EnableIPv6", "Internal", "Attachable", "Ingress", "ConfigOnly"))
    assert shown["IPAM"]["Driver"] == "default" and shown["IPAM"]["Options"] in ({}, None)
    (config,) = shown["IPAM"]["Config"]
    assert set(config) == {"Subnet", "Gateway"} and config["Gateway"].rsplit(".", 1)[0] == config["Subnet"].split("/")[0].rsplit(".", 1)[0]


@pytest.mark.differs("does not tell")
def test_ipv4_is_told(docker, net):
    assert described(docker, net())["EnableIPv4"] is True
    assert described(docker, "bridge")["EnableIPv4"] is True


def test_members(docker, net, run):
    network = net("--ipv6", "--subnet", "10.202.2.0/24", "--subnet", "fd00:a905:32::/64")
    one, two = run("one", "--network", network), run("two", "--network", network)
    members = described(docker, network)["Containers"]
    assert set(members) == {docker.inspect(one, "{{.Id}}"), docker.inspect(two, "{{.Id}}")}
    mine, shown = members[docker.inspect(one, "{{.Id}}")], endpoint(docker, one, network)
    assert mine == {
        "Name": one, "EndpointID": shown["EndpointID"], "MacAddress": shown["MacAddress"],
        "IPv4Address": shown["IPAddress"] + "/24", "IPv6Address": shown["GlobalIPv6Address"] + "/64",
    }  # fmt: skip
    docker("stop", "-t", "0", two)
    assert set(described(docker, network)["Containers"]) == {docker.inspect(one, "{{.Id}}")}
    docker("rename", one, one + "x")
    assert described(docker, network)["Containers"][docker.inspect(one + "x", "{{.Id}}")]["Name"] in (one + "x", one)


def test_by_id_and_prefix_and_several_at_once(docker, net):
    one, two = net(), net()
    ids = [described(docker, network)["Id"] for network in (one, two)]
    shown = json.loads(docker.out("network", "inspect", ids[0], ids[1][:12], one))
    assert [network["Name"] for network in shown] == [one, two, one]
    assert docker.out("network", "inspect", "--format", "{{.Name}} {{.Driver}}", one, two) == f"{one} bridge\n{two} bridge"
    done = docker("network", "inspect", one, "no-such-network", check=False)
    assert done.returncode == 1 and [network["Name"] for network in json.loads(done.stdout)] == [one]
    assert "network no-such-network not found" in done.stderr


def test_verbose_and_scope(docker, client, net, raw):
    network = net()
    assert described(docker, network, "--verbose")["Name"] == network
    assert client.api.inspect_network(network, verbose=True, scope="local")["Name"] == network
    refused(lambda: client.api.inspect_network(network, scope="swarm"), 404, f"network {network} not found")
    answer, _ = raw("GET", f"/networks/{network}?verbose=perhaps")
    assert answer.status == 400


def test_unknown_networks(docker, client):
    refused(lambda: client.api.inspect_network("no-such-network"), 404, "network no-such-network not found")
    refused(lambda: client.api.remove_network("no-such-network"), 404, "network no-such-network not found")
    docker.fails("network", "inspect", "no-such-network", code=1, says="network no-such-network not found")
    docker.fails("network", "rm", "no-such-network", code=1, says="network no-such-network not found")
    docker("network", "rm", "--force", "no-such-network")


def test_a_name_goes_before_the_start_of_an_id_and_a_whole_id_before_a_name(docker, net):
    first = net()
    whole = described(docker, first)["Id"]
    like_prefix, like_id = docker.out("network", "create", whole[:10]), docker.out("network", "create", whole)
    assert described(docker, whole[:10])["Id"] == like_prefix and described(docker, whole)["Id"] == whole
    docker("network", "rm", whole[:10])
    assert described(docker, whole[:10])["Id"] == whole
    docker("network", "rm", whole)
    assert described(docker, whole)["Id"] == like_id
    docker.fails("network", "inspect", first)
    docker("network", "rm", whole)


# ls


def names(docker, *filters):
    flags = [item for one in filters for item in ("--filter", one)]
    return set(docker.out("network", "ls", "--format", "{{.Name}}", *flags).split())


def test_filters(docker, net, run, name):
    plain, labelled = net(), net("--label", "colour=green", "--label", name)
    used = net("--internal")
    run("one", "--network", used)
    identifier = described(docker, plain)["Id"]
    mine = f"name={name}"
    assert names(docker, mine) == {plain, labelled, used}
    assert names(docker, f"name={plain}") == {plain} and names(docker, "name=no-such-name") == set()
    assert names(docker, f"name={plain}", f"name={used}") == {plain, used}
    assert names(docker, f"name=^{name}-n[12]$") == {plain, labelled}
    assert names(docker, f"id={identifier}") == names(docker, f"id={identifier[:12]}") == {plain}
    assert names(docker, f"label={name}") == names(docker, mine, "label=colour=green") == {labelled}
    assert names(docker, mine, "label=colour=red") == set()
    assert names(docker, mine, "driver=bridge") == {plain, labelled, used} and names(docker, mine, "driver=host") == set()
    assert names(docker, "driver=null") == {"none"} and names(docker, "driver=host") == {"host"}
    assert names(docker, mine, "scope=local") == {plain, labelled, used} and names(docker, mine, "scope=global") == set()
    assert names(docker, mine, "type=custom") == {plain, labelled, used} and names(docker, mine, "type=builtin") == set()
    assert names(docker, "type=builtin") == {"bridge", "host", "none"}
    assert names(docker, "type=builtin", "type=custom") >= {"bridge", plain}


@pytest.mark.apus
def test_filter_for_networks_in_use(docker, net, run, name):
    """As it is documented: the original, 28 too, looks at no members when it lists and shows those in use as well."""
    unused, used = net(), net()
    run("one", "--network", used)
    assert names(docker, f"name={name}", "dangling=true") == names(docker, f"name={name}", "dangling=1") == {unused}
    assert names(docker, f"name={name}", "dangling=false") == {used}


def test_filters_that_are_refused(docker, client):
    refused(lambda: client.api.networks(filters={"colour": ["green"]}), 400, "nvalid filter 'colour")
    docker.fails("network", "ls", "--filter", "dangling=perhaps", says="invalid value for filter 'dangling', must be \"true\"")
    docker.fails("network", "ls", "--filter", "dangling=true", "--filter", "dangling=false",
                 says='got more than one value for filter key "dangling"')  # fmt: skip
    docker.fails("network", "ls", "--filter", "type=odd", says="invalid filter: 'type'='odd'")


def test_formats(docker, net):
    network = net("--label", "colour=green", "--internal")
    identifier = described(docker, network)["Id"]
    mine = ("--filter", f"name={network}")
    assert re.fullmatch(rf"NETWORK ID +NAME +DRIVER +SCOPE\n{identifier[:12]} +{network} +bridge +local", docker.out("network", "ls", *mine))
    assert docker.out("network", "ls", "-q", *mine) == identifier[:12]
    assert docker.out("network", "ls", "-q", "--no-trunc", *mine) == identifier
    row = docker.out("network", "ls", *mine, "--format", '{{.ID}} {{.Internal}} {{.IPv6}} {{.Labels}} {{.Label "colour"}}')
    assert row == f"{identifier[:12]} true false colour=green green"
    shown = json.loads(docker.out("network", "ls", *mine, "--format", "json"))
    assert shown["Name"] == network and shown["CreatedAt"]


def test_lists_carry_no_members(client, net, run):
    network = net()
    run("one", "--network", network)
    (listed,) = client.api.networks(names=[network])
    assert listed["Containers"] == {} and listed["Name"] == network
    assert len(client.api.inspect_network(network)["Containers"]) == 1


# rm


def test_remove_by_name_id_and_prefix(docker, net):
    one, two, three = net(), net(), net()
    ids = {network: described(docker, network)["Id"] for network in (one, two, three)}
    assert docker.out("network", "rm", one, ids[two], ids[three][:12]).split() == [one, ids[two], ids[three][:12]]
    assert names(docker).isdisjoint({one, two, three})


def test_remove_goes_on_after_an_error(docker, net):
    one, two = net(), net()
    done = docker("network", "rm", one, "no-such-network", two, check=False)
    assert done.returncode == 1 and done.stdout.split() == [one, two]
    assert "network no-such-network not found" in done.stderr and names(docker).isdisjoint({one, two})


def test_networks_in_use_stay(docker, client, net, run):
    network = net()
    one = run("one", "--network", network)
    said = refused(lambda: client.api.remove_network(network), 403, "error while removing network: network .* has active endpoints")
    identifier = endpoint(docker, one, network)["EndpointID"][:12]
    assert network in said and words(f'has active endpoints (name:"{one}" id:"{identifier}")', "") in said
    docker("stop", "-t", "0", one)
    docker("network", "rm", network)


@pytest.mark.parametrize("predefined", ["bridge", "host", "none"])
def test_predefined_networks_stay(client, predefined):
    refused(lambda: client.api.remove_network(predefined), 403, f"{predefined} is a pre-defined network and cannot be removed")


def test_a_container_whose_network_is_gone_does_not_start(docker, net, name):
    network = net()
    docker("create", "--name", name, "--network", network, "busybox", "true")
    identifier = described(docker, network)["Id"]
    docker("network", "rm", network)
    said = docker.fails("start", name, code=1)
    assert re.search(f"network ({network}|{identifier}) not found", said), said


# prune


def test_prune(docker, client, net, run, name):
    label = ("--label", "prune=" + name)
    unused, used, stopped, other = net(*label), net(*label), net(*label), net()
    run("one", "--network", used)
    docker("stop", "-t", "0", run("two", "--network", stopped))
    shown = docker.out("network", "prune", "-f", "--filter", f"label=prune={name}")
    assert shown.splitlines()[0] == "Deleted Networks:" and set(shown.split()[2:]) == {unused, stopped}
    assert names(docker, f"name={name}") == {used, other}
    assert client.api.prune_networks(filters={"label": [f"prune={name}"]})["NetworksDeleted"] in (None, [])


def test_prune_by_age_and_by_labels(docker, client, net, name):
    label = ("--label", "prune=" + name)
    kept, plain = net(*label, "--label", "keep"), net(*label)
    docker("network", "prune", "-f", "--filter", f"label=prune={name}", "--filter", "until=1h")
    assert names(docker, f"name={name}") == {kept, plain}
    deleted = client.api.prune_networks(filters={"label": [f"prune={name}"], "label!": ["keep"]})["NetworksDeleted"]
    assert deleted == [plain]
    docker("network", "prune", "-f", "--filter", f"label=prune={name}", "--filter", f"until={time.time() + 1:.0f}")
    assert names(docker, f"name={name}") == set()


def test_prune_refuses_what_it_does_not_understand(client):
    refused(lambda: client.api.prune_networks(filters={"colour": ["green"]}), 400, "nvalid filter 'colour")
    refused(lambda: client.api.prune_networks(filters={"until": ["yesterday"]}), words(400, 500))
    refused(lambda: client.api.prune_networks(filters={"until": ["1h", "2h"]}), words(400, 500), "more than one until filter specified")


# Configuration-only networks


def test_a_network_from_a_configuration(docker, client, net, run, name):
    configuration = net("--config-only", "--subnet", "10.202.3.0/24", "--label", "kind=configuration")
    shown = described(docker, configuration)
    assert shown["ConfigOnly"] is True and shown["Driver"] == "null" and shown["Scope"] == "local"
    network = net("--config-from", configuration)
    shown = described(docker, network)
    assert shown["ConfigFrom"] == {"Network": configuration} and shown["ConfigOnly"] is False
    assert shown["IPAM"]["Config"][0]["Subnet"] == "10.202.3.0/24" and shown["Driver"] == "bridge"
    assert endpoint(docker, run("one", "--network", network), network)["IPAddress"].startswith("10.202.3.")
    refused(lambda: client.api.remove_network(configuration), 403, f'configuration network "{configuration}" is in use')
    docker("rm", "-f", f"{name}-one")
    assert client.api.prune_networks(filters={"label": ["kind"]})["NetworksDeleted"] == [network]  # labels come with it
    docker("network", "rm", configuration)


def test_configurations_are_not_for_containers(docker, net, run):
    configuration = net("--config-only", "--subnet", "10.202.4.0/24")
    one = run("one")
    docker.fails("network", "connect", configuration, one, says="cannot create endpoint on configuration-only network")


def test_configurations_that_are_refused(docker, net, name):
    docker.fails("network", "create", "--config-from", "no-such-network", name,
                 says='configuration network "no-such-network" does not exist')  # fmt: skip
    configuration = net("--config-only", "--subnet", "10.202.5.0/24")
    docker.fails("network", "create", "--config-from", configuration, "--subnet", "10.202.6.0/24", name,
                 says="user specified configurations are not supported if the network depends on a configuration network")  # fmt: skip
    docker.fails("network", "create", "--config-only", "--internal", name, says="configuration network can only contain network specific fields")
    docker.fails("network", "create", "--config-only", "--config-from", configuration, name,
                 says="a configuration network cannot depend on another configuration network")  # fmt: skip


# Events


def test_events(docker, net, run):
    since = time.time()
    network = net()
    one = run("one", "--network", network)
    container, identifier = docker.inspect(one, "{{.Id}}"), described(docker, network)["Id"]
    docker("network", "disconnect", network, one)
    docker("network", "connect", network, one)
    docker("stop", "-t", "0", one)
    docker("network", "rm", network)
    docker("network", "prune", "-f", "--filter", "label=no-such-label")
    shown = docker.out("events", "--since", f"{since:.6f}", "--until", f"{time.time() + 0.5:.6f}", "--filter", "type=network",
                       "--format", "{{json .}}")  # fmt: skip
    events = [json.loads(line) for line in shown.splitlines()]
    mine = [event for event in events if event["Actor"]["ID"] == identifier]
    actions = [event["Action"] for event in mine]
    assert actions == [
        "create", "connect", "disconnect", *words([], ["disconnect"]), "connect", "disconnect", "destroy",
    ]  # fmt: skip
    for event in mine:
        expected = {"name": network, "type": "bridge"}
        if "connect" in event["Action"]:
            expected["container"] = container
        assert event["Actor"]["Attributes"] == expected and event["Type"] == "network" and event["scope"] == "local"
    assert [event["Actor"]["Attributes"] for event in events if event["Action"] == "prune"] == [{"reclaimed": "0"}]
    filtered = docker.out("events", "--since", f"{since:.6f}", "--until", f"{time.time():.6f}", "--filter", f"network={network}",
                          "--filter", "event=connect", "--format", "{{.Action}}")  # fmt: skip
    assert filtered.split() == ["connect", "connect"]
