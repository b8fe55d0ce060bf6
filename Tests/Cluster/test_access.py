"""Who may do what: certificates, tokens, RBAC, impersonation, reviews."""

import json
import ssl
import urllib.error
import urllib.request

import pytest


def test_whoami(cluster_kubectl):
    out = cluster_kubectl.out("auth", "whoami", "-o", "json")
    assert "system:authenticated" in json.loads(out)["status"]["userInfo"]["groups"]


def test_a_stranger_may_nothing(kubectl):
    words = kubectl.fails("get", "pods", "--as=bob")
    assert 'pods is forbidden: User "bob" cannot list resource "pods" in API group "" in the namespace' in words
    assert kubectl("auth", "can-i", "list", "pods", "--as=bob", check=False).stdout.strip() == "no"


def test_a_role_in_a_namespace(kubectl, cluster_kubectl, namespace):
    kubectl("create", "role", "reader", "--verb=get,list", "--resource=configmaps")
    kubectl("create", "rolebinding", "bob-reads", "--role=reader", "--user=bob")
    kubectl("get", "configmaps", "--as=bob")
    kubectl.fails("get", "secrets", "--as=bob", says="forbidden")
    cluster_kubectl.fails("get", "configmaps", "--namespace", "default", "--as=bob", says="forbidden")
    kubectl("delete", "rolebinding", "bob-reads")
    kubectl.fails("get", "configmaps", "--as=bob", says="forbidden")


def test_aggregated_roles(kubectl):
    kubectl("create", "rolebinding", "sees", "--clusterrole=view", "--group=watchers")
    assert kubectl("auth", "can-i", "list", "deployments", "--as=eve", "--as-group=watchers").stdout.strip() == "yes"
    assert kubectl("auth", "can-i", "get", "secrets", "--as=eve", "--as-group=watchers", check=False).stdout.strip() == "no"


@pytest.mark.parametrize("controller, may, may_not", [
    ("replicaset-controller", "create pods", "create secrets"),
    ("generic-garbage-collector", "delete widgets.example.com", "create pods"),
    ("service-account-controller", "create serviceaccounts", "delete serviceaccounts"),
    ("horizontal-pod-autoscaler", "update deployments.apps --subresource=scale", "update deployments.apps"),
])  # fmt: skip
def test_accounts_of_controllers(kubectl, controller, may, may_not):
    """Controllers that come from outside have roles waiting for their accounts."""
    name = f"system:controller:{controller}"
    (subject,) = kubectl.json("get", "clusterrolebinding", name)["subjects"]
    assert subject == {"kind": "ServiceAccount", "name": controller, "namespace": "kube-system"}
    for action, answer in ((may, "yes"), (may_not, "no")):
        done = kubectl(
            "auth", "can-i", *action.split(), f"--as=system:serviceaccount:kube-system:{controller}",
            "--as-group=system:serviceaccounts", check=False,
        )  # fmt: skip
        assert done.stdout.strip() == answer, (action, done)


def test_nobody_grants_what_they_do_not_have(kubectl):
    kubectl("create", "role", "maker", "--verb=create,get,list,update,patch,delete", "--resource=roles.rbac.authorization.k8s.io,rolebindings.rbac.authorization.k8s.io")
    kubectl("create", "role", "looks", "--verb=get,list", "--resource=configmaps")
    for role in ("maker", "looks"):
        kubectl("create", "rolebinding", f"eve-{role}", f"--role={role}", "--user=eve")
    words = "is attempting to grant RBAC permissions not currently held"
    kubectl("create", "role", "same", "--verb=get", "--resource=configmaps", "--as=eve")
    kubectl.fails("create", "role", "more", "--verb=get", "--resource=secrets", "--as=eve", says=words)
    kubectl.fails("create", "rolebinding", "all", "--clusterrole=admin", "--user=eve", "--as=eve", says=words)
    kubectl("create", "rolebinding", "fine", "--role=looks", "--user=bob", "--as=eve")
    refused = kubectl("create", "role", "more", "--verb=get,list", "--resource=secrets,pods", "--as=eve", check=False)
    assert words + """:
{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}
{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}
""" in refused.stderr
    # A label too is put on what grants nothing that one does not have.
    kubectl("label", "rolebinding", "eve-looks", "a=b", "--as=eve")
    kubectl("create", "rolebinding", "theirs", "--clusterrole=admin", "--user=bob")
    kubectl.fails("label", "rolebinding", "theirs", "a=b", "--as=eve", says=words)


@pytest.mark.own_server
def test_gatherers_of_roles_hold_everything(kubectl):
    kubectl("create", "clusterrole", "maker", "--verb=create,get,update,patch", "--resource=clusterroles.rbac.authorization.k8s.io")
    kubectl("create", "clusterrolebinding", "maker", "--clusterrole=maker", "--user=eve")
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "gathers"},
        "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": {"a": "b"}}]},
    }
    words = "must have cluster-admin privileges to use the aggregationRule"
    kubectl.fails("create", "-f", "-", "--as=eve", input=json.dumps(role), says=words)
    kubectl("create", "-f", "-", input=json.dumps(role))
    patch = ("patch", "clusterrole", "gathers", "--type=merge", "-p", '{"aggregationRule":null}')
    kubectl.fails(*patch, "--as=eve", says=words)
    kubectl(*patch)


@pytest.mark.own_server
def test_policies_learn_nothing_for_who_may_not_read(kubectl):
    kubectl(
        "create", "clusterrole", "polices", "--verb=create,get,update,patch",
        "--resource=validatingadmissionpolicies.admissionregistration.k8s.io,validatingadmissionpolicybindings.admissionregistration.k8s.io",
    )
    kubectl("create", "clusterrolebinding", "polices", "--clusterrole=polices", "--user=eve")
    head = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": "p.example.com"}}
    rules = {"resourceRules": [{"apiGroups": [""], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["podtemplates"]}]}
    policy = json.dumps(
        head
        | {
            "kind": "ValidatingAdmissionPolicy",
            "spec": {
                "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
                "matchConstraints": rules,
                "validations": [{"expression": "true"}],
            },
        }
    )
    binding = json.dumps(
        head
        | {
            "kind": "ValidatingAdmissionPolicyBinding",
            "spec": {
                "policyName": "p.example.com",
                "paramRef": {"name": "c", "namespace": "default", "parameterNotFoundAction": "Deny"},
                "validationActions": ["Audit"],
            },
        }
    )
    user = "user &{eve  [system:authenticated] map[]}"
    kubectl.fails(
        "create", "-f", "-", "--as=eve", input=policy,
        says=f'spec.paramKind: Forbidden: {user} must have "get" permission on all objects of the referenced paramKind (kind=ConfigMap, apiVersion=v1)',
    )
    kubectl("create", "-f", "-", input=policy)
    kubectl("label", "validatingadmissionpolicy", "p.example.com", "a=b", "--as=eve")
    words = f'spec.paramRef: Forbidden: {user} does not have "get" permission on the object referenced by paramRef'
    kubectl.fails("create", "-f", "-", "--as=eve", input=binding, says=words)
    kubectl("create", "role", "reads", "--verb=get", "--resource=configmaps", "--resource-name=c", "-n", "default")
    kubectl("create", "rolebinding", "reads", "--role=reads", "--user=eve", "-n", "default")
    kubectl("create", "-f", "-", "--as=eve", input=binding)
    kubectl("delete", "validatingadmissionpolicybinding,validatingadmissionpolicy", "p.example.com")


@pytest.mark.own_server
def test_impersonation_must_be_allowed(kubectl, namespace, server):
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    token = kubectl.out("create", "token", "default")
    status, body = request(f"{server.url}/api/v1/namespaces/{namespace}/pods", token, {"Impersonate-User": "bob"})
    assert status == 403 and body["message"] == (
        f'pods is forbidden: User "system:serviceaccount:{namespace}:default" cannot impersonate-on:user-info:list resource '
        f'"pods" in API group "" in the namespace "{namespace}"'
    )


@pytest.mark.own_server
def test_impersonation_for_one_purpose(kubectl, cluster_kubectl, namespace, server):
    kubectl("create", "serviceaccount", "robot")
    token = kubectl.out("create", "token", "robot")
    user = f"system:serviceaccount:{namespace}:robot"
    rules = [
        {"verbs": ["impersonate:user-info"], "apiGroups": ["authentication.k8s.io"], "resources": ["users"], "resourceNames": ["bob"]}
    ]
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": namespace}, "rules": rules}
    cluster_kubectl("create", "-f", "-", input=role)
    try:
        cluster_kubectl("create", "clusterrolebinding", namespace, f"--clusterrole={namespace}", f"--serviceaccount={namespace}:robot")
        kubectl("create", "role", "purpose", "--verb=impersonate-on:user-info:list", "--resource=pods")
        kubectl("create", "rolebinding", "purpose", "--role=purpose", f"--serviceaccount={namespace}:robot")
        kubectl("create", "role", "looks", "--verb=list", "--resource=pods,configmaps")
        kubectl("create", "rolebinding", "looks", "--role=looks", "--user=bob")

        def ask(resource, who="bob"):
            return request(f"{server.url}/api/v1/namespaces/{namespace}/{resource}", token, {"Impersonate-User": who})

        assert ask("pods")[0] == 200
        status, body = ask("configmaps")
        assert status == 403 and f'User "{user}" cannot impersonate-on:user-info:list resource "configmaps"' in body["message"]
        assert ask("pods", "eve")[0] == 403
    finally:
        cluster_kubectl("delete", "clusterrole,clusterrolebinding", namespace, "--ignore-not-found")


def request(url, token=None, more=None):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **(more or {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), context=context, timeout=60) as answer:
            return answer.status, json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


@pytest.mark.own_server
def test_anonymous(server):
    status, body = request(server.url + "/api/v1/pods")
    assert status == 403 and "system:anonymous" in body["message"]
    assert request(server.url + "/version")[0] == 200


@pytest.mark.own_server
def test_service_account_tokens(kubectl, namespace, server):
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    token = kubectl.out("create", "token", "default")
    status, body = request(f"{server.url}/api/v1/namespaces/{namespace}/pods", token)
    assert status == 403 and f"system:serviceaccount:{namespace}:default" in body["message"]
    kubectl("create", "rolebinding", "own", "--clusterrole=view", f"--serviceaccount={namespace}:default")
    assert request(f"{server.url}/api/v1/namespaces/{namespace}/pods", token)[0] == 200
    head, payload, signature = token.split(".")
    forged = ".".join((head, payload, signature[:-4] + ("AAAA" if signature[-4:] != "AAAA" else "BBBB")))
    assert request(f"{server.url}/api/v1/namespaces/{namespace}/pods", forged)[0] == 401
    assert request(server.url + "/api/v1/pods", "nonsense")[0] == 401
    kubectl("delete", "serviceaccount", "default")
    assert request(f"{server.url}/api/v1/namespaces/{namespace}/pods", token)[0] == 401


def test_short_lived_tokens_are_refused(kubectl):
    kubectl.fails("create", "token", "default", "--duration=1m", says="may not specify a duration less than 10 minutes")


def test_every_namespace_has_an_account_and_the_authority(kubectl):
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    kubectl("wait", "--for=create", "configmap/kube-root-ca.crt", "--timeout=60s")
    assert "BEGIN CERTIFICATE" in kubectl.json("get", "configmap", "kube-root-ca.crt")["data"]["ca.crt"]


def test_token_review(kubectl, namespace):
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    token = kubectl.out("create", "token", "default")
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    answer = kubectl.json("create", "--validate=false", "-f", "-", input=review)
    assert answer["status"]["authenticated"] is True
    assert answer["status"]["user"]["username"] == f"system:serviceaccount:{namespace}:default"
    review["spec"]["token"] = token[:-4] + "AAAA"
    answer = kubectl.json("create", "--validate=false", "-f", "-", input=review)
    assert not answer["status"].get("authenticated")
