"""Fixtures of the system suite: an engine, its network, a registry, images, the `docker` CLI and docker-py.

The suite speaks only the public API. With `DOCKER_HOST` set (a unix socket) it tests the engine there; otherwise it
starts one: Apus, or the original with `APUS_TEST_ENGINE=dockerd`. `APUS_BINARY` names the program.
"""

import functools
import itertools
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import uuid

import docker as docker_py
import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]

import engines  # noqa: E402
import images  # noqa: E402
import leaks  # noqa: E402
from plugin import Plugin  # noqa: E402
from registries import LocalRegistry  # noqa: E402
from skips import pytest_addoption, pytest_sessionfinish  # noqa: E402, F401
from terminal import Terminal  # noqa: E402

KIND = os.environ.get("APUS_TEST_ENGINE", "apus")


def pytest_configure(config):
    config.addinivalue_line("markers", "differs(reason): Debian's dockerd 20.10 answers otherwise than 28.x does")
    config.addinivalue_line("markers", "own_engine: needs an engine that the suite starts itself")
    config.addinivalue_line("markers", "apus: about Apus alone, not about the API that both engines serve")


def pytest_collection_modifyitems(config, items):
    external = "DOCKER_HOST" in os.environ
    for item in items:
        differs = item.get_closest_marker("differs")
        if differs and KIND == "dockerd":
            item.add_marker(pytest.mark.skip(reason="20.10: " + differs.args[0]))
        if external and item.get_closest_marker("own_engine"):
            item.add_marker(pytest.mark.skip(reason="the suite did not start this engine"))
        if item.get_closest_marker("apus") and KIND != "apus":
            item.add_marker(pytest.mark.skip(reason="about Apus alone"))
    items.sort(key=lambda item: item.path.stem.endswith("_alone"))


class Cli:
    """The real `docker` program pointed at one engine."""

    def __init__(self, host, directory):
        self.environment = {
            key: value for key, value in os.environ.items() if not key.startswith(("DOCKER_", "http", "HTTP"))
        }
        self.environment.update(
            DOCKER_HOST=host, DOCKER_CONFIG=str(directory), DOCKER_CLI_HINTS="false", DOCKER_BUILDKIT="0"
        )

    def __call__(self, *arguments, check=True, timeout=90, input=None, **more):
        """Runs `docker ARGUMENTS`; with `check`, a failure raises and shows what docker said."""
        done = subprocess.run(
            ["docker", *map(str, arguments)], env=self.environment, capture_output=True, text=True, timeout=timeout,
            **({"input": input} if input is not None else {"stdin": subprocess.DEVNULL}), **more,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"docker {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
        return done

    def out(self, *arguments, **more):
        return self(*arguments, **more).stdout.rstrip("\n")

    def fails(self, *arguments, code=None, says=(), **more):
        """A command that must fail; answers what it wrote to standard error."""
        done = self(*arguments, check=False, **more)
        assert done.returncode != 0, f"docker {arguments} did not fail: {done.stdout}"
        if code is not None:
            assert done.returncode == code, (done.returncode, done.stderr)
        for words in (says,) if isinstance(says, str) else says:
            assert words in done.stderr, done.stderr
        return done.stderr

    def popen(self, *arguments, **more):
        more = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **more}
        return subprocess.Popen(["docker", *map(str, arguments)], env=self.environment, **more)

    def inspect(self, name, format=None):
        if format:
            return self.out("inspect", "--format", format, name)
        return json.loads(self.out("inspect", name))[0]


class UnderTest:
    """The engine under test: where it is reached, and where its network is."""

    def __init__(self, url, network=None, process=None):
        self.url, self.network, self.process = url, network, process
        self.socket = url[len("unix://") :]
        self.pid = engines.socket_owner(self.socket)
        self.host = network.host if network else engines.Namespace.of_process(self.pid)

    def cli(self, directory):
        return Cli(self.url, directory)


@pytest.fixture(scope="session")
def work():
    directory = tempfile.mkdtemp(prefix="apus-test-")
    os.chmod(directory, 0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def network():
    """The network of an engine that the suite starts: a host and its neighbour."""
    if "DOCKER_HOST" in os.environ:
        yield None
        return
    network = engines.Network()
    yield network
    network.close()


@pytest.fixture(scope="session")
def registry(network, work):
    namespace = network.host if network else engines.Namespace.of_process(
        engines.socket_owner(os.environ["DOCKER_HOST"][len("unix://") :])
    )
    registry = LocalRegistry(os.path.join(work, "registry"), namespace)
    yield registry
    registry.close()


SUBNET6 = "fd00:a905::/64"


@pytest.fixture(scope="session")
def engine(network, registry, work):
    if "DOCKER_HOST" in os.environ:
        yield UnderTest(os.environ["DOCKER_HOST"])
        return
    flags = ["--registry-mirror", f"http://{registry.address}", "--ipv6", "--fixed-cidr-v6", SUBNET6]
    if KIND == "apus":
        flags += ["--plugin-dir", os.path.join(work, "plugins"), "--plugin-timeout", "2"]
    process = engines.KINDS[KIND](os.path.join(work, "engine"), network, flags).start()
    under_test = UnderTest(process.url, network, process)
    client = docker_py.DockerClient(base_url=process.url, version="auto", timeout=60)
    load(client, made("busybox"), "busybox:latest")
    # The first container brings the bridge up and makes what all containers share; that is no leak.
    client.containers.run("busybox", "true", remove=True, ports={"1/tcp": None})
    client.close()
    before = leaks.snapshot(network.host)
    yield under_test
    try:
        assert process.process.poll() is None, f"the engine ended with {process.process.returncode}: {process.log()}"
        left = under_test.cli(work).out("ps", "-aq")
        assert not left, f"the tests left containers: {left}"
        found = leaks.settled(before, network.host, process)
        if KIND == "dockerd":  # gives its bridge the IPv6 address late
            found = [line for line in found if "fd00:a905::1" not in line]
        assert not found, "\n".join([*found, process.log(15)])
    finally:
        process.stop()
        stopped = leaks.of_directory(process.directory)
        process.remove()
    assert not stopped, stopped


@pytest.fixture(scope="session")
def docker(engine, work):
    directory = os.path.join(work, "cli")
    os.makedirs(directory, exist_ok=True)
    return engine.cli(directory)


@pytest.fixture(scope="session")
def client(engine):
    client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=90)
    yield client
    client.close()


@functools.lru_cache(None)
def made(name):
    """One of the images of `images`, made once."""
    return getattr(images, name)()


def load(client, image, *references):
    client.images.load(image.archive(*references))


@pytest.fixture(scope="session")
def busybox(client):
    load(client, made("busybox"), "busybox:latest")
    return "busybox"


@pytest.fixture(scope="session")
def nginx(client, busybox):
    load(client, made("nginx"), "nginx:latest")
    return "nginx"


@pytest.fixture(autouse=True)
def tidy(request):
    """Removes what a test made, so that the next one starts as this one did."""
    if "client" not in request.fixturenames and "docker" not in request.fixturenames:
        yield
        return
    client = request.getfixturevalue("client")
    before = {c["Id"] for c in client.api.containers(all=True)}
    volumes = {v["Name"] for v in client.api.volumes()["Volumes"] or []}
    networks = {n["Id"] for n in client.api.networks()}
    yield
    for container in client.api.containers(all=True):
        if container["Id"] not in before:
            try:
                client.api.remove_container(container["Id"], force=True, v=True)
            except docker_py.errors.APIError as error:
                if error.status_code not in (404, 409):
                    raise
    for volume in client.api.volumes()["Volumes"] or []:
        if volume["Name"] not in volumes:
            try:
                client.api.remove_volume(volume["Name"], force=True)
            except docker_py.errors.NotFound:
                pass
    for network in client.api.networks():
        if network["Id"] not in networks:
            try:
                client.api.remove_network(network["Id"])
            except docker_py.errors.NotFound:
                pass


@pytest.fixture
def name():
    return "t" + uuid.uuid4().hex[:10]


@pytest.fixture
def net(docker, name):
    """Makes networks: `net(*flags)` answers the name of a new one."""
    count = itertools.count(1)

    def make(*flags):
        network = f"{name}-n{next(count)}"
        docker("network", "create", *flags, network)
        return network

    return make


@pytest.fixture
def sockets(work):
    """The directory where the engine looks for plugins."""
    return os.path.join(work, "plugins") if KIND == "apus" else "/run/docker/plugins"


@pytest.fixture
def plugin(docker, host, sockets, work, name):
    """A network and IPAM plugin. What a test leaves goes before it does, and what it leaves itself goes after it."""
    before = leaks.links(host)
    if KIND == "dockerd":  # forwards nothing, not even within a bridge, that it does not know
        host.run("iptables", "-I", "FORWARD", "-i", "pb+", "-j", "ACCEPT")
    plugin = Plugin(name + "p", os.path.join(work, name + "-plugin"), sockets, host).start()
    yield plugin
    plugin.kill()
    plugin.start()
    for container in docker.out("ps", "-aq", "--filter", f"name={name}").split():
        docker("rm", "-f", container)
    for network in docker.out("network", "ls", "-q", "--filter", f"name={name}").split():
        docker("network", "rm", network)
    plugin.kill(leave_socket=False)
    for link in leaks.links(host) - before:
        if link.startswith(("pb", "ph", "pc")):
            host.run("ip", "link", "del", link, check=False)
    if KIND == "dockerd":
        host.run("iptables", "-D", "FORWARD", "-i", "pb+", "-j", "ACCEPT")


@pytest.fixture
def plugged(plugin, net):
    """Makes networks of the plugin's: `plugged(*flags)` answers the name of a new one."""
    return lambda *flags: net("-d", plugin.name, *flags)


@pytest.fixture
def run(docker, name):
    """Runs containers in the background: `run("a", *flags, image=…, command=…)` answers the container's name."""

    def start(suffix, *flags, image="busybox", command=("sleep", "600")):
        container = f"{name}-{suffix}"
        docker("run", "-d", "--name", container, *flags, image, *(command if image == "busybox" else ()))
        return container

    return start


@pytest.fixture
def host(engine):
    """The network namespace that is the engine's host."""
    return engine.host


@pytest.fixture
def neighbour(engine):
    """Another host: joined to the engine's by a link of its own."""
    if engine.network:
        return engine.network.neighbour
    pytest.skip("the engine's network is not ours to add a neighbour to")


@pytest.fixture
def port(host):
    return host.free_port()


@pytest.fixture
def another_engine(work):
    """Starts further engines, each on a host of its own unless told which: `another_engine(*flags, network=…)`.

    `prepare` is called with the engine before it starts.
    """
    started, networks = [], []

    def start(*flags, network=None, prepare=None):
        if network is None:
            network = engines.Network()
            networks.append(network)
        tag = uuid.uuid4().hex[:4]
        bridge, address = "br" + tag, f"10.213.{10 + len(started)}.1/24"
        extra = []
        if not any(flag.startswith(("--bridge", "--bip")) for flag in flags):
            if KIND == "dockerd":  # uses a bridge but does not make one of another name than docker0
                network.host.run("ip", "link", "add", bridge, "type", "bridge")
                network.host.run("ip", "address", "add", address, "dev", bridge)
                extra = ["--bridge", bridge]
            else:
                extra = ["--bridge", bridge, "--bip", address]
        directory = os.path.join(work, "engine-" + tag)
        engine = engines.KINDS[KIND](directory, network, [*extra, *flags], instance="t" + tag)
        started.append(engine)
        if prepare:
            prepare(engine)
        return engine.start()

    yield start
    for engine in started:
        try:
            if engines.ping(engine.socket, 0.5):
                client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=60)
                for container in client.api.containers(all=True):
                    client.api.remove_container(container["Id"], force=True, v=True)
                client.close()
        finally:
            engine.stop()
            left = leaks.of_directory(engine.directory)
            engine.remove()
            assert not left, left
    for network in networks:
        network.close()


def wait_for(condition, within=60, what=""):
    """Waits until `condition()` answers something true, and answers that. A busy host may need the time."""
    deadline = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {within} s in vain for {what or condition}"
        time.sleep(0.02)


def ended(pid):
    """Waits until a process is gone, and those that wait for it may know."""
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"), what=f"the end of process {pid}")


@pytest.fixture
def until():
    return wait_for


@pytest.fixture
def says(docker, until):
    """Waits until a container has written a text, and answers its log: `says(container, "ready")`."""

    def wait(container, text):
        def log():
            done = docker("logs", container)
            return done.stdout + done.stderr if text in done.stdout + done.stderr else None

        return until(log, what=f"{text!r} in the log of {container}")

    return wait


@pytest.fixture
def happened(client, until):
    """Waits until an event of each of some actions is there since a time, and answers all that are: (type, action)."""

    def wait(since, *actions, **filters):
        def told():
            seen = client.api.events(since=since, until=time.time() + 0.01, decode=True, filters=filters)
            return [(one["Type"], one["Action"]) for one in seen]

        def all_told():
            seen = told()
            return seen if set(actions) <= {action.split(":")[0] for _, action in seen} else None

        return until(all_told, what=f"events {actions}")

    return wait


@pytest.fixture
def listens(docker, until):
    """Waits until somebody listens on a TCP port in a container's network: `listens(container, 80)`."""

    def wait(container, port):
        pattern = f":{port:04X} [0-9A-F:]* 0A "
        until(
            lambda: docker("exec", container, "grep", "-q", pattern, "/proc/net/tcp", "/proc/net/tcp6", check=False).returncode == 0,
            what=f"a listener on port {port} of {container}",
        )

    return wait


@pytest.fixture
def raw(engine):
    """One HTTP request on the engine's socket, for what no client sends: `raw(method, path, body, headers)`."""
    import http.client

    def request(method, path, body=None, headers=None, timeout=30):
        connection = http.client.HTTPConnection("docker", timeout=timeout)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(timeout)
        connection.sock.connect(engine.socket)
        if isinstance(body, (dict, list)):
            body, headers = json.dumps(body), {"Content-Type": "application/json", **(headers or {})}
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        try:
            return answer, json.loads(data)
        except ValueError:
            return answer, data

    return request


@pytest.fixture
def terminal(docker):
    """`docker ARGUMENTS` on a terminal: `terminal("run", "-it", …)`."""
    opened = []

    def start(*arguments, **more):
        opened.append(Terminal(["docker", *map(str, arguments)], docker.environment, **more))
        return opened[-1]

    yield start
    for one in opened:
        one.close()
