"""Binds, tmpfs, anonymous and named volumes."""

import json
import os
import uuid

import pytest

pytestmark = pytest.mark.usefixtures("busybox")


def sh(docker, *flags, script, image="busybox"):
    return docker.out("run", "--rm", *flags, image, "sh", "-c", script)


def test_bind_reads_and_writes(docker, tmp_path):
    (tmp_path / "in").write_text("from the host")
    assert sh(docker, "-v", f"{tmp_path}:/data", script="cat /data/in; echo back > /data/out") == "from the host"
    assert (tmp_path / "out").read_text() == "back\n"


def test_bind_of_a_file(docker, tmp_path):
    (tmp_path / "file").write_text("one file")
    assert sh(docker, "-v", f"{tmp_path}/file:/etc/one", script="cat /etc/one") == "one file"


def test_bind_read_only(docker, tmp_path):
    done = docker("run", "--rm", "-v", f"{tmp_path}:/data:ro", "busybox", "touch", "/data/x", check=False)
    assert done.returncode == 1 and "Read-only file system" in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ("-v={}:/made/one:ro", "--mount=type=bind,src={},dst=/made/one,readonly"))
def test_bind_of_a_file_read_only(docker, tmp_path, option):
    (tmp_path / "file").write_text("one file")
    done = docker(
        "run", "--rm", option.format(tmp_path / "file"), "busybox", "sh", "-c", "cat /made/one; echo x > /made/one", check=False
    )
    assert done.returncode == 1 and done.stdout == "one file" and "Read-only file system" in done.stderr


def test_bind_source_is_made_with_v_and_not_with_mount(docker, tmp_path):
    sh(docker, "-v", f"{tmp_path}/made:/data", script="touch /data/x")
    assert (tmp_path / "made" / "x").exists()
    said = docker.fails("run", "--rm", "--mount", f"type=bind,source={tmp_path}/missing,target=/data", "busybox", "true", code=125)
    assert "bind source path does not exist" in said and "missing" in said
    assert not (tmp_path / "missing").exists()


def test_a_bind_source_that_cannot_be_looked_at_says_why(docker, tmp_path):
    (tmp_path / "circle").symlink_to("circle")
    mount = f"type=bind,source={tmp_path}/circle,target=/data"
    said = docker.fails("run", "--rm", "--mount", mount, "busybox", "true", code=125)
    assert 'invalid mount config for type "bind": stat ' in said and "too many levels of symbolic links" in said
    # What has become so since the container was made.
    (tmp_path / "later").mkdir()
    container = docker.out("create", "--mount", f"type=bind,source={tmp_path}/later,target=/data", "busybox", "true")
    (tmp_path / "later").rmdir()
    (tmp_path / "later").symlink_to("later")
    try:
        docker.fails("start", container, code=1, says="too many levels of symbolic links")
    finally:
        docker("rm", "-f", container)


def test_bind_must_be_absolute(docker):
    docker.fails("run", "--rm", "--mount", "type=bind,source=relative,target=/data", "busybox", "true", code=125)
    docker.fails("run", "--rm", "-v", "/tmp:relative", "busybox", "true", code=125, says="absolute")


def test_the_root_is_no_destination(docker, tmp_path):
    docker.fails("run", "--rm", "-v", f"{tmp_path}:/", "busybox", "true", code=125, says="destination can't be '/'")


def test_duplicate_mount_points_are_refused(docker, tmp_path):
    docker.fails("run", "--rm", "-v", f"{tmp_path}:/d", "-v", "/tmp:/d", "busybox", "true", code=125, says="Duplicate mount point: /d")


def test_binds_nest_in_any_order(docker, tmp_path):
    for one in ("a", "b"):
        (tmp_path / one).mkdir()
        (tmp_path / one / one).write_text(one)
    assert sh(docker, "-v", f"{tmp_path}/b:/d/inner", "-v", f"{tmp_path}/a:/d", script="ls /d /d/inner").split() == [
        "/d:", "a", "inner", "/d/inner:", "b",
    ]  # fmt: skip


def test_named_volume_keeps_what_was_written(docker, name):
    assert docker.out("volume", "create", "--label", "a=b", name) == name
    sh(docker, "-v", f"{name}:/data", script="echo kept > /data/file")
    assert sh(docker, "-v", f"{name}:/other", script="cat /other/file") == "kept"
    shown = json.loads(docker.out("volume", "inspect", name))[0]
    assert shown["Driver"] == "local" and shown["Scope"] == "local" and shown["Labels"] == {"a": "b"}
    assert os.path.isdir(shown["Mountpoint"])
    assert name in docker.out("volume", "ls", "-q").split()
    docker("volume", "rm", name)
    docker.fails("volume", "inspect", name, says="no such volume")


def test_volume_is_made_on_first_use(docker, name):
    sh(docker, "-v", f"{name}:/data", script="true")
    assert name in docker.out("volume", "ls", "-q").split()


def test_volume_in_use_is_not_removed(docker, name):
    container = docker.out("create", "-v", f"{name}:/data", "busybox")
    said = docker.fails("volume", "rm", name, says="volume is in use")
    assert container in said


def test_volume_takes_the_images_content_once(docker, name):
    assert "busybox" in sh(docker, "-v", f"{name}:/bin2", "-v", f"{name}-b:/bin", script="ls /bin").split()
    assert sh(docker, "-v", f"{name}-c:/var/www", script="stat -c %u /var/www") == "33"
    sh(docker, "-v", f"{name}-c:/var/www", script="touch /var/www/x")
    assert sh(docker, "-v", f"{name}-c:/var/www", script="ls /var/www") == "x"
    assert sh(docker, "--mount", f"type=volume,source={name}-d,target=/etc,volume-nocopy", script="ls /etc | grep -c passwd || true") == "0"


def test_anonymous_volume_lives_and_dies_with_its_container(docker, name):
    docker("create", "--name", name, "-v", "/data", "busybox")
    mount = docker.inspect(name)["Mounts"][0]
    assert len(mount["Name"]) == 64 and mount["Type"] == "volume" and mount["Destination"] == "/data" and mount["RW"]
    docker("rm", "-v", name)
    docker.fails("volume", "inspect", mount["Name"])


def test_named_volume_survives_rm_v(docker, name):
    docker("create", "--name", name, "-v", f"{name}:/data", "busybox")
    docker("rm", "-v", name)
    docker("volume", "inspect", name)


def test_volumes_from(docker, name):
    docker("create", "--name", name, "-v", f"{name}:/data", "busybox")
    sh(docker, "--volumes-from", name, script="echo x > /data/f")
    assert sh(docker, "-v", f"{name}:/d", script="cat /d/f") == "x"
    assert docker("run", "--rm", "--volumes-from", name + ":ro", "busybox", "touch", "/data/y", check=False).returncode == 1


def test_volume_prune(docker, client, name):
    docker("volume", "create", "--label", name, name)
    used = docker.out("create", "-v", f"{name}-used:/d", "busybox")
    # From API 1.42 on, only anonymous volumes go unless all are asked for.
    named = ["--all"] if tuple(map(int, client.version()["ApiVersion"].split("."))) >= (1, 42) else []
    docker("volume", "prune", "-f", *named, "--filter", f"label={name}")
    left = docker.out("volume", "ls", "-q").split()
    assert name not in left and f"{name}-used" in left and used


def test_volume_filters(docker, name):
    docker("volume", "create", "--label", f"k={name}", name)
    docker("create", "-v", f"{name}-used:/d", "busybox")
    assert docker.out("volume", "ls", "-q", "--filter", f"label=k={name}") == name
    dangling = docker.out("volume", "ls", "-q", "--filter", "dangling=true").split()
    assert name in dangling and f"{name}-used" not in dangling
    assert docker.out("volume", "ls", "-q", "--filter", f"name={name}-us") == f"{name}-used"


def test_volume_names_that_are_refused(docker):
    docker.fails("volume", "create", "../escape", says="invalid characters")
    docker.fails("run", "--rm", "-v", "bad name:/d", "busybox", "true", code=125)


def test_volume_of_an_unknown_driver(docker, name):
    docker.fails("volume", "create", "-d", "no-such-driver", name, says="no-such-driver")


def test_local_volume_with_options(docker, name):
    docker("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=1m,uid=33", name)
    shown = sh(docker, "-v", f"{name}:/data", script="stat -c %u /data; df -k /data | tail -1").split()
    assert shown[0] == "33" and "1024" in shown


def test_tmpfs(docker):
    shown = sh(docker, "--tmpfs", "/scratch:size=1m,mode=1770", script="grep ' /scratch ' /proc/mounts; stat -c %a /scratch")
    assert shown.startswith("tmpfs /scratch tmpfs") and "size=1024k" in shown and shown.endswith("1770")
    for word in ("nosuid", "nodev", "noexec"):
        assert word in shown
    assert "size=2048k" in sh(docker, "--mount", "type=tmpfs,target=/t,tmpfs-size=2m", script="grep ' /t ' /proc/mounts")


def test_shm_size(docker):
    assert "size=65536k" in sh(docker, script="grep ' /dev/shm ' /proc/mounts")
    assert "size=8192k" in sh(docker, "--shm-size", "8m", script="grep ' /dev/shm ' /proc/mounts")


def test_engine_files_are_mounted(docker):
    shown = sh(docker, script="grep -cE ' /etc/(hosts|hostname|resolv.conf) ' /proc/mounts")
    assert shown == "3"


def test_links_in_a_container_do_not_lead_a_mount_out(docker, client, tmp_path):
    import images
    from conftest import load

    layer = images.Layer().symlink("trap", "/../../../../../../tmp")
    load(client, images.Image([*images.busybox().layers, layer], command=["sh"]), "trap:latest")
    try:
        inside = f"/tmp/inside-{uuid.uuid4().hex[:8]}"  # of no file that this host may happen to have
        assert sh(docker, "-v", f"{tmp_path}:/trap/{inside[5:]}", script=f"ls -d {inside}", image="trap") == inside
        assert not os.path.exists(inside)
    finally:
        docker("rmi", "-f", "trap")


@pytest.mark.apus
def test_a_place_inside_a_volume_is_refused(docker, name):
    """Not served: the whole volume must not be mounted in its stead."""
    mount = f"type=volume,src={name}-v,dst=/m,volume-subpath=a"
    docker.fails("run", "--rm", "--mount", mount, "busybox", "true", code=125, says="Subpath is not implemented")
    docker.fails("volume", "inspect", name + "-v", says="no such volume")
