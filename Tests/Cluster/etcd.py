"""An etcd of the tests' own, on ports of loopback."""

import os
import signal
import subprocess
import time

from clusters import free_port

PROGRAM = "/usr/bin/etcd"
CONTROL = "/usr/bin/etcdctl"


class Etcd:
    """One member. It may be stopped, killed and started again on the same state."""

    def __init__(self, directory):
        self.directory, self.process = str(directory), None
        # `NAME:PASSWORD` by which `control` is known, where etcd asks.
        self.user = None
        os.makedirs(self.directory, exist_ok=True)
        self.port, self.peer_port = free_port(), free_port()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        peer = f"http://127.0.0.1:{self.peer_port}"
        command = [
            PROGRAM, "--data-dir", os.path.join(self.directory, "data"), "--log-level", "error",
            "--listen-client-urls", self.url, "--advertise-client-urls", self.url, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
        ]  # fmt: skip
        with open(os.path.join(self.directory, "log"), "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + 60
        while self.control("get", "x", check=False).returncode:
            assert self.process.poll() is None and time.monotonic() < end, "etcd does not answer"
            time.sleep(0.05)
        return self

    def control(self, *arguments, check=True):
        return subprocess.run(
            [CONTROL, "--endpoints", self.url, "--command-timeout", "2s", *(["--user", self.user] if self.user else []), *arguments], check=check,
            env={**os.environ, "ETCDCTL_API": "3"}, capture_output=True, text=True,
        )  # fmt: skip

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
