"""What clients of the API do that the command line does not: docker-py by itself, Compose, test containers."""

import docker as docker_py
import pytest


def create(client, name, command, **more):
    """The container's id, by the low-level API."""
    return client.api.create_container("busybox", command, name=name, **more)["Id"]


def running(client, name, command=("sleep", "600"), **more):
    container = create(client, name, list(command), **more)
    client.api.start(container)
    return container


def networks_of(client, container):
    return set(client.api.inspect_container(container)["NetworkSettings"]["Networks"])


def test_networks_that_are_named_are_all(client, busybox, name, net):
    """A container whose network mode is left out is on the networks that it names, and not on the default one too."""
    first, second = net(), net()
    settings = client.api.create_endpoint_config
    both = client.api.create_networking_config({first: settings(aliases=["x"]), second: settings()})
    container = running(client, name, networking_config=both)
    assert networks_of(client, container) == {first, second}
    client.api.restart(container, timeout=0)
    assert networks_of(client, container) == {first, second}
    addresses = client.containers.get(container).exec_run(["ip", "-o", "-4", "address"]).output.decode()
    assert {line.split()[1] for line in addresses.splitlines()} == {"lo", "eth0", "eth1"}


def test_old_clients_give_the_address_of_the_one_network(engine, client, busybox, name, net):
    network = net()
    old = docker_py.APIClient(base_url=engine.url, version="1.43")
    try:
        networking = old.create_networking_config({network: old.create_endpoint_config()})
        container = old.create_container(
            "busybox", "true", name=name, networking_config=networking, mac_address="02:42:ac:11:65:43"
        )["Id"]
    finally:
        old.close()
    assert networks_of(client, container) == {network}


@pytest.mark.differs("forgets the address")
def test_old_clients_name_a_network_in_two_ways(engine, client, busybox, name, net):
    """Watchtower says by id in which network's mode, and by name with which settings."""
    network = net("--subnet", "10.212.71.0/24")
    old = docker_py.APIClient(base_url=engine.url, version="1.25")
    try:
        answer = old._post_json(
            old._url("/containers/create"), params={"name": name},
            data={
                "Image": "busybox", "Cmd": ["sleep", "600"], "MacAddress": "02:42:ac:11:65:44",
                "HostConfig": {"NetworkMode": client.networks.get(network).id},
                "NetworkingConfig": {"EndpointsConfig": {network: {"IPAMConfig": {"IPv4Address": "10.212.71.9"}}}},
            },
        )  # fmt: skip
        container = old._result(answer, True)["Id"]
        old.start(container)
    finally:
        old.close()
    endpoint = client.api.inspect_container(container)["NetworkSettings"]["Networks"]
    assert set(endpoint) == {network}
    assert (endpoint[network]["MacAddress"], endpoint[network]["IPAddress"]) == ("02:42:ac:11:65:44", "10.212.71.9")


@pytest.mark.differs("has networks with IPv4 only")
def test_old_clients_always_get_ipv4(raw, name, client, docker):
    asked = {"Name": name, "EnableIPv4": False, "EnableIPv6": True, "IPAM": {"Config": [{"Subnet": "fd00:a908::/64"}]}}
    for version, has in (("1.47", True), ("1.48", False)):
        answer, body = raw("POST", f"/v{version}/networks/create", asked)
        assert answer.status == 201, body
        assert client.networks.get(name).attrs["EnableIPv4"] is has
        client.networks.get(name).remove()


@pytest.mark.differs("gives the address to the network mode's network")
def test_an_address_for_no_network_that_is_named(client, raw, busybox, name, net):
    network = net()
    answer, body = raw(
        "POST", f"/v1.50/containers/create?name={name}",
        {"Image": "busybox", "MacAddress": "02:42:ac:11:65:43", "HostConfig": {"NetworkMode": "bridge"},
         "NetworkingConfig": {"EndpointsConfig": {network: {}}}},
    )  # fmt: skip
    assert answer.status == 400 and "HostConfig.NetworkMode must match" in body["message"], body


@pytest.mark.parametrize("bindings", [None, [], [{}]])
def test_a_port_without_a_binding_is_published_where_there_is_room(client, raw, busybox, name, host, bindings):
    answer, body = raw(
        "POST", f"/containers/create?name={name}",
        {"Image": "busybox", "Cmd": ["httpd", "-f", "-p", "80"], "ExposedPorts": {"80/tcp": {}},
         "HostConfig": {"PortBindings": {"80/tcp": bindings}}},
    )  # fmt: skip
    assert answer.status == 201, body
    client.api.start(name)
    published = client.api.inspect_container(name)["NetworkSettings"]["Ports"]["80/tcp"]
    ports = {int(binding["HostPort"]) for binding in published}
    assert len(ports) == 1 and 0 not in ports
    assert host.get_soon("127.0.0.1", ports.pop())[0] == 404


def test_the_end_of_the_output_comes_after_the_end(client, busybox, name):
    """Who has read an attached container's output to its end finds the exit code."""
    for attempt in range(5):
        container = create(client, f"{name}-{attempt}", ["sh", "-c", "echo said; exit 3"])
        output = client.api.attach(container, stdout=True, stderr=True, stream=True)
        client.api.start(container)
        assert b"".join(output) == b"said\n"
        state = client.api.inspect_container(container)["State"]
        assert (state["Status"], state["ExitCode"]) == ("exited", 3)


def test_a_closed_output_is_not_the_end(client, busybox, name):
    """A process that closes its output runs on, and so does the attachment."""
    container = create(client, name, ["sh", "-c", "exec >&- 2>&-; read line; exit 4"], stdin_open=True)
    socket = client.api.attach_socket(container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    client.api.start(container)
    socket._sock.settimeout(60)
    socket._sock.sendall(b"go on\n")
    assert socket._sock.recv(100) == b""
    assert client.api.inspect_container(container)["State"]["ExitCode"] == 4
    socket.close()


def test_the_exit_code_of_an_exec_is_there_with_the_end_of_its_output(client, busybox, name):
    container = client.containers.get(running(client, name))
    assert [container.exec_run(["sh", "-c", f"exit {code}"]).exit_code for code in range(8)] == list(range(8))


def test_frames_of_an_exec_are_the_start_requests_choice(client, busybox, name):
    """docker-py forgets to say at the start that an exec has a terminal, and then expects frames."""
    container = running(client, name)
    exec_id = client.api.exec_create(container, ["sh", "-c", "echo out; echo err >&2"], tty=True)["Id"]
    assert client.api.exec_start(exec_id, demux=True) == (b"out\r\nerr\r\n", None)
    exec_id = client.api.exec_create(container, ["echo", "out"], tty=True)["Id"]
    assert client.api.exec_start(exec_id, tty=True) == b"out\r\n"


def test_an_archive_that_is_none_is_told_in_the_stream(client, raw):
    with pytest.raises(docker_py.errors.ImageLoadError):
        client.images.load(b"abc")
    answer, body = raw("POST", "/images/load", b"abc", {"Content-Type": "application/x-tar"})
    assert answer.status == 200 and body["errorDetail"]["message"] == body["error"] != ""


def test_old_clients_find_how_an_image_was_built(engine, client, busybox):
    """Compose of version 1 looks there for volumes."""
    old = docker_py.APIClient(base_url=engine.url, version="1.41")
    try:
        found = old.inspect_image("busybox")
    finally:
        old.close()
    assert found["ContainerConfig"].get("Volumes") is None and "Container" in found


@pytest.mark.differs("tells this of its own version of the API in any case")
def test_new_clients_do_not(client, busybox):
    found = client.api.inspect_image("busybox")
    assert "ContainerConfig" not in found and "Container" not in found


def test_what_asks_about_a_swarm_is_told_that_there_is_none(client, docker):
    for asks in (client.api.inspect_swarm, client.api.services, client.api.nodes, client.api.tasks, client.api.secrets,
                 client.api.configs, lambda: client.api.remove_service("x"), lambda: client.api.inspect_node("x")):  # fmt: skip
        with pytest.raises(docker_py.errors.APIError) as refused:
            asks()
        assert refused.value.status_code == 503
        assert "This node is not a swarm manager." in refused.value.explanation
    with pytest.raises(docker_py.errors.APIError) as refused:
        client.api.leave_swarm()
    assert (refused.value.status_code, refused.value.explanation) == (503, "This node is not part of a swarm")
    assert client.api.leave_swarm(force=True)
    docker.fails("service", "ls", says="This node is not a swarm manager")


@pytest.mark.apus
def test_swarms_are_not_entered(client):
    for enters in (client.api.init_swarm, lambda: client.api.join_swarm(["192.0.2.1:2377"], "token")):
        with pytest.raises(docker_py.errors.APIError) as refused:
            enters()
        assert refused.value.status_code == 501 and "swarm" in refused.value.explanation


def test_a_link_goes_by_itself(client, docker, busybox, name, run, host):
    other = run("other")
    container = run("c", "--link", f"{other}:friend")
    hosts = docker.out("exec", container, "cat", "/etc/hosts")
    assert "friend" in hosts
    assert "FRIEND_NAME" in docker.out("exec", container, "env")
    docker.fails("rm", "--link", f"/{container}/nobody", says="No such container")
    docker.fails("rm", "--link", container, says="cannot remove the default link name of the container")
    docker("rm", "--link", f"/{container}/friend")
    assert "friend" not in docker.out("exec", container, "cat", "/etc/hosts")
    assert not client.api.inspect_container(container)["HostConfig"]["Links"]
    assert "FRIEND_NAME" not in docker.out("exec", container, "env")
    assert client.api.inspect_container(other)["State"]["Running"]
    docker.fails("rm", "--link", f"/{container}/friend", says="No such container")
    docker("rm", "-f", other)
    docker("restart", "-t", "0", container)


def test_a_commit_of_what_ends_is_made(client, busybox, name):
    """A container that is to be paused for a commit may end this moment."""
    for attempt in range(3):
        container = create(client, f"{name}-{attempt}", ["touch", "/made"])
        client.api.start(container)
        image = client.api.commit(container)["Id"]
        client.api.wait(container)
        client.api.remove_image(image)
