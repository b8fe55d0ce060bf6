"""What a host holds that an engine may have left behind: links, addresses, routes, rules, short cuts, mounts, cgroups,
processes."""

import json
import os
import re
import time

import shortcuts


def lines(namespace, *command):
    return set(filter(None, namespace.run(*command, check=False).stdout.splitlines()))


def links(namespace):
    return {link["ifname"] for link in json.loads(namespace.run("ip", "-json", "link").stdout or "[]")}


def ruleset(namespace):
    """Each rule with its table and chain, without counters, handles and the elements that traffic makes."""
    found, path = set(), []
    for line in namespace.run("nft", "list", "ruleset", check=False).stdout.splitlines():
        line = re.sub(r"counter packets \d+ bytes \d+ ?", "", line).strip()
        if line.endswith("{") and not line.startswith("elements"):
            path.append(line)
        elif line == "}":
            path.pop()
        elif line:
            found.add(" / ".join([*path, line]))
    return found


def processes():
    """Each process's command line, and what it holds open, so that one shows whose it is even if its words do not."""
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read().replace(b"\0", b" ").decode(errors="replace").strip()
            held = [os.readlink(f"/proc/{pid}/fd/{number}") for number in os.listdir(f"/proc/{pid}/fd")]
            found[int(pid)] = " ".join([words, *(path for path in held if path.startswith("/tmp/"))])
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


def local(line):
    """Whether a line is about link-local or multicast addresses, which the kernel makes as links come and go."""
    return bool(re.search(r"\bfe80:|\bff[0-9a-f]{2}:|\banycast\b", line))


def snapshot(namespace):
    """The state of the host that `namespace` is the network of."""
    addresses = {re.sub(r"\\.*|valid_lft.*", "", line) for line in lines(namespace, "ip", "-oneline", "address")}
    routes = lines(namespace, "ip", "route", "show", "table", "all")
    routes |= lines(namespace, "ip", "-6", "route", "show", "table", "main")
    return {
        "link": links(namespace),
        "address": {line for line in addresses if not local(line)},
        "route": {re.sub(r" linkdown| expires \d+sec| pref \w+", "", line).strip() for line in routes if not local(line)},
        "policy rule": lines(namespace, "ip", "rule"),
        "rule": ruleset(namespace),
        "short cut": {f"{key} to {target}" for key, target in shortcuts.of(namespace).items()},
        "cgroup": cgroups(),
        "mount": mounts(),
        "process": processes(),
    }


def difference(before, after, engine):
    """What `after` has more than `before`, in words.

    Links, addresses, routes and rules are the namespace's own. Of the whole machine's cgroups those count that carry
    the engine's name, of its mounts and processes those that name its directory.
    """
    found = []
    for kind in ("link", "address", "route", "policy rule", "rule", "short cut"):
        found += [f"{kind}: {extra}" for extra in sorted(after[kind] - before[kind])]
    groups = {path.split("/", 5)[-1] for path in after["cgroup"] - before["cgroup"] if engine.instance in path}
    found += [f"cgroup: {group}" for group in sorted(groups)]
    found += [f"mount: {extra}" for extra in sorted(after["mount"] - before["mount"]) if extra.startswith(engine.directory)]
    for pid, command in after["process"].items():
        if engine.directory in command and pid not in before["process"] and pid not in (os.getpid(), engine.process.pid):
            found.append(f"process: {pid} {command[:200]}")
    return found


def settled(before, namespace, engine, within=60):
    """The difference once removals that are still under way have come to an end."""
    deadline = time.monotonic() + within
    while True:
        found = difference(before, snapshot(namespace), engine)
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def of_directory(directory, within=60):
    """Processes and mounts that still name a directory whose engine has stopped."""
    deadline = time.monotonic() + within
    while True:
        found = [f"mount: {mount}" for mount in mounts() if mount.startswith(directory + "/")]
        for pid, command in processes().items():
            if directory in command and pid != os.getpid():
                found.append(f"process: {pid} {command[:200]}")
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)
