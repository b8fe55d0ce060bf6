"""`docker events`, `info`, `version`, `system df`, `_ping`, and endpoints that are not there."""

import json
import re
import time

import pytest

pytestmark = pytest.mark.usefixtures("busybox")


def events(client, since, **filters):
    return list(client.api.events(since=since, until=time.time() + 0.01, decode=True, filters=filters))


def test_a_life_in_events(docker, client, name):
    since = time.time()
    docker("run", "--name", name, "--label", "a=b", "busybox", "sh", "-c", "exit 3", check=False)
    docker("rename", name, name + "-2")
    docker("rm", name + "-2")
    found = events(client, since, type="container")
    assert [one["Action"] for one in found] == ["create", "attach", "start", "die", "rename", "destroy"]
    die = found[3]
    assert die["Actor"]["Attributes"]["exitCode"] == "3" and die["Actor"]["Attributes"]["name"] == name
    assert die["Actor"]["Attributes"]["a"] == "b" and die["Actor"]["Attributes"]["image"] == "busybox"
    assert die["Type"] == "container" and die["scope"] == "local" and die["timeNano"] // 10**9 == die["time"]
    assert die["id"] == die["Actor"]["ID"] and die["status"] == "die" and die["from"] == "busybox"


def test_stop_and_kill_in_events(docker, happened, name):
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    since = time.time()
    docker("stop", "-t", "0", name)
    docker("start", name)
    docker("pause", name)
    docker("unpause", name)
    docker("exec", name, "true")
    docker("kill", name)
    wanted = ("kill", "die", "stop", "start", "pause", "unpause", "exec_create", "exec_start", "exec_die")
    found = [action for _, action in happened(since, *wanted, container=name)]
    assert any(re.fullmatch("exec_create: true ?", one) for one in found), found


def test_images_volumes_and_networks_in_events(docker, happened, name):
    since = time.time()
    docker("tag", "busybox", f"{name}:1")
    docker("rmi", f"{name}:1")
    docker("volume", "create", name)
    docker("run", "--rm", "-v", f"{name}:/d", "busybox", "true")
    docker("volume", "rm", name)
    wanted = [
        ("image", "tag"), ("image", "untag"), ("volume", "create"), ("volume", "mount"), ("volume", "unmount"),
        ("volume", "destroy"), ("network", "connect"), ("network", "disconnect"),
    ]  # fmt: skip
    found = happened(since, *(action for _, action in wanted))
    for pair in wanted:
        assert pair in found, pair


def test_events_arrive_as_they_happen(docker, name):
    # The first event may be history by the time that the watcher is there; the second is none.
    watcher = docker.popen(
        "events", "--since", str(time.time()), "--filter", f"label=of={name}", "--filter", "event=start",
        "--format", "{{.Action}} {{.Actor.Attributes.name}}", text=True,
    )  # fmt: skip
    try:
        for one in (name, name + "-2"):
            docker("run", "-d", "--name", one, "--label", f"of={name}", "busybox", "sleep", "600")
            assert watcher.stdout.readline() == f"start {one}\n"
    finally:
        watcher.kill()
        watcher.communicate()


def test_event_filters_by_label_and_image(docker, client, name):
    since = time.time()
    docker("run", "--rm", "--label", f"k={name}", "busybox", "true")
    docker("run", "--rm", "busybox", "true")
    found = events(client, since, label=f"k={name}", event="create")
    assert len(found) == 1
    assert events(client, since, image="no-such-image") == []


def test_ping(raw):
    for method in ("GET", "HEAD"):
        answer, body = raw(method, "/_ping")
        assert answer.status == 200 and body == (b"OK" if method == "GET" else b"")
        assert tuple(map(int, answer.headers["Api-Version"].split("."))) >= (1, 40)
        assert answer.headers["Ostype"] == "linux" and "no-cache" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("prefix", ["", "/v1.24", "/v1.40", "/v1.41"])
def test_versioned_and_unversioned_paths(raw, prefix):
    answer, body = raw("GET", prefix + "/version")
    assert answer.status == 200 and body["ApiVersion"] and body["Os"] == "linux"


def test_version(docker, client):
    version = client.version()
    for key in ("Platform Components Version ApiVersion MinAPIVersion Os Arch KernelVersion").split():
        assert key in version, key
    assert version["Arch"] == "amd64" and version["KernelVersion"] == open("/proc/sys/kernel/osrelease").read().strip()
    assert "Server" in docker.out("version")


@pytest.mark.apus
def test_the_api_is_served_up_to_1_50(client, raw):
    version = client.version()
    assert version["ApiVersion"] == "1.50" and version["MinAPIVersion"] == "1.24"
    for prefix in ("/v1.24", "/v1.44", "/v1.50"):
        assert raw("GET", prefix + "/info")[0].status == 200
    assert raw("GET", "/v1.51/info")[0].status == 400


def test_info_tells_the_truth(docker, client, name, engine):
    docker("run", "-d", "--name", name, "busybox", "sleep", "600")
    docker("create", "busybox")
    info = client.info()
    counted = client.api.containers(all=True)
    assert info["Containers"] == len(counted)
    assert info["ContainersRunning"] == sum(one["State"] == "running" for one in counted)
    assert info["Images"] >= 1 and info["NCPU"] >= 1 and info["MemTotal"] > 1 << 28
    assert info["OSType"] == "linux" and info["Architecture"] == "x86_64" and info["KernelVersion"]
    assert info["Driver"] in ("overlay2", "overlay", "overlayfs") and info["DefaultRuntime"] in info["Runtimes"]
    assert info["CgroupVersion"] in ("1", "2") and info["DockerRootDir"] and info["ID"]
    assert info["Swarm"]["LocalNodeState"] == "inactive"
    assert "Server Version" in docker.out("info")


def test_system_df(docker, client, name):
    docker("run", "--name", name, "-v", f"{name}:/data", "busybox", "sh", "-c", "head -c 500000 /dev/zero > /data/f; head -c 300000 /dev/zero > /g")
    shown = client.df()
    mine = next(one for one in shown["Containers"] if one["Names"] == ["/" + name])
    assert 300_000 <= mine["SizeRw"] < 400_000
    volume = next(one for one in shown["Volumes"] if one["Name"] == name)
    assert 500_000 <= volume["UsageData"]["Size"] < 600_000 and volume["UsageData"]["RefCount"] == 1
    assert shown["LayersSize"] > 1_000_000
    rows = [json.loads(line) for line in docker.out("system", "df", "--format", "{{json .}}").splitlines()]
    assert {row["Type"] for row in rows} == {"Images", "Containers", "Local Volumes", "Build Cache"}


def test_a_container_that_runs_out_of_memory_says_so_in_events(docker, happened, name):
    since = time.time()
    docker("run", "--name", name, "-m", "16m", "--memory-swap", "16m", "busybox", "sh", "-c", "x=$(head -c 60000000 /dev/zero | tr '\\0' x)", check=False)
    happened(since, "oom", container=name)


@pytest.mark.apus
@pytest.mark.parametrize("method, path", [("POST", "/swarm/init"), ("POST", "/build"), ("GET", "/plugins"), ("POST", "/swarm/join")])
def test_what_is_not_built_says_501(raw, method, path):
    answer, body = raw(method, "/v1.50" + path, {} if method == "POST" else None)
    assert answer.status in (200, 501), (answer.status, body)
    if answer.status == 501:
        assert re.search(r"not (built|implemented|supported)", body["message"]) and path.split("/")[1] in body["message"]
