"""A plugin that keeps keys (`KeyManagementService` v2): gRPC on a unix socket, with a cipher that hides nothing."""

import os
import socket
import threading

import wire

DATA, HEADERS, SETTINGS, PING = 0, 1, 4, 6
END_STREAM, ACK, END_HEADERS = 1, 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def _number(value):
    out = b""
    while True:
        value, low = value >> 7, value & 127
        if not value:
            return out + bytes([low])
        out += bytes([low | 128])


def _field(number, content):
    return _number(number << 3 | 2) + _number(len(content)) + content


def _frame(kind, flags, stream, content=b""):
    """A frame of HTTP/2 (RFC 9113, section 4.1)."""
    return len(content).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + content


def _header(name, value):
    """A header as it is written (RFC 7541, section 6.2.2)."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class Plugin:
    """Keys are numbers: each text is hidden by one, and only a key that was there can show it."""

    def __init__(self, path):
        self.path, self.key, self.health, self.calls = str(path), 1, "ok", []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # Whoever waits in it goes on.
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        os.unlink(self.path)

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        """Headers are not read: what a request is about is told by its fields."""
        stream, bodies = connection.makefile("rb"), {}
        assert stream.read(len(PREFACE)) == PREFACE
        connection.sendall(_frame(SETTINGS, 0, 0))
        while head := stream.read(9):
            kind, flags, number = head[3], head[4], int.from_bytes(head[5:9], "big")
            content = stream.read(int.from_bytes(head[:3], "big"))
            if kind in (SETTINGS, PING) and not flags & ACK:
                connection.sendall(_frame(kind, ACK, 0, content if kind == PING else b""))
            if kind == DATA:
                bodies[number] = bodies.get(number, b"") + content
            if kind in (DATA, HEADERS) and flags & END_STREAM:
                connection.sendall(self._response(number, bodies.pop(number, b"")[5:]))

    def _response(self, stream, request):
        message, status = self._answer(request)
        # The status 200 has a number of its own.
        answer = _frame(HEADERS, END_HEADERS, stream, b"\x88" + _header("content-type", "application/grpc"))
        if not status:
            answer += _frame(DATA, 0, stream, b"\0" + len(message).to_bytes(4, "big") + message)
        trailers = _header("grpc-status", str(status)) + _header("grpc-message", message if status else "")
        return answer + _frame(HEADERS, END_HEADERS | END_STREAM, stream, trailers)

    def _answer(self, request):
        """A message and 0, or what is wrong and gRPC's status."""
        key, names = self.key, {number for number, _ in wire.fields(request)}
        method = "Decrypt" if 3 in names else "Encrypt" if 1 in names else "Status"
        self.calls.append(method)
        if method == "Status":
            return _field(1, b"v2") + _field(2, self.health.encode()) + _field(3, f"key-{key}".encode()), 0
        (text,) = wire.at(request, 1)
        if method == "Encrypt":
            annotation = _field(1, b"key.kms.example.com") + _field(2, str(key).encode())
            return _field(1, bytes(byte ^ key for byte in text)) + _field(2, f"key-{key}".encode()) + _field(3, annotation), 0
        which = int(wire.one(request, 4, 2))
        if wire.one(request, 3) != f"key-{which}":
            return "the annotation is of another key", 3
        return _field(1, bytes(byte ^ which for byte in text)), 0
