"""`--publish-through-input`: published ports obey the host's own input rules, like those of any server on the host."""

import os

import docker as docker_py
import pytest

import engines
from conftest import Cli, load, made
from networks import opens

pytestmark = pytest.mark.apus

RULES = """
table inet host {
  chain input {
    type filter hook input priority filter; policy accept;
    iifname "uplink" tcp dport %d drop
  }
}
"""


@pytest.fixture
def behind(another_engine, work):
    network = engines.Network()
    try:
        engine = another_engine("--publish-through-input", network=network)
        cli = Cli(engine.url, work)
        client = docker_py.DockerClient(base_url=engine.url, version="auto")
        load(client, made("nginx"), "nginx:latest")
        client.close()
        yield cli, network
        cli("rm", "-f", *cli.out("ps", "-aq").split())
    finally:
        network.close()


def test_the_hosts_own_rules_decide(behind, name, port):
    docker, network = behind
    docker("run", "-d", "--name", name, "-p", f"{port}:80", "-p", f"{port + 1}:80", "nginx")
    assert network.neighbour.get_soon(network.address, port)[0] == 200
    assert network.host.get_soon("127.0.0.1", port)[0] == 200
    network.host.run("nft", RULES % port)
    assert not opens(network.neighbour, network.address, port)
    assert network.neighbour.get_soon(network.address, port + 1)[0] == 200
    assert network.host.get_soon("127.0.0.1", port)[0] == 200
    network.host.run("nft", "delete", "table", "inet", "host")
    assert network.neighbour.get_soon(network.address, port)[0] == 200


def test_it_needs_user_space(engine):
    done = engine.network.host.run(
        os.environ["APUS_BINARY"], "engine", "--publish-through-input", "--userland-proxy=false", check=False)
    assert done.returncode != 0 and "publish-through-input needs userland-proxy" in done.stderr
