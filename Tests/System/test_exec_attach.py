"""`docker exec`, `docker attach`, `docker top`, `docker cp`'s refusal or work."""

import concurrent.futures
import subprocess
import time

import docker as docker_py
import pytest

pytestmark = pytest.mark.usefixtures("busybox")


@pytest.fixture
def running(docker, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    return name


def test_exec_answers_output_and_code(docker, running):
    done = docker("exec", running, "sh", "-c", "echo out; echo err >&2; exit 5", check=False)
    assert (done.stdout, done.stderr, done.returncode) == ("out\n", "err\n", 5)


def test_exec_passes_standard_input(docker, running):
    assert docker.out("exec", "-i", running, "cat", input="typed") == "typed"


def test_exec_settings(docker, running):
    assert docker.out("exec", "-w", "/tmp", "-e", "A=1", "-u", "www-data", running, "sh", "-c", "pwd; echo $A; id -un").split() == [
        "/tmp", "1", "www-data",
    ]  # fmt: skip


def test_exec_inherits_the_containers_settings(docker, name):
    docker("run", "-d", "--name", name, "-w", "/var", "-e", "B=2", "-u", "33", "busybox", "sleep", "600")
    assert docker.out("exec", name, "sh", "-c", "pwd; echo $B; id -u").split() == ["/var", "2", "33"]


def test_exec_on_a_terminal(terminal, running):
    shell = terminal("exec", "-it", running, "sh", rows=31, columns=99)
    shell.expect("/ # ")
    shell.line("until stty size | grep '^31 99'; do sleep 0.1; done")
    shell.expect("31 99\n")
    shell.expect("/ # ")
    shell.line("until stty size | grep '^22 77'; do sleep 0.1; done")
    shell.resize_until(22, 77, "22 77\n")
    shell.expect("/ # ")
    shell.line("exit 6")
    assert shell.wait() == 6


def test_exec_detach_keys(docker, terminal, running):
    shell = terminal("exec", "-it", running, "sh")
    shell.expect("/ # ")
    shell.type("\x10\x11")
    shell.wait()
    assert "sh" in docker.out("top", running)


@pytest.mark.differs("it is answered with 500")
def test_exec_detach_keys_that_are_none(client, running):
    with pytest.raises(docker_py.errors.APIError) as error:
        client.api.exec_create(running, ["sleep", "1000"], tty=True, stdin=True, detach_keys="ctrl-nothing")
    assert error.value.status_code == 400 and "Invalid escape keys (ctrl-nothing) provided" in str(error.value)


def test_exec_detached(docker, running, until):
    docker("exec", "-d", running, "sh", "-c", "echo done > /done")
    until(lambda: docker("exec", running, "cat", "/done", check=False).stdout == "done\n")


def test_exec_code_126(docker, running):
    done = docker("exec", running, "/etc/passwd", check=False)
    assert done.returncode == 126 and "permission denied" in done.stdout + done.stderr


@pytest.mark.differs("it answers 126")
def test_exec_code_127(docker, running):
    done = docker("exec", running, "no-such-program", check=False)
    assert done.returncode == 127 and "no-such-program" in done.stdout + done.stderr


def test_exec_in_what_does_not_run(docker, name):
    docker("create", "--name", name, "busybox")
    docker.fails("exec", name, "true", says="is not running")


def test_exec_inspect(client, running):
    exec_id = client.api.exec_create(running, ["sh", "-c", "exit 9"], environment={"A": "1"})["Id"]
    before = client.api.exec_inspect(exec_id)
    assert before["Running"] is False and before["ExitCode"] is None
    client.api.exec_start(exec_id)
    after = client.api.exec_inspect(exec_id)
    assert after["ExitCode"] == 9 and after["Running"] is False
    assert after["ProcessConfig"]["entrypoint"] == "sh" and after["ProcessConfig"]["arguments"] == ["-c", "exit 9"]
    assert exec_id not in (client.api.inspect_container(running)["ExecIDs"] or [])


def test_exec_started_twice_is_refused(client, running):
    exec_id = client.api.exec_create(running, ["true"])["Id"]
    client.api.exec_start(exec_id)
    with pytest.raises(docker_py.errors.APIError) as error:
        client.api.exec_start(exec_id, detach=True)
    assert error.value.status_code in (404, 409)


def test_exec_demultiplexed_by_docker_py(client, running):
    code, (out, err) = client.containers.get(running).exec_run(["sh", "-c", "echo o; echo e >&2"], demux=True)
    assert (code, out, err) == (0, b"o\n", b"e\n")


def test_exec_socket_of_docker_py(client, running):
    exec_id = client.api.exec_create(running, ["cat"], stdin=True, tty=True)["Id"]
    stream = client.api.exec_start(exec_id, socket=True, tty=True)
    raw = getattr(stream, "_sock", stream)
    raw.settimeout(10)
    raw.sendall(b"ping\n")
    got = b""
    while got.count(b"ping") < 2:
        got += raw.recv(100)
    stream.close()


@pytest.mark.differs("it asks for capabilities that the root of some machines lacks")
def test_exec_privileged(docker, running):
    assert int(docker.out("exec", "--privileged", running, "sh", "-c", "grep CapEff /proc/self/status").split()[1], 16) > int(
        docker.out("exec", running, "sh", "-c", "grep CapEff /proc/self/status").split()[1], 16
    )


def test_many_execs_leave_nothing(docker, client, running):
    for _ in range(5):
        docker("exec", running, "true")
    assert len(client.api.top(running)["Processes"]) == 1


def test_attach_shows_and_sends(docker, name):
    docker("run", "-di", "--name", name, "busybox", "sh", "-c", "for i in 1 2; do read line; echo got $line; done; sleep 0.5")
    done = docker("attach", name, input="one\ntwo\n")
    assert done.stdout == "got one\ngot two\n"


def test_attach_answers_the_exit_code(docker, name):
    docker("run", "-di", "--name", name, "busybox", "sh", "-c", "read line; exit 7")
    assert docker("attach", name, input="x\n", check=False).returncode == 7


WHEN_TOLD = "while [ ! -e /told ]; do sleep 0.05; done; "


def tell(docker, container):
    """What a container does `WHEN_TOLD`, it does now."""
    docker("exec", container, "touch", "/told")


def test_attach_without_standard_input(docker, happened, name):
    since = time.time()
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", WHEN_TOLD + "echo late; exit 2")
    watcher = docker.popen("attach", "--no-stdin", name, text=True)
    happened(since, "attach", container=name)
    tell(docker, name)
    assert (watcher.communicate(timeout=60)[0], watcher.returncode) == ("late\n", 2)


def test_attach_to_what_has_ended(docker, name):
    docker("run", "--name", name, "busybox", "true")
    docker.fails("attach", name, says="cannot attach to a stopped container")


def test_two_attached_see_the_same(docker, happened, until, name):
    since = time.time()
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", WHEN_TOLD + "echo both")
    watchers = [docker.popen("attach", "--no-stdin", name) for _ in range(2)]
    until(lambda: happened(since, "attach", container=name).count(("container", "attach")) == 2)
    tell(docker, name)
    assert [watcher.communicate(timeout=60)[0] for watcher in watchers] == [b"both\n"] * 2


def frames(data):
    """The (stream, bytes) frames of an attachment without a terminal."""
    found = []
    while data:
        stream, length = data[0], int.from_bytes(data[4:8], "big")
        found.append((stream, data[8 : 8 + length]))
        data = data[8 + length :]
    return found


def test_attach_with_logs_without_an_upgrade(docker, raw, says, happened, name):
    since = time.time()
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", f"echo early; {WHEN_TOLD} echo late >&2")
    says(name, "early")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        attached = pool.submit(raw, "POST", f"/v1.41/containers/{name}/attach?logs=1&stream=1&stdout=1&stderr=1", timeout=60)
        happened(since, "attach", container=name)
        tell(docker, name)
        answer, data = attached.result()
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/vnd.docker.raw-stream"
    assert frames(data) == [(1, b"early\n"), (2, b"late\n")]


def test_top(docker, client, running):
    shown = docker.out("top", running).splitlines()
    assert "PID" in shown[0] and "CMD" in shown[0] and shown[1].rstrip().endswith("sleep 600")
    assert docker.out("top", running, "-o", "pid,args").splitlines()[1].split()[0] == docker.inspect(running, "{{.State.Pid}}")
    assert client.api.top(running)["Titles"]


def test_top_of_what_does_not_run(docker, name):
    docker("create", "--name", name, "busybox")
    docker.fails("top", name, says="is not running")


def test_closing_the_client_leaves_the_container(docker, says, name):
    runner = docker.popen("run", "-i", "--name", name, "busybox", "sh", "-c", "echo ready; sleep 600", stdin=subprocess.PIPE)
    assert runner.stdout.readline() == b"ready\n"
    runner.kill()
    runner.communicate()
    assert docker.out("exec", name, "echo", "still there") == "still there"
    assert docker.inspect(name, "{{.State.Running}}") == "true"


def test_copy_in_and_out(docker, running, tmp_path):
    (tmp_path / "file").write_text("content")
    docker("cp", tmp_path / "file", f"{running}:/tmp/there")
    assert docker.out("exec", running, "cat", "/tmp/there") == "content"
    docker("cp", f"{running}:/tmp/there", tmp_path / "back")
    assert (tmp_path / "back").read_text() == "content"


def test_input_that_nobody_reads_takes_no_output_away(docker):
    """The monitor ends with input still to come, or before it has taken the connection; many at once make either likely."""
    command = ["run", "--rm", "-i", "busybox", "sh", "-c", "echo fine; echo well >&2"]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        said = list(pool.map(lambda _: docker(*command, input="x" * 3000), range(80)))
    assert {(done.stdout, done.stderr) for done in said} == {("fine\n", "well\n")}
