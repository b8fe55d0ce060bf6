"""Users whom an OpenID provider vouches for, and users in a file of tokens."""

import json
import os

import pytest
from clusters import Server
from interface import eventually
from openid import Provider, SigningKey
from test_access import request
from test_authorization import text

pytestmark = pytest.mark.own_server


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    provider = Provider(str(tmp_path_factory.mktemp("issuer")))
    yield provider
    provider.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    directory = str(tmp_path_factory.mktemp("keys"))
    return [SigningKey(directory, name) for name in ("first", "second", "strange")]


@pytest.fixture(scope="module")
def own(tmp_path_factory, provider, keys):
    directory = tmp_path_factory.mktemp("server")
    tokens = directory / "tokens.csv"
    tokens.write_text('secret1,ann,u1,"editors,""quoted"""\n\nsecret2,bob,u2\n')
    provider.keys = [keys[0]]
    server = Server(
        directory, "--oidc-issuer-url", provider.url, "--oidc-client-id", "apus", "--oidc-ca-file", provider.certificate,
        "--oidc-username-claim", "name", "--oidc-username-prefix", "corp:", "--oidc-groups-claim", "teams",
        "--oidc-groups-prefix", "corp-", "--oidc-required-claim", "tier=gold", "--token-auth-file", str(tokens),
    ).start()  # fmt: skip
    yield server
    assert server.stop() == 0, server.log()


def who(server, token):
    """The user's name and groups; None where the token is not believed."""
    status, body = request(server.url + "/api/v1/nodes", token)
    return body["message"].split('"')[1] if status == 403 else None


def groups(server, token):
    """As the administrator is told."""
    import base64
    import ssl
    import tempfile
    import urllib.request

    import yaml

    with open(server.kubeconfig) as file:
        user = yaml.safe_load(file)["users"][0]["user"]
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with tempfile.NamedTemporaryFile() as pem:
        pem.write(b"".join(base64.b64decode(user[f"client-{part}-data"]) for part in ("certificate", "key")))
        pem.flush()
        context.load_cert_chain(pem.name)
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    call = urllib.request.Request(
        server.url + "/apis/authentication.k8s.io/v1/tokenreviews", method="POST", data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )  # fmt: skip
    with urllib.request.urlopen(call, context=context, timeout=60) as answer:
        return json.load(answer)["status"]


def test_a_token_makes_a_user(own, provider, keys):
    token = keys[0].sign(provider.claims(name="jane", teams=["a", "b"], tier="gold"))
    assert who(own, token) == "corp:jane"
    status = groups(own, token)
    assert status["user"]["username"] == "corp:jane"
    assert set(status["user"]["groups"]) == {"corp-a", "corp-b", "system:authenticated"}
    one = keys[0].sign(provider.claims(name="jane", teams="a", tier="gold"))
    assert set(groups(own, one)["user"]["groups"]) == {"corp-a", "system:authenticated"}


def test_tokens_that_are_not_believed(own, provider, keys):
    good = {"name": "jane", "tier": "gold"}
    for claims, words in (
        ({**good, "aud": "other"}, "oidc: verify token: "),
        ({**good, "exp": 1000}, "expired"),
        ({**good, "tier": "tin"}, "oidc: required claim tier value does not match. Got = tin, want = gold"),
        ({"name": "jane"}, "oidc: required claim tier not present in ID token"),
        ({"tier": "gold"}, 'oidc: parse username claims "name": claim not present'),
        ({**good, "teams": 7}, "oidc: parse groups claim"),
    ):
        token = keys[0].sign(provider.claims(**claims))
        assert who(own, token) is None, claims
        status = groups(own, token)
        assert not status.get("authenticated") and words in status["error"], status
    # Signed by nobody, by a stranger under a known name, or otherwise than agreed.
    head, payload, _ = keys[0].sign(provider.claims(**good)).split(".")
    assert who(own, f"{head}.{payload}.") is None
    stranger = keys[2]
    stranger.name = "first"
    assert who(own, stranger.sign(provider.claims(**good))) is None
    for algorithm in ("RS512", "PS256"):
        assert who(own, keys[0].sign(provider.claims(**good), algorithm=algorithm)) is None
    assert who(own, keys[0].sign({**provider.claims(**good), "iss": provider.url + "/"})) is None


def test_the_provider_changes_its_keys(own, provider, keys):
    good = provider.claims(name="jane", tier="gold")
    assert who(own, keys[0].sign(good)) == "corp:jane"
    assert who(own, keys[1].sign(good)) is None
    provider.keys = [keys[1]]
    assert who(own, keys[1].sign(good)) == "corp:jane"
    assert who(own, keys[0].sign(good)) is None
    # Keys that are known are not fetched again.
    before = provider.requests
    for _ in range(5):
        assert who(own, keys[1].sign(good)) == "corp:jane"
    assert provider.requests == before
    provider.keys = [keys[0]]
    assert who(own, keys[0].sign(good)) == "corp:jane"


def test_groups_that_are_elsewhere(own, provider, keys):
    provider.keys = [keys[0]]

    def token(**source):
        names = {"_claim_names": {"teams": "src"}, "_claim_sources": {"src": source}}
        return keys[0].sign(provider.claims(name="jane", tier="gold", **names))

    place = provider.url + "/groups"
    provider.elsewhere["/groups"] = (keys[0].sign(provider.claims(teams=["far", "away"])), "Bearer open")
    status = groups(own, token(endpoint=place, access_token="open"))
    assert set(status["user"]["groups"]) == {"corp-far", "corp-away", "system:authenticated"}, status
    refused = groups(own, token(endpoint=place, access_token="wrong"))
    assert not refused.get("authenticated") and "could not expand distributed claims" in refused["error"]
    provider.elsewhere["/groups"] = (keys[2].sign(provider.claims(teams=["forged"])), "Bearer open")
    assert who(own, token(endpoint=place, access_token="open")) is None
    # One that is in the token in a token of its own is not read.
    assert set(groups(own, token(JWT="a.b.c"))["user"]["groups"]) == {"system:authenticated"}


CONFIGURATION = """
apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous:
  enabled: true
  conditions: [{path: /readyz}, {path: /livez}]
jwt:
- issuer:
    url: %(url)s
    certificateAuthority: |
      %(authority)s
    audiences: [apus, other]
    audienceMatchPolicy: MatchAny
  claimValidationRules:
  - expression: "claims.exp - claims.iat <= 86400.0"
    message: tokens must not last longer than a day
  claimMappings:
    username: {expression: "'corp:' + claims.name"}
    groups: {expression: "claims.teams.map(team, 'corp-' + team)"}
    uid: {claim: sub}
    extra: [{key: example.org/tier, valueExpression: "claims.?tier.orValue('')"}]
  userValidationRules:
  - expression: "!user.username.startsWith('corp:system:')"
    message: these names are taken
- issuer: {url: "https://elsewhere.example", audiences: [apus]}
  claimMappings: {username: {claim: sub, prefix: "else:"}}
"""


def configuration(provider):
    with open(provider.certificate) as file:
        authority = file.read().strip().replace("\n", "\n      ")
    return CONFIGURATION % {"url": provider.url, "authority": authority}


def test_issuers_of_a_file(tmp_path, provider, keys):
    provider.keys = [keys[0]]
    path = tmp_path / "authentication.yaml"
    path.write_text(configuration(provider))
    server = Server(tmp_path / "server", "--authentication-config", str(path)).start()
    try:
        for algorithm in ("RS256", "PS256", "PS384", "PS512"):
            claims = provider.claims(name="jane", teams=["a"], tier="gold", aud="other", jti="one")
            status = groups(server, keys[0].sign(claims, algorithm=algorithm))
            assert status["user"] == {
                "username": "corp:jane", "uid": "17", "groups": ["corp-a", "system:authenticated"],
                "extra": {"example.org/tier": ["gold"], "authentication.kubernetes.io/credential-id": ["JTI=one"]},
            }, status  # fmt: skip
        for claims, words in (
            ({"name": "jane", "teams": [], "exp": 4102444800}, "tokens must not last longer than a day"),
            ({"name": "system:admin", "teams": []}, "these names are taken"),
            ({"name": "jane"}, "no such key: teams"),
            ({"name": "jane", "teams": [], "aud": "stranger"}, "oidc: verify token: "),
        ):
            status = groups(server, keys[0].sign(provider.claims(**claims)))
            assert not status.get("authenticated") and words in status["error"], status
        # That the server is ready anybody may ask, and no more.
        server.wait_ready()
        assert request(server.url + "/version", None)[0] == 401
    finally:
        server.stop()


def test_the_file_is_followed(tmp_path, provider, keys):
    """Issuers come and go with the file, while the server runs; what cannot be used changes nothing."""
    provider.keys = [keys[0]]
    good = configuration(provider)
    only_other = good[: good.index("jwt:")] + "jwt:\n" + good[good.index('- issuer: {url: "https://elsewhere') :]
    path = tmp_path / "authentication.yaml"
    path.write_text(only_other)
    server = Server(tmp_path / "server", "--authentication-config", str(path)).start()

    def name():
        return groups(server, keys[0].sign(provider.claims(name="jane", teams=[]))).get("user", {}).get("username")

    try:
        assert name() is None
        # Written in place, and put in its place, as editors do and as mounted volumes do.
        path.write_text(good)
        eventually(lambda: name() == "corp:jane", server.log, 90)
        path.write_text(good.replace("claims.name", "claims.name +"))
        eventually(lambda: "is not used, and what it said before holds: " in server.log(), server.log, 90)
        assert "jwt[0].claimMappings.username.expression" in server.log() and name() == "corp:jane"
        assert text(server.url + "/livez")[0] == 200
        (tmp_path / "next").write_text(good.replace("'corp:'", "'else:'").replace(", {path: /livez}", ""))
        os.rename(tmp_path / "next", path)
        eventually(lambda: name() == "else:jane", server.log, 90)
        # Who may be nobody follows it too.
        assert text(server.url + "/livez")[0] == 401 and text(server.url + "/readyz")[0] == 200
        path.write_text(only_other)
        eventually(lambda: name() is None, server.log, 90)
    finally:
        assert server.stop() == 0, server.log()


def test_files_that_cannot_be_used(tmp_path, provider):
    path = tmp_path / "authentication.yaml"
    good = configuration(provider)
    flags = ["--authentication-config", str(path)]
    for text, more, words in (
        (good.replace('"https://else', '"http://else'), [], "URL scheme must be https"),
        (good.replace("claims.name", "claims.name +"), [], "jwt[0].claimMappings.username.expression"),
        (good.replace("anonymous", "anonymus"), [], 'unknown field "anonymus"'),
        (good, ["--anonymous-auth", "true"], "--anonymous-auth flag cannot be set"),
        (good, ["--oidc-issuer-url", "https://a", "--oidc-client-id", "a"], "mutually exclusive"),
    ):
        path.write_text(text)
        server = Server(tmp_path / "server", *flags, *more)
        server.start(wait=False)
        assert server.process.wait(60) != 0
        assert words in server.log(), server.log()


def test_tokens_in_a_file(own):
    assert who(own, "secret1") == "ann" and who(own, "secret2") == "bob" and who(own, "secret3") is None
    assert set(groups(own, "secret1")["user"]["groups"]) == {"editors", '"quoted"', "system:authenticated"}
    assert groups(own, "secret1")["user"]["uid"] == "u1"


def test_flags_that_do_not_fit(tmp_path):
    for flags, words in (
        (["--oidc-issuer-url", "http://issuer", "--oidc-client-id", "a"], "must begin with https://"),
        (["--oidc-issuer-url", "https://issuer"], "--oidc-client-id"),
        (["--oidc-client-id", "a"], "--oidc-issuer-url"),
        (["--oidc-issuer-url", "https://issuer", "--oidc-client-id", "a", "--oidc-signing-algs", "HS256"], "HS256"),
        (["--oidc-issuer-url", "https://issuer", "--oidc-client-id", "a", "--oidc-required-claim", "x"], "NAME=VALUE"),
    ):
        server = Server(tmp_path, *flags)
        server.start(wait=False)
        assert server.process.wait(60) != 0
        assert words in server.log(), server.log()
