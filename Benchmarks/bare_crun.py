"""The floor: `crun create`, `start` and `delete` of `true` by themselves. Prints one time in ms a line.

Runs in a mount namespace of its own: crun refuses hybrid cgroups, so the second tree is hidden from it there.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "System"))

import images  # noqa: E402

if os.path.ismount("/sys/fs/cgroup/unified"):
    subprocess.run(["umount", "/sys/fs/cgroup/unified"], check=True)
work = tempfile.mkdtemp(prefix="apus-bare-")
try:
    bundle = os.path.join(work, "bundle")
    os.makedirs(bundle + "/rootfs")
    with open(work + "/layer.tar", "wb") as file:
        file.write(images.busybox_layer().data())
    with tarfile.open(work + "/layer.tar") as tar:
        tar.extractall(bundle + "/rootfs", filter="fully_trusted")
    subprocess.run(["crun", "spec"], cwd=bundle, check=True)
    with open(bundle + "/config.json") as file:
        configuration = json.load(file)
    configuration["process"].update(terminal=False, args=["true"])
    configuration["linux"]["namespaces"] = [
        one for one in configuration["linux"]["namespaces"] if one["type"] != "cgroup"
    ]
    with open(bundle + "/config.json", "w") as file:
        json.dump(configuration, file)
    for number in range(int(sys.argv[1]) + 2):
        crun = ["crun", "--root", work + "/state"]
        quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        began = time.monotonic()
        subprocess.run([*crun, "create", f"bare{number}"], cwd=bundle, check=True, **quiet)
        subprocess.run([*crun, "start", f"bare{number}"], check=True, **quiet)
        subprocess.run([*crun, "delete", "-f", f"bare{number}"], check=True, **quiet)
        if number >= 2:
            print((time.monotonic() - began) * 1000)
finally:
    shutil.rmtree(work)
