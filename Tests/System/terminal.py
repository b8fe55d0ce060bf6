"""A program on a terminal of its own, typed at and read as a person would."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time


class Terminal:
    def __init__(self, command, environment, rows=24, columns=80):
        self._master, slave = pty.openpty()
        self.output = ""
        self.resize(rows, columns)
        self.process = subprocess.Popen(
            command, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
        os.close(slave)

    def resize(self, rows, columns):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))
        if hasattr(self, "process"):
            self.process.send_signal(signal.SIGWINCH)

    def type(self, text):
        os.write(self._master, text.encode())

    def line(self, text):
        self.type(text + "\r")

    def _read(self, timeout):
        ready, _, _ = select.select([self._master], [], [], timeout)
        if not ready:
            return False
        try:
            data = os.read(self._master, 65536)
        except OSError:
            return None
        self.output += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data) or None

    def expect(self, text, within=60):
        """Waits until `text` has been written; answers what came before and drops both."""
        deadline = time.monotonic() + within
        while text not in self.output:
            more = self._read(max(0, deadline - time.monotonic()))
            assert more is not None or text in self.output, f"ended without {text!r}: {self.output!r}"
            assert time.monotonic() < deadline, f"no {text!r} in {self.output!r}"
        before, _, self.output = self.output.partition(text)
        return before

    def resize_until(self, rows, columns, text, within=60):
        """Resizes until `text` tells that the program knows. `docker` hears of a change only once it has told the engine
        its first size, which may come later than the first prompt: of one before that it never knows."""
        deadline = time.monotonic() + within
        while True:
            self.resize(rows, columns)
            try:
                return self.expect(text, within=min(2, within))
            except AssertionError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise

    def wait(self, within=60):
        """Reads to the end; answers the exit code."""
        deadline = time.monotonic() + within
        while self.process.poll() is None:
            self._read(0.05)
            assert time.monotonic() < deadline, f"still running: {self.output!r}"
        while self._read(0):
            pass
        return self.process.returncode

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._master)
