"""What a host holds that an engine may have left behind: links, addresses, routes, rules, mounts, cgroups, processes."""

import json
import os
import re


def lines(namespace, *command):
    return set(filter(None, namespace.run(*command, check=False).stdout.splitlines()))


def links(namespace):
    return {link["ifname"] for link in json.loads(namespace.run("ip", "-json", "link").stdout or "[]")}


def processes():
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                found[int(pid)] = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            pass
    return found


def cgroups():
    found = set()
    for directory, names, _ in os.walk("/sys/fs/cgroup"):
        found.update(os.path.join(directory, name) for name in names)
    return found


def mounts():
    with open("/proc/self/mountinfo") as file:
        return {line.split()[4] for line in file}


def snapshot(namespace):
    """The state of the host that `namespace` is the network of."""
    tables = lines(namespace, "nft", "list", "tables")
    addresses = lines(namespace, "ip", "-oneline", "address")
    return {
        "links": links(namespace),
        "addresses": {re.sub(r"valid_lft.*|\\.*", "", line) for line in addresses},
        "routes": lines(namespace, "ip", "route", "show", "table", "all")
        | lines(namespace, "ip", "-6", "route", "show", "table", "main"),
        "rules": lines(namespace, "ip", "rule"),
        "tables": tables,
        "mounts": mounts(),
        "cgroups": cgroups(),
        "processes": processes(),
    }


def difference(before, after, directory, keep=()):
    """What `after` has more than `before`, in words. Processes count when they name `directory`."""
    found = []
    for kind in ("links", "addresses", "routes", "rules", "tables", "cgroups"):
        for extra in sorted(after[kind] - before[kind]):
            if not any(word in extra for word in keep):
                found.append(f"{kind}: {extra}")
    found += [f"mounts: {mount}" for mount in sorted(after["mounts"]) if mount.startswith(directory)]
    for pid, command in after["processes"].items():
        if directory in command and pid not in before["processes"]:
            found.append(f"processes: {pid} {command[:200]}")
    return found
