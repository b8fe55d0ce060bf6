"""Registries for the tests: Debian's own, and some that misbehave."""

import json
import os
import subprocess
import time

import images


class LocalRegistry(images.Registry):
    """Debian's `docker-registry`, on the loopback of the engine's network."""

    def __init__(self, directory, namespace, environment=None):
        self.port = namespace.free_port()
        self.namespace = namespace
        super().__init__(f"127.0.0.1:{self.port}", lambda: namespace.connect(("127.0.0.1", self.port), 60))
        os.makedirs(directory, exist_ok=True)
        configuration = os.path.join(directory, "config.yml")
        with open(configuration, "w") as file:
            json.dump(
                {
                    "version": "0.1",
                    "log": {"level": "error", "accesslog": {"disabled": True}},
                    "storage": {"filesystem": {"rootdirectory": os.path.join(directory, "store")},
                                "delete": {"enabled": True}},
                    "http": {"addr": self.address},
                    **(environment or {}),
                },
                file,
            )  # fmt: skip
        self.log = open(os.path.join(directory, "log"), "ab")
        self.process = subprocess.Popen(
            namespace.command("docker-registry", "serve", configuration),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while True:
            try:
                namespace.connect(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
