"""What this server does not do is refused in plain words."""

import pytest

pytestmark = pytest.mark.own_server


def test_streams_say_that_no_agent_is_there(kubectl):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    kubectl("create", "-f", "-", input=pod)
    assert kubectl.json("get", "pod", "p")["status"]["phase"] == "Pending"
    kubectl.fails("logs", "p")
    kubectl("delete", "pod", "p")
