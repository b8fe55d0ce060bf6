"""IPv6 on the default bridge network, its description, and registries that need a word of permission."""

import json
import os
import re

import pytest

import engines
from conftest import SUBNET6, Cli, made
from registries import FakeRegistry


@pytest.mark.own_engine
def test_ipv6_addresses_and_the_way_between_containers(docker, nginx, name):
    docker("run", "-d", "--name", name, "nginx")
    endpoint = docker.inspect(name)["NetworkSettings"]["Networks"]["bridge"]
    mine = endpoint["GlobalIPv6Address"]
    assert mine.startswith(SUBNET6.split("::")[0]) and endpoint["GlobalIPv6PrefixLen"] == 64 and endpoint["IPv6Gateway"]
    shown = docker.out("exec", name, "sh", "-c", "ip -6 addr show eth0; ip -6 route; cat /etc/hosts")
    assert f"inet6 {mine}/64" in shown and f"default via {endpoint['IPv6Gateway']}" in shown
    assert re.search(rf"^{mine}\s", shown, re.MULTILINE)
    asked = docker.out("run", "--rm", "busybox", "sh", "-c",
                       f"for i in 1 2 3 4 5 6 7 8; do wget -qO- 'http://[{mine}]/' && break; sleep 0.5; done")  # fmt: skip
    assert "Welcome" in asked


def test_the_three_networks(docker, busybox):
    rows = [json.loads(line) for line in docker.out("network", "ls", "--format", "{{json .}}").splitlines()]
    assert {(row["Name"], row["Driver"], row["Scope"]) for row in rows} >= {
        ("bridge", "bridge", "local"), ("host", "host", "local"), ("none", "null", "local"),
    }  # fmt: skip


def test_the_bridge_network_described(docker, nginx, name):
    container = docker.out("run", "-d", "--name", name, "nginx")
    shown = json.loads(docker.out("network", "inspect", "bridge"))[0]
    assert shown["Driver"] == "bridge" and shown["IPAM"]["Config"][0]["Subnet"]
    member = shown["Containers"][container]
    endpoint = docker.inspect(name)["NetworkSettings"]["Networks"]["bridge"]
    assert member["Name"] == name and member["EndpointID"] == endpoint["EndpointID"]
    assert member["IPv4Address"].split("/")[0] == endpoint["IPAddress"]
    assert shown["Options"]["com.docker.network.bridge.default_bridge"] == "true"
    docker.fails("network", "inspect", "no-such-network", says="not found")


def test_predefined_networks_stay(docker):
    for network in ("bridge", "host", "none"):
        said = docker.fails("network", "rm", network)
        assert re.search("pre-defined|predefined|not implemented", said), said


@pytest.mark.own_engine
def test_plain_http_elsewhere_needs_permission(another_engine, engine, docker, work):
    """A registry on another host is asked by TLS, unless the engine is told that it may be insecure."""
    strict = FakeRegistry(engine.network.neighbour, engine.network.neighbour_address)
    network = engines.Network()
    allowed = FakeRegistry(network.neighbour, network.neighbour_address)
    try:
        strict.serve("library/x", made("busybox"))
        said = docker.fails("pull", f"{strict.address}/library/x:latest")
        assert re.search("(?i)https|tls|ssl", said), said
        allowed.serve("library/x", made("busybox"))
        other = another_engine("--insecure-registry", allowed.address, network=network)
        cli = Cli(other.url, work)
        cli("pull", f"{allowed.address}/library/x:latest")
        assert cli.out("run", "--rm", f"{allowed.address}/library/x", "echo", "pulled") == "pulled"
        other.stop()
    finally:
        strict.close()
        allowed.close()
        network.close()


@pytest.mark.own_engine
def test_a_mirror_is_asked_for_docker_io(engine, docker, registry, busybox, name):
    made("many_layers").push(registry, f"library/{name}", "latest")
    made("many_layers").push(registry, f"somebody/{name}", "v2")
    for reference in (name, f"somebody/{name}:v2", f"docker.io/library/{name}"):
        docker("pull", reference)
    assert docker.out("run", "--rm", name, "cat", "/top") == "4"
    for reference in (f"{name}:latest", f"somebody/{name}:v2"):
        docker("rmi", reference)
    assert os.path.exists(engine.socket)
