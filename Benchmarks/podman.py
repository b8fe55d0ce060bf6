"""Debian's podman with netavark, whose name server is aardvark-dns: a peer that leaves nothing behind.

It lives in a network namespace of its own and in a mount namespace where its fixed places, below /run and /var/lib,
are empty file systems that vanish with it.
"""

import os
import resource
import subprocess
import time

import engines

PREPARE = """
set -e
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi  # crun takes no hybrid cgroups
for place in /run /var/lib; do mount -t tmpfs -o mode=755 tmpfs $place; done
"""


class Podman:
    def __init__(self):
        self.network = engines.Network()
        self.holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "--", "sh", "-c", PREPARE + "echo; exec sleep infinity"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)  # fmt: skip
        if not self.holder.stdout.readline():
            raise RuntimeError("podman: its places could not be prepared")
        self.mounts = f"/proc/{self.holder.pid}/ns/mnt"

    def __call__(self, *arguments, input=None):
        command = self.network.host.command(
            "nsenter", "--mount=" + self.mounts, "--", "podman", "--cgroup-manager", "cgroupfs", "--events-backend", "none",
            "--runtime", "crun", "--network-backend", "netavark", "--network-config-dir", "/run/podman-networks", *arguments)  # fmt: skip
        done = subprocess.run(command, input=input, stdin=None if input else subprocess.DEVNULL, capture_output=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"podman {' '.join(arguments)}: exit {done.returncode}\n{done.stderr.decode()}")
        return done.stdout.decode().strip()

    def run(self, name, network, image, *command):
        """A container on a network; answers its process."""
        # Podman asks for higher limits than every root may give.
        limits = [f"{word}={min(1024, resource.getrlimit(kind)[1])}" for word, kind in
                  (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))]  # fmt: skip
        self("run", "-d", "--cgroups", "disabled", "--network", network, "--name", name,
             *(f"--ulimit={one}" for one in limits), image, *command)  # fmt: skip
        return int(self("inspect", "--format", "{{.State.Pid}}", name))

    def own_processes(self):
        """Whatever was started here and is not a container's: monitors, and the name server."""
        own, found = os.stat(self.mounts).st_ino, []
        for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
            try:
                if pid != self.holder.pid and os.stat(f"/proc/{pid}/ns/mnt").st_ino == own:
                    found.append(pid)
            except OSError:
                pass
        return found

    def close(self):
        try:
            self("rm", "--all", "--force", "--time", "0")
        finally:
            deadline = time.monotonic() + 5
            while (left := self.own_processes()) and time.monotonic() < deadline:
                time.sleep(0.05)
            for pid in left:
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
            self.holder.kill()
            self.holder.wait()
            self.network.close()
