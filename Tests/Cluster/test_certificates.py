"""Requests for certificates: who may ask, approve and sign, and what comes of it."""

import base64
import itertools
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest
import yaml
from conftest import Kubectl

numbers = itertools.count()
CLIENT = "kubernetes.io/kube-apiserver-client"
KUBELET = "kubernetes.io/kube-apiserver-client-kubelet"
SERVING = "kubernetes.io/kubelet-serving"


def make_request(directory, subject, *more, key="ec"):
    """A key and a PKCS#10 request by openssl: (path of the key, PEM of the request)."""
    key_path = os.path.join(directory, f"key-{next(numbers)}.pem")
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else ["-newkey", key]
    done = subprocess.run(
        ["openssl", "req", "-new", "-nodes", *kind, "-keyout", key_path, "-subj", subject, *more],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    return key_path, done.stdout


def signing_request(pem, signer, usages, **more):
    name = f"request-{os.getpid()}-{next(numbers)}"
    return {
        "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": name},
        "spec": {"request": base64.b64encode(pem.encode()).decode(), "signerName": signer, "usages": usages, **more},
    }  # fmt: skip


def wait_issued(kubectl, name):
    kubectl("wait", "csr", name, "--for=jsonpath={.status.certificate}", "--timeout=60s")
    request = kubectl.json("get", "csr", name)
    return base64.b64decode(request["status"]["certificate"]).decode()


def as_user(kubeconfig, directory, certificate, key_path):
    """A kubeconfig with another user's certificate."""
    with open(kubeconfig) as file:
        config = yaml.safe_load(file)
    with open(key_path, "rb") as file:
        key = file.read()
    config["users"][0]["user"] = {
        "client-certificate-data": base64.b64encode(certificate.encode()).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }  # fmt: skip
    path = os.path.join(directory, f"kubeconfig-{next(numbers)}")
    with open(path, "w") as file:
        yaml.safe_dump(config, file)
    return path


def text_of(certificate):
    return subprocess.run(
        ["openssl", "x509", "-noout", "-text"], input=certificate, check=True, capture_output=True, text=True
    ).stdout


@pytest.mark.parametrize("key", ["ec", "rsa:2048", "ed25519"])
def test_an_approved_request_makes_a_user(cluster_kubectl, kubeconfig, tmp_path, key):
    key_path, pem = make_request(tmp_path, "/O=developers/O=testers/CN=jane", key=key)
    request = signing_request(pem, CLIENT, ["client auth", "digital signature"], expirationSeconds=3600)
    name = request["metadata"]["name"]
    cluster_kubectl("create", "-f", "-", input=request)
    assert "Pending" in cluster_kubectl.out("get", "csr", name, "--no-headers")
    cluster_kubectl("certificate", "approve", name)
    certificate = wait_issued(cluster_kubectl, name)
    assert "Approved,Issued" in cluster_kubectl.out("get", "csr", name, "--no-headers")
    text = text_of(certificate)
    assert "TLS Web Client Authentication" in text and "CA:FALSE" in text and "Server Authentication" not in text
    jane = Kubectl(as_user(kubeconfig, tmp_path, certificate, key_path), tmp_path)
    user = jane.json("auth", "whoami")["status"]["userInfo"]
    assert user["username"] == "jane"
    assert set(user["groups"]) == {"developers", "testers", "system:authenticated"}
    jane.fails("get", "nodes", says='User "jane" cannot list resource "nodes"')
    condition = cluster_kubectl.json("get", "csr", name)["status"]["conditions"][0]
    assert condition["type"] == "Approved" and condition["reason"] == "KubectlApprove"
    assert condition["lastUpdateTime"] and condition["lastTransitionTime"]


@pytest.mark.own_server
def test_a_strangers_certificate_is_refused(server, tmp_path):
    """Also where anonymous would be let in."""
    key, certificate = tmp_path / "stranger.key", tmp_path / "stranger.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", key, "-out", certificate, "-subj", "/CN=eve"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.load_cert_chain(certificate, key)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(server.url + "/version", context=context, timeout=60)
    assert refused.value.code == 401


def test_who_asks_is_written_down(cluster_kubectl, tmp_path):
    cluster_kubectl(
        "create", "clusterrole", "asks-for-certificates", "--verb=create,get,update",
        "--resource=certificatesigningrequests.certificates.k8s.io", check=False,
    )  # fmt: skip
    cluster_kubectl("create", "clusterrolebinding", "asks", "--clusterrole=asks-for-certificates", "--group=askers", check=False)
    _, pem = make_request(tmp_path, "/CN=someone")
    request = signing_request(pem, "example.com/mine", ["client auth"], username="root", uid="0", groups=["system:masters"], extra={"a": ["b"]})
    name = request["metadata"]["name"]
    made = cluster_kubectl.json("create", "-f", "-", "--as=ann", "--as-group=askers", "--as-uid=17", input=request)
    assert made["spec"]["username"] == "ann" and made["spec"]["uid"] == "17"
    assert set(made["spec"]["groups"]) == {"askers", "system:authenticated"} and "extra" not in made["spec"]
    # What was asked for stays.
    patched = cluster_kubectl.json("patch", "csr", name, "--type=merge", "-p", '{"spec":{"username":"x"},"metadata":{"labels":{"a":"b"}}}')
    assert patched["spec"] == made["spec"] and patched["metadata"]["labels"] == {"a": "b"}
    # Nobody signs for a signer that the server does not have.
    cluster_kubectl("certificate", "approve", name)
    assert cluster_kubectl.out("get", "csr", name, "--no-headers").split()[-1] == "Approved"


def test_an_approval_writes_conditions_and_metadata(cluster_kubectl, tmp_path):
    _, pem = make_request(tmp_path, "/CN=jane")
    request = signing_request(pem, "example.com/theirs", ["client auth"])
    name = request["metadata"]["name"]
    made = cluster_kubectl.json("create", "-f", "-", input=request)
    patch = {"metadata": {"annotations": {"a": "b"}}, "spec": {"username": "x"}, "status": {"certificate": "", "conditions": [{"type": "Approved", "status": "True"}]}}
    patched = cluster_kubectl.json("patch", "csr", name, "--subresource=approval", "--type=merge", "-p", json.dumps(patch))
    assert patched["metadata"]["annotations"] == {"a": "b"} and patched["spec"] == made["spec"]
    assert [one["type"] for one in patched["status"]["conditions"]] == ["Approved"]
    # What is no part of an approval does not come with it.
    certificate = {"status": {"certificate": base64.b64encode(CERTIFICATE.encode()).decode()}}
    cluster_kubectl("patch", "csr", name, "--subresource=approval", "--type=merge", "-p", json.dumps(certificate))
    assert "certificate" not in cluster_kubectl.json("get", "csr", name)["status"]


def test_a_denied_request_is_not_signed(cluster_kubectl, tmp_path):
    _, pem = make_request(tmp_path, "/CN=jane")
    request = signing_request(pem, CLIENT, ["client auth"])
    name = request["metadata"]["name"]
    cluster_kubectl("create", "-f", "-", input=request)
    cluster_kubectl("certificate", "deny", name)
    assert cluster_kubectl.out("get", "csr", name, "--no-headers").split()[-1] == "Denied"
    cluster_kubectl.fails("certificate", "approve", name)


def test_what_a_signer_does_not_take_fails(cluster_kubectl, tmp_path):
    _, pem = make_request(tmp_path, "/CN=jane")
    for signer, usages, message in (
        (CLIENT, ["server auth"], "invalid usage for client certificate: server auth"),
        (CLIENT, ["digital signature"], "missing required usage for client certificate: client auth"),
        (KUBELET, ["client auth", "digital signature"], "subject organization is not system:nodes"),
        (SERVING, ["server auth", "digital signature"], "subject organization is not system:nodes"),
    ):
        request = signing_request(pem, signer, usages)
        name = request["metadata"]["name"]
        cluster_kubectl("create", "-f", "-", input=request)
        cluster_kubectl("certificate", "approve", name)
        cluster_kubectl("wait", "csr", name, "--for=condition=Failed", "--timeout=60s")
        status = cluster_kubectl.json("get", "csr", name)["status"]
        failed = next(one for one in status["conditions"] if one["type"] == "Failed")
        assert failed["message"] == message and failed["reason"] == "SignerValidationFailure"
        assert "certificate" not in status


def test_a_node_serves(cluster_kubectl, tmp_path):
    _, pem = make_request(tmp_path, "/O=system:nodes/CN=system:node:n1", "-addext", "subjectAltName=DNS:n1,IP:10.1.2.3")
    request = signing_request(pem, SERVING, ["digital signature", "server auth"])
    name = request["metadata"]["name"]
    cluster_kubectl("create", "-f", "-", input=request)
    cluster_kubectl("certificate", "approve", name)
    text = text_of(wait_issued(cluster_kubectl, name))
    assert "DNS:n1, IP Address:10.1.2.3" in text and "TLS Web Server Authentication" in text


def test_nodes_are_approved_where_they_may_ask(cluster_kubectl, kubeconfig, tmp_path):
    suffix = f"{os.getpid()}-{next(numbers)}"
    cluster_kubectl("create", "clusterrolebinding", f"joins-{suffix}", "--clusterrole=system:node-bootstrapper", f"--group=joiners-{suffix}")
    group = f"--as-group=joiners-{suffix}"
    key_path, pem = make_request(tmp_path, "/O=system:nodes/CN=system:node:joins")
    usages = ["digital signature", "client auth"]
    first = signing_request(pem, KUBELET, usages)
    cluster_kubectl("create", "-f", "-", "--as=joiner", group, input=first)
    cluster_kubectl("create", "clusterrolebinding", f"approved-{suffix}", "--clusterrole=system:certificates.k8s.io:certificatesigningrequests:nodeclient", f"--group=joiners-{suffix}")
    second = signing_request(pem, KUBELET, usages)
    cluster_kubectl("create", "-f", "-", "--as=joiner", group, input=second)
    certificate = wait_issued(cluster_kubectl, second["metadata"]["name"])
    approved = cluster_kubectl.json("get", "csr", second["metadata"]["name"])["status"]["conditions"][0]
    assert (approved["type"], approved["reason"]) == ("Approved", "AutoApproved")
    assert approved["message"] == "Auto approving kubelet client certificate after SubjectAccessReview."
    # Who was not allowed to then is now.
    wait_issued(cluster_kubectl, first["metadata"]["name"])
    node = Kubectl(as_user(kubeconfig, tmp_path, certificate, key_path), tmp_path)
    user = node.json("auth", "whoami")["status"]["userInfo"]
    assert user["username"] == "system:node:joins" and "system:nodes" in user["groups"]
    # The node renews its own.
    cluster_kubectl("create", "clusterrolebinding", f"renews-{suffix}", "--clusterrole=system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "--user=system:node:joins")
    cluster_kubectl("create", "clusterrolebinding", f"asks-{suffix}", "--clusterrole=system:node-bootstrapper", "--user=system:node:joins")
    third = signing_request(pem, KUBELET, usages)
    node("create", "--validate=false", "-f", "-", input=third)
    wait_issued(cluster_kubectl, third["metadata"]["name"])
    approved = cluster_kubectl.json("get", "csr", third["metadata"]["name"])["status"]["conditions"][0]
    assert approved["message"] == "Auto approving self kubelet client certificate after SubjectAccessReview."


def test_requests_that_are_not_valid(cluster_kubectl, tmp_path):
    _, pem = make_request(tmp_path, "/CN=jane")
    cases = (
        (signing_request("nonsense", CLIENT, ["client auth"]), "spec.request"),
        (signing_request(pem, CLIENT, []), "spec.usages: Required value"),
        (signing_request(pem, CLIENT, ["flying"]), 'spec.usages[0]: Unsupported value: "flying"'),
        (signing_request(pem, CLIENT, ["client auth", "client auth"]), 'spec.usages[1]: Duplicate value: "client auth"'),
        (signing_request(pem, "kubernetes.io/legacy-unknown", ["client auth"]), "the legacy signerName is not allowed via this API version"),
        (signing_request(pem, "nobody", ["client auth"]), "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
        (signing_request(pem, "a/b", ["client auth"]), "should be a domain with at least two segments separated by dots"),
        (signing_request(pem, CLIENT, ["client auth"], expirationSeconds=60), "may not specify a duration less than 600 seconds (10 minutes)"),
    )  # fmt: skip
    for request, words in cases:
        cluster_kubectl.fails("create", "--validate=false", "-f", "-", input=request, says=words)
    forged = pem.splitlines()
    line = list(forged[3])
    line[5] = "A" if line[5] != "A" else "B"
    forged[3] = "".join(line)
    cluster_kubectl.fails("create", "-f", "-", input=signing_request("\n".join(forged) + "\n", CLIENT, ["client auth"]), says="spec.request")
    _, masters = make_request(tmp_path, "/O=system:masters/CN=jane")
    cluster_kubectl.fails(
        "create", "-f", "-", input=signing_request(masters, CLIENT, ["client auth"]),
        says=f"use of {CLIENT} signer with system:masters group is not allowed",
    )  # fmt: skip


def test_who_may_approve_and_sign(cluster_kubectl, raw, tmp_path):
    suffix = f"{os.getpid()}-{next(numbers)}"
    for name, resource in ((f"approves-{suffix}", "approval"), (f"writes-{suffix}", "status")):
        cluster_kubectl("create", "clusterrole", name, "--verb=get,update,patch", f"--resource=certificatesigningrequests.certificates.k8s.io,certificatesigningrequests.certificates.k8s.io/{resource}")
        cluster_kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}", f"--user=bob-{suffix}")
    bob = f"--as=bob-{suffix}"
    _, pem = make_request(tmp_path, "/CN=jane")
    request = signing_request(pem, "example.com/theirs", ["client auth"])
    name = request["metadata"]["name"]
    cluster_kubectl("create", "-f", "-", input=request)
    words = 'user not permitted to approve requests with signerName "example.com/theirs"'
    cluster_kubectl.fails("certificate", "approve", name, bob, says=words)
    patch = json.dumps({"status": {"conditions": [{"type": "Other", "status": "True"}]}})
    cluster_kubectl.fails("patch", "csr", name, bob, "--subresource=status", "--type=merge", "-p", patch, says='user not permitted to sign requests with signerName "example.com/theirs"')
    for verb, signer in (("approve", "example.com/*"), ("sign", "example.com/theirs")):
        role = {
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": f"{verb}s-for-{suffix}"},
            "rules": [{"apiGroups": ["certificates.k8s.io"], "resources": ["signers"], "verbs": [verb], "resourceNames": [signer]}],
        }  # fmt: skip
        cluster_kubectl("create", "-f", "-", input=role)
        cluster_kubectl("create", "clusterrolebinding", f"{verb}s-for-{suffix}", f"--clusterrole={verb}s-for-{suffix}", f"--user=bob-{suffix}")
    cluster_kubectl("certificate", "approve", name, bob)
    cluster_kubectl("patch", "csr", name, bob, "--subresource=status", "--type=merge", "-p", json.dumps({"status": {"certificate": base64.b64encode(CERTIFICATE.encode()).decode()}}))
    # A certificate that is there stays, and so does a decision.
    again = json.dumps({"status": {"certificate": base64.b64encode((CERTIFICATE * 2).encode()).decode()}})
    cluster_kubectl.fails("patch", "csr", name, bob, "--subresource=status", "--type=merge", "-p", again, says="updates may not modify existing certificate content")
    words = 'updates may not remove a condition of type "Approved"'
    cluster_kubectl.fails("patch", "csr", name, "--subresource=status", "--type=merge", "-p", '{"status":{"conditions":[]}}', says=words)


def test_what_may_not_be_written_into_a_status(cluster_kubectl, tmp_path):
    _, pem = make_request(tmp_path, "/CN=jane")
    request = signing_request(pem, "example.com/theirs", ["client auth"])
    name = request["metadata"]["name"]
    cluster_kubectl("create", "-f", "-", input=request)

    def refuses(status, words, subresource="status"):
        cluster_kubectl.fails("patch", "csr", name, f"--subresource={subresource}", "--type=merge", "-p", json.dumps({"status": status}), says=words)

    refuses({"conditions": [{"type": "Approved", "status": "True"}]}, 'updates may not add a condition of type "Approved"')
    refuses({"conditions": [{"type": "Failed", "status": "False"}]}, 'Unsupported value: "False": supported values: "True"')
    for text, words in (
        ("nonsense", "must contain at least one CERTIFICATE PEM block"),
        (pem, 'only CERTIFICATE PEM blocks are allowed, found "CERTIFICATE REQUEST"'),
    ):
        refuses({"certificate": base64.b64encode(text.encode()).decode()}, words)
    both = [{"type": kind, "status": "True"} for kind in ("Approved", "Denied")]
    refuses({"conditions": both}, "Approved and Denied conditions are mutually exclusive", subresource="approval")


CERTIFICATE = """-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIURzk5plHghRmn+Ps5CKezR5/h48YwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHZXhhbXBsZTAgFw0yNjExMjUyMjE0MDlaGA8yMTI2MTEwMTIy
MTQwOVowEjEQMA4GA1UEAwwHZXhhbXBsZTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABBylRh8MyuvpRkenyssSn6rMvOmxTdogt6RS4gkdI4wutPdTRgSslahO3zBS
YG1HxVFu3GDB1Hv7c+2hP9JhngejUzBRMB0GA1UdDgQWBBTP8yA7n1A+901ilyJZ
CoOYyKfBXTAfBgNVHSMEGDAWgBTP8yA7n1A+901ilyJZCoOYyKfBXTAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCXZuRKUj22QxN90GQdNXVRL7ay
lDrzvQJiuu56/3/fTQIgMaqytjs6yCRQBAxooJKrhXn1Jq45Ri/862nHso7sAxc=
-----END CERTIFICATE-----
"""


def test_what_a_request_asks_for_is_nobodys(api, tmp_path):
    path = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
    _, pem = make_request(tmp_path, "/CN=eve")
    wanted = signing_request(pem, "example.com/tests", ["client auth"])
    wanted["metadata"]["labels"] = {"a": "b"}

    def owned(answer, manager):
        return next(one["fieldsV1"] for one in answer["metadata"]["managedFields"] if one["manager"] == manager)

    made = api.create(path, wanted, fieldManager="tests")
    place = f"{path}/{made['metadata']['name']}"
    try:
        assert owned(made, "tests") == {"f:metadata": {"f:labels": {".": {}, "f:a": {}}}}
        made["status"] = {"conditions": [{"type": "Approved", "status": "True", "reason": "Tested"}]}
        approved = api.send("PUT", place + "/approval", made, fieldManager="approver").body
        assert sorted(owned(approved, "approver")["f:status"]["f:conditions"]) == [".", 'k:{"type":"Approved"}']
    finally:
        assert api.send("DELETE", place).status == 200
