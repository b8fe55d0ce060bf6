"""What this server does not do is refused in plain words, and not stored as if it were obeyed."""

import pytest

pytestmark = pytest.mark.own_server


@pytest.mark.parametrize(
    "body, words",
    [
        (
            {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"pods": "1"}}},
            "this server does not enforce quotas",
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
