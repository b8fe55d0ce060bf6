"""The store of the cluster is killed five hundred times while many write to it and one watches.

The test itself is Swift's (`Tests/KeyValueStoreTests/CrashTests.swift`), where it runs with few kills.
"""

import os
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@pytest.mark.apus
@pytest.mark.own_engine
def test_five_hundred_kills():
    done = subprocess.run(
        ["swift", "test", "--skip-build", "--filter", "KeyValueStoreTests.CrashTests"],
        cwd=ROOT,
        env=os.environ | {"APUS_STORE_CRASHES": os.environ.get("APUS_STORE_CRASHES", "500")},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "Test run with 1 test" in done.stdout + done.stderr
