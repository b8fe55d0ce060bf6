"""Reads the wire format of Protocol Buffers without knowing the messages: numbers of fields and what stands there."""


def _varint(data, index):
    value = shift = 0
    while True:
        byte = data[index]
        index += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, index
        shift += 7


def fields(data):
    """The fields of a message, in order: (number, an integer or bytes)."""
    index, found = 0, []
    while index < len(data):
        tag, index = _varint(data, index)
        number, kind = tag >> 3, tag & 7
        if kind == 0:
            value, index = _varint(data, index)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value, index = int.from_bytes(data[index : index + size], "little"), index + size
        elif kind == 2:
            size, index = _varint(data, index)
            assert index + size <= len(data), "a field is longer than its message"
            value, index = data[index : index + size], index + size
        else:
            raise AssertionError(f"a field of wire type {kind}")
        found.append((number, value))
    return found


def at(data, *path):
    """Everything that stands at a path of numbers of fields."""
    values = [data]
    for number in path:
        values = [value for message in values for which, value in fields(message) if which == number]
    return values


def texts(data, *path):
    return [value.decode() for value in at(data, *path)]


def one(data, *path):
    """The one text at a path."""
    (text,) = texts(data, *path)
    return text
