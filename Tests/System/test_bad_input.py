"""What must be refused: each time with Docker's shape, and afterwards nothing is left and the engine still serves."""

import base64
import gzip
import io
import json
import os
import tarfile
import threading

import docker as docker_py
import pytest

import images
from conftest import load, made
from registries import FakeRegistry

pytestmark = pytest.mark.usefixtures("busybox")


@pytest.fixture(autouse=True)
def serving_and_nothing_left(client, docker, busybox):
    def everything():
        return {one["Id"] for one in client.api.images(all=True)}, {one["Id"] for one in client.api.containers(all=True)}

    before = everything()
    yield
    assert client.ping()
    after = everything()
    assert after[0] - before[0] == set(), "a half-made image was left"
    assert after[1] - before[1] == set(), "a half-made container was left"


@pytest.fixture
def fake(host):
    registry = FakeRegistry(host)
    yield registry
    registry.close()


def refused(client, archive):
    """Loads an archive that must not load; answers the words."""
    with pytest.raises((docker_py.errors.ImageLoadError, docker_py.errors.APIError)) as error:
        client.images.load(archive)
    return str(error.value)


# Layers


def test_layers_cannot_climb_out(client, docker, tmp_path):
    target = tmp_path / "target"
    target.write_text("untouched")
    climb = "../" * 30 + str(target).lstrip("/")
    hostile = [
        images.Layer().raw(climb, content=b"owned"),
        images.Layer().raw(str(target), content=b"owned"),
        images.Layer().raw("link", tarfile.SYMTYPE, linkname=str(tmp_path)).raw("link/target", content=b"owned"),
        images.Layer().raw("link", tarfile.SYMTYPE, linkname="../" * 30 + str(tmp_path).lstrip("/")).raw("link/target", content=b"owned"),
        images.Layer().raw("hard", tarfile.LNKTYPE, linkname=climb).raw("hard", content=b"owned"),
        images.Layer().raw("hard", tarfile.LNKTYPE, linkname=str(target)).raw("hard", content=b"owned"),
        images.Layer().raw("d", tarfile.SYMTYPE, linkname=str(tmp_path)).raw("d/.wh.target"),
        images.Layer().raw("d", tarfile.SYMTYPE, linkname=str(tmp_path)).raw("d/.wh..wh..opq"),
        images.Layer().raw("x/../../../../.wh." + target.name),
        images.Layer().raw(".wh..."),
    ]
    for number, layer in enumerate(hostile):
        image = images.Image([*made("busybox").layers, layer])
        try:
            load(client, image, f"hostile{number}:latest")
            client.images.remove(f"hostile{number}:latest", force=True)
        except (docker_py.errors.APIError, docker_py.errors.ImageLoadError):
            pass
        assert target.read_text() == "untouched", f"case {number}"
        assert target.stat().st_nlink == 1, f"case {number}"


def test_a_link_planted_by_a_lower_layer_is_not_followed(client, tmp_path):
    lower = images.Layer().symlink("trap", str(tmp_path))
    upper = images.Layer().raw("trap/file", content=b"owned")
    try:
        load(client, images.Image([*made("busybox").layers, lower, upper]), "planted:latest")
        client.images.remove("planted:latest", force=True)
    except (docker_py.errors.APIError, docker_py.errors.ImageLoadError):
        pass
    assert not list(tmp_path.iterdir())


def test_truncated_layer(client):
    image = images.Image([images.Layer().file("x", b"x" * 100_000)])
    image.layers[0] = image.layers[0][:50_000]
    refused(client, image.archive("cut:latest"))


def test_layer_that_is_not_the_one_of_the_config(client):
    image = images.Image([images.Layer().file("x", "one")])
    image.layers[0] = images.Layer().file("x", "two").data()
    refused(client, image.archive("swapped:latest"))


def test_fewer_layers_than_the_config_says(client):
    image = images.Image([images.Layer().file("x", "one"), images.Layer().file("y", "two")])
    image.layers.pop()
    said = refused(client, image.archive("short:latest"))
    assert "layer" in said.lower() or "length" in said.lower()


# Archives


def archive(**files):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name.replace("__", "."))
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        archive(manifest__json=b"{"),
        archive(manifest__json=b'[{"Config": "missing.json", "RepoTags": ["a:b"], "Layers": []}]'),
        archive(manifest__json=b'[{"Config": "../../../../etc/passwd", "RepoTags": ["a:b"], "Layers": []}]'),
        archive(manifest__json=b'[{"Config": "c.json", "RepoTags": ["a:b"], "Layers": ["/etc/passwd"]}]', c__json=b"{}"),
        archive(manifest__json=b'[{"Config": "c.json", "RepoTags": ["a:b"], "Layers": []}]', c__json=b"[1, 2]"),
        archive(manifest__json=b'[{"Config": "c.json", "RepoTags": ["a:b"], "Layers": ["l"]}]',
                c__json=b'{"rootfs": {"type": "layers", "diff_ids": ["sha256:nonsense"]}}', l=b"x"),
        b"this is no tar",
    ],
    ids=["json", "no-config", "climbing", "absolute", "array", "diff-id", "no-tar"],
)  # fmt: skip
def test_malformed_archives(client, data):
    refused(client, data)


# Registries


def pull_fails(docker, fake, repository="library/x", **more):
    return docker.fails("pull", f"{fake.address}/{repository}:latest", timeout=120, **more)


def test_wrong_digest(docker, fake):
    image = made("many_layers")
    layer = image.blobs()[-1][1]
    fake.serve("library/x", image, blob=lambda digest, data: b"y" * len(data) if data == layer else data)
    said = pull_fails(docker, fake)
    assert "verification" in said or "digest" in said or "mismatch" in said, said


@pytest.mark.differs("it does not compare sizes")
def test_wrong_size(docker, fake):
    fake.serve("library/x", made("many_layers"), layer_size=17)
    said = pull_fails(docker, fake)
    assert said


def test_manifest_of_another_digest(docker, fake):
    name = fake.serve("library/x", made("many_layers"))
    wrong = "sha256:" + "0" * 64
    fake.routes[f"/v2/library/x/manifests/{wrong}"] = fake.routes[f"/v2/library/x/manifests/{name}"]
    docker.fails("pull", f"{fake.address}/library/x@{wrong}")


def test_truncated_and_corrupt_gzip(docker, fake):
    image = images.Image([images.Layer().file("x", os.urandom(200_000))])
    for change in (lambda data: data[: len(data) // 2], lambda data: data[:100] + b"\0" * 50 + data[150:]):
        broken = change(image.blobs()[0][1])
        document = {}

        def manifest(original):
            document.update(original)
            document["layers"] = [images.descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", broken)]
            return document

        fake.serve("library/x", image, manifest=manifest)
        fake.routes[f"/v2/library/x/blobs/{images.digest(broken)}"] = lambda request, broken=broken: request.answer(200, broken)
        pull_fails(docker, fake)


def test_layer_that_unpacks_to_something_else(docker, fake):
    image = images.Image([images.Layer().file("x", "one")])
    other = gzip.compress(images.Layer().file("x", "two").data(), mtime=0)

    def manifest(original):
        return {**original, "layers": [images.descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", other)]}

    fake.serve("library/x", image, manifest=manifest)
    fake.routes[f"/v2/library/x/blobs/{images.digest(other)}"] = lambda request: request.answer(200, other)
    pull_fails(docker, fake)


@pytest.mark.parametrize("text", [b"{", b"[]", b"null", b'{"schemaVersion": 2}', b'{"schemaVersion": "two"}', b'{"schemaVersion": 1}'])
def test_malformed_manifests(docker, fake, text):
    fake.serve("library/x", made("busybox"), manifest=lambda _: text)
    pull_fails(docker, fake)


def test_malformed_config(docker, fake):
    image = made("many_layers")
    bad = b'{"rootfs": "no"}'

    def manifest(original):
        return {**original, "config": images.descriptor("application/vnd.docker.container.image.v1+json", bad)}

    fake.serve("library/x", image, manifest=manifest)
    fake.routes[f"/v2/library/x/blobs/{images.digest(bad)}"] = lambda request: request.answer(200, bad)
    pull_fails(docker, fake)


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_registry_that_answers_an_error(docker, fake, status):
    fake.routes["*"] = lambda request: request.answer(status, b"no", "text/plain")
    fake.routes["/v2/"] = fake.routes["*"] if status >= 500 else fake.routes["/v2/"]
    pull_fails(docker, fake)


def test_registry_that_resets(docker, fake):
    def reset(request):
        import struct

        request.connection.setsockopt(1, 13, struct.pack("ii", 1, 0))
        request.connection.close()

    fake.routes["*"] = fake.routes["/v2/"] = reset
    pull_fails(docker, fake)


def test_something_that_is_no_registry(docker, fake):
    fake.routes["*"] = fake.routes["/v2/"] = lambda request: request.answer(200, b"<html>hello</html>", "text/html")
    pull_fails(docker, fake)


def test_no_registry_at_all(docker, host):
    said = docker.fails("pull", f"127.0.0.1:{host.free_port()}/x")
    assert "connection refused" in said.lower()


def test_a_reset_in_the_middle_of_a_layer_is_resumed(docker, fake, client):
    """The first answer for the layer breaks off; what follows may be a range or the whole."""
    image = images.many_layers(1, 3 << 20, seed=b"resume")
    layer = image.blobs()[-1][1]
    asked = []

    def flaky(request):
        asked.append(request.headers.get("Range"))
        if len(asked) == 1:
            request.send_response(200)
            request.send_header("Content-Length", str(len(layer)))
            request.end_headers()
            request.wfile.write(layer[: len(layer) // 2])
            request.close_connection = True
        elif asked[-1]:
            begin = int(asked[-1].split("=")[1].split("-")[0])
            request.answer(206, layer[begin:], Content_Range=f"bytes {begin}-{len(layer) - 1}/{len(layer)}")
        else:
            request.answer(200, layer)

    fake.serve("library/x", image, blob=lambda digest, data: flaky if data == layer else data)
    docker("pull", f"{fake.address}/library/x:latest", timeout=120)
    assert len(asked) >= 2
    client.images.remove(f"{fake.address}/library/x:latest")


def test_a_registry_that_hangs_can_be_left(docker, fake, raw):
    asked, left = threading.Event(), threading.Event()

    def hang(request):
        asked.set()
        left.wait(60)

    fake.routes["*"] = fake.routes["/v2/"] = hang
    puller = docker.popen("pull", f"{fake.address}/library/x:latest")
    try:
        assert asked.wait(60)
        puller.terminate()
        puller.communicate(timeout=60)
        assert raw("GET", "/_ping")[0].status == 200
    finally:
        left.set()


# Authentication


def test_basic_authentication(client, fake):
    image = made("busybox")
    fake.serve("library/x", image)
    inner = dict(fake.routes)
    wanted = "Basic " + base64.b64encode(b"user:secret").decode()

    def guard(route):
        def guarded(request):
            if request.headers.get("Authorization") != wanted:
                request.answer(401, b"{}", "application/json", WWW_Authenticate='Basic realm="test"')
            else:
                route(request)

        return guarded

    fake.routes = {path: guard(route) for path, route in inner.items()}
    with pytest.raises(docker_py.errors.APIError):
        client.images.pull(f"{fake.address}/library/x", tag="latest", auth_config={"username": "user", "password": "wrong"})
    client.images.pull(f"{fake.address}/library/x", tag="latest", auth_config={"username": "user", "password": "secret"})
    client.images.remove(f"{fake.address}/library/x:latest")


def test_token_authentication(client, fake):
    fake.serve("library/x", made("busybox"))
    inner = dict(fake.routes)

    def guard(route):
        def guarded(request):
            if request.headers.get("Authorization") != "Bearer good":
                challenge = f'Bearer realm="http://{fake.address}/token",service="test",scope="repository:library/x:pull"'
                request.answer(401, b"{}", "application/json", WWW_Authenticate=challenge)
            else:
                route(request)

        return guarded

    def token(request):
        good = request.headers.get("Authorization") == "Basic " + base64.b64encode(b"user:secret").decode()
        request.answer(200 if good else 401, b'{"token": "good"}' if good else b"{}", "application/json")

    fake.routes = {path: guard(route) for path, route in inner.items()}
    fake.routes["*"] = lambda request: token(request) if request.path.startswith("/token") else request.answer(404)
    client.images.pull(f"{fake.address}/library/x", tag="latest", auth_config={"username": "user", "password": "secret"})
    asked = [path for _, path, _ in fake.requests if path.startswith("/token")]
    assert asked and "service=test" in asked[0] and "scope=repository" in asked[0]
    client.images.remove(f"{fake.address}/library/x:latest")


# Requests


@pytest.mark.parametrize(
    "method, path, status",
    [
        ("GET", "/containers/none/json", 404),
        ("POST", "/containers/none/start", 404),
        ("POST", "/containers/none/stop", 404),
        ("POST", "/containers/none/kill", 404),
        ("POST", "/containers/none/wait", 404),
        ("GET", "/containers/none/logs?stdout=1", 404),
        ("GET", "/containers/none/top", 404),
        ("DELETE", "/containers/none", 404),
        ("GET", "/exec/none/json", 404),
        ("GET", "/images/none/json", 404),
        ("DELETE", "/images/none", 404),
        ("GET", "/volumes/none", 404),
        ("GET", "/no/such/page", 404),
        pytest.param("GET", "/containers/json?filters=nonsense", 400, marks=pytest.mark.differs("it answers 500")),
        ("POST", "/containers/create?name=in%20valid", 400),
    ],
)
def test_status_codes_and_shape(raw, method, path, status):
    answer, body = raw(method, "/v1.41" + path, {"Image": "busybox"} if path.startswith("/containers/create") else None)
    assert answer.status == status, body
    assert set(body) == {"message"} and body["message"]
    assert answer.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    "body",
    ["{", "[]", "3", '"text"', '{"Image": 3}', '{"Image": "busybox", "Env": "A=1"}', '{"Image": "busybox", "HostConfig": {"Memory": "much"}}'],
)
def test_json_of_the_wrong_shape(raw, body):
    answer, said = raw("POST", "/v1.41/containers/create", body, {"Content-Type": "application/json"})
    assert said["message"] and answer.status >= 400
    # 20.10 answers 500 to some of them.
    assert answer.status < 500 or os.environ.get("APUS_TEST_ENGINE") == "dockerd", said


def test_unknown_fields_are_ignored(raw, client):
    answer, body = raw("POST", "/v1.41/containers/create", {"Image": "busybox", "NoSuchField": {"a": [1]}})
    assert answer.status == 201
    client.api.remove_container(body["Id"])


@pytest.mark.differs("it answers 500")
def test_empty_and_missing_body(raw):
    for body, headers in (("", {}), (None, {"Content-Type": "application/json"})):
        answer, said = raw("POST", "/v1.41/containers/create", body, headers)
        assert answer.status == 400 and said["message"]


def test_image_that_is_missing(raw):
    answer, body = raw("POST", "/v1.41/containers/create", {"Image": "never-pulled"})
    assert answer.status == 404 and "No such image: never-pulled:latest" in body["message"]


def test_versions_that_are_not_served(raw):
    answer, body = raw("GET", "/v1.99/containers/json")
    assert answer.status == 400 and "client version 1.99 is too new. Maximum supported API version is" in body["message"]
    answer, body = raw("GET", "/v1.1/containers/json")
    words = body["message"] if isinstance(body, dict) else body.decode()  # versions this old got plain text
    assert answer.status == 400 and "client version 1.1 is too old. Minimum supported API version is" in words


def test_a_request_that_is_no_http(engine, raw):
    import socket

    for text in (b"\0\1\2\3\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"A" * 100_000):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(engine.socket)
            try:
                client.sendall(text)
                client.shutdown(socket.SHUT_WR)
                client.recv(1000)
            except OSError:
                pass
    assert raw("GET", "/_ping")[0].status == 200


def test_a_big_body_is_not_kept_in_memory_without_end(raw):
    answer, body = raw("POST", "/v1.41/containers/create", json.dumps({"Image": "none", "Env": ["A=" + "x" * 3_000_000]}),
                       {"Content-Type": "application/json"})  # fmt: skip
    assert 400 <= answer.status < 500 and body["message"]


# Settings


def test_runtime_that_is_missing(docker):
    said = docker.fails("run", "--rm", "--runtime", "no-such-runtime", "busybox", "true", code=125)
    assert "no-such-runtime" in said


def test_storage_option_and_network_that_are_unknown(docker):
    docker.fails("run", "--rm", "--network", "no-such-network", "busybox", "true", code=125, says="no-such-network not found")


def test_environment_and_labels_with_odd_text(docker, client):
    container = client.containers.create("busybox", ["sh", "-c", "echo \"$ODD\""], environment={"ODD": "a=b \"q\" ü 💡\n2"}, labels={"ü": "\t"})
    container.start()
    container.wait()
    assert container.logs().decode() == "a=b \"q\" ü 💡\n2\n"
    assert docker.inspect(container.id)["Config"]["Labels"] == {"ü": "\t"}
    container.remove()
