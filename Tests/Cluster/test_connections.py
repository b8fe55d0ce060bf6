"""How clients connect, and what answers say besides what was asked for."""

import socket
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest
from clusters import Server


def head(url, context, headers=None):
    """The status and the headers of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), context=context, timeout=60) as answer:
            return answer.status, answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers


@pytest.mark.parametrize("path", ["/api/v1/namespaces", "/api/v1/namespaces/missing", "/version", "/livez", "/nowhere"])
def test_answers_are_nobody_elses(raw, path):
    _, headers, _ = raw("GET", path, parse=bytes)
    assert headers["Cache-Control"] == "no-cache, private"
    assert headers["Audit-Id"] and headers.get("Strict-Transport-Security") is None


def test_refusals_are_no_pages(raw):
    status, headers, body = raw("GET", "/api/v1/pods", headers={"Impersonate-User": "<b>eve</b>&co"})
    assert status == 403 and headers["X-Content-Type-Options"] == "nosniff"
    assert 'User "&lt;b&gt;eve&lt;/b&gt;&amp;co" cannot list' in body["message"], body["message"]


def test_keys_for_tokens_may_be_kept(raw):
    _, headers, _ = raw("GET", "/openid/v1/jwks")
    assert headers["Cache-Control"] == "public, max-age=3600"


@pytest.mark.own_server
def test_restrictions(tmp_path):
    server = Server(
        tmp_path, "--tls-min-version", "VersionTLS12", "--tls-cipher-suites", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "--strict-transport-security-directives", "max-age=31536000,includeSubDomains",
    ).start()  # fmt: skip
    try:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        for path in ("/livez", "/api/v1/pods"):
            assert head(server.url + path, context)[1]["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
        context.maximum_version = ssl.TLSVersion.TLSv1_2

        def cipher():
            with socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain:
                with context.wrap_socket(plain) as connection:
                    return connection.cipher()[0]

        assert cipher() == "ECDHE-ECDSA-AES256-GCM-SHA384"
        context.set_ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")
        with pytest.raises(ssl.SSLError):
            cipher()
    finally:
        server.stop()


@pytest.mark.own_server
@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--tls-min-version", "VersionTLS10"], "not safe"),
        (["--tls-min-version", "TLS1.3"], 'unknown tls version "TLS1.3"'),
        (["--tls-cipher-suites", "TLS_RSA_WITH_AES_128_CBC_SHA"], "not supported or doesn't exist"),
        (["--strict-transport-security-directives", "max-age=soon"], "invalid directive max-age=soon"),
    ],
)
def test_flags_that_do_not_fit(tmp_path, flags, words):
    server = Server(tmp_path, *flags).start(wait=False)
    assert server.process.wait(60) != 0
    assert words in server.log(), server.log()


@pytest.mark.own_server
def test_strangers_get_one_request_a_connection(server):
    """HTTP/2 costs the server much: who shows nothing of themselves is told to come again."""
    asks = ["--silent", "--insecure", "--http2", "-w", " %{http_version} %{num_connects}\n"]
    done = subprocess.run(
        ["curl", *asks, server.url + "/livez", "--next", *asks, server.url + "/readyz"], check=True, capture_output=True, text=True
    )
    assert done.stdout == "ok 2 1\n" * 2


@pytest.mark.own_server
def test_pages_of_other_origins(tmp_path):
    """Browsers are told which pages may read answers, before anybody is asked who they are."""
    server = Server(tmp_path, "--cors-allowed-origins", r"//example\.com(:|$),^https://.*\.trusted\.org$", "--livez-grace-period=10s").start()
    try:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        for origin in ("https://example.com", "http://example.com:8080", "https://a.trusted.org"):
            for path, status in (("/livez", 200), ("/api/v1/pods", 403)):
                found, headers = head(server.url + path, context, {"Origin": origin})
                assert (found, headers["Access-Control-Allow-Origin"], headers["Access-Control-Allow-Credentials"]) == (status, origin, "true")
            request = urllib.request.Request(server.url + "/api/v1/pods", headers={"Origin": origin}, method="OPTIONS")
            with urllib.request.urlopen(request, context=context, timeout=60) as answer:
                assert answer.status == 204 and "Authorization" in answer.headers["Access-Control-Allow-Headers"]
                assert "PATCH" in answer.headers["Access-Control-Allow-Methods"]
        for more in ({"Origin": "https://example.com.evil.org"}, {}):
            assert head(server.url + "/livez", context, more)[1]["Access-Control-Allow-Origin"] is None
    finally:
        assert server.stop() == 0, server.log()


@pytest.mark.own_server
def test_how_much_a_connection_may_ask_at_once(tmp_path):
    server = Server(tmp_path, "--http2-max-streams-per-connection=7").start()
    try:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as plain, context.wrap_socket(plain) as connection:
            # The preface and settings of which there are none (RFC 9113, section 3.4).
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0]))
            stream = connection.makefile("rb")
            settings = {}
            while 3 not in settings:
                length, kind = int.from_bytes(stream.read(3), "big"), stream.read(1)[0]
                stream.read(5)
                content = stream.read(length)
                if kind == 4:
                    settings.update((int.from_bytes(content[at : at + 2], "big"), int.from_bytes(content[at + 2 : at + 6], "big")) for at in range(0, length, 6))
            assert settings[3] == 7
    finally:
        assert server.stop() == 0, server.log()
