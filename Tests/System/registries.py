"""Registries for the tests: Debian's own, and some that misbehave."""

import contextlib
import http.server
import json
import os
import socket
import subprocess
import threading
import time

import images


class LocalRegistry(images.Registry):
    """Debian's `docker-registry`, on the loopback of the engine's network unless another of its addresses is given.

    `environment` and `http` are added to its configuration, and to that configuration's part of the name.
    """

    def __init__(self, directory, namespace, environment=None, address="127.0.0.1", http=None):
        self.port = namespace.free_port()
        self.namespace = namespace
        super().__init__(f"{address}:{self.port}", lambda: namespace.connect((address, self.port), 60))
        os.makedirs(directory, exist_ok=True)
        configuration = os.path.join(directory, "config.yml")
        with open(configuration, "w") as file:
            json.dump(
                {
                    "version": "0.1",
                    "log": {"level": "error", "accesslog": {"disabled": True}},
                    "storage": {"filesystem": {"rootdirectory": os.path.join(directory, "store")},
                                "delete": {"enabled": True}},
                    "http": {"addr": self.address, **(http or {})},
                    **(environment or {}),
                },
                file,
            )  # fmt: skip
        self.log = open(os.path.join(directory, "log"), "ab")
        self.process = subprocess.Popen(
            namespace.command("docker-registry", "serve", configuration),
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        while True:
            try:
                namespace.connect((address, self.port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.02)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()


class FakeRegistry:
    """A registry whose every answer is a test's own: `routes` maps a path to a function of the request handler.

    With `tls`, an `ssl.SSLContext`, it is served over TLS.
    """

    def __init__(self, namespace, address="127.0.0.1", tls=None):
        self.routes, self.requests = {}, []
        fake = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                fake.requests.append((self.command, self.path, dict(self.headers)))
                route = fake.routes.get(self.path) or fake.routes.get("*")
                with contextlib.suppress(OSError):
                    if route is None:
                        self.answer(404, b'{"errors": [{"code": "NOT_FOUND", "message": "not found"}]}', "application/json")
                    else:
                        route(self)

            do_HEAD = do_GET

            def answer(self, status, body=b"", kind="application/octet-stream", **headers):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                for key, value in headers.items():
                    self.send_header(key.replace("_", "-"), value)
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass

        self.server = Server((address, 0), Handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = namespace.socket()
        self.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.server_bind()
        self.server.server_activate()
        if tls:  # greeted in each connection's own thread
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.address = f"{address}:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        self.routes["/v2/"] = lambda request: request.answer(200, b"{}", "application/json")

    def serve(self, repository, image, tag="latest", blob=None, manifest=None, layer_size=None):
        """Serves an image; `blob(digest, data)` may answer other bytes, `manifest(document)` another document."""
        layers = image.blobs()
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        described = [images.descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip", data) for _, data in layers]
        if layer_size is not None:
            described[-1]["size"] = layer_size
        document = {
            "schemaVersion": 2,
            "mediaType": kind,
            "config": images.descriptor("application/vnd.docker.container.image.v1+json", image.config_bytes),
            "layers": described,
        }
        if manifest:
            document = manifest(document)
        text = document if isinstance(document, bytes) else json.dumps(document).encode()
        name = images.digest(text)

        def serve_manifest(request):
            request.answer(200, text, kind, Docker_Content_Digest=name)

        for reference in (tag, name):
            self.routes[f"/v2/{repository}/manifests/{reference}"] = serve_manifest
        for data in [image.config_bytes, *(data for _, data in layers)]:
            digest = images.digest(data)
            shown = blob(digest, data) if blob else data
            self.routes[f"/v2/{repository}/blobs/{digest}"] = (
                shown if callable(shown) else lambda request, shown=shown: request.answer(200, shown)
            )
        return name

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
