"""`docker run`: what the process gets, how it ends, and the terminal."""

import json
import re
import subprocess
import time

import pytest

pytestmark = pytest.mark.usefixtures("busybox")


def sh(docker, *flags, script, **more):
    return docker.out("run", "--rm", *flags, "busybox", "sh", "-c", script, **more)


# How it ends


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_exit_code_is_the_programs(docker, code):
    assert docker("run", "--rm", "busybox", "sh", "-c", f"exit {code}", check=False).returncode == code


def test_exit_code_125_when_the_engine_refuses(docker):
    docker.fails("run", "--rm", "--no-such-flag", "busybox", "true", code=125)
    docker.fails("run", "--rm", "--memory", "1k", "busybox", "true", code=125, says="memory limit")


def test_exit_code_126_when_not_executable(docker):
    docker.fails("run", "--rm", "busybox", "/etc/passwd", code=126, says="permission denied")
    docker.fails("run", "--rm", "busybox", "/etc", code=126)


def test_exit_code_127_when_not_found(docker, name):
    docker.fails("run", "--name", name, "busybox", "no-such-program", code=127, says="no-such-program")
    state = docker.inspect(name)["State"]
    assert state["Status"] == "created" and state["ExitCode"] == 127
    assert "no-such-program" in state["Error"]


def test_exit_code_137_when_killed(docker, name, until):
    runner = docker.popen("run", "--name", name, "busybox", "sleep", "600")
    until(lambda: docker("inspect", "-f", "{{.State.Running}}", name, check=False).stdout.strip() == "true")
    docker("kill", name)
    assert runner.wait(60) == 137
    runner.communicate()
    assert docker.inspect(name, "{{.State.ExitCode}}") == "137"


def test_exit_code_of_a_signal(docker):
    assert docker("run", "--rm", "busybox", "sh", "-c", "kill -TERM $$; sleep 1", check=False).returncode in (0, 143)
    assert docker("run", "--rm", "--init", "busybox", "sh", "-c", "kill -SEGV $$", check=False).returncode == 139


def test_rm_removes_the_container_and_its_anonymous_volumes(docker, client, name):
    before = {volume.name for volume in client.volumes.list()}
    docker("run", "--rm", "--name", name, "-v", "/data", "busybox", "true")
    assert not client.api.containers(all=True, filters={"name": name})
    assert {volume.name for volume in client.volumes.list()} == before


def test_foreground_run_shows_both_streams(docker):
    done = docker("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2")
    assert (done.stdout, done.stderr) == ("out\n", "err\n")


def test_much_output_arrives_whole(docker):
    done = docker("run", "--rm", "busybox", "sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done")
    assert done.stdout == "".join(f"line {number}\n" for number in range(20000))


def test_binary_passes_through_both_ways(docker):
    data = bytes(range(256)) * 4096
    done = subprocess.run(
        ["docker", "run", "--rm", "-i", "busybox", "cat"], env=docker.environment, input=data, capture_output=True,
        timeout=60,
    )  # fmt: skip
    assert done.stdout == data


def test_standard_input_is_closed_without_i(docker):
    assert docker("run", "--rm", "busybox", "cat").stdout == ""


def test_cidfile(docker, tmp_path):
    docker("run", "--rm", "--cidfile", tmp_path / "id", "busybox", "true")
    assert re.fullmatch("[0-9a-f]{64}", (tmp_path / "id").read_text())


# What the process gets


def test_environment(docker):
    shown = sh(docker, "-e", "A=1", "-e", "EMPTY=", "--env", "B=two words", script="env").splitlines()
    assert {"A=1", "EMPTY=", "B=two words", "HOME=/root"} <= set(shown)
    assert any(line.startswith("PATH=/usr/local/sbin") for line in shown)
    assert any(re.fullmatch("HOSTNAME=[0-9a-f]{12}", line) for line in shown)
    assert not any(line.startswith("TERM=") for line in shown)
    assert "TERM=xterm" in docker.out("run", "--rm", "-t", "busybox", "env").replace("\r", "").splitlines()


def test_hostname_and_domain(docker):
    assert sh(docker, "--hostname", "box", script="hostname; grep -qw box /etc/hosts && cat /etc/hostname").split() == [
        "box", "box",
    ]  # fmt: skip


def test_user_by_number_and_name(docker):
    assert sh(docker, "-u", "33", script="id -u; id -g; id -un").split() == ["33", "33", "www-data"]
    assert sh(docker, "-u", "www-data", script="id -u").split() == ["33"]
    assert sh(docker, "-u", "12345:54321", script="id -u; id -g").split() == ["12345", "54321"]
    assert sh(docker, "-u", "postgres", script="id -G").split() == ["70", "29"]
    assert sh(docker, "-u", "www-data:users", "--group-add", "audio", script="id -g; id -G").split()[:1] == ["100"]
    assert "29" in sh(docker, "--group-add", "audio", script="id -G").split()


def test_unknown_user_is_refused(docker):
    docker.fails("run", "--rm", "-u", "nobody-knows", "busybox", "true", says="nobody-knows")


def test_home_follows_the_user(docker):
    assert sh(docker, "-u", "www-data", script="echo $HOME") == "/var/www"


def test_working_directory_is_made(docker):
    assert sh(docker, "-w", "/made/for/this", script="pwd") == "/made/for/this"


def test_working_directory_must_be_absolute(docker):
    docker.fails("run", "--rm", "-w", "relative", "busybox", "true", code=125, says="relative")


def test_entrypoint_and_command(docker, client):
    assert docker.out("run", "--rm", "--entrypoint", "echo", "busybox", "a", "b") == "a b"
    container = client.containers.create("busybox", entrypoint=["echo", "first"], command=["second"])
    container.start()
    container.wait()
    assert container.logs() == b"first second\n"
    assert docker.inspect(container.id)["Path"] == "echo"
    assert docker.inspect(container.id)["Args"] == ["first", "second"]


def test_image_settings_are_inherited(docker, client):
    import images
    from conftest import load

    image = images.Image(
        images.busybox().layers, command=["arguments"], environment=["FROM_IMAGE=1"], Entrypoint=["echo", "entry"],
        WorkingDir="/var", User="www-data", Labels={"image": "label"}, Volumes={"/vol": {}},
    )  # fmt: skip
    load(client, image, "inherits:latest")
    try:
        assert docker.out("run", "--rm", "inherits") == "entry arguments"
        assert docker.out("run", "--rm", "inherits", "other") == "entry other"
        # An entrypoint of the caller's drops the image's command.
        assert docker.out("run", "--rm", "--entrypoint", "sh", "inherits", "-c", "pwd; id -u; echo $FROM_IMAGE").split() == [
            "/var", "33", "1",
        ]  # fmt: skip
        container = docker.out("create", "--label", "mine=1", "inherits")
        assert docker.inspect(container)["Config"]["Labels"] == {"image": "label", "mine": "1"}
        assert list(docker.inspect(container)["Config"]["Volumes"]) == ["/vol"]
        docker("rm", "-v", container)
    finally:
        docker("rmi", "-f", "inherits")


def test_labels(docker, tmp_path):
    (tmp_path / "labels").write_text("from.file=yes\n")
    container = docker.out("create", "--label", "a=b", "--label", "bare", "--label-file", tmp_path / "labels", "busybox")
    assert docker.inspect(container)["Config"]["Labels"] == {"a": "b", "bare": "", "from.file": "yes"}


def test_ulimits(docker):
    assert sh(docker, "--ulimit", "nofile=512:1024", script="ulimit -n; ulimit -Hn").split() == ["512", "1024"]


def test_sysctl(docker):
    assert sh(docker, "--sysctl", "net.ipv4.ip_unprivileged_port_start=77",
              script="cat /proc/sys/net/ipv4/ip_unprivileged_port_start") == "77"  # fmt: skip


def test_add_host_and_dns(docker):
    shown = sh(docker, "--add-host", "friend:192.0.2.7", "--dns", "192.0.2.53", "--dns-search", "example.test",
               "--dns-option", "ndots:2", script="cat /etc/hosts /etc/resolv.conf")  # fmt: skip
    assert re.search(r"192\.0\.2\.7\s+friend", shown)
    assert "nameserver 192.0.2.53" in shown and "search example.test" in shown and "options ndots:2" in shown


def test_init_reaps_and_is_process_one(docker):
    # The orphan is among the processes until it has been reaped. (`usleep` has another name.)
    script = "cat /proc/1/comm; (sleep 0.1 &); usleep 1; while grep -qs '(sleep)' /proc/[0-9]*/stat; do usleep 50000; done"
    assert sh(docker, "--init", script=script) in ("docker-init", "tini", "catatonit", "apus", "init")


def test_init_forwards_signals(docker, says, name):
    script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.1; done"
    docker("run", "-d", "--init", "--name", name, "busybox", "sh", "-c", script)
    says(name, "ready")
    docker("stop", "-t", "60", name)
    assert docker.inspect(name, "{{.State.ExitCode}}") == "7"


# The terminal


def test_interactive_shell(terminal):
    shell = terminal("run", "--rm", "-it", "busybox", "sh")
    shell.expect("/ # ")
    shell.line("echo $((6*7)); tty")
    shell.expect("42\n")
    shell.expect("/dev/pts/0")
    shell.line("exit 3")
    assert shell.wait() == 3


def test_terminal_size_at_start_and_on_resize(terminal):
    shell = terminal("run", "--rm", "-it", "busybox", "sh", rows=33, columns=111)
    shell.expect("/ # ")
    shell.line("until stty size | grep '^33 111'; do sleep 0.1; done")
    shell.expect("33 111\n")
    shell.expect("/ # ")
    shell.line("until stty size | grep '^20 60'; do sleep 0.1; done")
    shell.resize_until(20, 60, "20 60\n")
    shell.expect("/ # ")
    shell.line("exit")
    assert shell.wait() == 0


def test_of_sizes_that_come_quickly_the_last_one_counts(client, docker, name, says):
    wait = "until stty size | grep '^40 80'; do sleep 0.1; done; echo known; exec sleep 600"
    docker("run", "-dt", "--name", name, "busybox", "sh", "-c", wait)
    for step in range(1, 21):
        client.api.resize(name, 20 + step, 60 + step)
    says(name, "known")


def test_interrupt_reaches_the_foreground_program(terminal):
    shell = terminal("run", "--rm", "-it", "busybox", "sh")
    shell.expect("/ # ")
    shell.line("sleep 0.2; echo started; sleep 100")
    shell.expect("started\n")
    time.sleep(0.3)
    shell.type("\x03")
    shell.expect("/ # ")
    shell.line("exit 0")
    assert shell.wait() == 0


def test_detach_keys_leave_it_running(docker, terminal, name):
    shell = terminal("run", "-it", "--name", name, "busybox", "sh")
    shell.expect("/ # ")
    shell.type("\x10\x11")
    shell.wait()
    assert docker.inspect(name, "{{.State.Running}}") == "true"
    again = terminal("attach", name)
    again.line("echo back")
    again.expect("back\n")
    again.line("exit 5")
    assert again.wait() == 5


def test_own_detach_keys(docker, terminal, name):
    shell = terminal("run", "-it", "--detach-keys", "ctrl-x,q", "--name", name, "busybox", "sh")
    shell.expect("/ # ")
    shell.type("\x18q")
    shell.wait()
    assert docker.inspect(name, "{{.State.Running}}") == "true"


def test_terminal_output_has_carriage_returns(docker):
    done = subprocess.run(
        ["docker", "run", "--rm", "-t", "busybox", "echo", "x"], env=docker.environment, capture_output=True,
        stdin=subprocess.DEVNULL, timeout=30,
    )  # fmt: skip
    assert done.stdout == b"x\r\n"


def test_signals_are_proxied(docker, name, until):
    import signal

    runner = docker.popen(
        "run", "--name", name, "busybox", "sh", "-c", "trap 'exit 9' USR1; echo ready; while :; do sleep 0.05; done"
    )
    assert runner.stdout.readline() == b"ready\n"
    runner.send_signal(signal.SIGUSR1)
    assert runner.wait(60) == 9
    runner.communicate()


def test_create_answers_id_and_warnings(raw):
    answer, body = raw("POST", "/v1.41/containers/create", {"Image": "busybox", "Cmd": ["true"]})
    assert answer.status == 201 and len(body["Id"]) == 64 and body["Warnings"] in ([], None)
    assert json.dumps(body)
