"""DNS for tests: a server that is authoritative for whatever it is given, and a client that asks one question."""

import contextlib
import ipaddress
import random
import socket
import struct
import threading
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33}
KINDS = {number: kind for kind, number in TYPES.items()}
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


def pack_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def unpack_name(message, at):
    """The name at `at`, and where what follows it begins."""
    labels, end = [], None
    for _ in range(128):
        length = message[at]
        if length >= 0xC0:
            end = end or at + 2
            at = struct.unpack_from("!H", message, at)[0] & 0x3FFF
        elif length == 0:
            return ".".join(labels), end or at + 1
        else:
            labels.append(message[at + 1 : at + 1 + length].decode())
            at += 1 + length
    raise ValueError("a name without an end")


def pack_data(kind, value):
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(value).packed
    if kind == "TXT":
        return bytes([len(value)]) + value.encode()
    if kind == "SRV":
        priority, weight, port, target = value
        return struct.pack("!3H", priority, weight, port) + pack_name(target)
    if kind == "MX":
        return struct.pack("!H", value[0]) + pack_name(value[1])
    return pack_name(value)


def unpack_data(kind, message, at, length):
    data = message[at : at + length]
    if kind in ("A", "AAAA"):
        return str(ipaddress.ip_address(data))
    if kind == "TXT":
        return data[1:].decode()
    if kind == "SRV":
        return (*struct.unpack_from("!3H", data), unpack_name(message, at + 6)[0])
    if kind == "MX":
        return struct.unpack_from("!H", data)[0], unpack_name(message, at + 2)[0]
    return unpack_name(message, at)[0] if kind else data


class Answer:
    """A parsed response: `code`, `truncated`, `authoritative`, `available` (recursion) and the `records` answered."""

    def __init__(self, message):
        self.id, flags, questions, answers, _, _ = struct.unpack_from("!6H", message)
        self.code, self.truncated = flags & 15, bool(flags & 0x200)
        self.response, self.authoritative, self.available = bool(flags & 0x8000), bool(flags & 0x400), bool(flags & 0x80)
        self.size, at, self.questions, self.records = len(message), 12, [], []
        for _ in range(questions):
            name, at = unpack_name(message, at)
            self.questions.append((name, KINDS.get(struct.unpack_from("!H", message, at)[0])))
            at += 4
        for _ in range(answers):
            name, at = unpack_name(message, at)
            number, _, ttl, length = struct.unpack_from("!2HIH", message, at)
            kind = KINDS.get(number)
            self.records.append((name, kind, ttl, unpack_data(kind, message, at + 10, length)))
            at += 10 + length

    def values(self, kind=None):
        return [value for _, one, _, value in self.records if kind in (None, one)]

    def __repr__(self):
        return f"<code {self.code}{' truncated' if self.truncated else ''} {self.records}>"


def question(name, kind="A", size=None, identity=None):
    identity = random.getrandbits(16) if identity is None else identity
    extra = struct.pack("!BHHIH", 0, 41, size, 0, 0) if size else b""
    head = struct.pack("!6H", identity, 0x100, 1, 0, 0, 1 if size else 0)
    return head + pack_name(name) + struct.pack("!2H", TYPES[kind], 1) + extra


def send(namespace, message, server, tcp=False, timeout=20, port=53):
    """Sends one message from inside a namespace; answers the bytes of the response."""
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    client = namespace.socket(family, socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
    with contextlib.closing(client):
        client.settimeout(timeout)
        client.connect((server, port))
        if not tcp:
            client.send(message)
            return client.recv(65535)
        client.sendall(struct.pack("!H", len(message)) + message)
        with client.makefile("rb") as stream:
            return stream.read(struct.unpack("!H", stream.read(2))[0])


def ask(namespace, name, kind="A", server="127.0.0.11", tcp=False, timeout=20, size=None):
    """One question from inside a namespace. The default server is the one that Docker gives containers."""
    message = question(name, kind, size)
    answer = Answer(send(namespace, message, server, tcp, timeout))
    assert answer.response and answer.id == struct.unpack_from("!H", message)[0]
    return answer


def reverse(address):
    return ipaddress.ip_address(address).reverse_pointer


class NameServer:
    """Answers by UDP and TCP from `zone`: (name, kind) to values. `queries` tells who asked what: (name, kind, protocol, peer).

    An answer too long for UDP is cut off. `code` is what it says of names that it does not know; with `silent` it
    says nothing at all.
    """

    def __init__(self, namespace, address, zone, port=53):
        self.zone = {(name.lower(), kind): values for (name, kind), values in zone.items()}
        self.queries, self.code, self.silent, self.done = [], NXDOMAIN, False, threading.Event()
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.udp, self.tcp = namespace.socket(family, socket.SOCK_DGRAM), namespace.socket(family)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for one in (self.udp, self.tcp):
            one.bind((address, port))
            one.settimeout(0.1)
        self.tcp.listen(16)
        self.threads = [threading.Thread(target=target) for target in (self._serve_udp, self._serve_tcp)]
        for thread in self.threads:
            thread.start()

    def answer(self, message, protocol, peer):
        name, at = unpack_name(message, 12)
        kind = KINDS.get(struct.unpack_from("!H", message, at)[0])
        size = 512
        if struct.unpack_from("!H", message, 10)[0] and message[at + 4 : at + 7] == b"\0\0\x29":
            size = max(size, struct.unpack_from("!H", message, at + 7)[0])
        self.queries.append((name, kind, protocol, peer))
        if self.silent:
            return None
        values = self.zone.get((name.lower(), kind))
        known = values is not None or any(one == name.lower() for one, _ in self.zone)
        body = b""
        for value in values or ():
            data = pack_data(kind, value)
            body += b"\xc0\x0c" + struct.pack("!2HIH", TYPES[kind], 1, 60, len(data)) + data
        flags, count = 0x8180 | (NOERROR if known else self.code), len(values or ())
        asked = message[12 : at + 4]
        if protocol == "udp" and 12 + len(asked) + len(body) > size:
            flags, count, body = flags | 0x200, 0, b""
        return message[:2] + struct.pack("!5H", flags, 1, count, 0, 0) + asked + body

    def _serve_udp(self):
        while not self.done.is_set():
            with contextlib.suppress(TimeoutError):
                message, peer = self.udp.recvfrom(65535)
                answer = self.answer(message, "udp", peer[0])
                if answer:
                    self.udp.sendto(answer, peer)

    def _serve_tcp(self):
        while not self.done.is_set():
            with contextlib.suppress(TimeoutError, OSError, struct.error):
                connection, peer = self.tcp.accept()
                with connection:
                    connection.settimeout(2)
                    with connection.makefile("rwb") as stream:
                        message = stream.read(struct.unpack("!H", stream.read(2))[0])
                        answer = self.answer(message, "tcp", peer[0])
                        if answer:
                            stream.write(struct.pack("!H", len(answer)) + answer)
                        else:
                            time.sleep(0.1)

    def asked(self, name):
        return [query for query in self.queries if query[0].lower() == name.lower()]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()
        self.udp.close()
        self.tcp.close()
