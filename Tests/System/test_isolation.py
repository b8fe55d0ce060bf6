"""Capabilities, seccomp, masked and read-only paths, privileges, devices; limits; shared namespaces."""

import os
import re

import pytest

pytestmark = pytest.mark.usefixtures("busybox")

# What docker gives by default, as the kernel prints the mask.
DEFAULT_CAPABILITIES = 0x00000000A80425FB


def sh(docker, *flags, script):
    return docker.out("run", "--rm", *flags, "busybox", "sh", "-c", script)


def capabilities(docker, *flags, kind="CapEff"):
    return int(sh(docker, *flags, script=f"grep {kind} /proc/self/status").split()[1], 16)


def test_default_capabilities(docker):
    assert capabilities(docker) == DEFAULT_CAPABILITIES
    assert capabilities(docker, kind="CapBnd") == DEFAULT_CAPABILITIES


def test_capabilities_added_and_dropped(docker):
    net_admin, chown = 1 << 12, 1 << 0
    assert capabilities(docker, "--cap-add", "NET_ADMIN") == DEFAULT_CAPABILITIES | net_admin
    assert capabilities(docker, "--cap-add", "CAP_NET_ADMIN") == DEFAULT_CAPABILITIES | net_admin
    assert capabilities(docker, "--cap-drop", "chown") == DEFAULT_CAPABILITIES & ~chown
    assert capabilities(docker, "--cap-drop", "ALL", "--cap-add", "CHOWN") == chown


def test_other_users_have_none(docker):
    assert capabilities(docker, "-u", "33") == 0


def test_unknown_capability_is_refused(docker):
    docker.fails("run", "--rm", "--cap-add", "FLY", "busybox", "true", code=125, says="FLY")


def test_seccomp_is_on_by_default(docker):
    assert sh(docker, script="grep ^Seccomp: /proc/self/status").split() == ["Seccomp:", "2"]
    assert sh(docker, "--security-opt", "seccomp=unconfined", script="grep ^Seccomp: /proc/self/status").split() == ["Seccomp:", "0"]


def test_seccomp_refuses_what_needs_privilege(docker):
    done = docker("run", "--rm", "busybox", "unshare", "-U", "true", check=False)
    assert done.returncode and "not permitted" in done.stderr
    done = docker("run", "--rm", "--cap-add", "SYS_ADMIN", "busybox", "mount", "-t", "tmpfs", "x", "/tmp", check=False)
    assert done.returncode == 0 or "ermission denied" in done.stderr


def test_own_seccomp_profile(docker, tmp_path):
    (tmp_path / "profile.json").write_text(
        '{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}'
    )
    done = docker("run", "--rm", "--security-opt", f"seccomp={tmp_path}/profile.json", "busybox", "mkdir", "/x", check=False)
    assert done.returncode == 1 and "not permitted" in done.stderr
    (tmp_path / "bad.json").write_text("{")
    docker.fails("run", "--rm", "--security-opt", f"seccomp={tmp_path}/bad.json", "busybox", "true")


def test_no_new_privileges(docker):
    assert sh(docker, script="grep NoNewPrivs /proc/self/status").split()[1] == "0"
    assert sh(docker, "--security-opt", "no-new-privileges", script="grep NoNewPrivs /proc/self/status").split()[1] == "1"


def test_read_only_root(docker):
    done = docker("run", "--rm", "--read-only", "busybox", "touch", "/x", check=False)
    assert done.returncode == 1 and "Read-only file system" in done.stderr
    assert sh(docker, "--read-only", "--tmpfs", "/tmp", script="touch /tmp/x && echo fine") == "fine"


@pytest.mark.parametrize("path", ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"])
def test_masked_paths(docker, path):
    assert sh(docker, script=f"[ -e {path} ] || exit 0; if [ -d {path} ]; then ls {path}; else head -c 10 {path}; fi") == ""


def test_read_only_paths(docker):
    done = docker("run", "--rm", "busybox", "sh", "-c", "echo x > /proc/sys/kernel/hostname", check=False)
    assert done.returncode != 0 and "Read-only file system" in done.stderr


def test_sys_is_read_only(docker):
    assert re.search(r"sysfs /sys sysfs ro", sh(docker, script="cat /proc/mounts"))


def test_host_processes_and_files_are_out_of_sight(docker):
    assert sh(docker, script="ls /proc | grep -c '^[0-9]'") in ("1", "2", "3", "4")
    assert not os.path.exists("/no-such-root") and "engine" not in sh(docker, script="ls /")


def test_device_nodes(docker):
    shown = sh(docker, script="ls /dev").split()
    assert {"null", "zero", "full", "random", "urandom", "tty", "fd", "stdin", "stdout", "stderr", "ptmx", "pts", "shm", "mqueue"} <= set(shown)
    assert not {"mem", "kmsg", "vda", "sda", "fuse", "kvm"} & set(shown)


def test_devices_that_were_not_given_cannot_be_made(docker):
    done = docker("run", "--rm", "busybox", "sh", "-c", "mknod /tmp/mem c 1 1 && head -c 1 /tmp/mem", check=False)
    assert done.returncode != 0 and "not permitted" in done.stderr


def test_device_given(docker):
    assert sh(docker, "--device", "/dev/zero:/dev/nought", script="head -c 4 /dev/nought | wc -c") == "4"
    assert sh(docker, "--device", "/dev/kmsg:/dev/k:w", script="echo test > /dev/k && echo written") == "written"
    done = docker("run", "--rm", "--device", "/dev/kmsg:/dev/k:r", "busybox", "sh", "-c", "echo test > /dev/k", check=False)
    assert done.returncode and "not permitted" in done.stderr
    docker.fails("run", "--rm", "--device", "/dev/no-such-device", "busybox", "true", says="no-such-device")


@pytest.mark.differs("it asks for capabilities that the root of some machines lacks")
def test_privileged(docker):
    status = open("/proc/self/status").read()
    assert capabilities(docker, "--privileged") == int(re.search(r"CapBnd:\s+(\w+)", status).group(1), 16)
    assert sh(docker, "--privileged", script="grep ^Seccomp: /proc/self/status").split()[1] == "0"
    assert "rw" in sh(docker, "--privileged", script="grep ' /sys sysfs' /proc/mounts")
    assert sh(docker, "--privileged", script="mount -t tmpfs x /mnt 2>/dev/null || mkdir /m && mount -t tmpfs x /m && echo mounted") == "mounted"


# Limits


def limit(docker, name, *paths):
    """The container's cgroup file by its version-1 or version-2 name, read from outside."""
    pid = docker.inspect(name, "{{.State.Pid}}")
    groups = dict(line.strip().split(":", 2)[1:] for line in open(f"/proc/{pid}/cgroup"))
    for path in paths:
        controller = path.split(".")[0]
        for known, group in groups.items():
            if controller in known.split(","):
                for mount in (known, controller):
                    full = f"/sys/fs/cgroup/{mount}{group}/{path}"
                    if os.path.exists(full):
                        return open(full).read().strip()
        full = f"/sys/fs/cgroup{groups.get('', '/nowhere')}/{path}"
        if os.path.exists(full):
            return open(full).read().strip()
    raise AssertionError((paths, groups))


def test_memory_limit(docker, name):
    docker("run", "-d", "--name", name, "-m", "32m", "busybox", "sleep", "600")
    assert limit(docker, name, "memory.limit_in_bytes", "memory.max") == str(32 << 20)


def test_out_of_memory_is_told(docker, name):
    code = docker("run", "--name", name, "-m", "16m", "--memory-swap", "16m", "busybox", "sh", "-c",
                  "x=$(head -c 60000000 /dev/zero | tr '\\0' x); echo $x | wc -c", check=False).returncode  # fmt: skip
    assert code == 137
    assert docker.inspect(name, "{{.State.OOMKilled}}") == "true"


def test_cpu_limits(docker, name):
    docker("run", "-d", "--name", name, "--cpus", "0.5", "--cpu-shares", "512", "busybox", "sleep", "600")
    quota = limit(docker, name, "cpu.cfs_quota_us", "cpu.max").split()
    assert quota[0] == "50000"
    weight = int(limit(docker, name, "cpu.shares", "cpu.weight"))
    assert weight in (512, 20, 59)
    assert docker.inspect(name, "{{.HostConfig.NanoCpus}}") == "500000000"


def test_cpuset(docker):
    assert sh(docker, "--cpuset-cpus", "0", script="grep Cpus_allowed_list /proc/self/status").split()[1] == "0"
    docker.fails("run", "--rm", "--cpuset-cpus", "0-999", "busybox", "true", code=125)


def test_more_cpus_than_there_are_is_refused(docker):
    docker.fails("run", "--rm", "--cpus", "4000", "busybox", "true", code=125, says="ange of CPUs is from 0.01 to")


def test_pids_limit(docker, name):
    docker("run", "-d", "--name", name, "--pids-limit", "10", "busybox", "sleep", "600")
    assert limit(docker, name, "pids.max") == "10"
    done = docker("exec", name, "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 5 & done; wait", check=False)
    assert "fork" in done.stderr


def test_swap_below_memory_is_refused(docker):
    docker.fails("run", "--rm", "-m", "64m", "--memory-swap", "32m", "busybox", "true", code=125, says="larger than memory limit")


# Shared namespaces


def test_pid_namespaces(docker, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "601")
    assert "sleep 601" in sh(docker, "--pid", f"container:{name}", script="ps")
    assert int(sh(docker, "--pid", "host", script="ls /proc | grep -c '^[0-9]'")) > 10
    assert os.readlink("/proc/self/ns/pid") == sh(docker, "--pid", "host", script="readlink /proc/self/ns/pid")


def test_network_none(docker):
    shown = sh(docker, "--network", "none", script="ls /sys/class/net; ip route").split()
    assert shown == ["lo"] or set(shown) <= {"lo", "ifb0", "ifb1", "tunl0", "sit0"}


def test_network_host(docker, host):
    assert "198.51.100.2" in sh(docker, "--network", "host", script="ip addr") or not host
    assert docker.out("run", "--rm", "--network", "host", "busybox", "hostname") == os.uname().nodename


def test_network_of_a_container(docker, nginx, listens, name):
    docker("run", "-d", "--name", name, "nginx")
    listens(name, 80)
    assert "Welcome" in sh(docker, "--network", f"container:{name}", script="wget -qO- http://127.0.0.1/")
    assert docker.inspect(name, "{{.Config.Hostname}}") == sh(docker, "--network", f"container:{name}", script="hostname")


def test_network_of_a_container_conflicts(docker, name):
    docker("create", "--name", name, "busybox", "true")
    docker.fails("run", "--rm", "--network", f"container:{name}", "busybox", "true", says="non running container")
    docker.fails("run", "--rm", "--network", "container:no-such", "busybox", "true", code=125, says="no-such")
    docker.fails("run", "--rm", "--network", f"container:{name}", "--hostname", "x", "busybox", "true", code=125)
    docker.fails("run", "--rm", "--network", f"container:{name}", "-p", "80", "busybox", "true", code=125)


def test_ipc_modes(docker, name):
    docker("run", "-d", "--name", name, "--ipc", "shareable", "busybox", "sleep", "600")
    docker("exec", name, "sh", "-c", "echo shared > /dev/shm/x")
    assert sh(docker, "--ipc", f"container:{name}", script="cat /dev/shm/x") == "shared"
    docker("run", "-d", "--name", name + "-private", "--ipc", "private", "busybox", "sleep", "600")
    docker.fails("run", "--rm", "--ipc", f"container:{name}-private", "busybox", "true", code=125, says="non-shareable IPC")
    assert sh(docker, "--ipc", "host", script="readlink /proc/self/ns/ipc") == os.readlink("/proc/self/ns/ipc")
    assert sh(docker, "--ipc", "none", script="grep -c ' /dev/shm ' /proc/mounts || true") == "0"


def test_uts_host(docker):
    assert sh(docker, "--uts", "host", script="hostname") == os.uname().nodename


def test_the_pause_container(docker, nginx, listens, name):
    """Three containers in one set of namespaces: the first does nothing and is process 1 for all three."""
    docker("run", "-d", "--name", f"{name}-pause", "--ipc", "shareable", "--init", "busybox", "sleep", "1000000")
    shared = [f"--{kind}=container:{name}-pause" for kind in ("network", "ipc", "pid")]
    docker("run", "-d", "--name", f"{name}-web", *shared, "nginx")
    docker("run", "-d", "--name", f"{name}-side", *shared, "busybox", "sleep", "1000001")
    listens(f"{name}-side", 80)
    listed = docker.out("exec", f"{name}-side", "ps")
    assert "nginx: master" in listed and "sleep 1000001" in listed and "sleep 1000000" in listed
    first = {docker.out("exec", f"{name}-{one}", "cat", "/proc/1/cmdline") for one in ("pause", "web", "side")}
    assert len(first) == 1 and "sleep" in first.pop()
    assert "Welcome" in docker.out("exec", f"{name}-side", "wget", "-qO-", "http://127.0.0.1/")
    for kind in ("net", "ipc", "pid"):
        found = set()
        for one in ("pause", "web", "side"):
            pid = docker.inspect(f"{name}-{one}", "{{.State.Pid}}")
            found.add(os.readlink(f"/proc/{pid}/ns/{kind}"))
        assert len(found) == 1, kind
    docker("rm", "-f", f"{name}-side", f"{name}-web", f"{name}-pause")


def test_oom_score(docker):
    assert sh(docker, "--oom-score-adj", "500", script="cat /proc/self/oom_score_adj") == "500"


def test_cgroup_parent(docker, name):
    docker("run", "-d", "--name", name, "--cgroup-parent", f"/{name}", "busybox", "sleep", "600")
    pid = docker.inspect(name, "{{.State.Pid}}")
    assert f"/{name}/" in open(f"/proc/{pid}/cgroup").read()
    docker("rm", "-f", name)
    for directory, names, _ in os.walk("/sys/fs/cgroup", topdown=False):
        if name in names:
            os.rmdir(os.path.join(directory, name))
