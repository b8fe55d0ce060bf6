"""Short cuts to published ports as the kernel holds them: programs at the root of the v2 tree and the table they share."""

import contextlib
import ctypes
import os
import socket
import struct

libc = ctypes.CDLL(None, use_errno=True)
SYS_BPF = {"x86_64": 321, "aarch64": 280}[os.uname().machine]
LOOKUP, DELETE, GET_NEXT_KEY, PROGRAM_BY_ID, MAP_BY_ID, INFO, QUERY = 1, 3, 4, 13, 14, 15, 16
HOOKS = {"connect": 10, "peername": 29, "sockname": 31}
SO_NETNS_COOKIE = 71


def bpf(command, attributes):
    attributes = bytearray(attributes.ljust(128, b"\0"))
    buffer = (ctypes.c_char * len(attributes)).from_buffer(attributes)
    result = libc.syscall(SYS_BPF, command, buffer, len(attributes))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf({command})")
    return result, bytes(attributes)


def root():
    with open("/proc/self/mountinfo") as file:
        for line in file:
            fields, _, kind = line.partition(" - ")
            if kind.split()[0] == "cgroup2" and fields.split()[3] == "/":
                return fields.split()[4]
    return None


def attached(hook="connect"):
    """The numbers of our programs at the root."""
    if root() is None:
        return []
    group = os.open(root(), os.O_RDONLY | os.O_DIRECTORY)
    try:
        ids = (ctypes.c_uint32 * 64)()
        _, answer = bpf(QUERY, struct.pack("<IIIIQI", group, HOOKS[hook], 0, 0, ctypes.addressof(ids), 64))
    finally:
        os.close(group)
    return [number for number in ids[: struct.unpack_from("<I", answer, 24)[0]] if information(number)[0] == f"apus_{hook}"]


def information(program):
    """A program's name and the numbers of its maps."""
    try:
        descriptor, _ = bpf(PROGRAM_BY_ID, struct.pack("<I", program))
    except FileNotFoundError:
        return "", []
    try:
        maps, info = (ctypes.c_uint32 * 8)(), ctypes.create_string_buffer(80)
        struct.pack_into("<IQ", info, 52, len(maps), ctypes.addressof(maps))  # nr_map_ids, map_ids
        bpf(INFO, struct.pack("<IIQ", descriptor, len(info), ctypes.addressof(info)))
        return info.raw[64:80].split(b"\0")[0].decode(), maps[: struct.unpack_from("<I", info, 52)[0]]
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def opened():
    """The descriptor of the table, or None."""
    for program in attached():
        for number in information(program)[1]:
            try:
                descriptor, _ = bpf(MAP_BY_ID, struct.pack("<I", number))
            except FileNotFoundError:  # another engine of this machine has just taken its last entry away
                continue
            try:
                info = ctypes.create_string_buffer(80)
                bpf(INFO, struct.pack("<IIQ", descriptor, len(info), ctypes.addressof(info)))
                if info.raw[24:40].split(b"\0")[0] == b"apus_shortcuts":
                    yield descriptor
                    return
            finally:
                os.close(descriptor)
    yield None


def table():
    """All entries: (namespace, address, port) → (address, port, owner)."""
    with opened() as descriptor:
        return {} if descriptor is None else entries(descriptor)


def forget(namespace, address, port):
    """Takes one entry away behind its engine's back."""
    key = struct.pack("<Q4s2sxx", cookie(namespace), socket.inet_aton(address), port.to_bytes(2, "big"))
    key = ctypes.create_string_buffer(key, 16)
    with opened() as descriptor:
        bpf(DELETE, struct.pack("<IIQ", descriptor, 0, ctypes.addressof(key)))


def entries(descriptor):
    key, value = ctypes.create_string_buffer(16), ctypes.create_string_buffer(16)
    last, found = 0, {}
    while True:
        try:
            bpf(GET_NEXT_KEY, struct.pack("<IIQQ", descriptor, 0, last, ctypes.addressof(key)))
            bpf(LOOKUP, struct.pack("<IIQQ", descriptor, 0, ctypes.addressof(key), ctypes.addressof(value)))
        except FileNotFoundError:
            return found
        namespace, address, port = struct.unpack("<Q4s2s", key.raw[:14])
        target, target_port, owner = struct.unpack("<4s2s2xQ", value.raw)
        found[namespace, socket.inet_ntoa(address), int.from_bytes(port, "big")] = (
            socket.inet_ntoa(target), int.from_bytes(target_port, "big"), owner)  # fmt: skip
        keep = ctypes.create_string_buffer(key.raw, 16)
        last = ctypes.addressof(keep)


def cookie(namespace):
    """The kernel's number of a network namespace."""
    with namespace.socket() as one:
        return struct.unpack("<Q", one.getsockopt(socket.SOL_SOCKET, SO_NETNS_COOKIE, 8))[0]


def of(namespace):
    """What processes of a namespace take: (address, port) → (address, port)."""
    number = cookie(namespace)
    return {key[1:]: value[:2] for key, value in table().items() if key[0] == number}
