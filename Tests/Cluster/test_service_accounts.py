"""Service accounts: what pods get of theirs, and their tokens."""

import base64
import json
import time

import pytest
from test_access import request

MOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def pod(name="p", **spec):
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "image": "i"}], **spec},
    }  # fmt: skip


def claims_of(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def whoami(server, token):
    return request(f"{server.url}/apis/authentication.k8s.io/v1/selfsubjectreviews", token)


def is_believed(server, namespace, token):
    """Whether the server knows whose token it is, whatever they may do."""
    return request(f"{server.url}/api/v1/namespaces/{namespace}/pods", token)[0] != 401


def review(kubectl, token, *audiences):
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    if audiences:
        body["spec"]["audiences"] = list(audiences)
    return kubectl.json("create", "--validate=false", "-f", "-", input=body)["status"]


# What pods get


def test_a_pod_gets_the_default_account_and_its_token(kubectl):
    made = kubectl.json("create", "-f", "-", input=pod(initContainers=[{"name": "first", "image": "i"}]))["spec"]
    assert made["serviceAccountName"] == made["serviceAccount"] == "default"
    volume = made["volumes"][0]
    assert volume["name"].startswith("kube-api-access-") and len(volume["name"]) == len("kube-api-access-") + 5
    assert volume["projected"] == {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
            {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}},
        ],
    }  # fmt: skip
    for container in made["containers"] + made["initContainers"]:
        assert container["volumeMounts"] == [{"name": volume["name"], "readOnly": True, "mountPath": MOUNT}]


def test_a_pod_in_a_new_namespace_waits_for_its_account(cluster_kubectl, namespace):
    name = namespace + "-new"
    objects = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, pod()]
    objects[1]["metadata"]["namespace"] = name
    cluster_kubectl("create", "-f", "-", input="\n".join(json.dumps(one) for one in objects))
    cluster_kubectl("delete", "namespace", name, "--wait=false")


def test_no_token_where_none_is_wanted(kubectl):
    made = kubectl.json("create", "-f", "-", input=pod("a", automountServiceAccountToken=False))["spec"]
    assert "volumes" not in made and "volumeMounts" not in made["containers"][0]
    kubectl("patch", "serviceaccount", "default", "-p", '{"automountServiceAccountToken":false}')
    assert "volumes" not in kubectl.json("create", "-f", "-", input=pod("b"))["spec"]
    # The pod decides.
    assert "volumes" in kubectl.json("create", "-f", "-", input=pod("c", automountServiceAccountToken=True))["spec"]


def test_a_mount_in_that_place_stays(kubectl):
    own = {"name": "own", "emptyDir": {}}
    container = {"name": "c", "image": "i", "volumeMounts": [{"name": "own", "mountPath": MOUNT}]}
    made = kubectl.json("create", "-f", "-", input=pod(volumes=[own], containers=[container]))["spec"]
    assert [one["name"] for one in made["volumes"]] == ["own"]
    assert [one["name"] for one in made["containers"][0]["volumeMounts"]] == ["own"]


def test_an_account_that_is_not_there(kubectl, namespace):
    kubectl.fails(
        "create", "-f", "-", input=pod(serviceAccountName="nobody"),
        says=f'pods "p" is forbidden: error looking up service account {namespace}/nobody: serviceaccount "nobody" not found',
    )  # fmt: skip
    kubectl("create", "serviceaccount", "nobody")
    made = kubectl.json("create", "-f", "-", input=pod(serviceAccountName="nobody"))["spec"]
    assert made["serviceAccount"] == "nobody"


def test_secrets_for_pulling_images(kubectl):
    kubectl("create", "serviceaccount", "pulls")
    kubectl("patch", "serviceaccount", "pulls", "-p", '{"imagePullSecrets":[{"name":"registry"}]}')
    made = kubectl.json("create", "-f", "-", input=pod("a", serviceAccountName="pulls"))["spec"]
    assert made["imagePullSecrets"] == [{"name": "registry"}]
    own = pod("b", serviceAccountName="pulls", imagePullSecrets=[{"name": "own"}])
    assert kubectl.json("create", "-f", "-", input=own)["spec"]["imagePullSecrets"] == [{"name": "own"}]


def test_secrets_that_an_account_may_mount(kubectl):
    kubectl("create", "serviceaccount", "strict")
    kubectl("annotate", "serviceaccount", "strict", "kubernetes.io/enforce-mountable-secrets=true")
    kubectl("patch", "serviceaccount", "strict", "-p", '{"secrets":[{"name":"good"}]}')

    def with_volume(name, secret):
        return pod(name, serviceAccountName="strict", volumes=[{"name": "v", "secret": {"secretName": secret}}])

    kubectl("create", "-f", "-", input=with_volume("a", "good"))
    kubectl.fails(
        "create", "-f", "-", input=with_volume("b", "bad"),
        says='volume with secret.secretName="bad" is not allowed because service account strict does not reference that secret',
    )  # fmt: skip
    variable = {"name": "E", "valueFrom": {"secretKeyRef": {"name": "bad", "key": "k"}}}
    kubectl.fails(
        "create", "-f", "-", input=pod("c", serviceAccountName="strict", containers=[{"name": "c", "image": "i", "env": [variable]}]),
        says='container c with envVar E referencing secret.secretName="bad" is not allowed because service account strict does not reference that secret',
    )  # fmt: skip
    for kind, what in (("containers", "container"), ("initContainers", "init container")):
        spec = {"containers": [{"name": "c", "image": "i"}]}
        spec[kind] = [{"name": "e", "image": "i", "envFrom": [{"secretRef": {"name": "bad"}}]}]
        kubectl.fails(
            "create", "-f", "-", input=pod("e", serviceAccountName="strict", **spec),
            says=f'{what} e with envFrom referencing secret.secretName="bad" is not allowed because service account strict does not reference that secret',
        )  # fmt: skip
    late = {"spec": {"ephemeralContainers": [{"name": "e", "image": "i", "envFrom": [{"secretRef": {"name": "bad"}}]}]}}
    kubectl.fails(
        "patch", "pod", "a", "--subresource=ephemeralcontainers", "-p", json.dumps(late),
        says='ephemeral container e with envFrom referencing secret.secretName="bad" is not allowed because service account strict',
    )  # fmt: skip
    kubectl.fails(
        "create", "-f", "-", input=pod("d", serviceAccountName="strict", imagePullSecrets=[{"name": "bad"}]),
        says='imagePullSecrets[0].name="bad" is not allowed because service account strict does not reference that imagePullSecret',
    )  # fmt: skip


def test_mirror_pods_have_no_account(kubectl):
    mirror = pod(serviceAccountName="default")
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    kubectl.fails("create", "-f", "-", input=mirror, says="a mirror pod may not reference service accounts")


# Tokens that are asked for


def bound_token(raw, namespace, reference, account="default", **spec):
    body = {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"boundObjectRef": reference, "expirationSeconds": 3600, **spec},
    }  # fmt: skip
    return raw("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token", body)


@pytest.mark.own_server
def test_a_token_of_a_pod_ends_with_it(kubectl, namespace, raw, server):
    made = kubectl.json("create", "-f", "-", input=pod())
    reference = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": made["metadata"]["uid"]}
    status, _, answer = bound_token(raw, namespace, reference)
    assert status == 201 and answer["metadata"]["name"] == "default" and answer["metadata"]["namespace"] == namespace
    token = answer["status"]["token"]
    claims = claims_of(token)
    assert claims["kubernetes.io"]["pod"] == {"name": "p", "uid": made["metadata"]["uid"]}
    assert claims["exp"] - claims["iat"] == 3600 and claims["sub"] == f"system:serviceaccount:{namespace}:default"
    user = review(kubectl, token)["user"]
    assert user["extra"]["authentication.kubernetes.io/pod-name"] == ["p"]
    assert user["extra"]["authentication.kubernetes.io/pod-uid"] == [made["metadata"]["uid"]]
    assert user["extra"]["authentication.kubernetes.io/credential-id"] == ["JTI=" + claims["jti"]]
    assert is_believed(server, namespace, token)
    kubectl("delete", "pod", "p", "--now")
    assert not is_believed(server, namespace, token)
    refused = review(kubectl, token)
    assert not refused.get("authenticated") and "service account token has been invalidated" in refused["error"]
    # Another pod of that name does not bring it back.
    kubectl("create", "-f", "-", input=pod())
    assert not is_believed(server, namespace, token)


def test_the_pods_token_lasts_longer_than_it_says(kubectl, namespace, raw):
    kubectl("create", "-f", "-", input=pod())
    reference = {"apiVersion": "v1", "kind": "Pod", "name": "p"}
    _, _, answer = bound_token(raw, namespace, reference, expirationSeconds=3607)
    claims = claims_of(answer["status"]["token"])
    assert claims["exp"] - claims["iat"] == 365 * 24 * 3600
    assert claims["kubernetes.io"]["warnafter"] - claims["iat"] == 3607
    _, _, answer = bound_token(raw, namespace, reference, expirationSeconds=3607, audiences=["other"])
    claims = claims_of(answer["status"]["token"])
    assert claims["exp"] - claims["iat"] == 3607 and claims["aud"] == ["other"]


@pytest.mark.own_server
def test_a_token_of_a_secret_or_a_node_ends_with_it(cluster_kubectl, kubectl, namespace, raw, server):
    kubectl("create", "secret", "generic", "s")
    node = f"node-of-{namespace}"
    cluster_kubectl("create", "-f", "-", input={"apiVersion": "v1", "kind": "Node", "metadata": {"name": node}})
    for kind, name in (("Secret", "s"), ("Node", node)):
        status, _, answer = bound_token(raw, namespace, {"apiVersion": "v1", "kind": kind, "name": name})
        assert status == 201, answer
        token = answer["status"]["token"]
        assert claims_of(token)["kubernetes.io"][kind.lower()]["name"] == name
        assert is_believed(server, namespace, token)
        kubectl("delete", kind.lower(), name)
        assert not is_believed(server, namespace, token)


def test_tokens_that_cannot_be_bound(kubectl, namespace, raw):
    kubectl("create", "serviceaccount", "other")
    kubectl("create", "-f", "-", input=pod(serviceAccountName="other"))
    for reference, code, words in (
        ({"apiVersion": "v1", "kind": "Pod", "name": "missing"}, 404, 'pods "missing" not found'),
        ({"apiVersion": "v1", "kind": "Pod", "name": "p"}, 400, 'cannot bind token for serviceaccount "default" to pod running with different serviceaccount name.'),
        ({"apiVersion": "v1", "kind": "ConfigMap", "name": "c"}, 400, "cannot bind token to object of type /v1, Kind=ConfigMap"),
    ):  # fmt: skip
        status, _, answer = bound_token(raw, namespace, reference)
        assert (status, answer["message"]) == (code, words)
    status, _, answer = bound_token(raw, namespace, {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "other"}, account="other")
    assert status == 409 and "the UID in the bound object reference (other) does not match the UID in record" in answer["message"]
    status, _, answer = bound_token(raw, namespace, None, expirationSeconds=60)
    assert status == 422 and "may not specify a duration less than 10 minutes" in answer["message"]
    status, _, answer = bound_token(raw, namespace, None, account="missing")
    assert status == 404


@pytest.mark.own_server
def test_audiences(kubectl, namespace, server):
    token = kubectl.out("create", "token", "default", "--audience=vault", "--audience=other")
    assert not is_believed(server, namespace, token)
    assert not review(kubectl, token).get("authenticated")
    answer = review(kubectl, token, "vault", "nobody")
    assert answer["authenticated"] and answer["audiences"] == ["vault"]
    assert not review(kubectl, token, "nobody").get("authenticated")
    own = review(kubectl, kubectl.out("create", "token", "default"))
    assert own["audiences"] == ["https://kubernetes.default.svc.cluster.local"]


# Tokens in Secrets


def token_secret(name, account):
    return {
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
        "metadata": {"name": name, "annotations": {"kubernetes.io/service-account.name": account}},
    }  # fmt: skip


@pytest.mark.own_server
def test_a_secret_gets_a_token(kubectl, namespace, server):
    kubectl("create", "serviceaccount", "robot")
    kubectl("create", "-f", "-", input=token_secret("t", "robot"))
    kubectl("wait", "secret", "t", "--for=jsonpath={.data.token}", "--timeout=60s")
    secret = kubectl.json("get", "secret", "t")
    account = kubectl.json("get", "serviceaccount", "robot")
    assert secret["metadata"]["annotations"]["kubernetes.io/service-account.uid"] == account["metadata"]["uid"]
    data = {key: base64.b64decode(value).decode() for key, value in secret["data"].items()}
    assert data["namespace"] == namespace
    assert data["ca.crt"] == kubectl.json("get", "configmap", "kube-root-ca.crt")["data"]["ca.crt"]
    claims = claims_of(data["token"])
    assert claims["iss"] == "kubernetes/serviceaccount" and "exp" not in claims
    assert claims["kubernetes.io/serviceaccount/secret.name"] == "t"
    assert review(kubectl, data["token"])["user"]["username"] == f"system:serviceaccount:{namespace}:robot"
    assert is_believed(server, namespace, data["token"])
    # A token that was taken out is made anew; the old one is worth nothing.
    kubectl("patch", "secret", "t", "--type=json", "-p", '[{"op":"replace","path":"/data/ca.crt","value":""}]')
    kubectl("wait", "secret", "t", "--for=jsonpath={.data.ca\\.crt}=" + secret["data"]["ca.crt"], "--timeout=60s")
    kubectl("delete", "secret", "t")
    assert not is_believed(server, namespace, data["token"])


@pytest.mark.own_server
def test_use_of_a_token_in_a_secret_is_noted(kubectl, cluster_kubectl, namespace, server):
    tracking = cluster_kubectl.json(
        "get", "configmap", "kube-apiserver-legacy-service-account-token-tracking", "--namespace", "kube-system"
    )
    assert len(tracking["data"]["since"]) == 10
    kubectl("create", "serviceaccount", "robot")
    made = token_secret("t", "robot")
    made["metadata"]["labels"] = {"kubernetes.io/legacy-token-last-used": "2020-01-01"}
    kubectl("create", "-f", "-", input=made)
    kubectl("wait", "secret", "t", "--for=jsonpath={.data.token}", "--timeout=60s")
    token = base64.b64decode(kubectl.json("get", "secret", "t")["data"]["token"]).decode()
    assert is_believed(server, namespace, token)
    label = "{.metadata.labels.kubernetes\\.io/legacy-token-last-used}"
    end = time.monotonic() + 60
    while kubectl.out("get", "secret", "t", "-o", f"jsonpath={label}") < tracking["data"]["since"]:
        assert time.monotonic() < end
        time.sleep(0.05)
    # What is marked invalid is not believed, and says what to do.
    kubectl("label", "secret", "t", "kubernetes.io/legacy-token-invalid-since=2026-01-01")
    assert not is_believed(server, namespace, token)
    assert review(kubectl, token)["error"] == (
        f"the token in secret {namespace}/t for service account {namespace}/robot has been marked invalid. Use tokens "
        "from the TokenRequest API or manually created secret-based tokens, or remove the "
        "'kubernetes.io/legacy-token-invalid-since' label from the secret to temporarily allow use of this token"
    )
    kubectl("label", "secret", "t", "kubernetes.io/legacy-token-invalid-since-")
    assert is_believed(server, namespace, token)


def test_a_secret_goes_with_its_account(kubectl):
    kubectl("create", "serviceaccount", "robot")
    kubectl("create", "-f", "-", input=token_secret("t", "robot"))
    kubectl("wait", "secret", "t", "--for=jsonpath={.data.token}", "--timeout=60s")
    kubectl("delete", "serviceaccount", "robot")
    kubectl("wait", "secret", "t", "--for=delete", "--timeout=60s")
    kubectl("create", "-f", "-", input=token_secret("lonely", "nobody"))
    kubectl("wait", "secret", "lonely", "--for=delete", "--timeout=60s")


def test_an_account_forgets_a_secret_that_is_gone(kubectl):
    kubectl("create", "serviceaccount", "robot")
    kubectl("create", "-f", "-", input=token_secret("t", "robot"))
    kubectl("patch", "serviceaccount", "robot", "-p", '{"secrets":[{"name":"t"},{"name":"u"}]}')
    kubectl("delete", "secret", "t")
    kubectl("wait", "serviceaccount", "robot", "--for=jsonpath={.secrets[0].name}=u", "--timeout=60s")


def test_a_token_secret_names_its_account(kubectl):
    secret = token_secret("t", "robot")
    del secret["metadata"]["annotations"]
    kubectl.fails("create", "-f", "-", input=secret, says="metadata.annotations[kubernetes.io/service-account.name]: Required value")


# Who checks tokens without the server


def test_discovery(kubectl, raw, tmp_path):
    status, headers, document = raw("GET", "/.well-known/openid-configuration")
    assert status == 200 and document["issuer"] == claims_of(kubectl.out("create", "token", "default"))["iss"]
    assert document["jwks_uri"].endswith("/openid/v1/jwks") and document["response_types_supported"] == ["id_token"]
    status, headers, keys = raw("GET", "/openid/v1/jwks")
    assert status == 200 and headers["Content-Type"] == "application/jwk-set+json"
    token = kubectl.out("create", "token", "default")
    head = token.split(".")[0]
    head = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    key = next(one for one in keys["keys"] if one["kid"] == head["kid"])
    assert key["use"] == "sig" and key["alg"] == head["alg"] in document["id_token_signing_alg_values_supported"]
