"""A little provider of OpenID Connect: two documents over TLS, and tokens signed by openssl."""

import base64
import http.server
import json
import os
import ssl
import subprocess
import threading
import time


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SigningKey:
    """An RSA key that the provider signs with."""

    def __init__(self, directory, name):
        self.name, self.path = name, os.path.join(directory, f"{name}.pem")
        subprocess.run(["openssl", "genrsa", "-out", self.path, "2048"], check=True, capture_output=True)
        modulus = subprocess.run(
            ["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True, capture_output=True, text=True
        ).stdout
        self.modulus = bytes.fromhex(modulus.strip().removeprefix("Modulus="))

    @property
    def public(self):
        return {"kty": "RSA", "use": "sig", "kid": self.name, "n": encode(self.modulus), "e": "AQAB"}

    def sign(self, claims, algorithm="RS256"):
        head = encode(json.dumps({"alg": algorithm, "kid": self.name}).encode())
        message = f"{head}.{encode(json.dumps(claims).encode())}".encode()
        padding = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if algorithm[0] == "P" else []
        done = subprocess.run(
            ["openssl", "dgst", f"-sha{algorithm[2:]}", "-sign", self.path, *padding],
            input=message, check=True, capture_output=True,
        )  # fmt: skip
        return message.decode() + "." + encode(done.stdout)


class Provider:
    """The issuer; `keys` are those that it publishes now."""

    def __init__(self, directory):
        self.certificate, key = os.path.join(directory, "issuer.crt"), os.path.join(directory, "issuer.key")
        subprocess.run(
            [
                "openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "2",
                "-keyout", key, "-out", self.certificate, "-subj", "/CN=issuer", "-addext", "subjectAltName=IP:127.0.0.1",
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        self.keys, self.requests = [], 0
        # Paths at which there is a token, with what must be shown for it.
        self.elsewhere = {}
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                documents = {
                    "/.well-known/openid-configuration": {"issuer": provider.url, "jwks_uri": provider.url + "/keys"},
                    "/keys": {"keys": [one.public for one in provider.keys]},
                }
                provider.requests += 1
                body = json.dumps(documents.get(self.path, {})).encode()
                status = 200 if self.path in documents else 404
                if self.path in provider.elsewhere:
                    token, access = provider.elsewhere[self.path]
                    status, body = (200, token.encode()) if self.headers["Authorization"] == access else (401, b"")
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.listener.socket = context.wrap_socket(self.listener.socket, server_side=True)
        threading.Thread(target=self.listener.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.listener.server_address[1]}"

    def claims(self, **more):
        now = int(time.time())
        return {"iss": self.url, "aud": "apus", "sub": "17", "iat": now, "exp": now + 600, **more}

    def close(self):
        self.listener.shutdown()
        self.listener.server_close()
