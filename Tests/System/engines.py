"""Starting and stopping the engine under test, each in a network namespace that only the tests see.

`Network` is a host with one neighbour: two network namespaces joined by a link. They are held by descriptors of
this process and named nowhere, so they are gone when it ends, however it ends.
"""

import contextlib
import ctypes
import http.client
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)


def setns(descriptor):
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


class Namespace:
    """A network namespace, by descriptor."""

    def __init__(self, descriptor):
        self.descriptor = descriptor

    @classmethod
    def create(cls):
        box = []

        def make():
            if libc.unshare(CLONE_NEWNET):
                box.append(OSError(ctypes.get_errno(), "unshare"))
            else:
                box.append(os.open("/proc/thread-self/ns/net", os.O_RDONLY))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        if isinstance(box[0], OSError):
            raise box[0]
        namespace = cls(box[0])
        namespace.run("ip", "link", "set", "lo", "up")
        return namespace

    @classmethod
    def of_process(cls, pid):
        return cls(os.open(f"/proc/{pid}/ns/net", os.O_RDONLY))

    @property
    def path(self):
        return f"/proc/{os.getpid()}/fd/{self.descriptor}"

    def command(self, *arguments):
        return ["nsenter", "--net=" + self.path, "--", *arguments]

    def run(self, *arguments, check=True, timeout=60, **more):
        return subprocess.run(
            self.command(*arguments), check=check, capture_output=True, text=True, timeout=timeout, **more
        )

    @contextlib.contextmanager
    def entered(self):
        """This thread inside the namespace: open a socket, leave, use the socket."""
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            setns(self.descriptor)
            yield
        finally:
            setns(home)
            os.close(home)

    def connect(self, address, timeout=5):
        with self.entered():
            return socket.create_connection(address, timeout)

    def socket(self, family=socket.AF_INET, kind=socket.SOCK_STREAM):
        with self.entered():
            return socket.socket(family, kind)

    def free_port(self):
        """A port that nothing uses: TCP and UDP, outside the range of ephemeral ports."""
        with self.entered():
            for port in _ports:
                try:
                    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                        with socket.socket(socket.AF_INET, kind) as probe:
                            probe.bind(("", port))
                    return port
                except OSError:
                    continue

    def get(self, url_host, port, path="/", timeout=5):
        """One HTTP GET from inside; answers (status, body)."""
        connection = http.client.HTTPConnection(url_host, port)
        connection.sock = self.connect((url_host, port), timeout)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get_soon(self, host, port, path="/", within=60):
        """Like `get`, for a server that has only just been started."""
        deadline = time.monotonic() + within
        while True:
            try:
                return self.get(host, port, path, timeout=2)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def close(self):
        os.close(self.descriptor)


_ports = iter(range(15000 + os.getpid() % 1000 * 5, 32000))


class Network:
    """A host and its neighbour. The host's address is `address`; its default route leads to the neighbour."""

    address, neighbour_address = "198.51.100.2", "198.51.100.1"
    address6, neighbour_address6 = "2001:db8:51::2", "2001:db8:51::1"

    def __init__(self):
        self.host, self.neighbour = Namespace.create(), Namespace.create()
        self.host.run(
            "ip", "link", "add", "uplink", "type", "veth", "peer", "name", "uplink", "netns", self.neighbour.path
        )
        for namespace, address, address6 in (
            (self.host, self.address, self.address6),
            (self.neighbour, self.neighbour_address, self.neighbour_address6),
        ):
            namespace.run("ip", "address", "add", address + "/24", "dev", "uplink")
            namespace.run("ip", "address", "add", address6 + "/64", "dev", "uplink", "nodad")
            namespace.run("ip", "link", "set", "uplink", "up")
        self.host.run("ip", "route", "add", "default", "via", self.neighbour_address)
        self.host.run("ip", "-6", "route", "add", "default", "via", self.neighbour_address6)

    def close(self):
        self.host.close()
        self.neighbour.close()


def socket_owner(path):
    """The process that listens on a unix socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        return struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def ping(path, timeout=10):
    """Whether the engine at a unix socket answers `/_ping` within `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(max(0.001, deadline - time.monotonic()))
                client.connect(path)
                client.sendall(b"GET /_ping HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n")
                if b" 200 " in client.recv(4096):
                    return True
        except OSError:
            pass
        time.sleep(0.002)
    return False


class Engine:
    """An engine that this process starts, in directories and a network of its own."""

    name = ""

    def __init__(self, directory, network=None, flags=(), instance=None):
        self.directory = str(directory)
        self.network = network
        self.instance = instance or f"t{os.getpid() % 10000}"
        self.flags = list(flags)
        self.process = None
        self.prefix = []  # a command that the engine is run by
        self.certificates = None  # a directory of certificates for registries, instead of the host's
        self.log_path = os.path.join(self.directory, "engine.log")
        os.makedirs(self.directory, exist_ok=True)

    @property
    def socket(self):
        return os.path.join(self.directory, "run", "docker.sock")

    @property
    def url(self):
        return "unix://" + self.socket

    def command(self):
        raise NotImplementedError

    def start(self, timeout=60):
        os.makedirs(os.path.join(self.directory, "run"), exist_ok=True)
        command = [*self.prefix, *self.command()]
        if self.network:
            command = self.network.host.command(*command)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + timeout
        while not ping(self.socket, 0.2):
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"{self.name} did not answer in {timeout} s:\n{self.log()}")
        return self

    def log(self, lines=40):
        with open(self.log_path, errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, timeout=30):
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def remove(self):
        """Removes what the engine kept on disk."""
        for line in open("/proc/self/mountinfo"):
            target = line.split()[4]
            if target.startswith(self.directory + "/"):
                libc.umount2(target.encode(), 2)
        shutil.rmtree(self.directory, ignore_errors=True)


class Apus(Engine):
    name = "apus"
    verb = "engine"

    def command(self):
        binary = os.environ.get("APUS_BINARY") or os.path.join(ROOT, ".build", "debug", "apus")
        return [
            binary, self.verb,
            "--data-dir", os.path.join(self.directory, "data"),
            "--run-dir", os.path.join(self.directory, "run"),
            "--docker-socket", self.socket,
            "--instance", self.instance,
            *(["--registry-certs-dir", self.certificates] if self.certificates else []),
            *self.flags,
        ]  # fmt: skip


class Dockerd(Engine):
    """The original, as Debian packages it. It gets a mount namespace too, for its fixed paths."""

    name = "dockerd"

    def command(self):
        daemon = [
            "dockerd", "--live-restore",
            "--data-root", os.path.join(self.directory, "data"),
            "--exec-root", os.path.join(self.directory, "exec"),
            "--pidfile", os.path.join(self.directory, "run", "docker.pid"),
            "--host", self.url,
            *self.flags,
        ]  # fmt: skip
        if self.certificates:
            place = "/etc/docker/certs.d"
            mount = f'mkdir -p {place} && mount --bind "$0" {place} && exec "$@"'
            daemon = ["sh", "-c", mount, self.certificates, *daemon]
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", "--", *daemon]

    holder = None

    def start(self, timeout=60):
        if self.holder is None:  # keeps the mount namespace from one start to the next
            self.holder = subprocess.Popen(
                ["unshare", "--mount", "--propagation", "private", "--", "sleep", "infinity"], stdin=subprocess.DEVNULL
            )
            own = os.readlink("/proc/self/ns/mnt")
            while os.readlink(f"/proc/{self.holder.pid}/ns/mnt") == own:
                time.sleep(0.005)
        # A containerd that died with its engine, but that process 1 has not reaped, passes for one that still runs.
        pid_file = os.path.join(self.directory, "exec", "containerd", "containerd.pid")
        if os.path.exists(pid_file):
            os.unlink(pid_file)
        return super().start(timeout)

    def remove(self):
        if self.holder:
            self.holder.kill()
            self.holder.wait()
            self.holder = None
        super().remove()


KINDS = {"apus": Apus, "dockerd": Dockerd}
