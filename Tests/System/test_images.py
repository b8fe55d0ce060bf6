"""`docker pull`, `images`, `inspect`, `tag`, `rmi`, `load`, `save`, `import`, `history`, `prune`, `push`."""

import io
import json
import re
import tarfile

import docker as docker_py
import pytest

import images
from conftest import load, made

pytestmark = pytest.mark.usefixtures("busybox")


@pytest.fixture
def repository(docker, registry, name):
    """A repository of the local registry whose images are removed afterwards."""
    yield name
    for reference in docker.out("images", "--format", "{{.Repository}}:{{.Tag}}", f"{registry.address}/{name}").split():
        docker("rmi", "-f", reference, check=False)


def address(registry, repository, tag="latest"):
    return f"{registry.address}/{repository}:{tag}"


@pytest.mark.parametrize("compress, oci", [("gzip", False), ("gzip", True), ("none", True)])
def test_pull_by_tag_runs(docker, registry, repository, compress, oci):
    digest = made("many_layers").push(registry, repository, "latest", compress, oci)
    shown = docker.out("pull", address(registry, repository))
    assert f"Digest: {digest}" in shown
    assert docker.out("run", "--rm", address(registry, repository), "cat", "/top") == "4"
    assert docker.inspect(address(registry, repository), "{{.Id}}") == made("many_layers").id


@pytest.mark.differs("it cannot read zstd")
def test_pull_zstd(docker, registry, repository):
    made("many_layers").push(registry, repository, "latest", "zstd")
    docker("pull", address(registry, repository))
    assert docker.out("run", "--rm", address(registry, repository), "cat", "/top") == "4"


def test_pull_by_digest(docker, registry, repository):
    digest = made("many_layers").push(registry, repository, "v1")
    reference = f"{registry.address}/{repository}@{digest}"
    docker("pull", reference)
    assert docker.inspect(reference)["RepoDigests"] == [reference]
    assert docker.inspect(reference)["RepoTags"] == []
    docker("rmi", reference)


def test_pull_again_is_up_to_date(docker, registry, repository):
    made("many_layers").push(registry, repository, "latest")
    docker("pull", address(registry, repository))
    assert "Status: Image is up to date for" in docker.out("pull", address(registry, repository))


def test_pull_all_tags(docker, registry, repository):
    for tag in ("a", "b"):
        made("many_layers").push(registry, repository, tag)
    docker("pull", "-a", f"{registry.address}/{repository}")
    assert set(docker.out("images", "--format", "{{.Tag}}", f"{registry.address}/{repository}").split()) == {"a", "b"}


@pytest.mark.parametrize("oci", [True, False])
def test_pull_chooses_the_platform(docker, registry, repository, oci):
    mine, other = made("many_layers"), images.Image([images.Layer().file("arm", "x")], architecture="arm64")
    entries = []
    for image, architecture in ((other, "arm64"), (mine, "amd64")):
        digest = image.push(registry, repository, architecture)
        answer, data = registry.request(
            "GET", f"/v2/{repository}/manifests/{digest}",
            headers={"Accept": "application/vnd.docker.distribution.manifest.v2+json"},
        )  # fmt: skip
        kind = answer.headers["Content-Type"]
        entries.append((digest, len(data), kind, {"architecture": architecture, "os": "linux"}))
    entries.append((entries[0][0], entries[0][1], entries[0][2], {"architecture": "unknown", "os": "unknown"}))
    digest = registry.put_index(repository, "latest", entries, oci)
    assert f"Digest: {digest}" in docker.out("pull", address(registry, repository))
    assert docker.inspect(address(registry, repository), "{{.Id}}") == mine.id
    docker("pull", "--platform", "linux/arm64", address(registry, repository))
    assert docker.inspect(address(registry, repository), "{{.Architecture}}") == "arm64"
    docker.fails("pull", "--platform", "linux/s390x", address(registry, repository), says="no matching manifest for linux/s390x")


@pytest.mark.differs("it says that the image does not match the platform")
def test_pull_warns_of_another_platform_than_asked_for(client, registry, repository):
    images.Image([images.Layer().file("a", "x")]).push(registry, repository, "latest")
    name = f"{registry.address}/{repository}"
    lines = list(client.api.pull(name, tag="latest", platform="linux/386", stream=True, decode=True))
    says = f"image with reference {name}:latest was found but does not provide the specified platform (linux/386)"
    assert lines[-1] == {"status": "WARNING: " + says}
    lines = list(client.api.pull(name, tag="latest", platform="linux/amd64", stream=True, decode=True))
    assert not any("WARNING" in line["status"] for line in lines)


def test_pull_progress_as_the_cli_expects_it(client, registry, repository):
    images.many_layers(3, 3 << 20, seed=repository.encode()).push(registry, repository, "latest")
    lines = list(client.api.pull(f"{registry.address}/{repository}", tag="latest", stream=True, decode=True))
    assert lines[0] == {"status": f"Pulling from {repository}", "id": "latest"}
    statuses = {line["status"] for line in lines}
    assert {"Pulling fs layer", "Download complete", "Pull complete"} <= statuses
    moving = [line for line in lines if line["status"] == "Downloading"]
    assert moving and all(set(line["progressDetail"]) >= {"current", "total"} for line in moving)
    assert all(re.fullmatch("[0-9a-f]{12}", line["id"]) for line in moving)
    assert lines[-2]["status"].startswith("Digest: sha256:")
    assert lines[-1]["status"] == f"Status: Downloaded newer image for {registry.address}/{repository}:latest"


def test_pull_of_what_is_not_there(docker, registry):
    said = docker.fails("pull", address(registry, "no/such/image"))
    assert "manifest for" in said and "not found" in said or "manifest unknown" in said or "repository does not exist" in said


@pytest.mark.parametrize("reference", ["lower/UPPER", "bad:tag:again", "x@sha256:123", "-dash", "a//b"])
def test_references_that_do_not_parse(docker, reference):
    docker.fails("pull", "--", reference, says="invalid reference format")


def test_references_that_do_not_parse_by_the_api(raw):
    answer, body = raw("POST", "/v1.41/images/create?fromImage=lower%2FUPPER&tag=latest")
    assert answer.status == 400 and "invalid reference format" in body["message"]


def test_listing(docker, client, nginx, name):
    docker("tag", "nginx", f"{name}:one")
    row = json.loads(docker.out("images", "--format", "{{json .}}", "--no-trunc", name))
    assert row["Repository"] == name and row["Tag"] == "one" and row["ID"] == made("nginx").id
    assert re.search("[0-9.]+MB", row["Size"])
    assert made("nginx").id[7:19] in docker.out("images", "-q")
    listed = next(one for one in client.api.images(name) if one["Id"] == made("nginx").id)
    assert listed["RepoTags"] and listed["Size"] > 1_000_000 and isinstance(listed["Created"], int)
    docker("rmi", f"{name}:one")


def test_listing_filters(docker, client, nginx, name):
    image = images.Image([images.Layer().file("x", name)], Labels={"k": name})
    load(client, image, f"{name}:1")
    listed = lambda *filters: docker.out("images", "--format", "{{.Repository}}", *[f for one in filters for f in ("--filter", one)]).split()
    assert listed(f"label=k={name}") == [name]
    assert listed(f"reference={name[:6]}*") == [name]
    assert name in listed("dangling=false") and name not in listed("dangling=true")
    docker.fails("images", "--filter", "colour=green", says="nvalid filter 'colour")
    docker("rmi", name + ":1")


def test_inspect(docker, nginx):
    shown = docker.inspect("nginx")
    for key in (
        "Id RepoTags RepoDigests Parent Comment Created DockerVersion Author Config Architecture Os Size GraphDriver RootFS Metadata"
    ).split():
        assert key in shown, key
    assert shown["Config"]["Cmd"] == ["nginx", "-g", "daemon off;"] and shown["Config"]["ExposedPorts"] == {"80/tcp": {}}
    assert shown["RootFS"]["Layers"] == made("nginx").config["rootfs"]["diff_ids"]
    assert "nginx:latest" in shown["RepoTags"] and shown["Architecture"] == "amd64" and shown["Os"] == "linux"


def test_history(docker, nginx):
    assert docker.out("history", "--format", "{{.CreatedBy}}", "nginx").splitlines() == ["layer 1", "layer 0"]


def test_tag_and_untag(docker, nginx, name):
    docker("tag", "nginx", f"{name}:one")
    docker("tag", made("nginx").id[7:19], f"{name}:two")
    assert docker.out("rmi", f"{name}:one") == f"Untagged: {name}:one"
    docker("rmi", f"{name}:two")
    docker("inspect", "nginx")
    docker.fails("tag", "no-such-image", "x", says="No such image")
    docker.fails("tag", "nginx", "UPPER:x")


def test_remove_deletes_layers_that_nothing_else_has(docker, client, name):
    image = images.Image([*images.busybox().layers, images.Layer().file("x", name)])
    load(client, image, f"{name}:1")
    shown = docker.out("rmi", f"{name}:1").splitlines()
    assert shown[0] == f"Untagged: {name}:1" and f"Deleted: {image.id}" in shown and len(shown) == 3
    docker("run", "--rm", "busybox", "true")


def test_remove_of_what_is_used_is_refused(docker, client, name):
    image = images.Image([images.Layer().file("x", name)], command=["x"])
    load(client, image, f"{name}:1")
    container = docker.out("create", f"{name}:1")
    said = docker.fails("rmi", f"{name}:1")
    assert f"conflict: unable to remove repository reference \"{name}:1\" (must force) - container {container[:12]} is using" in said
    docker("rmi", "-f", f"{name}:1")
    docker("rm", container)
    docker("rmi", image.id, check=False)


def test_remove_by_id_with_several_tags_is_refused(docker, client, name):
    image = images.Image([images.Layer().file("x", name)], command=["x"])
    load(client, image, f"{name}:1", f"{name}-other:1")
    said = docker.fails("rmi", image.id)
    assert "(must be forced) - image is referenced in multiple repositories" in said
    docker("rmi", "-f", image.id)
    docker.fails("inspect", f"{name}:1")


def test_remove_of_nothing(docker):
    docker.fails("rmi", "no-such-image", says="No such image: no-such-image")


def test_save_and_load(docker, client, name, tmp_path):
    image = images.Image([*images.busybox().layers, images.Layer().file("x", name)], command=["cat", "/x"])
    load(client, image, f"{name}:1")
    docker("save", "-o", tmp_path / "tar", f"{name}:1")
    docker("rmi", f"{name}:1")
    assert docker.out("load", "-i", tmp_path / "tar").endswith(f"Loaded image: {name}:1")
    assert docker.inspect(f"{name}:1", "{{.Id}}") == image.id
    assert docker.out("run", "--rm", f"{name}:1") == name
    with tarfile.open(tmp_path / "tar") as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
    assert manifest[0]["RepoTags"] == [f"{name}:1"] and len(manifest[0]["Layers"]) == 2
    docker("rmi", f"{name}:1")


def test_save_several(docker, tmp_path, nginx):
    docker("save", "-o", tmp_path / "tar", "nginx", "busybox")
    with tarfile.open(tmp_path / "tar") as tar:
        manifest = json.load(tar.extractfile("manifest.json"))
    assert {tuple(one["RepoTags"]) for one in manifest} == {("nginx:latest",), ("busybox:latest",)}


def test_load_compressed(docker, client, name, tmp_path):
    import gzip

    image = images.Image([images.Layer().file("x", name)], command=["x"])
    (tmp_path / "tar.gz").write_bytes(gzip.compress(image.archive(f"{name}:1")))
    docker("load", "-i", tmp_path / "tar.gz")
    assert docker.inspect(f"{name}:1", "{{.Id}}") == image.id
    docker("rmi", f"{name}:1")


def test_import(docker, name, tmp_path):
    (tmp_path / "root.tar").write_bytes(images.busybox_layer().data())
    docker("import", "-c", "CMD [\"echo\", \"imported\"]", "-c", "ENV A=1", "-m", "a message", tmp_path / "root.tar", f"{name}:1")
    assert docker.out("run", "--rm", f"{name}:1") == "imported"
    assert "A=1" in docker.inspect(f"{name}:1")["Config"]["Env"]
    docker("rmi", f"{name}:1")


def test_prune(docker, client, name):
    image = images.Image([images.Layer().file("x", name)], Labels={"k": name})
    load(client, image, f"{name}:1")
    docker("image", "prune", "-f", "--filter", f"label=k={name}")
    docker("inspect", f"{name}:1")
    docker("image", "prune", "-af", "--filter", f"label=k={name}")
    docker.fails("inspect", f"{name}:1")


def test_commit(docker, name):
    docker("run", "--name", name, "busybox", "sh", "-c", "echo more > /more")
    docker("commit", "-c", "CMD [\"cat\", \"/more\"]", name, f"{name}:1")
    assert docker.out("run", "--rm", f"{name}:1") == "more"
    docker("rmi", f"{name}:1")


def test_push(docker, registry, client, repository):
    reference = address(registry, repository)
    docker("tag", "busybox", reference)
    assert "digest: sha256:" in docker.out("push", reference)
    docker("rmi", reference)
    docker("pull", reference)
    assert docker.inspect(reference, "{{.Id}}") == made("busybox").id


# What layers hold


@pytest.fixture(scope="module")
def layered(client, docker):
    load(client, made("whiteouts"), "layered:latest")
    yield "layered"
    docker("rmi", "-f", "layered")


def test_whiteouts_and_opaque_directories(docker, layered):
    script = "ls d opaque; ls -d gone becomes-directory 2>/dev/null; cat f; echo; cat becomes-file; [ -d becomes-directory ]"
    shown = docker.out("run", "--rm", layered, "sh", "-c", script)
    assert shown.split("\n") == ["d:", "kept", "", "opaque:", "new", "becomes-directory", "two", "now a file"]


def test_links_owners_modes_and_attributes(docker, layered):
    shown = docker.out("run", "--rm", layered, "sh", "-c", (
        "stat -c '%i %h' links/first links/second | uniq | wc -l; readlink links/soft; stat -c '%u:%g' owned; "
        "stat -c %a setuid sticky; cat links/second; stat -c %Y f"
    ))  # fmt: skip
    assert shown.split() == ["1", "first", "33:34", "4755", "1777", f"shared{images.EPOCH}"]


def test_extended_attributes_are_kept(docker, layered, name, tmp_path):
    docker("create", "--name", name, layered)
    docker("cp", f"{name}:/attributes", tmp_path / "x")
    upper = docker.inspect(name)["GraphDriver"]["Data"]
    import os

    found = [os.path.join(one, "attributes") for one in upper["LowerDir"].split(":") if os.path.exists(os.path.join(one, "attributes"))]
    assert found and os.getxattr(found[0], "user.colour") == b"green"


def test_many_layers_in_order(docker, client, name):
    image = images.many_layers(60, 64)
    load(client, image, f"{name}:1")
    assert docker.out("run", "--rm", f"{name}:1", "sh", "-c", "cat /top; ls / | grep -c ^layer").split() == ["59", "60"]
    docker("rmi", "-f", f"{name}:1")


def test_removed_directories_that_come_back_are_empty(docker, client, name):
    first = images.Layer().file("d/old", "x")
    gone, back = images.Layer().file(".wh.d", ""), images.Layer().file("d/new", "y")
    load(client, images.Image([*images.busybox().layers, first, gone, back]), f"{name}:1")
    assert docker.out("run", "--rm", f"{name}:1", "ls", "/d") == "new"
    docker("rmi", "-f", f"{name}:1")


def test_docker_py_save_is_a_tar(client):
    data = b"".join(client.images.get("busybox").save())
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        assert "manifest.json" in tar.getnames()
    with pytest.raises(docker_py.errors.ImageNotFound):
        client.images.get("no-such-image")
