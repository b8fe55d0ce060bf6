#!/usr/bin/env python3
"""The main job, shown without the internet: a web server pulled from a registry and run on a published port.

Everything happens in directories and a network namespace of its own, so that nothing of this host is touched and
nothing stays: `scripts/up --demo`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "System"))

import engines  # noqa: E402
import images  # noqa: E402
import registries  # noqa: E402


def say(text):
    print("==> " + text, flush=True)


def main():
    work = tempfile.mkdtemp(prefix="apus-demo-")
    network = engines.Network()
    registry = engine = None
    try:
        say("a host of its own: one network namespace with a neighbour, linked")
        say("a small web-server image, made from Debian's nginx-light and busybox-static")
        image = images.nginx()
        registry = registries.LocalRegistry(os.path.join(work, "registry"), network.host)
        image.push(registry, "library/nginx", "latest")
        say(f"pushed to a registry at {registry.address}")

        kind = engines.KINDS[os.environ.get("APUS_TEST_ENGINE", "apus")]
        began = time.monotonic()
        engine = kind(os.path.join(work, "engine"), network, ["--registry-mirror", f"http://{registry.address}"])
        engine.start()
        say(f"the engine answers after {(time.monotonic() - began) * 1000:.0f} ms")

        environment = dict(os.environ, DOCKER_HOST=engine.url, DOCKER_CONFIG=os.path.join(work, "cli"))

        def run(*command):
            print("$ " + " ".join(command), flush=True)
            subprocess.run(network.host.command(*command), env=environment, check=True, stdin=subprocess.DEVNULL)

        run("docker", "pull", "nginx")
        run("docker", "images")
        run("docker", "run", "--name", "web1", "-d", "-p", "8080:80", "nginx")
        run("docker", "ps")
        network.host.get_soon("127.0.0.1", 8080)
        run("curl", "-sS", "http://127.0.0.1:8080/")
        run("docker", "logs", "web1")
        run("docker", "rm", "-f", "web1")
        say("done: pulled, run, fetched, removed")
        return 0
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        print(f"error: {error}", file=sys.stderr)
        if engine:
            print(engine.log(), file=sys.stderr)
        return 1
    finally:
        if engine:
            engine.stop()
        if registry:
            registry.close()
        network.close()
        if engine:
            engine.remove()
        shutil.rmtree(work, ignore_errors=True)


sys.exit(main())
