"""`docker logs`: both streams, following, windows of time, rotation."""

import datetime
import os
import re
import time

import pytest

pytestmark = pytest.mark.usefixtures("busybox")


def run(docker, name, script, *flags):
    docker("run", "-d", "--name", name, *flags, "busybox", "sh", "-c", script)


def test_both_streams_apart(docker, name):
    docker("run", "--name", name, "busybox", "sh", "-c", "echo out; echo err >&2")
    done = docker("logs", name)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_one_stream_at_a_time(docker, client, name):
    docker("run", "--name", name, "busybox", "sh", "-c", "echo out; echo err >&2")
    assert client.api.logs(name, stdout=True, stderr=False) == b"out\n"
    assert client.api.logs(name, stdout=False, stderr=True) == b"err\n"


def test_neither_stream_is_refused(raw, docker, name):
    docker("run", "--name", name, "busybox", "true")
    answer, body = raw("GET", f"/v1.41/containers/{name}/logs")
    assert answer.status == 400
    assert body["message"] == "Bad parameters: you must choose at least one stream"


def test_logs_of_a_terminal_are_not_framed(docker, client, name):
    docker("run", "-t", "--name", name, "busybox", "echo", "x")
    assert client.api.logs(name) == b"x\r\n"


def test_logs_of_nothing(docker, name):
    docker("create", "--name", name, "busybox")
    assert docker.out("logs", name) == ""
    docker.fails("logs", "no-such-container", says="No such container")


@pytest.mark.parametrize("tail, shown", [("0", []), ("1", ["5"]), ("3", ["3", "4", "5"]), ("all", list("12345")), ("99", list("12345"))])
def test_tail(docker, name, tail, shown):
    docker("run", "--name", name, "busybox", "seq", "5")
    assert docker.out("logs", "--tail", tail, name).split() == shown


def test_timestamps(docker, name):
    began = time.time()
    docker("run", "--name", name, "busybox", "seq", "2")
    lines = docker.out("logs", "--timestamps", name).splitlines()
    assert len(lines) == 2
    for line, word in zip(lines, "12"):
        stamp, text = line.split(" ")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", stamp) and text == word
        moment = datetime.datetime.strptime(stamp[:26], "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=datetime.timezone.utc)
        assert began - 1 < moment.timestamp() < time.time() + 1


def test_since_and_until(docker, name):
    docker("run", "--name", name, "busybox", "sh", "-c", "echo a; sleep 1.2; echo b; sleep 1.2; echo c")
    stamps = [line.split()[0] for line in docker.out("logs", "-t", name).splitlines()]
    assert docker.out("logs", "--since", stamps[1], name).split() == ["b", "c"]
    assert docker.out("logs", "--until", stamps[1], name).split() == ["a", "b"]
    assert docker.out("logs", "--since", stamps[1], "--until", stamps[1], name).split() == ["b"]
    assert docker.out("logs", "--since", "1h", name).split() == ["a", "b", "c"]
    assert docker.out("logs", "--until", "1h", name) == ""
    assert docker.out("logs", "--since", stamps[1], "--tail", "1", name).split() == ["c"]


def test_follow_ends_with_the_container(docker, name):
    run(docker, name, "for i in 1 2 3; do echo $i; sleep 0.2; done")
    assert docker.out("logs", "-f", name).split() == ["1", "2", "3"]


def test_follow_shows_what_comes_at_once(docker, name):
    run(docker, name, "echo first; while [ ! -e /told ]; do sleep 0.05; done; echo second; sleep 600")
    follower = docker.popen("logs", "-f", name, text=True)
    try:
        assert follower.stdout.readline() == "first\n"
        docker("exec", name, "touch", "/told")
        assert follower.stdout.readline() == "second\n"  # long before the end
    finally:
        follower.kill()
        follower.communicate()


def test_follow_with_tail_starts_at_the_end(docker, says, name):
    run(docker, name, "seq 100; while [ ! -e /told ]; do sleep 0.05; done; echo more")
    says(name, "100\n")
    follower = docker.popen("logs", "-f", "--tail", "2", name, text=True)
    assert [follower.stdout.readline() for _ in range(2)] == ["99\n", "100\n"]
    docker("exec", name, "touch", "/told")
    assert follower.communicate(timeout=60)[0] == "more\n"


def test_follow_goes_on_through_a_restart(docker, name, until):
    run(docker, name, "echo run; sleep 0.3; exit 1", "--restart", "on-failure:2")
    until(lambda: docker.inspect(name, "{{.RestartCount}} {{.State.Status}}") == "2 exited")
    assert docker.out("logs", name).split() == ["run"] * 3


def test_partial_lines_are_joined(docker, client, name):
    long = 70000
    docker("run", "--name", name, "busybox", "sh", "-c", f"head -c {long} /dev/zero | tr '\\0' x; echo; echo after")
    shown = client.api.logs(name).decode()
    assert shown.count("x") == long and shown.endswith("x\nafter\n")
    assert len([line for line in shown.split("\n") if line]) == 2


def test_a_last_line_without_newline(docker, client, name):
    docker("run", "--name", name, "busybox", "printf", "no newline")
    assert client.api.logs(name) == b"no newline"


def test_bytes_that_are_not_text(docker, client, name):
    docker("run", "--name", name, "busybox", "printf", "\\001\\302\\251 end\\n")
    assert client.api.logs(name) == b"\x01\xc2\xa9 end\n"


def test_rotation_keeps_the_newest(docker, name):
    # In bursts: a rotation follows what was written, so a single burst may overshoot the size.
    bursts = "for n in 0 1 2 3 4 5; do seq $((100000 + n * 5000)) $((104999 + n * 5000)); sleep 0.4; done; echo 130000"
    docker("run", "--name", name, "--log-opt", "max-size=20k", "--log-opt", "max-file=3", "busybox", "sh", "-c", bursts,
           timeout=60)  # fmt: skip
    kept = docker.out("logs", name).split()
    assert kept[-1] == "130000" and 0 < len(kept) < 20000
    assert [int(number) for number in kept] == list(range(int(kept[0]), 130001))
    path = docker.inspect(name, "{{.LogPath}}")
    if os.path.exists(path):
        files = [file for file in os.listdir(os.path.dirname(path)) if file.startswith(os.path.basename(path))]
        assert len(files) <= 3


@pytest.mark.differs("its follower repeats lines when a file is rotated")
def test_follow_survives_rotation(docker, name):
    run(docker, name, "sleep 0.5; i=0; while [ $i -lt 1500 ]; do echo line-$i; i=$((i+1)); done",
        "--log-opt", "max-size=40k", "--log-opt", "max-file=5")  # fmt: skip
    assert docker.out("logs", "-f", name).split() == [f"line-{number}" for number in range(1500)]


def test_driver_none(docker, name):
    docker("run", "--name", name, "--log-driver", "none", "busybox", "echo", "unheard")
    docker.fails("logs", name, says="does not support reading")


def test_unknown_driver_and_option_are_refused(docker):
    docker.fails("create", "--log-driver", "no-such-driver", "busybox", says="no-such-driver")
    docker.fails("run", "--log-opt", "no-such-option=1", "busybox", says="no-such-option")


def test_details_show_chosen_labels(docker, name):
    docker("run", "--name", name, "--label", "tier=web", "--log-opt", "labels=tier", "busybox", "echo", "x")
    assert docker.out("logs", "--details", name) == "tier=web x"
