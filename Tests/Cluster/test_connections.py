"""How clients connect, and what answers say besides what was asked for."""

import json
import socket
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest
import urllib3
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


def test_users_of_many_groups(cluster_kubectl, api):
    """Proxies that act as others name each group of theirs, of which directories give people hundreds."""
    groups = [f"group-{number}" for number in range(600)]

    def known(groups):
        headers = urllib3.HTTPHeaderDict({"Content-Type": "application/json", "Impersonate-User": "jane"})
        for group in groups:
            headers.add("Impersonate-Group", group)
        url = api.url + "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        answer = api.pool.request("POST", url, body=b"{}", headers=headers)
        assert answer.status == 201, answer.data
        return json.loads(answer.data)["status"]["userInfo"]["groups"]

    assert known(groups) == [*groups, "system:authenticated"]
    # Over HTTP/2.
    some = groups[:200]
    user = cluster_kubectl.json("auth", "whoami", "--as=jane", *(f"--as-group={group}" for group in some))["status"]["userInfo"]
    assert user["groups"] == [*some, "system:authenticated"]


def test_long_selectors(api, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    api.create(maps, {"metadata": {"name": "one", "labels": {"number": "41999"}}})
    many = ",".join(map(str, range(100_000)))
    for number in (1, 70_000, 99_999, 100_000):
        api.create(maps, {"metadata": {"name": f"n{number}", "labels": {"number": str(number)}}})

    def found(selector):
        return [item["metadata"]["name"] for item in api.get(maps, labelSelector=selector)["items"]]

    assert found(f"number in ({many})") == ["n1", "n70000", "n99999", "one"]
    assert found(f"number,number notin ({many})") == ["n100000"]
    answer = api.send("GET", maps, labelSelector=f"number in ({many},{many})")
    assert answer.status == 431, answer
