"""Conformance of sig-auth: service accounts, reviews, certificate requests."""

import base64
import json
import ssl
import subprocess

from interface import API, Lifecycle, eventually, pod, unique


def test_root_authority(api, namespace):
    """RootCA ConfigMap test"""
    path = f"/api/v1/namespaces/{namespace}/configmaps/kube-root-ca.crt"
    eventually(lambda: api.is_there(path), "it is made with the namespace")
    authority = api.get(path)["data"]["ca.crt"]
    assert "BEGIN CERTIFICATE" in authority
    api.delete(path)
    eventually(lambda: api.is_there(path), "it is made again")
    api.patch(path, {"data": {"ca.crt": "", "extra": "x"}})
    eventually(lambda: api.get(path)["data"] == {"ca.crt": authority}, "it is put right")


def test_life_of_a_service_account(api, namespace):
    """ServiceAccount lifecycle test"""
    place = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    label = {"test-serviceaccount-static": unique("x")}
    selector = "=".join(*label.items())
    with api.watch(place, labelSelector=selector) as watch:
        api.create(place, {"metadata": {"name": "testserviceaccount", "labels": label}})
        watch.expect("ADDED", "testserviceaccount")
        api.patch(f"{place}/testserviceaccount", {"automountServiceAccountToken": False}, "strategic")
        assert watch.expect("MODIFIED", "testserviceaccount")["automountServiceAccountToken"] is False
        found = api.get("/api/v1/serviceaccounts", labelSelector=selector)["items"]
        assert [one["automountServiceAccountToken"] for one in found] == [False]
        api.delete(place, labelSelector=selector)
        watch.expect("DELETED", "testserviceaccount")


def test_update_of_a_service_account(api, namespace):
    """ServiceAccount, update a ServiceAccount"""
    place = f"/api/v1/namespaces/{namespace}/serviceaccounts"
    made = api.create(place, {"metadata": {"name": "sa"}, "automountServiceAccountToken": False})
    made["automountServiceAccountToken"] = True
    assert api.update(f"{place}/sa", made)["automountServiceAccountToken"] is True


def test_default_service_account(api, namespace):
    """ServiceAccounts: every namespace has one, and gets it again"""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default"
    eventually(lambda: api.is_there(path))
    first = api.get(path)["metadata"]["uid"]
    api.delete(path)
    eventually(lambda: api.is_there(path) and api.get(path)["metadata"]["uid"] != first)


def claims(token):
    head, payload, _ = token.split(".")
    return [json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in (head, payload)]


def test_token_requests(api, namespace):
    """TokenRequestProjection, from the volume apart: tokens with an audience, a time, and what they are bound to"""
    place = f"/api/v1/namespaces/{namespace}"
    eventually(lambda: api.is_there(f"{place}/serviceaccounts/default"))
    secret = api.create(f"{place}/secrets", {"metadata": {"name": "bound"}})
    bound = {"kind": "Secret", "apiVersion": "v1", "name": "bound", "uid": secret["metadata"]["uid"]}

    def request(**spec):
        return {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}

    path = f"{place}/serviceaccounts/default/token"
    answer = api.create(path, request(audiences=["one", "two"], expirationSeconds=3600, boundObjectRef=bound))
    head, payload = claims(answer["status"]["token"])
    assert head["alg"] and head["kid"]
    assert payload["aud"] == ["one", "two"] and payload["sub"] == f"system:serviceaccount:{namespace}:default"
    assert payload["exp"] - payload["iat"] == 3600 and answer["status"]["expirationTimestamp"]
    inside = payload["kubernetes.io"]
    assert inside["namespace"] == namespace and inside["secret"] == {"name": "bound", "uid": secret["metadata"]["uid"]}
    assert inside["serviceaccount"]["name"] == "default" and inside["serviceaccount"]["uid"]
    api.refused(422, "POST", path, request(expirationSeconds=10), says="may not specify a duration less than 10 minutes")
    api.refused(409, "POST", path, request(boundObjectRef={**bound, "uid": "other"}), says="the UID in the bound object reference")
    api.refused(404, "POST", path, request(boundObjectRef={**bound, "name": "nothing"}))
    api.refused(404, "POST", f"{place}/serviceaccounts/nobody/token", request())


def test_issuer_discovery(api):
    """OIDC Discovery (ServiceAccountIssuerDiscovery)"""
    configuration = api.get("/.well-known/openid-configuration")
    assert configuration["issuer"] and configuration["jwks_uri"].endswith("/openid/v1/jwks")
    assert configuration["response_types_supported"] == ["id_token"] and configuration["subject_types_supported"] == ["public"]
    assert configuration["id_token_signing_alg_values_supported"]
    keys = api.get("/openid/v1/jwks", headers={"Accept": "application/jwk-set+json"})["keys"]
    assert keys and all(one["kid"] and one["use"] == "sig" for one in keys)
    answer = api.create("/api/v1/namespaces/default/serviceaccounts/default/token", {"spec": {}})
    head, payload = claims(answer["status"]["token"])
    assert payload["iss"] == configuration["issuer"] and head["kid"] in [one["kid"] for one in keys]
    assert head["alg"] in configuration["id_token_signing_alg_values_supported"]


def bearer(api, token):
    """The same server with a token instead of a certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    other = API(api.url, context)
    send = other.send
    other.send = lambda method, path, body=None, headers=None, **query: send(
        method, path, body, {**(headers or {}), "Authorization": f"Bearer {token}"}, **query
    )
    return other


def test_subject_reviews(api, namespace):
    """SubjectReview, API Operations"""
    place = f"/api/v1/namespaces/{namespace}"
    name = unique("e2e")
    api.create(f"{place}/serviceaccounts", {"metadata": {"name": name}})
    user = f"system:serviceaccount:{namespace}:{name}"
    groups = ["system:authenticated", "system:serviceaccounts", f"system:serviceaccounts:{namespace}"]
    headers = {"Impersonate-User": user, "Impersonate-Group": "system:authenticated"}
    attributes = {"verb": "list", "resource": "configmaps", "namespace": namespace, "version": "v1"}

    def reviewed(place, kind, **spec):
        body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
        if kind.startswith("Local"):
            body["metadata"] = {"namespace": namespace}
        return api.create(place, body)["status"]

    authorization = "/apis/authorization.k8s.io/v1"
    for is_allowed in (False, True):
        if is_allowed:
            rules = [{"apiGroups": [""], "resources": ["configmaps"], "verbs": ["list"]}]
            rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
            api.create(f"{rbac}/roles", {"metadata": {"name": "lists"}, "rules": rules})
            subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace}
            role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "lists"}
            api.create(f"{rbac}/rolebindings", {"metadata": {"name": "lists"}, "subjects": [subject], "roleRef": role})

        def agree():
            status = reviewed(f"{authorization}/subjectaccessreviews", "SubjectAccessReview", resourceAttributes=attributes, user=user, groups=groups)  # fmt: skip
            local = reviewed(f"{authorization}/namespaces/{namespace}/localsubjectaccessreviews", "LocalSubjectAccessReview", resourceAttributes=attributes, user=user, groups=groups)  # fmt: skip
            sent = api.send("GET", f"{place}/configmaps", headers=headers)
            return (status["allowed"], local["allowed"], sent.status) == (is_allowed, is_allowed, 200 if is_allowed else 403)

        eventually(agree, f"all say {is_allowed}")
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    status = api.send("POST", f"{authorization}/selfsubjectrulesreviews", body, headers=headers).body["status"]
    assert {"verbs": ["list"], "apiGroups": [""], "resources": ["configmaps"]} in status["resourceRules"]
    bad = {"spec": {"user": user}, "kind": "SubjectAccessReview", "apiVersion": "authorization.k8s.io/v1"}
    api.refused(422, "POST", f"{authorization}/subjectaccessreviews", bad, says="exactly one of nonResourceAttributes or resourceAttributes must be specified")


def test_who_a_token_is(api, namespace):
    """SelfSubjectReview with a token and impersonated"""
    eventually(lambda: api.is_there(f"/api/v1/namespaces/{namespace}/serviceaccounts/default"))
    token = api.create(f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token", {"spec": {}})["status"]["token"]
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    who = bearer(api, token).create(path, body)["status"]["userInfo"]
    assert who["username"] == f"system:serviceaccount:{namespace}:default" and who["uid"]
    headers = {"Impersonate-User": "bob", "Impersonate-Group": "readers", "Impersonate-Extra-Reason": "test"}
    who = api.send("POST", path, body, headers=headers).body["status"]["userInfo"]
    assert who["username"] == "bob" and set(who["groups"]) == {"readers", "system:authenticated"}
    assert who["extra"] == {"reason": ["test"]}


def request_of(name, directory):
    """A certificate request in PEM, as base64."""
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{directory}/key", "-out", f"{directory}/request", "-subj", f"/CN={name}"],
        check=True, capture_output=True,
    )  # fmt: skip
    with open(f"{directory}/request", "rb") as file:
        return base64.b64encode(file.read()).decode()
