"""Reviews of access: what one may do oneself, and what others may."""

import pytest

GROUP = "/apis/authorization.k8s.io/v1"


def ask(raw, kind, spec, namespace=None, user=None):
    path = f"{GROUP}/namespaces/{namespace}/{kind.lower()}s" if namespace else f"{GROUP}/{kind.lower()}s"
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "spec": spec}
    return raw("POST", path, body, headers={"Impersonate-User": user} if user else {})


def test_others(raw, kubectl, namespace):
    kubectl("create", "role", "reader", "--verb=get", "--resource=configmaps", "--resource-name=one")
    kubectl("create", "rolebinding", "bob", "--role=reader", "--user=bob")
    attributes = {"verb": "get", "resource": "configmaps", "namespace": namespace, "name": "one"}
    status, _, body = ask(raw, "SubjectAccessReview", {"user": "bob", "resourceAttributes": attributes})
    assert status == 201 and body["status"]["allowed"] is True
    assert body["status"]["reason"] == f'RBAC: allowed by RoleBinding "bob/{namespace}" of Role "reader" to User "bob"'
    status, _, body = ask(raw, "LocalSubjectAccessReview", {"user": "bob", "resourceAttributes": {**attributes, "name": "two"}}, namespace)
    assert status == 201 and body["status"]["allowed"] is False
    status, _, body = ask(raw, "SubjectAccessReview", {"groups": ["system:authenticated"], "nonResourceAttributes": {"verb": "get", "path": "/version"}})
    assert body["status"]["allowed"] is True


@pytest.mark.parametrize(
    "kind, spec, words",
    [
        ("SubjectAccessReview", {"user": "bob"}, "spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified"),
        ("SubjectAccessReview", {"resourceAttributes": {"verb": "get"}}, 'spec.user: Invalid value: "": at least one of user or group must be specified'),
        ("SelfSubjectAccessReview", {"resourceAttributes": {"verb": "get"}, "nonResourceAttributes": {"verb": "get"}}, "cannot be specified in combination with resourceAttributes"),
        ("SelfSubjectAccessReview", {"resourceAttributes": {"verb": "list", "fieldSelector": {}}}, "spec.resourceAttributes.fieldSelector.requirements: Required value"),
        (
            "SelfSubjectAccessReview",
            {"resourceAttributes": {"verb": "list", "labelSelector": {"rawSelector": "a=b", "requirements": [{"key": "a", "operator": "Exists"}]}}},
            "spec.resourceAttributes.labelSelector.rawSelector: Invalid value",
        ),
        (
            "SelfSubjectAccessReview",
            {"resourceAttributes": {"verb": "list", "labelSelector": {"requirements": [{"key": "a", "operator": "In"}]}}},
            "spec.resourceAttributes.labelSelector.requirements[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
        ),
    ],
)
def test_questions_that_are_none(raw, kind, spec, words):
    status, _, body = ask(raw, kind, spec)
    assert status == 422 and words in body["message"], body["message"]


def test_a_local_question_is_about_its_namespace(raw, namespace):
    spec = {"user": "bob", "resourceAttributes": {"verb": "get", "resource": "pods", "namespace": "other"}}
    status, _, body = ask(raw, "LocalSubjectAccessReview", spec, namespace)
    assert status == 422 and "must match metadata.namespace" in body["message"]


def test_selectors_count(raw):
    attributes = {"verb": "list", "resource": "pods"}
    who = {"user": "system:node:n", "groups": ["system:nodes"]}

    def allowed(**more):
        return ask(raw, "SubjectAccessReview", {**who, "resourceAttributes": {**attributes, **more}})[2]["status"]

    assert allowed()["allowed"] is False
    assert allowed()["reason"] == "can only list/watch pods with spec.nodeName field selector"
    assert allowed(fieldSelector={"rawSelector": "spec.nodeName=n"})["allowed"] is True
    assert allowed(fieldSelector={"rawSelector": "spec.nodeName=m"})["allowed"] is False
    requirement = {"key": "spec.nodeName", "operator": "In", "values": ["n"]}
    assert allowed(fieldSelector={"requirements": [requirement]})["allowed"] is True
    assert allowed(fieldSelector={"requirements": [{**requirement, "operator": "NotIn"}]})["allowed"] is False


def test_rules_of_ones_own(raw, kubectl, namespace):
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps,pods/log")
    kubectl("create", "rolebinding", "eve", "--role=reader", "--user=eve")
    status, _, body = ask(raw, "SelfSubjectRulesReview", {"namespace": namespace}, user="eve")
    assert status == 201 and body["status"]["incomplete"] is False
    rules = body["status"]["resourceRules"]
    assert {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["configmaps", "pods/log"]} in rules
    assert {"verbs": ["create"], "apiGroups": ["authorization.k8s.io"], "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"]} in rules
    assert any("/version" in rule["nonResourceURLs"] for rule in body["status"]["nonResourceRules"])
    out = kubectl("auth", "can-i", "--list", "--as=eve").stdout
    assert "configmaps" in out and "[get list]" in out
    status, _, body = ask(raw, "SelfSubjectRulesReview", {})
    assert status == 400 and body["message"] == "no namespace on request"
    headers = {"Impersonate-User": "system:node:n", "Impersonate-Group": "system:nodes"}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": namespace}}
    status = raw("POST", GROUP + "/selfsubjectrulesreviews", review, headers=headers)[2]["status"]
    assert status["incomplete"] is True and status["evaluationError"] == "node authorizer does not support user rule resolution"


def test_who_one_is(raw):
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    headers = {"Impersonate-User": "eve", "Impersonate-Group": "curious", "Impersonate-Extra-Scope": "a"}
    status, _, body = raw("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review, headers=headers)
    assert status == 201
    assert body["status"]["userInfo"] == {"username": "eve", "groups": ["curious", "system:authenticated"], "extra": {"scope": ["a"]}}


@pytest.mark.parametrize("kind", ["SubjectAccessReview", "SelfSubjectAccessReview"])
def test_a_review_has_no_name(raw, kind):
    spec = {"resourceAttributes": {"verb": "get", "resource": "pods"}}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    if kind == "SubjectAccessReview":
        spec["user"] = "bob"
    status, _, answer = raw("POST", f"{GROUP}/{kind.lower()}s", body)
    assert status == 422 and "metadata: Invalid value" in answer["message"] and "must be empty" in answer["message"]
    body["metadata"] = {"creationTimestamp": None}
    assert raw("POST", f"{GROUP}/{kind.lower()}s", body)[0] == 201


def test_answers_say_who_has_set_what(raw):
    spec = {"resourceAttributes": {"verb": "get", "resource": "pods"}}
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    status, _, review = raw("POST", f"{GROUP}/selfsubjectaccessreviews", body, query=[("fieldManager", "me")])
    assert status == 201
    (mine,) = review["metadata"]["managedFields"]
    assert (mine["manager"], mine["operation"], mine["apiVersion"]) == ("me", "Update", "authorization.k8s.io/v1")
    assert mine["fieldsV1"]["f:spec"]["f:resourceAttributes"] == {".": {}, "f:resource": {}, "f:verb": {}}
    assert "uid" not in review["metadata"] and "resourceVersion" not in review["metadata"]
