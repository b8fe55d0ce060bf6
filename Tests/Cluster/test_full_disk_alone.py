"""A server whose disk is full: writes are refused with words, reads go on, and so do writes when there is room."""

import os
import subprocess

import pytest
from clusters import Server

pytestmark = [
    pytest.mark.own_server,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root"),
]


@pytest.fixture
def disk(tmp_path):
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def config_map(name, size=300_000):
    return {"metadata": {"name": name}, "data": {"text": "x" * size}}


def test_writes_are_refused_and_reads_go_on(disk):
    from kubernetes import client as kubernetes
    from kubernetes import config, watch

    server = Server(disk / "server").start()
    try:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(16 << 20))
        api = kubernetes.CoreV1Api(config.new_client_from_config(server.kubeconfig))
        made, refusal = [], None
        while refusal is None:
            name = f"c{len(made)}"
            try:
                api.create_namespaced_config_map("default", config_map(name))
                made.append(name)
            except kubernetes.ApiException as error:
                refusal = error
            assert len(made) < 200
        assert made and refusal.status == 500
        for words in ('"kind":"Status"', '"reason":"InternalError"', "database space exceeded"):
            assert words in refusal.body
        # Again, and other writes too: until there is room each is refused, and none is half done.
        with pytest.raises(kubernetes.ApiException) as again:
            api.replace_namespaced_config_map(made[0], "default", config_map(made[0], 400_000))
        assert again.value.status == 500

        def names():
            return [one.metadata.name for one in api.list_namespaced_config_map("default").items
                    if one.metadata.name.startswith("c")]  # fmt: skip

        assert sorted(names()) == sorted(made)
        assert len(api.read_namespaced_config_map(made[0], "default").data["text"]) == 300_000
        follower = watch.Watch()
        seen = []
        for event in follower.stream(api.list_namespaced_config_map, "default", timeout_seconds=20):
            seen.append(event["object"].metadata.name)
            if set(made) <= set(seen):
                follower.stop()
        # A server that is killed there starts there, and reads.
        server.kill()
        server.start()
        assert sorted(names()) == sorted(made)

        ballast.unlink()
        api.create_namespaced_config_map("default", config_map("after"))
        api.delete_namespaced_config_map(made[0], "default")
        assert made[0] not in names() and api.read_namespaced_config_map("after", "default")
    finally:
        server.stop()
