"""An engine that is killed and started again; engines side by side; how an engine is configured."""

import json
import os
import signal
import subprocess
import threading
import time

import docker as docker_py
import pytest

import engines
import images
import leaks
from conftest import Cli, ended, load, made
from registries import FakeRegistry

pytestmark = pytest.mark.own_engine


class Own:
    """An engine of the test's own, with clients."""

    def __init__(self, engine, work):
        self.engine, self.host = engine, engine.network.host
        self.docker = Cli(engine.url, work)
        self.client = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=60)
        load(self.client, made("busybox"), "busybox:latest")
        load(self.client, made("nginx"), "nginx:latest")

    def crash(self, pause=0.0):
        """kill -9, then a start; dockerd's own monitor needs a moment to let go."""
        self.engine.kill()
        time.sleep(pause)
        self.engine.start()


@pytest.fixture
def own(another_engine, work):
    own = Own(another_engine(), work)
    yield own
    own.client.close()


def state(own, name):
    return own.docker.inspect(name)["State"]


def test_containers_keep_running_with_their_ports_and_addresses(own, name, port):
    own.docker("run", "-d", "--name", name, "-p", f"{port}:80", "nginx")
    own.host.get_soon("127.0.0.1", port)
    before = own.docker.inspect(name)
    own.engine.kill()
    assert own.engine.network.neighbour.get(own.engine.network.address, port)[0] == 200  # with no engine at all
    own.engine.start()
    after = own.docker.inspect(name)
    assert after["State"]["Pid"] == before["State"]["Pid"] and after["State"]["StartedAt"] == before["State"]["StartedAt"]
    for key in ("IPAddress", "MacAddress", "Gateway", "EndpointID"):
        assert after["NetworkSettings"]["Networks"]["bridge"][key] == before["NetworkSettings"]["Networks"]["bridge"][key]
    assert after["NetworkSettings"]["Ports"] == before["NetworkSettings"]["Ports"]
    assert own.host.get_soon("127.0.0.1", port)[0] == 200
    own.docker.fails("run", "--rm", "-p", f"{port}:80", "nginx", code=125)
    own.docker("rm", "-f", name)
    with pytest.raises(OSError):
        own.host.get("127.0.0.1", port, timeout=1.5)


def test_logs_have_no_hole(own, name, until):
    own.docker("run", "-d", "--name", name, "busybox", "sh", "-c", "i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); sleep 0.05; done")
    until(lambda: len(own.docker.out("logs", name).split()) > 10)
    own.engine.kill()
    time.sleep(0.8)
    own.engine.start()
    until(lambda: state(own, name)["Status"] == "exited")
    assert own.docker.out("logs", name).split() == [str(number) for number in range(60)]


@pytest.mark.differs("it sometimes does not learn a code and says 255")
def test_exit_codes_of_those_that_ended_meanwhile(own, name, until):
    pids = []
    for code in (0, 7):
        own.docker("run", "-d", "--name", f"{name}{code}", "busybox", "sh", "-c", f"trap 'exit {code}' USR1; echo ready; while :; do sleep 0.1; done")
        until(lambda: own.docker.out("logs", f"{name}{code}") == "ready")
        pids.append(state(own, f"{name}{code}")["Pid"])
    own.docker("run", "-d", "--name", f"{name}-killed", "busybox", "sleep", "600")
    pids.append(state(own, f"{name}-killed")["Pid"])
    own.engine.kill()
    for pid, number in zip(pids, (signal.SIGUSR1, signal.SIGUSR1, signal.SIGKILL)):
        os.kill(pid, number)
        ended(pid)
    own.engine.start()
    until(lambda: all(state(own, name + suffix)["Status"] == "exited" for suffix in ("0", "7", "-killed")))
    assert [state(own, name + suffix)["ExitCode"] for suffix in ("0", "7", "-killed")] == [0, 7, 137]
    assert own.docker.out("wait", f"{name}7") == "7"


@pytest.mark.apus
def test_an_end_that_nobody_saw_says_so(own, name, until):
    """The monitor goes before its container: the code is 137 as with dockerd, and the state and the log say that it is a guess."""
    own.docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    pid = state(own, name)["Pid"]
    with open(f"/proc/{pid}/stat") as file:
        monitor = int(file.read().rpartition(")")[2].split()[1])
    for one in (monitor, pid):
        os.kill(one, signal.SIGKILL)
        ended(one)
    until(lambda: state(own, name)["Status"] == "exited")
    words = "the exit code is not known and stands as 137: its monitor was ended by signal 9"
    assert (state(own, name)["ExitCode"], state(own, name)["Error"]) == (137, words)
    assert words in own.engine.log()
    assert own.docker.out("wait", name) == "137"
    own.docker("start", name)
    assert state(own, name)["Error"] == ""


def test_restart_policies_are_honoured(own, name, until):
    own.docker("run", "-d", "--restart", "always", "--name", f"{name}-always", "busybox", "sleep", "600")
    own.docker("run", "-d", "--restart", "unless-stopped", "--name", f"{name}-stopped", "busybox", "sleep", "600")
    own.docker("run", "-d", "--name", f"{name}-no", "busybox", "sleep", "600")
    own.docker("stop", "-t", "0", f"{name}-stopped")
    pids = [state(own, f"{name}-{one}")["Pid"] for one in ("always", "no")]
    own.engine.kill()
    for pid in pids:
        os.kill(pid, 9)
        ended(pid)
    own.engine.start()
    until(lambda: state(own, f"{name}-always")["Running"])
    until(lambda: state(own, f"{name}-no")["Status"] == "exited")
    assert state(own, f"{name}-stopped")["Status"] == "exited"


def test_a_container_can_be_stopped_entered_and_removed_afterwards(own, name):
    own.docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    own.crash()
    assert own.docker.out("exec", name, "echo", "inside") == "inside"
    own.docker("stop", "-t", "0", name)
    own.docker("start", name)
    own.docker("rm", "-f", name)


def test_rm_flag_survives_the_crash(own, name, until):
    own.docker("run", "-d", "--rm", "--name", name, "busybox", "sleep", "600")
    pid = state(own, name)["Pid"]
    own.engine.kill()
    os.kill(pid, 9)
    ended(pid)
    own.engine.start()
    until(lambda: not own.client.api.containers(all=True, filters={"name": name}))


def test_a_pull_that_was_cut_short_leaves_nothing_and_resumes(own, name):
    registry = FakeRegistry(own.host)
    try:
        pull_and_crash(own, registry, name)
    finally:
        registry.close()


def pull_and_crash(own, registry, name):
    """The last layer stops half-way until the engine is dead."""
    image = images.many_layers(4, 1 << 20, seed=name.encode())
    last = image.blobs()[-1][1]
    halfway, dead = threading.Event(), threading.Event()

    def stopping(request):
        if dead.is_set():
            begin = int((request.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
            span = {"Content_Range": f"bytes {begin}-{len(last) - 1}/{len(last)}"} if begin else {}
            return request.answer(206 if begin else 200, last[begin:], **span)
        request.send_response(200)
        request.send_header("Content-Length", str(len(last)))
        request.end_headers()
        request.wfile.write(last[: len(last) // 2])
        halfway.set()
        dead.wait(60)
        request.close_connection = True

    registry.serve(name, image, blob=lambda digest, data: stopping if data == last else data)
    reference = f"{registry.address}/{name}:latest"
    puller = own.docker.popen("pull", reference)
    assert halfway.wait(60)
    own.engine.kill()
    dead.set()
    puller.communicate(timeout=60)
    own.engine.start()
    own.docker.fails("inspect", reference)
    assert own.docker.out("images", "-q", f"{registry.address}/{name}") == ""
    own.docker("pull", reference)
    assert own.docker.out("run", "--rm", reference, "cat", "/top") == "3"


@pytest.mark.apus
def test_nothing_is_left_once_all_is_removed(own, name):
    own.docker("run", "--rm", "-p", "1", "busybox", "true")
    before = leaks.snapshot(own.host)
    own.docker("run", "-d", "--name", name, "-p", "80", "-v", "/data", "--tmpfs", "/t", "nginx")
    own.crash()
    own.docker("rm", "-fv", name)
    assert leaks.settled(before, own.host, own.engine) == []


@pytest.mark.apus
def test_a_stray_that_cannot_go_keeps_no_other(own, name):
    own.docker("create", "--name", name, "busybox", "true")
    own.engine.stop()
    stuck = os.path.join(own.engine.directory, "data", "containers", "stuck")
    others = [os.path.join(own.engine.directory, "data", "containers", "zz-stray"), os.path.join(own.engine.directory, "run", "shm", "stray")]
    for path in (stuck, *others):
        os.makedirs(path)
    # What something is mounted on cannot be removed.
    subprocess.run(["mount", "-t", "tmpfs", "none", stuck], check=True)
    try:
        own.engine.start()
        assert "clearing away strays" in own.engine.log() and stuck in own.engine.log()
        assert [path for path in others if os.path.exists(path)] == []
    finally:
        subprocess.run(["umount", stuck], check=True)


def test_a_clean_stop_and_start_keeps_what_there_was(own, name):
    own.docker("create", "--name", name, "-e", "A=1", "busybox", "true")
    own.docker("volume", "create", name)
    own.engine.stop()
    own.engine.start()
    assert "A=1" in own.docker.inspect(name)["Config"]["Env"]
    assert name in own.docker.out("volume", "ls", "-q").split()
    assert "busybox" in own.docker.out("images", "--format", "{{.Repository}}").split()


# Side by side


def test_two_engines_side_by_side(own, another_engine, work, name):
    host = own.host
    other = Own(another_engine(network=own.engine.network), work)
    first, second = host.free_port(), host.free_port()
    own.docker("run", "-d", "--name", name, "-p", f"{first}:80", "nginx")
    other.docker("run", "-d", "--name", name, "-p", f"{second}:80", "nginx")
    assert own.docker.inspect(name, "{{.Id}}") != other.docker.inspect(name, "{{.Id}}")
    for port in (first, second):
        assert host.get_soon("127.0.0.1", port)[0] == 200
    other.docker.fails("run", "--rm", "-p", f"{first}:80", "nginx", code=125, says="address already in use")
    other.engine.kill()
    assert host.get("127.0.0.1", first)[0] == 200
    other.engine.start()
    other.docker("rm", "-f", name)
    assert host.get("127.0.0.1", first)[0] == 200
    other.client.close()


@pytest.mark.apus
def test_beside_the_original(own, work, name):
    """Neither disturbs the other's containers, whichever comes or goes."""
    network, host = own.engine.network, own.host
    original = engines.Dockerd(os.path.join(work, "original"), network, ["--bip", "10.214.1.1/24"])
    original.start()
    try:
        theirs = Own(original, work)
        first, second = host.free_port(), host.free_port()
        own.docker("run", "-d", "--name", name, "-p", f"{first}:80", "nginx")
        theirs.docker("run", "-d", "--name", name, "-p", f"{second}:80", "nginx")
        for port in (first, second):
            assert host.get_soon("127.0.0.1", port)[0] == 200
            assert network.neighbour.get_soon(network.address, port)[0] == 200
        theirs.docker("rm", "-f", name)
        assert network.neighbour.get(network.address, first)[0] == 200
        theirs.client.close()
    finally:
        original.stop()
        original.remove()


# Configuration


def starts_not(flags, work, says):
    network = engines.Network()
    kind = engines.KINDS[os.environ.get("APUS_TEST_ENGINE", "apus")]
    engine = kind(os.path.join(work, "refused"), network, flags, instance="refused")
    try:
        with pytest.raises(RuntimeError) as error:
            engine.start(timeout=60)
        assert says in str(error.value), str(error.value)
        assert engine.process.returncode != 0
    finally:
        engine.stop()
        engine.remove()
        network.close()


def test_unknown_flags_are_refused_by_name(work):
    starts_not(["--no-such-flag"], work, "no-such-flag")


@pytest.mark.parametrize(
    "text, says",
    [('{"no-such-key": 1}', "no-such-key"), ("{", "config.json"), ('{"mtu": "wide"}', "mtu"), ('{"bip": "300.1.1.1/24"}', "300.1.1.1")],
)
def test_configuration_files_that_are_refused(work, tmp_path, text, says):
    path = tmp_path / "config.json"
    path.write_text(text)
    flag = "--config" if os.environ.get("APUS_TEST_ENGINE", "apus") == "apus" else "--config-file"
    starts_not([flag, str(path)], work, says if says != "mtu" and says != "config.json" else "")


def test_a_flag_and_the_file_that_disagree_are_refused(work, tmp_path):
    path = tmp_path / "config.json"
    path.write_text('{"mtu": 1400}')
    flag = "--config" if os.environ.get("APUS_TEST_ENGINE", "apus") == "apus" else "--config-file"
    starts_not([flag, str(path), "--mtu", "1450"], work, "mtu")


def test_addresses_and_mtu_by_flag_and_file(another_engine, work, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"mtu": 1400, "dns": ["192.0.2.54"], "log-opts": {"max-size": "1m"}, "fixed-cidr": "10.215.7.128/25"}))
    flag = "--config" if os.environ.get("APUS_TEST_ENGINE", "apus") == "apus" else "--config-file"
    kind = os.environ.get("APUS_TEST_ENGINE", "apus")
    bridge = ["--bridge", "cfg0"] if kind == "apus" else []
    own = Own(another_engine("--bip", "10.215.7.1/24", *bridge, flag, str(path)), work)
    shown = own.docker.out("run", "--rm", "busybox", "sh", "-c", "cat /sys/class/net/eth0/mtu /etc/resolv.conf; ip addr show eth0; ip route")
    assert shown.startswith("1400\n") and "nameserver 192.0.2.54" in shown
    assert "inet 10.215.7.1" in shown and "/24" in shown and "default via 10.215.7.1" in shown
    address = next(line.split()[1].split("/")[0] for line in shown.splitlines() if line.strip().startswith("inet "))
    assert int(address.rsplit(".", 1)[1]) >= 128
    container = own.docker.out("create", "busybox")
    assert own.docker.inspect(container)["HostConfig"]["LogConfig"] == {"Type": "json-file", "Config": {"max-size": "1m"}}
    own.docker("rm", container)
    own.client.close()


@pytest.mark.apus
def test_the_bridges_subnet_overlaps_no_route(another_engine, work):
    """With no address given, a private subnet is chosen that no route of the host covers."""
    import ipaddress

    network = engines.Network()
    network.host.run("ip", "route", "add", "172.17.0.0/16", "via", network.neighbour_address)
    own = Own(another_engine("--bridge", "auto0", network=network), work)
    address = own.docker.out("network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}")
    assert not ipaddress.ip_network(address).overlaps(ipaddress.ip_network("172.17.0.0/16"))
    own.client.close()


@pytest.mark.apus
def test_both_runtimes(another_engine, work):
    own = Own(another_engine("--default-runtime", "runc"), work)
    assert own.client.info()["DefaultRuntime"] == "runc"
    assert own.docker.out("run", "--rm", "busybox", "echo", "by runc") == "by runc"
    assert own.docker.out("run", "--rm", "--runtime", "crun", "busybox", "echo", "by crun") == "by crun"
    own.client.close()


@pytest.mark.apus
def test_help_names_every_flag():
    binary = os.environ.get("APUS_BINARY") or os.path.join(engines.ROOT, ".build", "debug", "apus")
    shown = subprocess.run([binary, "engine", "--help"], capture_output=True, text=True).stdout
    for flag in (
        "data-dir run-dir docker-socket instance config log-level bridge bip fixed-cidr default-address-pool mtu dns "
        "cluster-store cluster-advertise registry-mirror insecure-registry registry-certs-dir default-runtime log-opt "
        "plugin-dir plugin-timeout"
    ).split():
        assert "--" + flag in shown, flag
