"""Hosts that cannot give what is asked: a full disk, a runtime that is missing, a socket that is taken."""

import os
import subprocess

import docker as docker_py
import pytest

import engines
import images
from conftest import Cli, load, made

pytestmark = pytest.mark.own_engine


@pytest.fixture
def small_disk(another_engine, work):
    """An engine whose data lies on a file system of 48 MB; answers it with a command line and a client."""
    places = []

    def prepare(engine):
        data = os.path.join(engine.directory, "data")
        os.makedirs(data)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", data], check=True)
        places.append(data)

    engine = another_engine(prepare=prepare)
    client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=60)
    load(client, made("busybox"), "busybox:latest")
    yield engine, Cli(engine.url, work), client
    for container in client.api.containers(all=True):
        client.api.remove_container(container["Id"], force=True, v=True)
    client.close()
    engine.stop()
    for place in places:
        subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_leaves_nothing_half_made(small_disk, name):
    engine, docker, client = small_disk
    big = images.many_layers(3, 30 << 20, seed=b"disk")
    with pytest.raises((docker_py.errors.APIError, docker_py.errors.ImageLoadError)) as error:
        load(client, big, "big:latest")
    assert "no space left on device" in str(error.value)
    docker.fails("inspect", "big")
    assert docker.out("run", "--rm", "busybox", "echo", "still serving") == "still serving"
    docker("run", "--name", name, "busybox", "sh", "-c", "head -c 60000000 /dev/zero > /full || true")
    assert docker.out("ps", "-aq", "--filter", f"name={name}")
    docker("rm", "-f", name)
    load(client, images.many_layers(1, 1 << 20), "small:latest")
    assert docker.out("run", "--rm", "small", "cat", "/top") == "0"


@pytest.mark.apus
def test_a_runtime_that_is_missing_names_its_package(another_engine, work):
    """Both runtimes are hidden from this engine; it says what to install, at its start or at the first run."""
    hidden = " && ".join(
        f"mount --bind /dev/null $(readlink -f $(command -v {name}))" for name in ("crun", "runc")
    )

    def prepare(engine):
        engine.prefix = ["unshare", "--mount", "--propagation", "private", "sh", "-c", f"{hidden} && exec \"$@\"", "sh"]

    try:
        engine = another_engine(prepare=prepare)
    except RuntimeError as error:
        words = str(error)
    else:
        client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=60)
        load(client, made("busybox"), "busybox:latest")
        words = Cli(engine.url, work).fails("run", "--rm", "busybox", "true", code=125)
        client.close()
    assert "install" in words and "crun" in words, words


@pytest.mark.apus
def test_two_engines_do_not_share_a_directory(another_engine):
    first = another_engine()
    second = engines.Apus(first.directory, first.network, first.flags, instance=first.instance)
    try:
        second.start()
        code = second.process.wait(60)
    except RuntimeError:
        code = second.process.returncode
    finally:
        second.stop()
    assert code, f"the second engine ended with {code}"
    assert engines.ping(first.socket, 2)
