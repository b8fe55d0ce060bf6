"""`--loopback-shortcut`: processes of the host reach TCP ports published on 127.0.0.1 without translation."""

import os
import re
import signal

import docker as docker_py
import pytest

import engines
import shortcuts
from conftest import Cli, ended, load, made
from networks import address, opens

pytestmark = [pytest.mark.apus, pytest.mark.own_engine, pytest.mark.usefixtures("busybox", "nginx")]


def peers(namespace, local):
    """Where connections of a namespace really go to, by their own port."""
    found = {}
    for line in namespace.run("ss", "-Htn", "state", "established").stdout.splitlines():
        mine, theirs = re.split(r"\s+", line.strip())[2:4]
        found[int(mine.rpartition(":")[2])] = theirs
    return found.get(local)


def members(namespace):
    """The processes that are in a network namespace."""
    found, own = [], os.fstat(namespace.descriptor).st_ino
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{process}/ns/net").st_ino == own:
                found.append(int(process))
        except OSError:
            pass
    return found


def whole():
    """Whether there is one program of each kind, and no second one."""
    return [len(shortcuts.attached(hook)) for hook in shortcuts.HOOKS] == [1, 1, 1]


class Own:
    """An engine of a test's own, with its clients."""

    def __init__(self, engine, directory):
        self.engine, self.network, self.host = engine, engine.network, engine.network.host
        self.docker = Cli(engine.url, directory)
        client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=60)
        load(client, made("nginx"), "nginx:latest")
        client.close()

    def web(self, name, *flags):
        self.docker("run", "-d", "--name", name, *flags, "nginx")
        return address(self.docker, name, "bridge")

    def plan(self):
        done = self.host.run(
            os.environ["APUS_BINARY"], "network", "plan", "--host", self.engine.url, "bridge", check=False)
        return done.returncode, done.stdout


@pytest.fixture
def own(another_engine, work):
    return lambda *flags, network=None: Own(another_engine(*flags, network=network), work)


def test_a_connection_takes_it_and_does_not_see(docker, host, run, port):
    web = run("web", "-p", f"{port}:80", "-p", f"127.0.0.1:{port + 1}:80", image="nginx")
    target = address(docker, web, "bridge")
    assert host.get_soon("127.0.0.1", port)[0] == 200 and host.get_soon("127.0.0.1", port + 1)[0] == 200
    for number in (port, port + 1):
        assert shortcuts.of(host)["127.0.0.1", number] == (target, 80)
        with host.connect(("127.0.0.1", number)) as connection:
            assert connection.getpeername() == ("127.0.0.1", number)
            mine, local = connection.getsockname()
            assert mine == "127.0.0.1" and peers(host, local) == f"{target}:80"
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert whole()
    docker("rm", "-f", web)
    assert not {key for key in shortcuts.of(host) if key[1] in (port, port + 1)}
    assert not opens(host, "127.0.0.1", port)


def test_what_takes_the_long_way(docker, host, engine, run, port):
    """Bound sources, other addresses of the host, and other namespaces."""
    web = run("web", "-p", f"{port}:80", image="nginx")
    host.get_soon("127.0.0.1", port)
    with host.socket() as connection:
        connection.settimeout(20)
        connection.bind(("127.0.0.1", 0))
        connection.connect(("127.0.0.1", port))
        assert peers(host, connection.getsockname()[1]) == f"127.0.0.1:{port}"
    for other in ("127.0.0.2", engine.network.address):
        with host.connect((other, port)) as connection:
            assert peers(host, connection.getsockname()[1]) == f"{other}:{port}"
    # A container's own loopback is its own, and the host's is the host's in a container that has no other.
    inside = engines.Namespace.of_process(docker.inspect(web, "{{.State.Pid}}"))
    try:
        assert not opens(inside, "127.0.0.1", port) and inside.get("127.0.0.1", 80)[0] == 200
    finally:
        inside.close()
    page = docker.out("run", "--rm", "--network", "host", "busybox", "wget", "-q", "-O", "-", f"http://127.0.0.1:{port}/")
    assert "nginx" in page.lower()


def test_ports_that_change_change_them(docker, host, run, raw, port, until):
    web = run("web", image="nginx")
    target = address(docker, web, "bridge")
    for number in (port, port + 1):
        assert raw("POST", f"/containers/{web}/update", {"PortBindings": {"80/tcp": [{"HostPort": str(number)}]}})[0].status == 200
        assert {key[1]: to for key, to in shortcuts.of(host).items() if key[1] in (port, port + 1)} == {number: (target, 80)}
        assert host.get_soon("127.0.0.1", number)[0] == 200
    docker("restart", "-t", "0", web)
    assert host.get_soon("127.0.0.1", port + 1)[0] == 200
    docker("stop", "-t", "0", web)
    until(lambda: not {key for key in shortcuts.of(host) if key[1] in (port, port + 1)})


def test_an_engine_that_is_killed_finds_its_own(own, name, port):
    one = own()
    target = one.web(name, "-p", f"{port}:80")
    expected = {("127.0.0.1", port): (target, 80)}
    assert shortcuts.of(one.host) == expected
    one.engine.kill()
    assert one.host.get_soon("127.0.0.1", port)[0] == 200 and shortcuts.of(one.host) == expected
    one.engine.start()
    assert shortcuts.of(one.host) == expected and whole()
    assert one.host.get_soon("127.0.0.1", port)[0] == 200
    one.engine.stop()
    assert shortcuts.of(one.host) == expected
    one.engine.start()
    one.docker("rm", "-f", name)
    assert shortcuts.of(one.host) == {}


def test_none_leads_to_the_next_owner_of_an_address(own, name, port, until):
    """A container that ends while no engine is there: its address is given to another one, its port to nobody."""
    one = own()
    target = one.web(name, "-p", f"{port}:80")
    pid = int(one.docker.inspect(name, "{{.State.Pid}}"))
    one.engine.kill()
    os.kill(pid, signal.SIGKILL)
    ended(pid)
    one.engine.start()
    until(lambda: shortcuts.of(one.host) == {})
    one.docker("rm", "-f", name)
    assert one.web(name + "-next") == target
    assert not opens(one.host, "127.0.0.1", port)


def test_two_engines_share_one_table(own, name, port):
    one = own()
    two = own(network=one.network)
    first, second = one.web(name, "-p", f"{port}:80"), two.web(name, "-p", f"{port + 1}:80")
    assert shortcuts.of(one.host) == {("127.0.0.1", port): (first, 80), ("127.0.0.1", port + 1): (second, 80)}
    assert whole()
    for number in (port, port + 1):
        assert one.host.get_soon("127.0.0.1", number)[0] == 200
    one.engine.kill()
    two.docker("rm", "-f", name)
    assert shortcuts.of(one.host) == {("127.0.0.1", port): (first, 80)}
    two.engine.kill()
    two.engine.start()
    one.engine.start()
    assert shortcuts.of(one.host) == {("127.0.0.1", port): (first, 80)} and whole()
    one.docker("rm", "-f", name)
    assert shortcuts.of(one.host) == {}


def test_an_engine_that_shall_have_none(own, name, port):
    one = own()
    target = one.web(name, "-p", f"{port}:80")
    assert shortcuts.of(one.host) == {("127.0.0.1", port): (target, 80)} and "short cuts" in one.plan()[1]
    one.engine.stop()
    one.engine.flags.append("--loopback-shortcut=false")
    one.engine.start()
    assert shortcuts.of(one.host) == {}
    assert one.host.get_soon("127.0.0.1", port)[0] == 200
    code, shown = one.plan()
    assert code == 0 and "short cut" not in shown, shown
    with one.host.connect(("127.0.0.1", port)) as connection:
        assert peers(one.host, connection.getsockname()[1]) == f"127.0.0.1:{port}"


def test_a_namespace_that_is_no_more_leaves_nothing(own, name, port, until):
    """Its entries cannot be found by anybody any more. The next engine that starts sweeps them."""
    network = engines.Network()
    one = own(network=network)
    one.web(name, "-p", f"{port}:80")
    number = shortcuts.cookie(network.host)
    pid = int(one.docker.inspect(name, "{{.State.Pid}}"))
    one.engine.kill()
    own()
    assert number in {key[0] for key in shortcuts.table()}, "somebody lives in it still"
    for process in [pid, *members(network.host)]:
        os.kill(process, signal.SIGKILL)
    until(lambda: not members(network.host))
    network.close()
    one.engine.remove()
    own()
    assert number not in {key[0] for key in shortcuts.table()}


def test_the_plan_shows_what_is_missing(own, name, port):
    one = own()
    target = one.web(name, "-p", f"{port}:80")
    code, shown = one.plan()
    line = f"TCP to 127.0.0.1:{port} goes straight to {target}:80"
    assert code == 0 and f"    {line}\n" in shown, shown
    shortcuts.forget(one.host, "127.0.0.1", port)
    assert one.host.get_soon("127.0.0.1", port)[0] == 200
    code, shown = one.plan()
    assert code == 1 and f"  ! no short cut: {line}\n" in shown, shown
    one.engine.kill()
    one.engine.start()
    assert one.plan()[0] == 0 and shortcuts.of(one.host) == {("127.0.0.1", port): (target, 80)}


def test_a_host_that_has_none_says_so_and_goes_on(another_engine, work, name, port):
    """No tree of version 2 is mounted where the engine looks."""
    if shortcuts.root() == "/sys/fs/cgroup":
        pytest.skip("containers need the tree here")

    def prepare(engine):
        engine.prefix = ["unshare", "--mount", "--", "sh", "-c", f'umount {shortcuts.root()} && exec "$@"', "sh"]

    one = Own(another_engine(prepare=prepare), work)
    one.web(name, "-p", f"{port}:80")
    assert one.host.get_soon("127.0.0.1", port)[0] == 200 and shortcuts.of(one.host) == {}
    said = [line for line in one.engine.log(1000).splitlines() if "short" in line]
    assert len(said) == 1 and "level=info" in said[0] and "no control group tree of version 2" in said[0], said
    assert one.plan()[0] == 0
