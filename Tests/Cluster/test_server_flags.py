"""The flags of `apus server`: what is wrong with a value is told with the flag's name, and a file may hold them."""

import base64
import json
import os
import subprocess
import time

import pytest

from clusters import ROOT, Server
from conftest import Kubectl
from interface import eventually

pytestmark = pytest.mark.own_server
BINARY = os.environ.get("APUS_BINARY", os.path.join(ROOT, ".build/debug/apus"))


def run(directory, *flags):
    """A command that is expected to end by itself."""
    return subprocess.run(
        [BINARY, "server", "--data-dir", str(directory), *flags], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    "flags, words",
    [
        (["--api-listen", "nonsense"], "--api-listen nonsense: it must be ADDRESS:PORT"),
        (["--api-listen", "127.0.0.1:70000"], "--api-listen 127.0.0.1:70000: it must be ADDRESS:PORT"),
        (["--advertise-address", "127.0.0.1"], "--advertise-address 127.0.0.1: it must be an address that other hosts can reach"),
        (["--request-timeout", "soon"], "--request-timeout soon: it must be a duration above zero, such as 60s"),
        (["--shutdown-delay-duration=-1s"], "--shutdown-delay-duration -1s: it must be a duration, such as 10s"),
        (["--max-requests-inflight", "0", "--max-mutating-requests-inflight", "0"], "their sum must be above zero"),
        (["--event-ttl=-1s"], "--event-ttl -1s: it must be a duration, such as 1h"),
        (["--feature-gates", "Nonsense=true"], "--feature-gates: unrecognized feature gate: Nonsense"),
        (["--feature-gates=WatchList=true,NodeSwap=false"], "cannot set feature gate NodeSwap to false, feature is locked to true"),
        (["--service-cluster-ip-range", "10.0.0.0"], "10.0.0.0"),
        (["--service-node-port-range", "9-1"], "9-1"),
        (["--anonymous-auth", "perhaps"], "perhaps"),
        (["--log-level", "loud"], "--log-level loud: it must be debug, info, warn or error"),
        (["--enable-admission-plugins", "Nonsense"], "Nonsense"),
        (["--disable-admission-plugins", "Nonsense"], "Nonsense"),
        (["--audit-log-path", "-"], "--audit-log-path needs --audit-policy-file"),
        (["--audit-policy-file", "/nonexistent"], "--audit-policy-file needs --audit-log-path"),
        (["--audit-policy-file", "/nonexistent", "--audit-log-path", "-"], "/nonexistent"),
        (["--oidc-issuer-url", "https://example.com"], "--oidc-issuer-url needs --oidc-client-id"),
        (["--token-auth-file", "/nonexistent"], "/nonexistent"),
        (["--datastore-endpoint", "ftp://x:1"], "--datastore-endpoint ftp://x:1: it must be https://HOST:PORT or http://HOST:PORT"),
        (["--datastore-endpoint", "nonsense"], "--datastore-endpoint nonsense: it must be https://HOST:PORT or http://HOST:PORT"),
        (["--datastore-endpoint", "host:2379"], "--datastore-endpoint host:2379: it must be https://HOST:PORT or http://HOST:PORT"),
        (["--datastore-endpoint", "https://host:port"], "--datastore-endpoint https://host:port: it must be https://HOST:PORT"),
        (["--datastore-endpoint", "http://host:1", "--datastore-username", "a"], "--datastore-username and --datastore-password-file go together"),
        (["--datastore-username", "a", "--datastore-password-file", "b"], "name it by --datastore-endpoint"),
        (["--datastore-endpoint", "http://host:1", "--token", "0123456789abcdef", "--datastore-username", "a", "--datastore-password-file", "/nonexistent"], "/nonexistent"),
        (["--snapshot", "a", "--restore", "b"], "--snapshot and --restore cannot be given together"),
        (["--min-request-timeout", "0"], "--min-request-timeout 0: it must be a number of seconds above zero"),
        (["--min-request-timeout", str(2**63 - 1)], "--min-request-timeout 9223372036854775807: it must be"),
        (["--max-requests-inflight", str(2**63 - 1)], "--max-requests-inflight and --max-mutating-requests-inflight"),
        (["--audit-log-maxage", str(2**63 - 1)], "--audit-log-maxage 9223372036854775807: it must be from 0 to 2147483647"),
        (["--authorization-mode", "ABAC"], "authorization-mode ABAC's authorization policy file not passed"),
        (["--authorization-policy-file", "/nonexistent"], "cannot specify --authorization-policy-file without mode ABAC"),
        (["--service-account-issuer", "a", "--service-account-issuer", "a"], 'service-account-issuer "a" is already specified'),
        (["--service-account-jwks-uri", "http://x"], "service-account-jwks-uri requires https scheme, parsed as: http://x"),
        (["--service-account-max-token-expiration", "59m"], "the service-account-max-token-expiration must be between 1 hour and 2^32 seconds"),
        (["--audit-log-mode", "never"], "--audit-log-mode never: it must be one of batch, blocking, blocking-strict"),
        (["--audit-webhook-mode", "never"], "--audit-webhook-mode never: it must be one of"),
        (["--authentication-token-webhook-config-file", "/nonexistent"], "/nonexistent"),
        (["--authentication-token-webhook-version", "v2"], "--authentication-token-webhook-version: it must be v1 or v1beta1"),
        (["--tls-sni-cert-key", "a"], "--tls-sni-cert-key a: expected comma separated certificate and key file paths"),
        (["--tls-sni-cert-key", "a,b:"], "--tls-sni-cert-key a,b:: empty names list is not allowed"),
        (["--tls-sni-cert-key", "/nonexistent,b"], "/nonexistent"),
        (["--goaway-chance", "0.5"], "--goaway-chance 0.5: it must be from 0 to 0.02"),
        (["--etcd-servers=http://a:1"], "--etcd-servers is a flag of kube-apiserver that this server has not: say --datastore-endpoint"),
        (["--nonsense"], "Unknown option '--nonsense'"),
        (["--cors-allowed-origins", "example.com"], "--cors-allowed-origins has an invalid regular expression: regular expression does not pin"),
        (["--cors-allowed-origins", "^($"], "--cors-allowed-origins has an invalid regular expression"),
        (["--http2-max-streams-per-connection=-1"], "--http2-max-streams-per-connection -1: it must be from 0"),
        (["--livez-grace-period", "soon"], "--livez-grace-period soon: it must be a duration, such as 10s"),
        (["--profiling"], "--profiling true: it can only be false here"),
        (["--contention-profiling=T"], "--contention-profiling true: it can only be false here"),
        (["--service-account-lookup=false"], "--service-account-lookup false: it can only be true here"),
        (["--storage-backend", "etcd2"], "--storage-backend etcd2: it can only be etcd3 here"),
        (["--shutdown-watch-termination-grace-period=1m"], "--shutdown-watch-termination-grace-period 1m: it can only be 0s here"),
        (["--audit-log-version", "audit.k8s.io/v1beta1"], "--audit-log-version audit.k8s.io/v1beta1: it must be audit.k8s.io/v1"),
        (["--audit-log-format", "legacy"], "--audit-log-format legacy: it must be json"),
        (["--audit-log-batch-buffer-size", "0"], "--audit-log-batch-buffer-size 0: it must be above zero"),
        (["--audit-log-batch-max-size=1"], "--audit-log-batch-max-size is a flag of kube-apiserver that this server has not"),
        (["--audit-log-truncate-max-event-size", "0"], "--audit-log-truncate-max-event-size 0: it must be above zero"),
        (["--audit-webhook-truncate-max-batch-size", "9"], "--audit-webhook-truncate-max-batch-size 9: it must not be less than"),
        (["--audit-webhook-batch-throttle-qps", "0"], "--audit-webhook-batch-throttle-qps 0.0: it must be above zero"),
        (["--audit-webhook-batch-throttle-burst", "0"], "--audit-webhook-batch-throttle-burst 0: it must be above zero"),
        (["--tls-cipher-suites", "TLS_RSA_WITH_AES_128_GCM_SHA256"], "Cipher suite TLS_RSA_WITH_AES_128_GCM_SHA256 not supported or doesn't exist"),
    ],
)  # fmt: skip
def test_bad_values_are_named(tmp_path, flags, words):
    # A port that nobody can have: whoever gets so far has not looked at the value.
    done = run(tmp_path, *(flags if "--api-listen" in flags else ["--api-listen", "127.0.0.1:0", *flags]))
    assert done.returncode != 0 and words in done.stderr, done.stderr


def test_a_file_of_flags(tmp_path):
    server = Server(tmp_path / "server", "--config", str(tmp_path / "config.yaml"))
    (tmp_path / "config.yaml").write_text(
        f"kubeconfig: {tmp_path}/of-the-file\nservice-cluster-ip-range: 10.99.0.0/16\n"
        "default-not-ready-toleration-seconds: 7\ndefault-unreachable-toleration-seconds: 8\n"
        "anonymous-auth: false\nmax-requests-inflight: 7\ntls-san:\n- one.example.com\n- two.example.com\n"
        f"api-listen: 127.0.0.1:1\nrun-dir: {tmp_path}/run\ninstance: other\n"
    )
    server.kubeconfig = str(tmp_path / "of-the-file")
    server.start(wait=False)
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "cache")
        # Nobody may ask without a name: readiness is asked for as the administrator.
        end = time.monotonic() + 60
        while not os.path.exists(server.kubeconfig) or kubectl("get", "--raw", "/readyz", check=False).returncode:
            assert server.process.poll() is None and time.monotonic() < end, server.log()
            time.sleep(0.1)
        # The command line says another port, which comes first.
        assert kubectl.json("get", "service", "kubernetes")["spec"]["clusterIP"] == "10.99.0.1"
        eventually(lambda: kubectl("get", "serviceaccount", "default", check=False).returncode == 0, server.log)
        pod = kubectl.json("run", "one", "--image=i", "--dry-run=server")
        stays = {one["key"]: one["tolerationSeconds"] for one in pod["spec"]["tolerations"]}
        assert stays == {"node.kubernetes.io/not-ready": 7, "node.kubernetes.io/unreachable": 8}
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-showcerts"], input="", capture_output=True, text=True
        ).stdout  # fmt: skip
        names = subprocess.run(["openssl", "x509", "-noout", "-ext", "subjectAltName"], input=shown, capture_output=True, text=True).stdout
        assert "DNS:one.example.com" in names and "DNS:two.example.com" in names
    finally:
        server.stop()


def test_flags_of_hardened_servers(tmp_path):
    """What guides to the hardening of kube-apiserver ask for, in kube-apiserver's spelling of truth values."""
    server = Server(
        tmp_path / "server", "--profiling=F", "--contention-profiling=false", "--service-account-lookup", "--watch-cache", "--allow-privileged",
        "--enable-bootstrap-token-auth", "--anonymous-auth=True", "--encryption-provider-config-automatic-reload=0", "--storage-backend=etcd3",
        "--tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305,TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "--shutdown-watch-termination-grace-period=0s",
    ).start()  # fmt: skip
    assert server.stop() == 0, server.log()


def test_policies_of_a_file(tmp_path):
    version = '"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy"'
    policies = tmp_path / "policies.jsonl"
    policies.write_text(f'# Readers read.\n{{{version}, "spec": {{"user": "reader", "namespace": "*", "resource": "pods", "readonly": true}}}}\n')
    server = Server(tmp_path / "server", "--authorization-mode", "ABAC,RBAC", "--authorization-policy-file", str(policies)).start()
    try:
        kubectl = Kubectl(server.kubeconfig, tmp_path / "cache")
        assert kubectl("auth", "can-i", "list", "pods", "--as=reader").stdout.strip() == "yes"
        kubectl.fails("get", "secrets", "--as=reader", says='User "reader" cannot list resource "secrets"')
        kubectl.fails("run", "p", "--image=i", "--as=reader", says='User "reader" cannot create resource "pods"')
    finally:
        assert server.stop() == 0


def test_issuers_and_terms_of_tokens(tmp_path):
    """A new issuer's tokens are issued, and those of the one before it accepted still; none lasts longer than allowed."""
    directory = tmp_path / "server"
    flags = ["--service-account-max-token-expiration", "1h", "--service-account-jwks-uri", "https://keys.example.com/all"]
    server = Server(directory, "--service-account-issuer", "https://old.example.com", *flags).start()
    kubectl = Kubectl(server.kubeconfig, tmp_path / "cache")
    try:
        kubectl("wait", "--for=create", "serviceaccount/default", "-n", "default", "--timeout=60s")
        done = kubectl("create", "token", "default", "-n", "default", "--duration=2h")
        assert "requested expiration of 7200 seconds shortened to 3600 seconds" in done.stderr
        token = done.stdout.strip()
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        assert claims["iss"] == "https://old.example.com" and claims["exp"] - claims["iat"] == 3600 and claims["aud"] == [claims["iss"]]
        assert json.loads(kubectl("get", "--raw", "/.well-known/openid-configuration").stdout)["jwks_uri"] == "https://keys.example.com/all"
    finally:
        assert server.stop() == 0
    issuers = [word for name in ("new", "old") for word in ("--service-account-issuer", f"https://{name}.example.com")]
    server = Server(directory, *issuers).start()
    try:
        assert json.loads(kubectl("get", "--raw", "/.well-known/openid-configuration").stdout)["issuer"] == "https://new.example.com"
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
        new = kubectl("create", "token", "default", "-n", "default").stdout.strip()
        for one in (token, new):
            review["spec"]["token"] = one
            answer = json.loads(kubectl("create", "-o", "json", "-f", "-", input=review).stdout)["status"]
            assert answer.get("authenticated") is True and answer["user"]["username"] == "system:serviceaccount:default:default", answer
    finally:
        assert server.stop() == 0


@pytest.mark.parametrize(
    "text, words",
    [
        ("nonsense: 1", "nonsense: there is no such flag; --help names them all"),
        ("config: other.yaml", "config: there is no such flag"),
        ("- a", "it must be a map from flags to values"),
        ("a: [", "it is neither YAML nor JSON"),
        ("api-listen: {}", "api-listen: it must be a text, a number, true or false, or a list of them"),
        (json.dumps({"request-timeout": "soon"}), "--request-timeout soon: it must be a duration above zero"),
    ],
)
def test_bad_files_are_named(tmp_path, text, words):
    path = tmp_path / "config.yaml"
    path.write_text(text)
    done = run(tmp_path / "data", "--config", str(path))
    assert done.returncode != 0 and words in done.stderr, done.stderr
    missing = run(tmp_path / "data", f"--config={tmp_path}/none")
    assert missing.returncode != 0 and f"--config {tmp_path}/none: it cannot be read" in missing.stderr, missing.stderr


def test_every_flag_is_explained():
    done = subprocess.run([BINARY, "server", "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    for line in done.stdout.splitlines():
        if line.startswith("  --") and not line.startswith("  --version"):
            assert len(line.split()) > 1, line
