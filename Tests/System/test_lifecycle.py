"""Create, start, stop, kill, restart, pause, wait, rename, remove; restart policies."""

import http.client
import json
import re
import select
import socket
import time

import docker as docker_py
import pytest

pytestmark = pytest.mark.usefixtures("busybox")


def trapping(action, signal):
    """A program that does something at a signal, and says when it is ready for that."""
    return ["sh", "-c", f"trap '{action}' {signal}; echo ready; while :; do sleep 0.1; done"]


PATIENT = trapping("exit 0", "TERM")


def state(docker, name):
    return docker.inspect(name)["State"]


def test_create_does_not_start(docker, name):
    docker("create", "--name", name, "busybox", "true")
    now = state(docker, name)
    assert now["Status"] == "created" and not now["Running"] and now["Pid"] == 0
    assert now["StartedAt"] == "0001-01-01T00:00:00Z"


def test_start_and_end(docker, client, name):
    docker("create", "--name", name, "busybox", "sh", "-c", "exit 4")
    docker("start", name)
    assert client.api.wait(name)["StatusCode"] == 4
    now = state(docker, name)
    assert now["Status"] == "exited" and now["ExitCode"] == 4 and now["Pid"] == 0
    assert now["StartedAt"] < now["FinishedAt"]


def test_start_of_what_runs_is_no_error(docker, client, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "100")
    pid = state(docker, name)["Pid"]
    docker("start", name)
    assert state(docker, name)["Pid"] == pid


def test_start_attached(docker, name):
    docker("create", "--name", name, "busybox", "sh", "-c", "echo hello; exit 3")
    done = docker("start", "-a", name, check=False)
    assert (done.stdout, done.returncode) == ("hello\n", 3)


def test_stop_asks_first(docker, says, name):
    docker("run", "-d", "--name", name, "busybox", *PATIENT)
    says(name, "ready")
    docker("stop", "-t", "60", name)
    assert state(docker, name)["ExitCode"] == 0


def test_stop_kills_after_its_time(docker, says, name):
    docker("run", "-d", "--name", name, "busybox", *trapping("", "TERM"))
    says(name, "ready")
    began = time.monotonic()
    docker("stop", "-t", "1", name)
    assert time.monotonic() - began > 0.9
    assert state(docker, name)["ExitCode"] == 137


def test_stop_may_take_any_time(docker, says, name):
    docker("run", "-d", "--name", name, "busybox", *PATIENT)
    says(name, "ready")
    docker("stop", "-t", str(2**63 - 1), name)
    assert state(docker, name)["Status"] == "exited"


def test_stop_sends_the_stop_signal(docker, says, name):
    docker("run", "-d", "--name", name, "--stop-signal", "USR2", "busybox", *trapping("exit 12", "USR2"))
    says(name, "ready")
    docker("stop", "-t", "60", name)
    assert state(docker, name)["ExitCode"] == 12


def test_stop_of_what_has_ended_is_no_error(docker, name):
    docker("run", "--name", name, "busybox", "true")
    docker("stop", name)


def test_kill_with_a_signal(docker, says, name, until):
    docker("run", "-d", "--name", name, "busybox", *trapping("exit 11", "HUP"))
    says(name, "ready")
    docker("kill", "-s", "HUP", name)
    until(lambda: state(docker, name)["Status"] == "exited")
    assert state(docker, name)["ExitCode"] == 11


def test_kill_of_what_does_not_run_is_refused(docker, name):
    docker("create", "--name", name, "busybox", "true")
    docker.fails("kill", name, says="is not running")


def test_kill_with_an_unknown_signal_is_refused(docker, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "100")
    docker.fails("kill", "-s", "NOSUCH", name, says="nvalid signal")


def test_restart(docker, name):
    docker("run", "-d", "--name", name, "busybox", *PATIENT)
    before = state(docker, name)
    docker("restart", "-t", "5", name)
    after = state(docker, name)
    assert after["Running"] and after["Pid"] != before["Pid"] and after["StartedAt"] > before["StartedAt"]


def test_what_was_written_survives_a_restart(docker, name):
    docker("run", "--name", name, "busybox", "sh", "-c", "echo x >> /log; cat /log | wc -l")
    assert docker.out("start", "-a", name) == "2"


def test_pause_and_unpause(docker, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "100")
    docker("pause", name)
    now = state(docker, name)
    assert now["Status"] == "paused" and now["Paused"] and now["Running"]
    assert "(Paused)" in docker.out("ps", "--filter", f"name={name}", "--format", "{{.Status}}")
    docker.fails("exec", name, "true", says="paused")
    docker("unpause", name)
    assert docker.out("exec", name, "echo", "awake") == "awake"


def test_wait_answers_the_code(docker, name):
    docker("run", "-d", "--name", name, "busybox", "sh", "-c", "sleep 0.5; exit 8")
    assert docker.out("wait", name) == "8"
    assert docker.out("wait", name) == "8"


@pytest.mark.parametrize("condition, code", [("not-running", 6), ("next-exit", 6), ("removed", 6)])
def test_wait_conditions(client, engine, until, name, condition, code):
    container = client.containers.create("busybox", ["sh", "-c", "sleep 0.5; exit 6"], name=name)
    if condition == "not-running":
        container.start()
    waiter = http.client.HTTPConnection("docker")
    with socket.socket(socket.AF_UNIX) as waiter.sock:
        waiter.sock.settimeout(60)
        waiter.sock.connect(engine.socket)
        waiter.request("POST", f"/v1.41/containers/{name}/wait?condition={condition}")
        answer = waiter.getresponse()  # its head comes once the wait has begun
        container.start()
        if condition == "removed":
            until(lambda: client.api.inspect_container(name)["State"]["Status"] == "exited")
            assert not select.select([waiter.sock], [], [], 0)[0]
            container.remove()
        assert answer.status == 200 and json.loads(answer.read())["StatusCode"] == code


def test_rename(docker, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "100")
    docker("rename", name, name + "-new")
    assert docker.inspect(name + "-new", "{{.Name}}") == f"/{name}-new"
    docker.fails("inspect", name)
    docker("run", "-d", "--name", name, "busybox", "sleep", "100")
    docker.fails("rename", name, name + "-new", says="already in use")


def test_names_clash_with_words(docker, name):
    first = docker.out("create", "--name", name, "busybox")
    said = docker.fails("create", "--name", name, "busybox", code=1)
    assert f'Conflict. The container name "/{name}" is already in use by container "{first}"' in said
    assert "You have to remove (or rename) that container to be able to reuse that name" in said


@pytest.mark.parametrize("bad", ["-starts-with-dash", "a b", "ü", "x"])
def test_names_that_are_refused(client, bad):
    with pytest.raises(docker_py.errors.APIError) as error:
        client.containers.create("busybox", name=bad)
    assert error.value.status_code == 400
    assert "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed" in error.value.explanation


def test_generated_names(docker):
    container = docker.out("create", "busybox")
    assert re.fullmatch("/[a-z]+_[a-z]+[0-9]*", docker.inspect(container, "{{.Name}}"))


def test_short_ids_and_names_find_a_container(docker, name):
    container = docker.out("create", "--name", name, "busybox")
    for reference in (container, container[:12], container[:8], name):
        assert docker.inspect(reference, "{{.Id}}") == container


def test_remove_running_needs_force(docker, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "100")
    said = docker.fails("rm", name)
    assert re.search("(?i)stop the container before|container is running", said)
    docker("rm", "-f", name)
    docker.fails("inspect", name, says="No such object")


def test_remove_twice(docker, name):
    docker("create", "--name", name, "busybox")
    docker("rm", name)
    docker.fails("rm", name, says="No such container")


def test_prune_removes_only_what_has_stopped(docker, name):
    docker("run", "-d", "--name", name, "--label", name, "busybox", "sleep", "100")
    ended = docker.out("create", "--label", name, "busybox")
    shown = docker.out("container", "prune", "-f", "--filter", f"label={name}")
    assert ended in shown and docker.inspect(name, "{{.State.Running}}") == "true"
    docker.fails("inspect", ended)


def test_update_limits_and_policy_of_a_running_container(docker, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "100")
    docker("update", "--memory", "64m", "--memory-swap", "64m", "--restart", "on-failure:3", name)
    config = docker.inspect(name)["HostConfig"]
    assert config["Memory"] == 64 << 20
    assert config["RestartPolicy"] == {"Name": "on-failure", "MaximumRetryCount": 3}


# Restart policies


def test_policy_no(docker, name):
    docker("run", "--name", name, "busybox", "false", check=False)
    time.sleep(0.4)
    assert docker.inspect(name, "{{.RestartCount}} {{.State.Status}}") == "0 exited"


def test_policy_on_failure_gives_up(docker, name, until):
    docker("run", "-d", "--restart", "on-failure:2", "--name", name, "busybox", "sh", "-c", "echo run; exit 5")
    until(lambda: docker.inspect(name, "{{.RestartCount}} {{.State.Status}}") == "2 exited")
    assert docker.out("logs", name) == "run\nrun\nrun"
    assert docker.inspect(name, "{{.State.ExitCode}}") == "5"


def test_policy_on_failure_leaves_success_alone(docker, name, until):
    docker("run", "-d", "--restart", "on-failure", "--name", name, "busybox", "true")
    until(lambda: docker.inspect(name, "{{.State.Status}}") == "exited")
    time.sleep(0.6)
    assert docker.inspect(name, "{{.RestartCount}} {{.State.Status}}") == "0 exited"


def test_policy_always_restarts_with_growing_pauses(docker, client, name, until):
    docker("run", "-d", "--restart", "always", "--name", name, "busybox", "sh", "-c", "date +%s%N; true")
    until(lambda: int(docker.inspect(name, "{{.RestartCount}}")) >= 4)
    docker("stop", "-t", "0", name)
    lines = client.api.logs(name, timestamps=True).decode().split("\n")[:-1]
    stamps = [line.split()[0] for line in lines]
    assert len(stamps) >= 4 and stamps == sorted(stamps)
    seconds = [float(stamp[17:29]) + 60 * int(stamp[14:16]) for stamp in stamps]
    pauses = [(later - earlier) % 3600 for earlier, later in zip(seconds, seconds[1:])]
    assert pauses[0] >= 0.1 and pauses[2] >= 0.35, pauses
    count = docker.inspect(name, "{{.RestartCount}}")
    time.sleep(1.5)
    assert docker.inspect(name, "{{.RestartCount}} {{.State.Status}}") == f"{count} exited"


@pytest.mark.apus
def test_policy_goes_on_where_a_start_fails(docker, name, until, tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    mount = ["--mount", f"type=bind,src={source},dst=/source"]
    docker("run", "-d", "--restart", "always", *mount, "--name", name, "busybox", "sh", "-c", "[ -e /source/stays ] && sleep 1000")
    source.rmdir()

    def fails():
        found = docker.inspect(name)
        now = found["State"]
        return found["RestartCount"] >= 3 and "does not exist" in now["Error"] and now["Status"] == "restarting"

    until(fails)
    source.mkdir()
    (source / "stays").touch()
    until(lambda: state(docker, name)["Running"])
    docker("stop", "-t", "0", name)
    assert state(docker, name)["Status"] == "exited"


def test_policy_always_starts_again_after_a_kill_from_within(docker, name, until):
    docker("run", "-d", "--restart", "unless-stopped", "--name", name, "busybox", "sleep", "100")
    pid = state(docker, name)["Pid"]
    import os

    os.kill(pid, 9)
    until(lambda: state(docker, name)["Running"] and state(docker, name)["Pid"] not in (0, pid))
    assert docker.inspect(name, "{{.RestartCount}}") == "1"


def test_kill_by_the_user_is_not_restarted(docker, name, until):
    docker("run", "-d", "--restart", "always", "--name", name, "busybox", "sleep", "100")
    docker("kill", name)
    until(lambda: state(docker, name)["Status"] == "exited")
    time.sleep(0.8)
    assert state(docker, name)["Status"] == "exited"


def test_rm_with_restart_policy_is_refused(docker):
    docker.fails("run", "--rm", "--restart", "always", "busybox", "true", code=125, says="onflicting options")


def test_unknown_policy_is_refused(docker):
    docker.fails("create", "--restart", "sometimes", "busybox", says="sometimes")
