"""A network and IPAM plugin for tests, in libnetwork's remote protocol: a process of its own that makes veths itself.

Run as a program it serves one unix socket. All that it is asked is written to DIRECTORY/calls, a line each; what it
keeps is in DIRECTORY/state, so that it may be killed and started again; DIRECTORY/faults tells it, by the name of a
call, how to misbehave. `Plugin` is the test's handle on it.
"""

import contextlib
import http.server
import ipaddress
import json
import os
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time

GENERIC = "com.docker.network.generic"

# Ways to answer wrongly, and what an engine that waits two seconds says of them.
WRONG = {
    "error": ({"error": "boom"}, "boom"),
    "status": ({"status": 500, "raw": "out of cheese"}, "status 500: out of cheese"),
    "status with an error": ({"status": 500, "error": "boom"}, "boom"),
    "missing": ({"status": 404, "raw": "404 page not found"}, "status 404"),
    "malformed": ({"raw": "{nonsense"}, "makes no sense"),
    "empty": ({"raw": ""}, "makes no sense"),
    "another type": ({"raw": '["a"]'}, "makes no sense"),
    "huge": ({"padding": 1 << 21}, "larger than 1 MiB"),
    "late": ({"delay": 4}, "no answer within 2 s"),
    "dead": ({"die": True}, "without an answer"),
}


def ip(*arguments, check=True):
    return subprocess.run(["ip", *arguments], check=check, capture_output=True, text=True)


class Refused(Exception):
    """What the plugin says went wrong."""


class Driver:
    """The plugin's work; `state` is plain data that survives it."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "state")
        self.lock = threading.Lock()
        self.state = {"networks": {}, "pools": {}, "next": 0}
        if os.path.exists(self.path):
            with open(self.path) as file:
                self.state = json.load(file)

    def save(self):
        with open(self.path + ".new", "w") as file:
            json.dump(self.state, file)
        os.replace(self.path + ".new", self.path)

    # Network driver

    def network_capabilities(self, _):
        return {"Scope": "local", "ConnectivityScope": "local"}

    def gateway_check(self, _):
        return {"SkipIPv4": True, "SkipIPv6": True}

    def create_network(self, request):
        options = request["Options"].get(GENERIC) or {}
        bridge = "pb" + request["NetworkID"][:10]
        ip("link", "add", bridge, "type", "bridge")
        gateways = {}
        for family in ("IPv4Data", "IPv6Data"):
            for data in request[family] or []:
                if data.get("Gateway"):
                    extra = ["nodad"] if family == "IPv6Data" else []
                    ip("address", "add", data["Gateway"], "dev", bridge, *extra)
                    gateways[family] = data["Gateway"].split("/")[0]
        ip("link", "set", bridge, "up")
        self.state["networks"][request["NetworkID"]] = {
            "bridge": bridge, "gateways": gateways, "options": options, "endpoints": {}, "next": 10,
        }  # fmt: skip

    def delete_network(self, request):
        network = self.state["networks"].pop(request["NetworkID"], None)
        if network is None:
            raise Refused("no such network")
        ip("link", "del", network["bridge"], check=False)

    def network(self, request):
        if request["NetworkID"] not in self.state["networks"]:
            raise Refused("no such network")
        return self.state["networks"][request["NetworkID"]]

    def create_endpoint(self, request):
        network = self.network(request)
        network["endpoints"][request["EndpointID"]] = {}
        answer = {}
        if "address" in network["options"] and not request["Interface"].get("Address"):
            pool = ipaddress.ip_network(network["options"]["address"])
            answer["Address"] = f"{pool[network['next']]}/{pool.prefixlen}"
            network["next"] += 1
        if "mac" in network["options"]:
            answer["MacAddress"] = network["options"]["mac"]
        return {"Interface": answer} if answer else {}

    def delete_endpoint(self, request):
        if self.network(request)["endpoints"].pop(request["EndpointID"], None) is None:
            raise Refused("no such endpoint")

    def join(self, request):
        network, end = self.network(request), request["EndpointID"][:10]
        host, inner = "ph" + end, "pc" + end
        ip("link", "add", host, "type", "veth", "peer", "name", inner)
        ip("link", "set", host, "master", network["bridge"], "up")
        answer = {"InterfaceName": {"SrcName": inner, "DstPrefix": network["options"].get("prefix", "eth")}}
        answer["Gateway"] = network["gateways"].get("IPv4Data", "")
        answer["GatewayIPv6"] = network["gateways"].get("IPv6Data", "")
        if "route" in network["options"]:
            destination, hop = network["options"]["route"].split("@")
            kind = {"RouteType": 0, "NextHop": hop} if hop else {"RouteType": 1}
            answer["StaticRoutes"] = [{"Destination": destination, **kind}]
        return answer

    def leave(self, request):
        self.network(request)
        end = request["EndpointID"][:10]
        back = ip("link", "show", "pc" + end, check=False).returncode == 0
        ip("link", "del", "ph" + end, check=False)
        return {"WasBack": back}

    def nothing(self, _):
        return {}

    # IPAM driver

    def ipam_capabilities(self, _):
        return {"RequiresMACAddress": False, "RequiresRequestReplay": False}

    def spaces(self, _):
        return {"LocalDefaultAddressSpace": "test-local", "GlobalDefaultAddressSpace": "test-global"}

    def request_pool(self, request):
        pools, text = self.state["pools"], request["Pool"]
        if not text:
            number = self.state["next"] = self.state["next"] + 1
            text = f"fd00:a905:{number:x}::/64" if request["V6"] else f"10.230.{number}.0/24"
        pools[text] = {"taken": []}
        return {"PoolID": text, "Pool": text, "Data": {}}

    def pool(self, request):
        if request["PoolID"] not in self.state["pools"]:
            raise Refused("no such pool")
        return self.state["pools"][request["PoolID"]]

    def release_pool(self, request):
        self.pool(request)
        del self.state["pools"][request["PoolID"]]

    def request_address(self, request):
        pool, subnet = self.pool(request), ipaddress.ip_network(request["PoolID"])
        address = request["Address"]
        if not address:
            address = next(str(subnet[n]) for n in range(1, 200) if str(subnet[n]) not in pool["taken"])
        elif address in pool["taken"]:
            raise Refused("address is taken")
        pool["taken"].append(address)
        return {"Address": f"{address}/{subnet.prefixlen}", "Data": {}}

    def release_address(self, request):
        pool = self.pool(request)
        if request["Address"] not in pool["taken"]:
            raise Refused("address is not taken")
        pool["taken"].remove(request["Address"])

    CALLS = {
        "NetworkDriver.GetCapabilities": network_capabilities, "NetworkDriver.GwAllocCheck": gateway_check,
        "NetworkDriver.CreateNetwork": create_network, "NetworkDriver.DeleteNetwork": delete_network,
        "NetworkDriver.CreateEndpoint": create_endpoint, "NetworkDriver.DeleteEndpoint": delete_endpoint,
        "NetworkDriver.EndpointOperInfo": nothing, "NetworkDriver.Join": join, "NetworkDriver.Leave": leave,
        "NetworkDriver.DiscoverNew": nothing, "NetworkDriver.DiscoverDelete": nothing,
        "NetworkDriver.ProgramExternalConnectivity": nothing, "NetworkDriver.RevokeExternalConnectivity": nothing,
        "IpamDriver.GetCapabilities": ipam_capabilities, "IpamDriver.GetDefaultAddressSpaces": spaces,
        "IpamDriver.RequestPool": request_pool, "IpamDriver.ReleasePool": release_pool,
        "IpamDriver.RequestAddress": request_address, "IpamDriver.ReleaseAddress": release_address,
    }  # fmt: skip

    def answer(self, call, request):
        if call == "Plugin.Activate":
            return {"Implements": ["NetworkDriver", "IpamDriver"]}
        error = "Err" if call.startswith("NetworkDriver.") else "Error"
        with self.lock:
            try:
                return self.CALLS[call](self, request) or {}
            except Refused as refused:
                return {error: str(refused)}
            except subprocess.CalledProcessError as failed:
                return {error: failed.stderr.strip()}
            finally:
                self.save()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    directory = driver = None

    def do_POST(self):
        call = self.path.lstrip("/")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = json.loads(body) if body else None
        line = json.dumps({"call": call, "accept": self.headers["Accept"], "request": request})
        try:
            with open(os.path.join(self.directory, "faults")) as file:
                fault = json.load(file).get(call)
        except OSError:
            fault = None
        fault = fault or {}
        if "delay" in fault:
            with open(os.path.join(self.directory, "arrived"), "a") as file:
                file.write(call + "\n")
            time.sleep(fault["delay"])
        if "until" in fault:
            with open(os.path.join(self.directory, "arrived"), "a") as file:
                file.write(call + "\n")
            while not os.path.exists(fault["until"]):
                time.sleep(0.01)
        if "die" in fault:
            self.note(line)
            os._exit(1)
        status, raw = fault.get("status", 200), fault.get("raw")
        if raw is None:
            if "error" in fault:
                answer = {"Err" if call.startswith("NetworkDriver.") else "Error": fault["error"]}
            elif "instead" in fault:
                answer = fault["instead"]
            else:
                answer = self.driver.answer(call, request)
                answer.update(fault.get("more", {}))
            line = line[:-1] + ', "answer": ' + json.dumps(answer) + "}"
            raw = json.dumps(answer)
        data = raw.encode() + b" " * fault.get("padding", 0)
        self.note(line)
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    def note(self, line):
        with open(os.path.join(self.directory, "calls"), "a") as file:
            file.write(line + "\n")

    def log_message(self, *_):
        pass

    def address_string(self):
        return "engine"


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


def main(directory, path):
    Handler.directory, Handler.driver = directory, Driver(directory)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    Server(path, Handler).serve_forever()


class Plugin:
    """A plugin that runs in a namespace. `sockets` is the directory where the engine looks for it."""

    def __init__(self, name, directory, sockets, namespace):
        self.name, self.directory, self.namespace = name, str(directory), namespace
        self.path = os.path.join(str(sockets), name + ".sock")
        self.process = None
        os.makedirs(self.directory, exist_ok=True)
        os.makedirs(str(sockets), exist_ok=True)

    def start(self):
        self.process = subprocess.Popen(
            self.namespace.command(sys.executable, os.path.abspath(__file__), self.directory, self.path),
            stdin=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline, "the plugin does not start"
            time.sleep(0.01)
        return self

    def answers(self):
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(self.path)
                return True
        except OSError:
            return False

    def kill(self, leave_socket=True):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        if not leave_socket:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)

    def calls(self, *names):
        """What it was asked so far; of these calls only, where any are named."""
        try:
            with open(os.path.join(self.directory, "calls")) as file:
                calls = [json.loads(line) for line in file]
        except FileNotFoundError:
            return []
        return [call for call in calls if not names or call["call"].split(".")[1] in names]

    def arrived(self, name):
        """Whether a call that is answered late has come."""
        try:
            with open(os.path.join(self.directory, "arrived")) as file:
                return name in [line.strip().split(".")[-1] for line in file]
        except FileNotFoundError:
            return False

    def names(self):
        return [call["call"].split(".")[1] for call in self.calls()]

    def forget(self):
        for name in ("calls", "arrived"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.directory, name))

    @property
    def state(self):
        with open(os.path.join(self.directory, "state")) as file:
            return json.load(file)

    @contextlib.contextmanager
    def misbehaving(self, **faults):
        """`misbehaving(Join={"error": "boom"})`: until the end of the block. Calls of IPAM drivers begin with `ipam_`."""
        path = os.path.join(self.directory, "faults")
        named = {
            ("IpamDriver." + call[5:] if call.startswith("ipam_") else
             "Plugin.Activate" if call == "Activate" else "NetworkDriver." + call): fault
            for call, fault in faults.items()
        }  # fmt: skip
        with open(path, "w") as file:
            json.dump(named, file)
        try:
            yield
        finally:
            os.unlink(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
