"""Health checks: what they say is in the container's state."""

import pytest

pytestmark = pytest.mark.usefixtures("busybox")


@pytest.fixture
def checked(docker, name):
    """Runs a container with a check every 50 milliseconds."""

    def run(command, *options):
        docker("run", "-d", "--name", name, "--health-interval", "50ms", "--health-retries", "2", "--health-cmd", command, *options,
               "busybox", "sleep", "600")  # fmt: skip
        return lambda: docker.inspect(name)["State"]["Health"]

    return run


def test_a_check_that_goes_well(checked, until):
    health = checked("echo all is well; echo but not here >&2")
    until(lambda: health()["Status"] == "healthy")
    last = health()["Log"][-1]
    assert last["ExitCode"] == 0 and sorted(last["Output"].splitlines()) == ["all is well", "but not here"]


def test_a_check_that_fails(checked, until):
    health = checked("echo broken; exit 3")
    until(lambda: health()["Status"] == "unhealthy")
    assert health()["FailingStreak"] >= 2
    assert all((one["ExitCode"], one["Output"]) == (3, "broken\n") for one in health()["Log"])


def test_a_check_whose_output_ends_before_it(checked, until):
    """What counts is the end of the check, which comes when its output has ended already."""
    health = checked("exec >&- 2>&-; sleep 0.2; exit 4")
    until(lambda: health()["Status"] == "unhealthy")
    assert all((one["ExitCode"], one["Output"]) == (4, "") for one in health()["Log"])


def test_a_check_that_takes_too_long_is_ended(docker, checked, name, until):
    health = checked("echo begun; exec sleep 500", "--health-timeout", "200ms")
    until(lambda: health()["Status"] == "unhealthy")
    assert all(one["ExitCode"] == -1 and one["Output"].startswith("Health check exceeded timeout (200ms)") for one in health()["Log"])
    # Of those that came before it, none is left beside the one that runs now.
    assert docker.out("top", name, "-eo", "pid,args").count("sleep 500") <= 1
