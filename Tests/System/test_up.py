"""`apus up`: engine and cluster in one process, driven by `docker` and `kubectl`."""

import json
import os
import socket
import subprocess
import uuid

import docker as docker_py
import engines
import leaks
import pytest
from conftest import Cli, load, made, wait_for

pytestmark = pytest.mark.apus


class Up(engines.Apus):
    verb = "up"

    def __init__(self, directory, network, *flags):
        tag = uuid.uuid4().hex[:4]
        self.port = network.host.free_port()
        flags = ["--bridge", "br" + tag, "--bip", "10.219.1.1/24", "--api-listen", f"0.0.0.0:{self.port}", *flags]
        super().__init__(directory, network, flags, instance="u" + tag)

    @property
    def kubeconfig(self):
        return os.path.join(self.directory, "data", "kubeconfig")

    def cli(self):
        return Cli(self.url, os.path.join(self.directory, "docker"))

    def kubectl(self, *arguments, check=True):
        environment = {key: value for key, value in os.environ.items() if not key.lower().startswith("http")}
        environment.update(KUBECONFIG=self.kubeconfig, HOME=self.directory)
        done = subprocess.run(
            self.network.host.command("kubectl", *arguments), env=environment, capture_output=True, text=True,
            timeout=60, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"kubectl {' '.join(arguments)}: {done.stderr}"
        return done

    def is_ready(self):
        return os.path.exists(self.kubeconfig) and self.kubectl("get", "--raw", "/readyz", check=False).stdout == "ok"


@pytest.fixture
def up(work):
    started, network = [], engines.Network()

    def make(*flags):
        started.append(Up(os.path.join(work, "up-" + uuid.uuid4().hex[:4]), network, *flags))
        return started[-1]

    yield make
    for one in started:
        one.stop()
        left = leaks.of_directory(one.directory)
        one.remove()
        assert not left, left
    network.close()


def test_both_doors(up):
    one = up().start()
    wait_for(one.is_ready, what="the cluster")
    log = one.log(200)
    assert f"API listen on unix://{one.socket}" in log or f"API listen on {one.socket}" in log
    assert "API served on" in log
    client = docker_py.DockerClient(base_url=one.url, version="auto")
    load(client, made("busybox"), "busybox:latest")
    client.close()
    docker = one.cli()
    assert docker.out("run", "--rm", "busybox", "echo", "hello") == "hello"
    container = docker.out("run", "-d", "--name", "stays", "busybox", "sleep", "600")
    one.kubectl("create", "configmap", "mine", "--from-literal=a=b")
    one.kubectl("create", "service", "clusterip", "web", "--tcp=80")
    endpoints = wait_for(
        lambda: one.kubectl("get", "endpoints", "kubernetes", "-o", "json", check=False).stdout, what="endpoints"
    )
    (subset,) = json.loads(endpoints)["subsets"]
    assert subset["addresses"] == [{"ip": one.network.address}] and subset["ports"][0]["port"] == one.port

    one.stop()
    assert one.process.returncode == 0, one.log()
    assert "containers go on" in one.log(200)
    one.start()
    wait_for(one.is_ready, what="the cluster")
    assert docker.inspect("stays", "{{.Id}} {{.State.Running}}") == f"{container} true"
    assert one.kubectl("get", "configmap", "mine", "-o", "jsonpath={.data.a}").stdout == "b"

    one.kill()
    one.start()
    wait_for(one.is_ready, what="the cluster")
    assert docker.inspect("stays", "{{.State.Running}}") == "true"
    docker("rm", "-f", "stays")


def test_what_fails_ends_both(up):
    one = up()
    with one.network.host.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("0.0.0.0", one.port))
        taken.listen()
        try:
            one.start()
        except RuntimeError:
            pass  # the engine had no time to answer
        assert one.process.wait(60) != 0
    assert "the cluster failed: " in one.log() and str(one.port) in one.log()
    assert not os.path.exists(one.socket)
    # The other one's failure, too.
    two = up("--log-driver", "nothing")
    with pytest.raises(RuntimeError, match="log-driver"):
        two.start()
    os.makedirs(os.path.join(one.directory, "run", "docker.sock"))
    with pytest.raises(RuntimeError, match="the container engine failed: "):
        one.start()
    os.rmdir(os.path.join(one.directory, "run", "docker.sock"))
    one.start()
    wait_for(one.is_ready, what="the cluster")
