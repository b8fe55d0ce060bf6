"""The default bridge network: addresses, names, the way out, published ports of every kind."""

import contextlib
import re
import socket
import threading
import time

import docker as docker_py
import pytest

import engines
import leaks

pytestmark = pytest.mark.usefixtures("busybox", "nginx")


def address(docker, name, key="IPAddress"):
    return docker.inspect(name)["NetworkSettings"]["Networks"]["bridge"][key]


def bindings(docker, name):
    return docker.inspect(name)["NetworkSettings"]["Ports"]


@pytest.fixture
def web(docker, name):
    """Runs the web server with flags; answers its name."""

    def run(*flags):
        docker("run", "-d", "--name", name, *flags, "nginx")
        return name

    return run


@contextlib.contextmanager
def udp_echo(docker, name, *flags):
    """A container in whose network each datagram is answered; yields the list of those who sent."""
    docker("run", "-d", "--name", name, *flags, "busybox", "sleep", "600")
    inside = engines.Namespace.of_process(docker.inspect(name, "{{.State.Pid}}"))
    server = inside.socket(socket.AF_INET, socket.SOCK_DGRAM)
    inside.close()
    server.bind(("0.0.0.0", 9000))
    server.settimeout(0.1)
    senders, done = [], threading.Event()

    def serve():
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                data, sender = server.recvfrom(100)
                senders.append(sender[0])
                server.sendto(data, sender)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield senders
    finally:
        done.set()
        thread.join()
        server.close()


def ask_udp(namespace, host, port, family=socket.AF_INET, tries=20):
    client = namespace.socket(family, socket.SOCK_DGRAM)
    try:
        client.settimeout(0.5)
        client.connect((host, port))
        for _ in range(tries):
            try:
                client.send(b"ping")
                return client.recv(100)
            except OSError:
                time.sleep(0.05)
    finally:
        client.close()
    raise AssertionError("no answer")


# Inside the container


def test_a_container_has_an_address_a_route_and_a_name_server(docker, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    mine, gateway = address(docker, name), address(docker, name, "Gateway")
    shown = docker.out("exec", name, "sh", "-c", "ip -4 addr show eth0; ip route; cat /etc/hosts /etc/resolv.conf")
    assert f"inet {mine}/" in shown and f"default via {gateway} dev eth0" in shown
    assert re.search(rf"^{mine}\s+{docker.inspect(name, '{{.Config.Hostname}}')}$", shown, re.MULTILINE)
    assert re.search(r"^127\.0\.0\.1\s+localhost$", shown, re.MULTILINE) and "nameserver" in shown
    mac = address(docker, name, "MacAddress")
    assert mac in docker.out("exec", name, "cat", "/sys/class/net/eth0/address")


def test_links_are_up(docker):
    shown = docker.out("run", "--rm", "busybox", "ip", "link")
    assert re.search(r"lo: <LOOPBACK,UP", shown) and re.search(r"eth0@?\S*: <BROADCAST,MULTICAST,UP", shown)


def test_addresses_differ_and_are_given_back(docker, name):
    for number in range(3):
        docker("run", "-d", "--name", f"{name}{number}", "busybox", "sleep", "600")
    found = {address(docker, f"{name}{number}") for number in range(3)}
    assert len(found) == 3


def test_containers_reach_each_other_and_the_gateway(docker, name, listens):
    docker("run", "-d", "--name", name, "nginx")
    listens(name, 80)
    shown = docker.out("run", "--rm", "busybox", "wget", "-qO-", f"http://{address(docker, name)}/")
    assert "Welcome" in shown
    docker("run", "--rm", "busybox", "ping", "-c", "1", "-w", "5", address(docker, name, "Gateway"))


def test_fixed_mac_address(docker, client, name):
    client.containers.run("busybox", ["sleep", "600"], name=name, detach=True, mac_address="02:42:ac:11:00:99")
    assert docker.out("exec", name, "cat", "/sys/class/net/eth0/address") == "02:42:ac:11:00:99"


def test_the_way_out_is_masqueraded(docker, engine, host, neighbour):
    listener = neighbour.socket()
    listener.bind((engine.network.neighbour_address, 0))
    listener.listen()
    listener.settimeout(60)
    port = listener.getsockname()[1]
    runner = docker.popen("run", "--rm", "busybox", "sh", "-c", f"echo hello | nc {engine.network.neighbour_address} {port}")
    connection, peer = listener.accept()
    assert peer[0] == engine.network.address
    connection.close()
    listener.close()
    runner.communicate(timeout=60)


def test_stopped_containers_keep_no_address(docker, name):
    docker("run", "--name", name, "busybox", "true")
    assert address(docker, name) == ""


def test_network_of_a_container_that_was_stopped_comes_back(docker, host, web, port):
    name = web("-p", f"{port}:80")
    host.get_soon("127.0.0.1", port)
    docker("stop", "-t", "1", name)
    with pytest.raises(OSError):
        host.get("127.0.0.1", port)
    docker("start", name)
    assert host.get_soon("127.0.0.1", port)[0] == 200


# Published ports: who reaches them


def test_from_loopback_and_from_the_hosts_addresses(docker, engine, host, web, port):
    web("-p", f"{port}:80")
    assert host.get_soon("127.0.0.1", port)[0] == 200
    assert host.get("127.5.6.7", port)[0] == 200
    assert host.get("::1", port)[0] == 200
    if engine.network:
        assert host.get(engine.network.address, port)[0] == 200
        assert host.get(engine.network.address6, port)[0] == 200


def test_from_another_host_with_its_address_preserved(docker, engine, neighbour, web, says, port):
    name = web("-p", f"{port}:80")
    assert neighbour.get_soon(engine.network.address, port)[0] == 200
    says(name, f"{engine.network.neighbour_address} - - ")


def test_from_another_host_over_ipv6_with_its_address_preserved(docker, engine, neighbour, web, says, port):
    name = web("-p", f"{port}:80")
    assert neighbour.get_soon(engine.network.address6, port)[0] == 200
    if address(docker, name, "GlobalIPv6Address") and engine.process and engine.process.name == "apus":
        says(name, engine.network.neighbour_address6)


def test_from_the_container_itself_and_from_a_sibling(docker, engine, web, port):
    name = web("-p", f"{port}:80")
    gateway = address(docker, name, "Gateway")
    where = [gateway] + ([engine.network.address] if engine.network else [])
    for one in where:
        shown = docker.out("exec", name, "sh", "-c", f"for i in $(seq 60); do wget -qO- http://{one}:{port}/ && break; sleep 0.3; done")
        assert "Welcome" in shown
        assert "Welcome" in docker.out("run", "--rm", "busybox", "wget", "-qO-", f"http://{one}:{port}/")


def test_what_is_not_published_is_not_reached_from_another_host(docker, engine, neighbour, name, web, port):
    web("-p", f"{port}:80")
    neighbour.get_soon(engine.network.address, port)
    docker("run", "-d", "--name", name + "-shy", "nginx")
    mine = address(docker, name + "-shy")
    neighbour.run("ip", "route", "replace", mine, "via", engine.network.address)
    try:
        with pytest.raises(OSError):
            neighbour.get(mine, 80, timeout=1.5)
    finally:
        neighbour.run("ip", "route", "del", mine)


def test_loopback_ports_are_not_reached_from_another_host(docker, engine, host, neighbour, web, port):
    web("-p", f"127.0.0.1:{port}:80")
    assert host.get_soon("127.0.0.1", port)[0] == 200
    with pytest.raises(OSError):
        neighbour.get(engine.network.address, port, timeout=1.5)
    with pytest.raises(OSError):
        host.get(engine.network.address, port, timeout=1.5)
    # Nor by a neighbour who routes the loopback range to this host.
    neighbour.run("sysctl", "-qw", "net.ipv4.conf.uplink.route_localnet=1")
    neighbour.run("ip", "route", "add", "127.0.0.9/32", "via", engine.network.address, check=False)
    neighbour.run("ip", "route", "del", "127.0.0.9/32", check=False)


def test_one_host_address(docker, engine, host, neighbour, web, port):
    web("-p", f"{engine.network.address}:{port}:80")
    assert neighbour.get_soon(engine.network.address, port)[0] == 200
    assert host.get(engine.network.address, port)[0] == 200
    with pytest.raises(OSError):
        host.get("127.0.0.1", port, timeout=1.5)


def test_ipv6_host_address(docker, host, web, port):
    name = web("-p", f"[::1]:{port}:80")
    assert host.get_soon("::1", port)[0] == 200
    with pytest.raises(OSError):
        host.get("127.0.0.1", port, timeout=1.5)
    assert bindings(docker, name)["80/tcp"] == [{"HostIp": "::1", "HostPort": str(port)}]


def test_large_transfers_arrive_whole(docker, engine, neighbour, host, name, port):
    docker("run", "-d", "--name", name, "-p", f"{port}:9000", "busybox", "sh", "-c",
           "while :; do head -c 20000000 /dev/zero | nc -l -p 9000; done")  # fmt: skip
    for namespace, where in ((host, "127.0.0.1"), (neighbour, engine.network.address)):
        for attempt in range(50):
            try:
                client = namespace.connect((where, port), 10)
                total = 0
                while True:
                    data = client.recv(1 << 16)
                    if not data:
                        break
                    total += len(data)
                client.close()
                if total:
                    break
            except OSError:
                pass
            time.sleep(0.1)
        assert total == 20_000_000


def test_half_closed_connections_still_answer(docker, host, listens, name, port):
    docker("run", "-d", "--name", name, "-p", f"{port}:9000", "busybox", "nc", "-l", "-p", "9000", "-e", "wc", "-c")
    listens(name, 9000)
    client = host.connect(("127.0.0.1", port))
    client.sendall(b"x" * 1000)
    client.shutdown(socket.SHUT_WR)
    client.settimeout(60)
    assert client.recv(100).strip() == b"1000"
    client.close()


# Published ports: how they are chosen and shown


def test_bindings_are_told(docker, client, host, web, port):
    name = web("-p", f"{port}:80")
    shown = bindings(docker, name)["80/tcp"]
    assert {"HostIp": "0.0.0.0", "HostPort": str(port)} in shown
    assert docker.out("port", name, "80").splitlines()[0] == f"0.0.0.0:{port}"
    listed = client.api.containers(filters={"name": name})[0]["Ports"]
    assert {"PrivatePort": 80, "PublicPort": port, "Type": "tcp", "IP": "0.0.0.0"} in listed


def test_chosen_port(docker, host, web):
    name = web("-p", "80")
    chosen = int(bindings(docker, name)["80/tcp"][0]["HostPort"])
    low, high = map(int, open("/proc/sys/net/ipv4/ip_local_port_range").read().split())
    assert low <= chosen <= high
    assert host.get_soon("127.0.0.1", chosen)[0] == 200


def test_chosen_ports_differ(docker, name):
    found = set()
    for number in range(3):
        docker("run", "-d", "--name", f"{name}{number}", "-p", "80", "nginx")
        found.add(bindings(docker, f"{name}{number}")["80/tcp"][0]["HostPort"])
    assert len(found) == 3


def test_publish_all(docker, host, web):
    name = web("-P")
    assert host.get_soon("127.0.0.1", int(bindings(docker, name)["80/tcp"][0]["HostPort"]))[0] == 200


def test_exposed_but_not_published(docker, web):
    assert bindings(docker, web()) == {"80/tcp": None}


def test_ranges(docker, host, name):
    first = host.free_port()
    docker("run", "-d", "--name", name, "-p", f"{first}-{first + 2}:8000-8002", "busybox", "httpd", "-f", "-p", "8001", "-h", "/etc")
    shown = bindings(docker, name)
    assert [shown[f"{8000 + offset}/tcp"][0]["HostPort"] for offset in range(3)] == [str(first + offset) for offset in range(3)]
    assert host.get_soon("127.0.0.1", first + 1, "/passwd")[0] == 200
    for _ in range(3):
        host.free_port()


def test_host_range_for_one_port_takes_a_free_one(docker, host, name):
    first = host.free_port()
    for number in range(2):
        docker("run", "-d", "--name", f"{name}{number}", "-p", f"{first}-{first + 4}:80", "nginx")
    chosen = [int(bindings(docker, f"{name}{number}")["80/tcp"][0]["HostPort"]) for number in range(2)]
    assert len(set(chosen)) == 2 and all(first <= one <= first + 4 for one in chosen)
    for _ in range(5):
        host.free_port()


def test_two_host_ports_for_one(docker, host, name):
    one, other = host.free_port(), host.free_port()
    docker("run", "-d", "--name", name, "-p", f"{one}:80", "-p", f"{other}:80", "nginx")
    assert host.get_soon("127.0.0.1", one)[0] == host.get_soon("127.0.0.1", other)[0] == 200


def test_udp(docker, engine, host, name, port):
    with udp_echo(docker, name, "-p", f"{port}:9000/udp"):
        assert ask_udp(host, "127.0.0.1", port) == b"ping"
    assert bindings(docker, name)["9000/udp"][0]["HostPort"] == str(port)


def test_udp_from_another_host(docker, engine, neighbour, name, port):
    with udp_echo(docker, name, "-p", f"{port}:9000/udp") as senders:
        assert ask_udp(neighbour, engine.network.address, port) == b"ping"
    assert set(senders) == {engine.network.neighbour_address}


def test_udp_follows_to_the_next_container(docker, engine, neighbour, name, port):
    """A flow that a removed container left in conntrack must not swallow what its successor is sent."""
    client = neighbour.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(0.5)
    try:
        for round in range(2):
            with udp_echo(docker, f"{name}{round}", "-p", f"{port}:9000/udp"):
                for attempt in range(20):
                    try:
                        client.sendto(b"again", (engine.network.address, port))
                        assert client.recvfrom(100)[0] == b"again"
                        break
                    except OSError:
                        time.sleep(0.05)
                else:
                    raise AssertionError(f"round {round}: no answer")
            docker("rm", "-f", f"{name}{round}")
    finally:
        client.close()


def test_tcp_and_udp_on_one_number(docker, host, name, port):
    docker("run", "-d", "--name", name, "-p", f"{port}:80/tcp", "-p", f"{port}:80/udp", "nginx")
    assert set(bindings(docker, name)) == {"80/tcp", "80/udp"}
    assert host.get_soon("127.0.0.1", port)[0] == 200


# Published ports: taken ones


def test_port_taken_by_a_container(docker, name, web, port):
    web("-p", f"{port}:80")
    said = docker.fails("run", "--name", name + "-2", "-p", f"{port}:80", "nginx", code=125)
    assert re.search(rf"Bind for (0\.0\.0\.0|:::?):{port} failed: port is already allocated", said), said
    assert "driver failed programming external connectivity on endpoint" in said or "failed to set up container networking" in said
    assert docker.inspect(name + "-2", "{{.State.Status}}") == "created"
    docker("rm", "-f", name)
    docker("start", name + "-2")


def test_port_taken_by_a_process(docker, host, name, port):
    listener = host.socket()
    listener.bind(("0.0.0.0", port))
    listener.listen()
    try:
        said = docker.fails("run", "--name", name, "-p", f"{port}:80", "nginx", code=125)
        assert "address already in use" in said and str(port) in said
    finally:
        listener.close()
    docker("start", name)
    assert host.get_soon("127.0.0.1", port)[0] == 200


def test_udp_port_taken_by_a_process(docker, host, name, port):
    holder = host.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.bind(("0.0.0.0", port))
    try:
        docker.fails("run", "--name", name, "-p", f"{port}:80/udp", "nginx", code=125, says="address already in use")
    finally:
        holder.close()


def test_a_process_cannot_take_a_published_port(docker, host, web, port):
    web("-p", f"{port}:80")
    thief = host.socket()
    try:
        with pytest.raises(OSError):
            thief.bind(("0.0.0.0", port))
            thief.listen()
    finally:
        thief.close()


def test_another_address_of_the_same_port_is_free(docker, engine, host, name, port):
    docker("run", "-d", "--name", name, "-p", f"127.0.0.1:{port}:80", "nginx")
    docker("run", "-d", "--name", name + "-2", "-p", f"{engine.network.address}:{port}:80", "nginx")
    assert host.get_soon("127.0.0.1", port)[0] == host.get_soon(engine.network.address, port)[0] == 200


def test_a_refused_port_leaves_nothing_published(docker, host, name, web, port):
    web("-p", f"{port}:80")
    free = host.free_port()
    docker.fails("run", "--rm", "-p", f"{free}:80", "-p", f"{port}:81", "nginx", code=125)
    docker("run", "-d", "--name", name + "-ok", "-p", f"{free}:80", "nginx")
    assert host.get_soon("127.0.0.1", free)[0] == 200


def test_ports_that_are_not_ports(docker):
    docker.fails("create", "-p", "70000:80", "nginx")
    docker.fails("create", "-p", "80:80/carrier-pigeon", "nginx")


def test_invalid_port_by_the_api(client):
    with pytest.raises(docker_py.errors.APIError) as error:
        client.api.create_container_from_config({"Image": "nginx", "HostConfig": {"PortBindings": {"80/tcp": [{"HostPort": "99999"}]}}})
    assert error.value.status_code == 400


def test_address_the_host_does_not_have(docker):
    docker.fails("run", "--rm", "-p", "203.0.113.77:18080:80", "nginx", code=125, says="cannot assign requested address")


@pytest.mark.apus
@pytest.mark.own_engine
def test_many_ports_need_no_process_each(docker, engine, name, host):
    def mine():
        return sum(engine.process.directory in command for command in leaks.processes().values())

    before = mine()
    first = host.free_port()
    docker("run", "-d", "--name", name, "-p", f"{first}-{first + 99}:8000-8099", "busybox", "sleep", "600")
    assert mine() - before < 20
    for _ in range(100):
        host.free_port()


def test_concurrent_starts_get_distinct_ports_and_addresses(client, name):
    made, errors = [], []

    def start(number):
        try:
            made.append(
                client.containers.run("busybox", ["sleep", "600"], name=f"{name}{number}", detach=True, ports={"80/tcp": None})
            )
        except docker_py.errors.APIError as error:
            errors.append(error)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    for container in made:
        container.reload()
    settings = [container.attrs["NetworkSettings"] for container in made]
    assert len({one["Networks"]["bridge"]["IPAddress"] for one in settings}) == 8
    assert len({one["Ports"]["80/tcp"][0]["HostPort"] for one in settings}) == 8
