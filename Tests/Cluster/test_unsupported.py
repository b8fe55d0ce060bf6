"""What this server does not do is refused in plain words, and not stored as if it were obeyed."""

import pytest

pytestmark = pytest.mark.own_server


@pytest.mark.parametrize(
    "body, words",
    [
        (
            {
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
                "metadata": {"name": "p"},
                "spec": {
                    "matchConstraints": {"resourceRules": [
                        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]},
                    "validations": [{"expression": "true"}],
                },
            },
            "this server does not evaluate admission policies",
        ),
    ],
)  # fmt: skip
def test_refused(kubectl, body, words):
    kubectl.fails("create", "--validate=false", "-f", "-", input=body, says=("forbidden", words))


def test_streams_say_that_no_agent_is_there(kubectl):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    kubectl("create", "-f", "-", input=pod)
    assert kubectl.json("get", "pod", "p")["status"]["phase"] == "Pending"
    kubectl.fails("logs", "p")
    kubectl("delete", "pod", "p")
