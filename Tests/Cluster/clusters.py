"""Starting and stopping API servers under test, each with a directory of its own, on a port of loopback."""

import os
import random
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def free_port():
    """A port that nothing uses, and that no connection is given as its own while the server is yet to start, or down."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
        first, last = map(int, file.read().split())
    candidates = [port for port in range(10000, 30000) if not first <= port <= last]
    while True:
        port = random.choice(candidates)
        with socket.socket() as probe:
            try:
                probe.bind(("", port))
                return port
            except OSError:
                continue


class Server:
    """One `apus server`. It may be killed and started again on the same state."""

    def __init__(self, directory, *flags, host="127.0.0.1", port=None, environment=None):
        self.directory, self.flags, self.process = str(directory), flags, None
        self.host, self.port = host, port or free_port()
        self.environment = None if environment is None else {**os.environ, **environment}
        self.kubeconfig = os.path.join(self.directory, "kubeconfig")
        self.log_path = os.path.join(self.directory, "server.log")
        os.makedirs(self.directory, exist_ok=True)
        self.binary = os.environ.get("APUS_BINARY", os.path.join(ROOT, ".build/debug/apus"))

    @property
    def url(self):
        return f"https://{self.host}:{self.port}"

    def start(self, wait=True):
        command = [
            self.binary, "server", "--data-dir", self.directory, "--api-listen", f"{self.host}:{self.port}", *self.flags,
        ]  # fmt: skip
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=60):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(self.url + "/readyz", context=context, timeout=5):
                    if os.path.exists(self.kubeconfig):
                        return
            except (OSError, urllib.error.URLError):
                pass
            time.sleep(0.02)
        raise AssertionError(f"the server did not become ready:\n{self.log()}")

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
                raise AssertionError(f"the server did not end:\n{self.log()}") from None
        return self.process.returncode
