"""Echo requests from a network namespace, by a socket of this process: with a size, unfragmented, or going on for long."""

import socket
import struct
import threading
import time

MTU_DISCOVER, DO = 10, 2  # IP_MTU_DISCOVER, IP_PMTUDISC_DO


class Pinger:
    """An ICMP socket in a namespace."""

    def __init__(self, namespace, target, unfragmented=False):
        with namespace.entered():
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        if unfragmented:
            self.socket.setsockopt(socket.IPPROTO_IP, MTU_DISCOVER, DO)
        self.socket.connect((target, 0))
        self.target, self.number = target, id(self) & 0xFFFF

    def send(self, sequence, size=56):
        head = struct.pack("!BBHHH", 8, 0, 0, self.number, sequence & 0xFFFF)
        data = head + bytes(size)
        total = sum(struct.unpack(f"!{len(data) // 2}H", data[: len(data) // 2 * 2])) + (data[-1] << 8 if len(data) % 2 else 0)
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        self.socket.send(data[:2] + struct.pack("!H", ~total & 0xFFFF) + data[4:])

    def receive(self, timeout):
        """The number of the next answer, or None."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                packet = self.socket.recv(65536)
            except (TimeoutError, OSError):
                return None
            kind, _, _, number, sequence = struct.unpack("!BBHHH", packet[20:28])
            if kind == 0 and number == self.number:
                return sequence
        return None

    def close(self):
        self.socket.close()


def echoes(namespace, target, size, timeout=2):
    """Whether an echo of `size` bytes of data comes back without being cut in pieces."""
    pinger = Pinger(namespace, target, unfragmented=True)
    try:
        pinger.send(1, size)
        return pinger.receive(timeout) == 1
    except OSError:  # too long for the link
        return False
    finally:
        pinger.close()


class Traffic:
    """Echo requests that go on in the background, at most twenty a second; `gap` ends them and tells how many in a row
    got no answer. (What a busy host is late to send or to look at is not lost.)"""

    def __init__(self, namespace, target):
        self.pinger, self.sent, self.answers, self.ended = Pinger(namespace, target), 0, set(), threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.ended.wait(0.05):
            self.sent += 1
            try:
                self.pinger.send(self.sent)
            except OSError:
                pass
            self._hear(0.001)

    def _hear(self, timeout):
        while (answer := self.pinger.receive(timeout)) is not None:
            self.answers.add(answer)

    def gap(self):
        self.ended.set()
        self.thread.join()
        self._hear(1)
        self.pinger.close()
        assert len(self.answers) > 3, "no answers"
        longest = lost = 0
        for sequence in range(1, self.sent + 1):
            lost = 0 if sequence & 0xFFFF in self.answers else lost + 1
            longest = max(longest, lost)
        return longest
