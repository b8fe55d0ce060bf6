"""The main job, with the commands that a user types."""

import subprocess

import images
from conftest import made


def publish(registry, image, name):
    made(image).push(registry, "library/" + name, "latest")


def test_web_server_from_pull_to_rm(docker, client, registry, host, port, name):
    publish(registry, "nginx", "nginx")
    docker("rmi", "-f", "nginx", check=False)
    pulled = docker.out("pull", "nginx")
    assert "Status: Downloaded newer image for nginx:latest" in pulled
    assert pulled.endswith("docker.io/library/nginx:latest")
    assert "nginx" in docker.out("images", "--format", "{{.Repository}}").split()

    container = docker.out("run", "--name", name, "-d", "-p", f"{port}:80", "nginx")
    assert len(container) == 64
    row = docker.out("ps", "--format", "{{.Names}}|{{.Image}}|{{.Ports}}|{{.Status}}", "--filter", f"name={name}")
    names, image, ports, status = row.split("|")
    assert (names, image) == (name, "nginx") and status.startswith("Up ")
    assert f"0.0.0.0:{port}->80/tcp" in ports

    status, page = host.get_soon("127.0.0.1", port)
    assert status == 200 and "Welcome to nginx!" in page

    follower = docker.popen("logs", "-f", name, text=True)
    assert "GET / HTTP/1.1" in follower.stdout.readline()
    host.get("127.0.0.1", port, "/?again")
    # What was asked before may have been asked twice.
    assert any("GET /?again" in line for line in follower.stdout)
    assert docker.out("stop", name) == name
    assert follower.wait(60) == 0
    follower.communicate()

    assert docker.out("start", name) == name
    assert host.get_soon("127.0.0.1", port)[0] == 200
    assert docker.out("rm", "-f", name) == name
    assert not client.api.containers(all=True, filters={"name": name})


def test_run_pulls_what_is_missing(docker, registry, busybox):
    docker("rmi", "-f", "busybox", check=False)
    publish(registry, "busybox", "busybox")
    done = docker("run", "--rm", "busybox", "echo", "hello")
    assert done.stdout == "hello\n"
    assert "Unable to find image 'busybox:latest' locally" in done.stderr


def test_curl_itself(docker, host, nginx, port):
    docker("run", "-d", "-p", f"{port}:80", "nginx")
    host.get_soon("127.0.0.1", port)
    done = host.run("curl", "-sf", f"http://127.0.0.1:{port}/")
    assert "Welcome to nginx!" in done.stdout


def test_missing_page_is_the_servers_business(docker, host, nginx, port):
    docker("run", "-d", "-p", f"{port}:80", "nginx")
    assert host.get_soon("127.0.0.1", port, "/nothing")[0] == 404


def test_image_ids_are_what_was_made(docker, busybox, nginx):
    assert docker.inspect("nginx", "{{.Id}}") == made("nginx").id
    assert docker.inspect("busybox", "{{.Id}}") == made("busybox").id


def test_images_module_is_deterministic():
    assert images.nginx().id == images.nginx().id


def test_docker_without_tty_reads_standard_input(docker, busybox):
    assert docker("run", "--rm", "-i", "busybox", "cat", input="through\n").stdout == "through\n"


def test_cli_version_is_known(docker):
    assert subprocess.run(["docker", "--version"], capture_output=True).returncode == 0
