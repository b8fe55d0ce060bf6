"""Many watches that share connections, as client-go's do: each is told all that it wants, once and in order, whatever the
client's windows are and whoever else reads slowly."""

import json
import socket
import threading
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest
from conftest import connection_of
from wire import at, texts

WATCHES = 40
COUNT = 24


class Shared:
    """A connection with watches, which a thread reads."""

    def __init__(self, url, context, window, lazy):
        """`window`: of the connection and each stream; `lazy`: bytes of a window that are given back together."""
        parts = urllib.parse.urlsplit(url)
        self.authority = parts.netloc
        self.stream = context.wrap_socket(
            socket.create_connection((parts.hostname, parts.port), timeout=60), server_hostname=parts.hostname)
        assert self.stream.selected_alpn_protocol() == "h2"
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        if window > 65_535:
            self.h2.increment_flow_control_window(window - 65_535)
        self.lazy, self.unread = min(lazy, window // 2, 32_000), {}
        self.told, self.answered, self.changed = {}, set(), threading.Condition()
        self.failure = None

    def watch(self, number, path, accept):
        stream = 2 * number + 1
        self.told[stream] = b""
        self.h2.send_headers(
            stream, [(":method", "GET"), (":path", path), (":authority", self.authority), (":scheme", "https"), ("accept", accept)],
            end_stream=True)
        return stream

    def begin(self):
        self.stream.sendall(self.h2.data_to_send())
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        self.until(lambda: len(self.answered) == len(self.told), "all watches are answered")

    def until(self, holds, what):
        with self.changed:
            assert self.changed.wait_for(lambda: self.failure or holds(), 60), f"never: {what}"
        assert not self.failure, self.failure

    def read(self):
        try:
            while data := self.stream.recv(16_384):
                # It raises where the server sends more than the windows allow.
                for event in self.h2.receive_data(data):
                    with self.changed:
                        if isinstance(event, h2.events.ResponseReceived):
                            assert dict(event.headers)[":status"] == "200", event.headers
                            self.answered.add(event.stream_id)
                        elif isinstance(event, h2.events.DataReceived):
                            self.told[event.stream_id] += event.data
                            for who in (0, event.stream_id):
                                self.give_back(who, event.flow_controlled_length)
                        elif isinstance(event, (h2.events.StreamReset, h2.events.ConnectionTerminated)):
                            raise AssertionError(f"the server ends it: {event}")
                        self.changed.notify_all()
                self.stream.sendall(self.h2.data_to_send())
        except OSError:
            pass
        except Exception as error:
            with self.changed:
                self.failure = repr(error)
                self.changed.notify_all()

    def give_back(self, who, count):
        count += self.unread.pop(who, 0)
        if count >= self.lazy:
            self.h2.increment_flow_control_window(count, who or None)
        else:
            self.unread[who] = count

    def close(self):
        self.stream.shutdown(socket.SHUT_RDWR)
        self.reader.join()
        self.stream.close()


def told_in_json(data):
    return [(event["type"], event["object"]["metadata"]["name"], event["object"]["metadata"]["resourceVersion"])
            for event in map(json.loads, data.splitlines())]  # fmt: skip


def told_in_protobuf(data):
    """Frames with their length before them; in each a WatchEvent, and in it an Unknown (apimachinery's generated.proto)."""
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        frame, data = data[4 : 4 + size], data[4 + size :]
        (unknown,) = at(frame, 2, 1)
        assert unknown.startswith(b"k8s\x00")
        meta = at(unknown[4:], 2, 1)[0]
        found.append((texts(frame, 1)[0], texts(meta, 1)[0], texts(meta, 6)[0]))
    return found


FORMS = {
    "application/json": told_in_json,
    "application/vnd.kubernetes.protobuf;stream=watch": told_in_protobuf,
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io": told_in_json,
}
SELECTIONS = {
    "": lambda name: True,
    "&labelSelector=side%3Dleft": lambda name: int(name.split("-")[1]) % 2 == 0,
    "&fieldSelector=metadata.name%3Dcm-3": lambda name: name == "cm-3",
}


# kube-apiserver ends the watches of a client that takes so little at a time: it is to list again.
SMALL = [pytest.param(*one, marks=pytest.mark.own_server) for one in ((65_535, 20_000), (3_000, 500))]


@pytest.mark.parametrize("window, lazy", [(2**24, 1), (2**24, 2**20), *SMALL])
def test_each_is_told_everything_once(kubeconfig, tmp_path, api, namespace, window, lazy):
    url, context = connection_of(kubeconfig, tmp_path)
    context.set_alpn_protocols(["h2"])
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    version = api.get(path)["metadata"]["resourceVersion"]
    connections = [Shared(url, context, window, lazy) for _ in range(2)]
    wanted = []
    for shared in connections:
        for number in range(WATCHES):
            accept = list(FORMS)[number % 3]
            selection = list(SELECTIONS)[number // 3 % 3]
            marks = "&allowWatchBookmarks=true" if number % 2 else ""
            stream = shared.watch(number, f"{path}?watch=1&resourceVersion={version}{marks}{selection}", accept)
            wanted.append((shared, stream, FORMS[accept], SELECTIONS[selection]))
        shared.begin()
    try:
        def create(number):
            # Some are long, between those that are short.
            data = {"text": "x" * (100_000 if number % 10 == 5 else 100 * number)}
            metadata = {"name": f"cm-{number}", "labels": {"side": "right" if number % 2 else "left"}}
            return "ADDED", api.create(path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})

        def change(number):
            return "MODIFIED", api.patch(f"{path}/cm-{number}", {"data": {"more": "yes"}})

        happened = []
        with ThreadPoolExecutor(8) as several:
            for act in create, change:
                for kind, answer in several.map(act, range(COUNT)):
                    happened.append((kind, answer["metadata"]["name"], answer["metadata"]["resourceVersion"]))
        happened.sort(key=lambda one: int(one[2]))
        for shared, stream, read, selects in wanted:
            expected = [one for one in happened if selects(one[1])]

            def told():
                try:
                    return read(shared.told[stream])
                except (ValueError, IndexError, AssertionError):
                    # The last of them is there in part.
                    return []

            shared.until(lambda: len(told()) >= len(expected), f"{len(expected)} events on stream {stream}: {told()}")
            assert told() == expected
    finally:
        for shared in connections:
            shared.close()
