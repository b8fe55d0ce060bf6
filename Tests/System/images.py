"""Container images made from Debian packages, without any engine.

An `Image` is a list of layers (uncompressed tars) and a config. It can be written as the archive that
`docker load` reads, or pushed to a registry by the distribution API. Everything is deterministic: the same
packages give the same digests.
"""

import gzip
import hashlib
import http.client
import io
import json
import os
import re
import subprocess
import tarfile

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
EPOCH = 1_700_000_000


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layer:
    """One layer under construction: entries are added in order, then `data()` gives the tar."""

    def __init__(self):
        self._buffer = io.BytesIO()
        self._tar = tarfile.open(fileobj=self._buffer, mode="w", format=tarfile.PAX_FORMAT)
        self._directories = set()

    def _entry(self, name, kind, mode, uid=0, gid=0, xattrs=None):
        entry = tarfile.TarInfo(name)
        entry.type, entry.mode, entry.uid, entry.gid, entry.mtime = kind, mode, uid, gid, EPOCH
        entry.pax_headers = {"SCHILY.xattr." + key: value for key, value in (xattrs or {}).items()}
        return entry

    def _parents(self, name):
        parts = name.strip("/").split("/")[:-1]
        for depth in range(1, len(parts) + 1):
            self.directory("/".join(parts[:depth]))

    def directory(self, name, mode=0o755, uid=0, gid=0, xattrs=None):
        name = name.strip("/")
        if name in self._directories:
            return self
        self._parents(name)
        self._directories.add(name)
        self._tar.addfile(self._entry(name, tarfile.DIRTYPE, mode, uid, gid, xattrs))
        return self

    def file(self, name, content, mode=0o644, uid=0, gid=0, xattrs=None):
        content = content.encode() if isinstance(content, str) else content
        self._parents(name)
        entry = self._entry(name.lstrip("/"), tarfile.REGTYPE, mode, uid, gid, xattrs)
        entry.size = len(content)
        self._tar.addfile(entry, io.BytesIO(content))
        return self

    def symlink(self, name, target):
        self._parents(name)
        entry = self._entry(name.lstrip("/"), tarfile.SYMTYPE, 0o777)
        entry.linkname = target
        self._tar.addfile(entry)
        return self

    def hardlink(self, name, target):
        self._parents(name)
        entry = self._entry(name.lstrip("/"), tarfile.LNKTYPE, 0o644)
        entry.linkname = target.lstrip("/")
        self._tar.addfile(entry)
        return self

    def device(self, name, major, minor, kind=tarfile.CHRTYPE, mode=0o666):
        self._parents(name)
        entry = self._entry(name.lstrip("/"), kind, mode)
        entry.devmajor, entry.devminor = major, minor
        self._tar.addfile(entry)
        return self

    def raw(self, name, kind=tarfile.REGTYPE, content=b"", linkname="", mode=0o644):
        """An entry exactly as named, for hostile archives: no parents are made, no name is cleaned."""
        entry = self._entry(name, kind, mode)
        entry.linkname, entry.size = linkname, len(content)
        self._tar.addfile(entry, io.BytesIO(content))
        return self

    def host_file(self, path, name=None):
        """A file of this machine, links followed, under its own path or `name`."""
        with open(path, "rb") as file:
            return self.file(name or path, file.read(), mode=os.stat(path).st_mode & 0o777)

    def program(self, path):
        """A program of this machine together with the libraries that it is linked with."""
        self.host_file(path)
        linked = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
        for library in sorted(set(re.findall(r"(/\S+\.so\S*)", linked))):
            if library not in self._directories:
                self._directories.add(library)
                self.host_file(library)
        return self

    def data(self):
        self._tar.close()
        return self._buffer.getvalue()


class Image:
    def __init__(self, layers, command=None, environment=(), architecture="amd64", **config):
        self.layers = [layer.data() if isinstance(layer, Layer) else layer for layer in layers]
        settings = {"Env": [PATH, *environment], **config}
        if command:
            settings["Cmd"] = command
        self.config = {
            "architecture": architecture,
            "os": "linux",
            "created": "2024-01-01T00:00:00Z",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in self.layers]},
            "history": [
                {"created": "2024-01-01T00:00:00Z", "created_by": f"layer {index}"}
                for index in range(len(self.layers))
            ],
        }

    @property
    def config_bytes(self):
        return json.dumps(self.config, sort_keys=True).encode()

    @property
    def id(self):
        return digest(self.config_bytes)

    def archive(self, *references):
        """The bytes of a `docker save` archive that `docker load` accepts."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as tar:

            def add(name, data):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime = len(data), EPOCH
                tar.addfile(entry, io.BytesIO(data))

            config_name = self.id[7:] + ".json"
            names = [digest(layer)[7:] + ".tar" for layer in self.layers]
            add(config_name, self.config_bytes)
            for name, layer in dict(zip(names, self.layers)).items():
                add(name, layer)
            manifest = [{"Config": config_name, "RepoTags": list(references), "Layers": names}]
            add("manifest.json", json.dumps(manifest).encode())
        return buffer.getvalue()

    def blobs(self, compress="gzip"):
        """The config and the layers as a registry holds them: (media type suffix, bytes)."""
        layers = []
        for layer in self.layers:
            if compress == "gzip":
                layers.append(("tar.gzip", gzip.compress(layer, compresslevel=1, mtime=0)))
            elif compress == "zstd":
                done = subprocess.run(["zstd", "-q", "-c"], input=layer, capture_output=True, check=True)
                layers.append(("tar+zstd", done.stdout))
            else:
                layers.append(("tar", layer))
        return layers

    def push(self, registry, repository, tag, compress="gzip", oci=False):
        """Pushes to `registry`; answers the manifest's digest."""
        layers = self.blobs(compress)
        prefix = "application/vnd.oci.image" if oci or compress == "zstd" else "application/vnd.docker"
        if "oci" in prefix:
            kinds = {"config": prefix + ".config.v1+json", "manifest": prefix + ".manifest.v1+json"}
            layer_kind = {"tar.gzip": "tar+gzip"}
            layer_kinds = [prefix + ".layer.v1." + layer_kind.get(kind, kind) for kind, _ in layers]
        else:
            kinds = {
                "config": prefix + ".container.image.v1+json",
                "manifest": prefix + ".distribution.manifest.v2+json",
            }
            layer_kinds = [prefix + ".image.rootfs.diff." + kind for kind, _ in layers]
        for blob in [self.config_bytes, *(data for _, data in layers)]:
            registry.upload(repository, blob)
        manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": kinds["manifest"],
                "config": descriptor(kinds["config"], self.config_bytes),
                "layers": [descriptor(kind, data) for kind, (_, data) in zip(layer_kinds, layers)],
            }
        ).encode()
        registry.put_manifest(repository, tag, manifest, kinds["manifest"])
        return digest(manifest)


def descriptor(media_type, data, **more):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


class Registry:
    """A client of a plain-HTTP registry, enough to fill it. `connect` opens its TCP connection."""

    def __init__(self, address, connect):
        self.address, self._connect = address, connect

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address)
        connection.sock = self._connect()
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer, data

    def upload(self, repository, blob):
        name = digest(blob)
        answer, _ = self.request("HEAD", f"/v2/{repository}/blobs/{name}")
        if answer.status == 200:
            return
        answer, data = self.request("POST", f"/v2/{repository}/blobs/uploads/", headers={"Content-Length": "0"})
        assert answer.status == 202, (answer.status, data)
        location = answer.headers["Location"]
        location = re.sub(r"^https?://[^/]+", "", location)
        location += ("&" if "?" in location else "?") + "digest=" + name
        answer, data = self.request("PUT", location, blob, {"Content-Type": "application/octet-stream"})
        assert answer.status == 201, (answer.status, data)

    def put_manifest(self, repository, tag, manifest, media_type):
        answer, data = self.request("PUT", f"/v2/{repository}/manifests/{tag}", manifest, {"Content-Type": media_type})
        assert answer.status == 201, (answer.status, data)

    def put_index(self, repository, tag, manifests, oci=True):
        """A manifest list over manifests already pushed: (digest, size, media type, platform) each."""
        media_type = (
            "application/vnd.oci.image.index.v1+json"
            if oci
            else "application/vnd.docker.distribution.manifest.list.v2+json"
        )
        entries = [
            {"digest": name, "size": size, "mediaType": kind, "platform": platform}
            for name, size, kind, platform in manifests
        ]
        index = json.dumps({"schemaVersion": 2, "mediaType": media_type, "manifests": entries}).encode()
        self.put_manifest(repository, tag, index, media_type)
        return digest(index)


PASSWD = """root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/bin/false
www-data:x:33:33:www-data:/var/www:/bin/false
postgres:x:70:70:postgres:/var/lib/postgresql:/bin/sh
nobody:x:65534:65534:nobody:/home:/bin/false
"""
GROUP = """root:x:0:
daemon:x:1:
tty:x:5:
disk:x:6:
wheel:x:10:root
audio:x:29:postgres
www-data:x:33:
postgres:x:70:
users:x:100:
nogroup:x:65534:
"""


def busybox_layer():
    layer = Layer()
    for name in ("bin", "etc", "home", "proc", "root", "sys", "dev", "usr/bin", "usr/sbin", "sbin", "var/run", "var/opt"):
        layer.directory(name)
    layer.directory("tmp", mode=0o1777)
    layer.directory("var/www", uid=33, gid=33)
    layer.host_file("/usr/bin/busybox", "bin/busybox")
    applets = subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            layer.symlink("bin/" + applet, "busybox")
    layer.symlink("usr/bin/env", "/bin/busybox")
    return layer.file("etc/passwd", PASSWD).file("etc/group", GROUP)


def busybox():
    return Image([busybox_layer()], command=["sh"])


NGINX_CONFIGURATION = """user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log /dev/stderr warn;
events { worker_connections 256; }
http {
  types { text/html html; text/plain txt; }
  access_log /dev/stdout;
  server { listen 80; listen [::]:80; root /usr/share/nginx/html; }
}
"""


def nginx():
    """A web server that logs to its standard streams, as the public image of that name does."""
    layer = Layer().program("/usr/sbin/nginx")
    for name in ("var/log/nginx", "var/lib/nginx", "run"):
        layer.directory(name)
    layer.file("etc/nginx/nginx.conf", NGINX_CONFIGURATION)
    layer.file("usr/share/nginx/html/index.html", "<h1>Welcome to nginx!</h1>\n")
    return Image(
        [busybox_layer(), layer],
        command=["nginx", "-g", "daemon off;"],
        ExposedPorts={"80/tcp": {}},
        StopSignal="SIGQUIT",
    )


def many_layers(count=5, size=1 << 10, seed=b"apus"):
    """`count` layers, each with one file of `size` bytes that do not compress."""
    layers = []
    for index in range(count):
        noise = hashlib.shake_256(seed + bytes([index])).digest(size)
        layers.append(Layer().file(f"layer{index}", noise).file("top", f"{index}\n"))
    return Image([busybox_layer(), *layers], command=["sh"])


def whiteouts():
    """Layers that delete, replace, link and carry attributes: what a snapshotter must get right."""
    base = Layer().directory("d").file("d/kept", "kept").file("d/deleted", "x").file("f", "one")
    base.directory("opaque").file("opaque/old", "x").directory("gone").file("gone/inside", "x")
    base.file("becomes-directory", "x").directory("becomes-file").file("becomes-file/x", "x")
    upper = Layer().file("d/.wh.deleted", "").file(".wh.gone", "").file("opaque/.wh..wh..opq", "")
    upper.file("opaque/new", "new").file("f", "two")
    upper.directory("becomes-directory").file("becomes-directory/in", "in").file("becomes-file", "now a file")
    links = Layer().file("links/first", "shared").hardlink("links/second", "links/first")
    links.symlink("links/soft", "first").file("owned", "x", uid=33, gid=34).file("setuid", "x", mode=0o4755)
    links.file("attributes", "x", xattrs={"user.colour": "green"})
    links.directory("sticky", mode=0o1777)
    return Image([busybox_layer(), base, upper, links], command=["sh"])
