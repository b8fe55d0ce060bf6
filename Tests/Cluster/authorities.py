"""Certificates for servers that a cluster calls: an authority of the test's own, made by `openssl`."""

import base64
import os
import ssl
import subprocess


class Authority:
    def __init__(self, directory):
        self.directory = str(directory)
        os.makedirs(self.directory, exist_ok=True)
        self.certificate, self.key = os.path.join(self.directory, "ca.crt"), os.path.join(self.directory, "ca.key")
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
            "-subj", "/CN=test-ca", "-keyout", self.key, "-out", self.certificate,
            "-addext", "basicConstraints=critical,CA:TRUE",
        )  # fmt: skip

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, capture_output=True)

    @property
    def bundle(self):
        """The authority as objects carry it."""
        with open(self.certificate, "rb") as file:
            return base64.b64encode(file.read()).decode()

    def context(self, *names):
        """TLS for a server that is reached by these names (`DNS:…`, `IP:…`)."""
        stem = os.path.join(self.directory, names[0].replace(":", "_"))
        key, request, certificate, extensions = (stem + end for end in (".key", ".csr", ".crt", ".ext"))
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=test-server",
            "-keyout", key, "-out", request,
        )  # fmt: skip
        with open(extensions, "w") as file:
            file.write(f"subjectAltName={','.join(names)}\n")
        self._openssl(
            "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.key, "-CAcreateserial", "-days", "2",
            "-extfile", extensions, "-out", certificate,
        )  # fmt: skip
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        return context
