"""What this server does not do is refused in plain words, and not stored as if it were obeyed."""

import pytest

pytestmark = pytest.mark.own_server


@pytest.mark.parametrize(
    "body, words",
    [
        (
            {
                "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.example.com"},
                "spec": {
                    "group": "example.com", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1,
                    "service": {"name": "s", "namespace": "default"},
                },
            },
            "this server does not pass requests on to other API servers",
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
