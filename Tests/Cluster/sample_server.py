"""A small API server that stands behind another one: one resource in memory, with watches. It believes what is said of users
only by a client with a certificate of the authority that the cluster publishes."""

import gzip
import itertools
import json
import queue
import ssl
import threading
import urllib.parse

from tls_server import Handler, TLSServer

VERSION = "v1alpha1"


class SampleServer:
    def __init__(self, context, group, authority_pem, names, aggregated=True):
        self.group, self.names, self.aggregated = group, names, aggregated
        self.objects, self.watchers, self.requests = {}, [], []
        self.hung_up = threading.Event()  # a client of the tunnel has gone
        # The namespaces that somebody has begun to watch; empty for all.
        self.watched = []
        self.lock, self.revisions = threading.Lock(), itertools.count(1)
        self.described = "A flunder of version 2."
        self.ready = threading.Event()
        self.ready.set()
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=authority_pem)
        sample = self

        class Sample(Handler):
            def handle_one(self):
                peer = dict(pair[0] for pair in self.connection.getpeercert()["subject"])
                headers = [(name, value) for name, value in self.headers.items()]
                body = self.read_body()
                with sample.lock:
                    sample.requests.append((self.command, self.path, headers, body))
                if peer["commonName"] not in sample.names:
                    return self.answer(401, {"message": "not the front proxy"})
                sample.respond(self, body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_one

            def read_body(self):
                if self.headers.get("Transfer-Encoding") == "chunked":
                    body = b""
                    while size := int(self.rfile.readline(), 16):
                        body += self.rfile.read(size)
                        self.rfile.readline()
                    self.rfile.readline()
                    return body
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))

            def answer(self, status, body, **headers):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                named = {name.replace("_", "-"): value for name, value in headers.items()}
                for name, value in {"Content-Type": "application/json", **named}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def stream(self, events):
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                while (event := events.get()) is not None:
                    data = json.dumps(event).encode() + b"\n"
                    self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
                    self.wfile.flush()
                self.wfile.write(b"0\r\n\r\n")

        self.server = TLSServer(Sample, context)
        self.port = self.server.port

    def close(self):
        self.tell(None)
        self.server.close()

    def tell(self, event):
        with self.lock:
            for watcher in self.watchers:
                watcher.put(event)

    def seen(self, path):
        with self.lock:
            return [one for one in self.requests if one[1].split("?")[0] == path]

    @property
    def resource(self):
        return {
            "name": "flunders", "singularName": "flunder", "namespaced": True, "kind": "Flunder", "shortNames": ["fl"],
            "verbs": ["create", "delete", "get", "list", "update", "watch"],
        }  # fmt: skip

    def respond(self, handler, body):
        url = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        if not self.ready.is_set():
            return handler.answer(500, b"not ready", Content_Type="text/plain")
        root = f"/apis/{self.group}/{VERSION}"
        if url.path == "/apis":
            if "APIGroupDiscoveryList" in handler.headers.get("Accept", "") and self.aggregated:
                kind = {"group": "", "version": "", "kind": "Flunder"}
                entry = {"resource": "flunders", "responseKind": kind, "scope": "Namespaced", "singularResource": "flunder",
                         "verbs": self.resource["verbs"], "shortNames": ["fl"]}  # fmt: skip
                return handler.answer(
                    200, {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": [
                        {"metadata": {"name": self.group}, "versions": [{"version": VERSION, "resources": [entry], "freshness": "Current"}]}]},
                    Content_Type="application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList")  # fmt: skip
            return handler.answer(200, {"kind": "APIGroupList", "apiVersion": "v1", "groups": []})
        if url.path == root:
            return handler.answer(200, {
                "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": f"{self.group}/{VERSION}", "resources": [self.resource]})  # fmt: skip
        if url.path == "/openapi/v2":
            return self.document_of_version_2(handler, root)
        if url.path == f"/openapi/v3{root}":
            return handler.answer(200, self.document(root))
        if url.path == f"{root}/moved":
            return handler.answer(302, b"", Location="https://198.51.100.1/")
        if url.path.endswith("/tunnel"):
            return self.tunnel(handler)
        if url.path.endswith("/echo"):
            return handler.answer(200, dict(handler.headers.items()))
        if url.path.endswith("/mirror"):
            return handler.answer(200, body, Content_Type=handler.headers.get("Content-Type", "text/plain"))
        if url.path.endswith("/packed"):
            return handler.answer(200, gzip.compress(b'{"packed": true}' * 1000), Content_Encoding="gzip")
        if url.path.endswith("/hangup"):
            # It says nothing of it beforehand, as a server that ends.
            handler.close_connection = True
            return handler.answer(200, {"requests": len(self.requests)})
        parts = url.path.removeprefix(root).strip("/").split("/")
        namespace = parts[1] if parts[0] == "namespaces" else ""
        name = parts[3] if len(parts) > 3 else ""
        self.flunders(handler, namespace, name, query, body)

    def document(self, root):
        """OpenAPI as the API machinery's own servers write it."""
        kind = [{"group": self.group, "version": VERSION, "kind": "Flunder"}]
        spec = {"type": "object", "description": "What is wanted.", "properties": {
            "reference": {"type": "string", "description": "The name of what is meant."}}}  # fmt: skip
        schema = {
            "type": "object", "description": "A flunder is what this server keeps.", "x-kubernetes-group-version-kind": kind,
            "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"}, "spec": spec},
        }  # fmt: skip
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/sample.Flunder"}}}
        post = {"requestBody": {"content": content}, "responses": {"201": {"description": "Created", "content": content}},
                "x-kubernetes-action": "post", "x-kubernetes-group-version-kind": kind[0]}  # fmt: skip
        return {
            "openapi": "3.0.0", "info": {"title": "sample", "version": "1"},
            "paths": {f"{root}/namespaces/{{namespace}}/flunders": {"post": post}},
            "components": {"schemas": {"sample.Flunder": schema}},
        }  # fmt: skip

    def document_of_version_2(self, handler, root):
        """Of version 2. `DeleteOptions` is not the one of the cluster, and what is outside of the group is not wanted."""
        kind = [{"group": self.group, "version": VERSION, "kind": "Flunder"}]
        options = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"

        def body(name):
            return {"name": "body", "in": "body", "schema": {"$ref": f"#/definitions/{name}"}}

        def operation(name, **more):
            return {"operationId": f"{name}Flunder", "parameters": [body("sample.Flunder")], "responses": {"200": {"description": "OK"}}, **more}

        document = {
            "swagger": "2.0", "info": {"title": "sample", "version": "1"},
            "paths": {
                f"{root}/namespaces/{{namespace}}/flunders": {
                    "post": operation("create"), "parameters": [{"$ref": "#/parameters/pretty-1"}],
                    "delete": operation("delete", parameters=[body(options)])},
                "/version/": {"get": {**operation("version"), "parameters": [body("sample.Unwanted")]}},
            },
            "parameters": {"pretty-1": {"name": "pretty", "in": "query", "type": "string", "uniqueItems": True}},
            "definitions": {
                "sample.Flunder": {"type": "object", "description": self.described, "x-kubernetes-group-version-kind": kind},
                options: {"type": "object", "properties": {"sample": {"type": "string"}}}, "sample.Unwanted": {"type": "object"},
            },
        }  # fmt: skip
        tag = f'"{abs(hash(json.dumps(document)))}"'
        if handler.headers.get("If-None-Match") == tag:
            return handler.answer(304, b"", ETag=tag)
        return handler.answer(200, document, ETag=tag)

    def tunnel(self, handler):
        """Switches to a protocol that says everything louder."""
        handler.close_connection = True
        if handler.headers.get("Upgrade") not in ("louder", "softer"):
            return handler.answer(418, b"no such protocol", Content_Type="text/plain")
        handler.send_response(101)
        for name, value in (("Connection", "Upgrade"), ("Upgrade", "louder"), ("X-Agreed", "yes")):
            handler.send_header(name, value)
        handler.end_headers()
        while data := handler.connection.recv(65536):
            handler.connection.sendall(data.upper())
        self.hung_up.set()

    def flunders(self, handler, namespace, name, query, body):
        version = f"{self.group}/{VERSION}"
        with self.lock:
            items = [one for (space, _), one in sorted(self.objects.items()) if namespace in ("", space)]
        if handler.command == "POST":
            one = {**json.loads(body), "kind": "Flunder", "apiVersion": version}
            one["metadata"].update(namespace=namespace, resourceVersion=str(next(self.revisions)), uid="u-" + one["metadata"]["name"])
            self.objects[namespace, one["metadata"]["name"]] = one
            self.tell({"type": "ADDED", "object": one})
            return handler.answer(201, one)
        if handler.command == "GET" and not name and query.get("watch") in ("true", "1"):
            events = queue.Queue()
            with self.lock:
                self.watchers.append(events)
                self.watched.append(namespace)
            return handler.stream(events)
        if handler.command == "GET" and not name:
            return handler.answer(200, {
                "kind": "FlunderList", "apiVersion": version, "metadata": {"resourceVersion": str(next(self.revisions))}, "items": items})  # fmt: skip
        one = self.objects.get((namespace, name))
        if one is None:
            return handler.answer(404, {
                "kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
                "message": f'flunders.{self.group} "{name}" not found', "details": {"name": name, "group": self.group, "kind": "flunders"}})  # fmt: skip
        if handler.command == "PUT":
            one = {**json.loads(body), "kind": "Flunder", "apiVersion": version}
            one["metadata"]["resourceVersion"] = str(next(self.revisions))
            self.objects[namespace, name] = one
            self.tell({"type": "MODIFIED", "object": one})
            return handler.answer(200, one)
        if handler.command == "DELETE":
            del self.objects[namespace, name]
            self.tell({"type": "DELETED", "object": one})
            return handler.answer(200, {"kind": "Status", "apiVersion": "v1", "status": "Success"})
        return handler.answer(200, one)
