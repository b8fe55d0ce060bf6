"""Throughput between two hosts: an overlay network of two engines, and a VXLAN made by hand between the same hosts."""

import contextlib
import json
import os
import time
import types

import traffic
import traffic_figures
from sides import Guest, Side
from underlays import Underlay


def measure(work, count, seconds, table):
    with contextlib.ExitStack() as stack:
        underlay = Underlay(os.path.join(work, "underlay"))
        stack.callback(underlay.close)
        underlay.start_store()
        hosts, addresses, sides = [], [], []
        for number in (1, 2):
            host, address, _ = underlay.plug(number)
            network = types.SimpleNamespace(host=host, close=host.close)
            side = Side("apus", work, f"host{number}", network, underlay.engine_flags(number))
            stack.callback(side.close)
            hosts.append(host)
            addresses.append(address)
            sides.append(side)
        name = "bench-overlay"
        made = sides[0].api("POST", "/networks/create", {"Name": name, "Driver": "overlay", "Attachable": True})["Id"]
        stack.callback(sides[0].api, "DELETE", f"/networks/{made}")
        deadline = time.monotonic() + 10
        while name not in [one["Name"] for one in sides[1].api("GET", "/networks")]:
            if time.monotonic() > deadline:
                raise RuntimeError("the second host does not hear of the network")
            time.sleep(0.05)
        guests = [stack.enter_context(contextlib.closing(Guest(side, network=name))) for side in sides]
        inside = sides[0].api.address(guests[0].id, name)
        links = json.loads(guests[0].namespace.run("ip", "-json", "address").stdout)
        mtu = next(link["mtu"] for link in links for one in link["addr_info"] if one["local"] == inside)
        hand = stack.enter_context(contextlib.closing(traffic.Tunnel(hosts, addresses, mtu)))
        samples = traffic.throughput({
            "hand": traffic.path(*hand.ends, hand.address),
            "apus": traffic.path(*(guest.namespace for guest in guests), inside),
        }, count, seconds, work)  # fmt: skip
        traffic_figures.rows(
            table, samples, f"overlay between two hosts, MTU {mtu}", "hand", "hand-made VXLAN", ("≥", 0.97), ("apus",))  # fmt: skip
