"""`docker ps` with its filters and formats, and what `docker inspect` tells."""

import json
import re

import leaks
import pytest

pytestmark = pytest.mark.usefixtures("busybox")


@pytest.fixture
def three(docker, name):
    """One that runs, one that has ended with 3, one only created; all labelled with the test's name."""
    label = ["--label", f"test={name}"]
    running = docker.out("run", "-d", "--name", name + "-run", *label, "--label", "role=server", "busybox", "sleep", "600")
    docker("run", "--name", name + "-end", *label, "busybox", "sh", "-c", "exit 3", check=False)
    docker("create", "--name", name + "-new", *label, "busybox", "true")
    return name, running


def names(docker, *filters, all=True):
    flags = [item for one in filters for item in ("--filter", one)]
    shown = docker.out("ps", *(["-a"] if all else []), "--format", "{{.Names}}", *flags).split()
    return {one.rsplit("-", 1)[-1] for one in shown}


def test_running_only_unless_all(docker, three):
    name, _ = three
    assert names(docker, f"label=test={name}", all=False) == {"run"}
    assert names(docker, f"label=test={name}") == {"run", "end", "new"}


def test_filters(docker, three):
    name, running = three
    mine = f"label=test={name}"
    assert names(docker, mine, "status=running") == {"run"}
    assert names(docker, mine, "status=exited") == {"end"}
    assert names(docker, mine, "status=created") == {"new"}
    assert names(docker, mine, "status=created", "status=exited") == {"new", "end"}
    assert names(docker, mine, "exited=3") == {"end"}
    assert names(docker, mine, "exited=0") <= {"new"}
    assert names(docker, mine, "label=role") == {"run"}
    assert names(docker, mine, "label=role=client") == set()
    assert names(docker, f"name={name}-e") == {"end"}
    assert names(docker, f"name=^/?{name}-run$") == {"run"}
    assert names(docker, "id=" + running[:12]) == {"run"}
    assert names(docker, mine, "ancestor=busybox") == {"run", "end", "new"}
    assert names(docker, mine, "ancestor=no-such-image") == set()
    assert names(docker, mine, f"before={name}-end") == {"run"}
    assert names(docker, mine, f"since={name}-end") == {"new"}
    assert names(docker, mine, "network=bridge") == {"run", "end", "new"}
    assert names(docker, mine, "health=none") == {"run", "end", "new"}
    assert names(docker, mine, "is-task=false") == {"run", "end", "new"}


def test_filters_by_port_and_volume(docker, name, port):
    docker("create", "--name", name + "-p", "-p", f"{port}:8080", "-v", f"{name}:/data", "busybox")
    assert names(docker, f"name={name}", "publish=8080") in ({"p"}, set())
    assert names(docker, f"name={name}", "volume=/data") == {"p"}
    assert names(docker, f"name={name}", f"volume={name}") == {"p"}
    assert names(docker, f"name={name}", "volume=/other") == set()


def test_unknown_filters_are_refused(docker):
    docker.fails("ps", "--filter", "colour=green", says="nvalid filter 'colour")
    docker.fails("ps", "--filter", "status=sleeping", says="sleeping")
    docker.fails("ps", "-a", "--filter", "before=no-such-container", says="no-such-container")


def test_last_and_limit(docker, three):
    name, _ = three
    assert docker.out("ps", "-l", "--format", "{{.Names}}") == name + "-new"
    assert len(docker.out("ps", "-n", "2", "-q").split()) == 2


def test_columns(docker, three):
    name, running = three
    row = docker.out("ps", "--no-trunc", "--filter", f"name={name}-run", "--format", "{{json .}}")
    row = json.loads(row)
    assert row["ID"] == running and row["Image"] == "busybox" and row["State"] == "running"
    assert row["Command"] == '"sleep 600"' and row["Names"] == name + "-run"
    assert re.match("Up (Less than a|[0-9]+) second", row["Status"])
    ended = docker.out("ps", "-a", "--filter", f"name={name}-end", "--format", "{{.Status}}")
    assert re.match(r"Exited \(3\) ", ended)
    assert docker.out("ps", "-a", "--filter", f"name={name}-new", "--format", "{{.Status}}") == "Created"


def test_size(docker, name):
    docker("run", "--name", name, "busybox", "sh", "-c", "head -c 1000000 /dev/zero > /big")
    shown = docker.out("ps", "-as", "--filter", f"name={name}", "--format", "{{.Size}}")
    assert re.match(r"1(\.0\d)?MB \(virtual", shown), shown
    assert docker.inspect(name).get("SizeRw") is None
    sized = json.loads(docker.out("inspect", "--size", name))[0]
    assert 1_000_000 <= sized["SizeRw"] < 1_100_000 < sized["SizeRootFs"]


def test_inspect_is_complete(docker, client, name):
    container = docker.out("run", "-d", "--name", name, "-m", "32m", "--cap-add", "NET_ADMIN", "-e", "A=b", "busybox", "sleep", "600")
    shown = client.api.inspect_container(container)
    for key in (
        "Id Created Path Args State Image ResolvConfPath HostnamePath HostsPath LogPath Name RestartCount Driver Platform "
        "MountLabel ProcessLabel AppArmorProfile ExecIDs HostConfig GraphDriver Mounts Config NetworkSettings"
    ).split():
        assert key in shown, key
    for key in (
        "Status Running Paused Restarting OOMKilled Dead Pid ExitCode Error StartedAt FinishedAt"
    ).split():
        assert key in shown["State"], key
    for key in (
        "Binds ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy AutoRemove VolumeDriver VolumesFrom CapAdd "
        "CapDrop CgroupnsMode Dns DnsOptions DnsSearch ExtraHosts GroupAdd IpcMode Cgroup Links OomScoreAdj PidMode Privileged "
        "PublishAllPorts ReadonlyRootfs SecurityOpt UTSMode UsernsMode ShmSize Runtime ConsoleSize Isolation CpuShares Memory "
        "NanoCpus CgroupParent BlkioWeight CpuPeriod CpuQuota CpusetCpus CpusetMems Devices MemoryReservation MemorySwap "
        "MemorySwappiness OomKillDisable PidsLimit Ulimits MaskedPaths ReadonlyPaths"
    ).split():
        assert key in shown["HostConfig"], key
    for key in (
        "Hostname Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Env Cmd Image Volumes "
        "WorkingDir Entrypoint Labels"
    ).split():
        assert key in shown["Config"], key
    for key in "Bridge SandboxID Ports SandboxKey Gateway IPAddress MacAddress Networks".split():
        assert key in shown["NetworkSettings"], key
    endpoint = shown["NetworkSettings"]["Networks"]["bridge"]
    for key in (
        "IPAMConfig Links Aliases NetworkID EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway GlobalIPv6Address "
        "GlobalIPv6PrefixLen MacAddress DriverOpts"
    ).split():
        assert key in endpoint, key
    assert shown["Id"] == container and shown["Name"] == "/" + name
    assert shown["HostConfig"]["Memory"] == 32 << 20 and shown["HostConfig"]["CapAdd"] in (["NET_ADMIN"], ["CAP_NET_ADMIN"])
    assert shown["Config"]["Hostname"] == container[:12] and "A=b" in shown["Config"]["Env"]
    assert shown["HostConfig"]["ShmSize"] == 64 << 20 and shown["HostConfig"]["IpcMode"] == "private"
    assert shown["HostConfig"]["CgroupnsMode"] == ("private" if client.info()["CgroupVersion"] == "2" else "host")
    assert "/proc/kcore" in shown["HostConfig"]["MaskedPaths"] and "/proc/sys" in shown["HostConfig"]["ReadonlyPaths"]


def test_inspect_of_several_and_of_none(docker, name):
    docker("create", "--name", name, "busybox")
    done = docker("inspect", name, "no-such-thing", check=False)
    assert done.returncode == 1 and len(json.loads(done.stdout)) == 1
    assert "No such object: no-such-thing" in done.stderr


def test_stats(docker, client, name):
    docker("run", "-d", "--name", name, "-m", "64m", "busybox", "sh", "-c", "while :; do :; done")
    stats = client.api.stats(name, stream=False)
    assert stats["memory_stats"]["limit"] == 64 << 20 and stats["memory_stats"]["usage"] > 0
    assert stats["cpu_stats"]["cpu_usage"]["total_usage"] > 0 and stats["pids_stats"]["current"] >= 1
    assert stats["networks"]["eth0"]["tx_bytes"] >= 0
    assert name in docker.out("stats", "--no-stream", "--format", "{{.Name}}", name)


def test_diff_tells_what_changed(docker, name):
    docker("run", "--name", name, "busybox", "sh", "-c", "echo x > /added; rm /etc/group; echo y >> /etc/passwd")
    shown = set(docker.out("diff", name).splitlines())
    assert {"A /added", "D /etc/group", "C /etc/passwd", "C /etc"} <= shown


def test_export_is_the_file_system(docker, name, tmp_path):
    import tarfile

    docker("run", "--name", name, "busybox", "sh", "-c", "echo x > /added")
    docker("export", "-o", tmp_path / "tar", name)
    with tarfile.open(tmp_path / "tar") as tar:
        entries = {entry.name.removeprefix("./") for entry in tar}
    assert {"added", "bin/busybox", "etc/passwd"} <= entries


def test_an_export_that_nobody_reads_to_the_end_leaves_no_mount(docker, client, name, until):
    docker("run", "--name", name, "busybox", "sh", "-c", "dd if=/dev/zero of=/large bs=1M count=64")
    merged = docker.out("inspect", "--format", "{{.GraphDriver.Data.MergedDir}}", name)
    assert merged.startswith("/"), merged

    answer = client.api._get(client.api._url("/containers/{0}/export", name), stream=True)
    assert answer.raw.read(1 << 16)
    assert merged in leaks.mounts(), "it is mounted while it is read"
    answer.close()
    until(lambda: merged not in leaks.mounts(), what=f"the end of the mount of {merged}")
    docker("rm", name)
