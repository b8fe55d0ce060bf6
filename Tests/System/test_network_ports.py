"""Published ports of a running container can change: `POST /containers/{id}/update` with PortBindings, which only Apus has."""

import pytest

from networks import opens

pytestmark = [pytest.mark.apus, pytest.mark.usefixtures("busybox", "nginx")]


@pytest.fixture
def publish(raw):
    def change(container, bindings):
        answer, said = raw("POST", f"/containers/{container}/update", {"PortBindings": bindings})
        return answer.status, said

    return change


def shown(docker, container):
    ports = docker.inspect(container)["NetworkSettings"]["Ports"]
    return {key: sorted({binding["HostPort"] for binding in bindings or []}) for key, bindings in ports.items()}


def test_ports_come_and_go_while_it_runs(docker, host, neighbour, engine, run, publish, port):
    web = run("web", image="nginx")
    address = engine.network.address
    assert not opens(neighbour, address, port)
    assert publish(web, {"80/tcp": [{"HostPort": str(port)}]})[0] == 200
    assert neighbour.get_soon(address, port)[0] == 200 and host.get_soon("127.0.0.1", port)[0] == 200
    assert shown(docker, web)["80/tcp"] == [str(port)]
    assert docker.inspect(web, "{{json .HostConfig.PortBindings}}").count(str(port)) == 1
    assert f":{port}->80/tcp" in docker.out("ps", "--filter", f"name={web}", "--format", "{{.Ports}}")
    assert publish(web, {})[0] == 200
    assert not opens(neighbour, address, port) and shown(docker, web)["80/tcp"] == []


def test_a_port_that_stays_is_not_interrupted(docker, host, engine, neighbour, run, publish, port):
    web = run("web", "-p", f"{port}:80", image="nginx")
    host.get_soon("127.0.0.1", port)
    with neighbour.connect((engine.network.address, port), 5) as connection:
        assert publish(web, {"80/tcp": [{"HostPort": str(port)}, {"HostPort": ""}]})[0] == 200
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    ports = shown(docker, web)["80/tcp"]
    assert len(ports) == 2 and str(port) in ports
    for one in ports:
        assert neighbour.get_soon(engine.network.address, int(one))[0] == 200


def test_a_port_that_is_taken_changes_nothing(docker, host, run, publish, port):
    first, second = run("first", "-p", f"{port}:80", image="nginx"), run("second", "-p", "80", image="nginx")
    before = shown(docker, second)
    status, said = publish(second, {"80/tcp": [{"HostPort": str(port)}]})
    assert status >= 400 and str(port) in said["message"]
    assert shown(docker, second) == before and shown(docker, first)["80/tcp"] == [str(port)]
    assert host.get_soon("127.0.0.1", int(before["80/tcp"][0]))[0] == 200


def test_they_are_there_again_after_a_restart(docker, host, run, publish, port):
    web = run("web", image="nginx")
    assert publish(web, {"80/tcp": [{"HostPort": str(port)}]})[0] == 200
    docker("restart", "-t", "0", web)
    assert host.get_soon("127.0.0.1", port)[0] == 200 and shown(docker, web)["80/tcp"] == [str(port)]


def test_one_that_does_not_run_gets_them_at_its_start(docker, host, run, publish, port):
    web = run("web", image="nginx")
    docker("stop", "-t", "0", web)
    assert publish(web, {"80/tcp": [{"HostPort": str(port)}]})[0] == 200
    docker("start", web)
    assert host.get_soon("127.0.0.1", port)[0] == 200


def test_who_has_no_network_of_its_own_is_refused(run, publish):
    assert publish(run("host", "--network", "host"), {"80/tcp": [{"HostPort": "8099"}]})[0] == 409
    assert publish(run("one"), {"x": [{"HostPort": "1"}]})[0] == 400
