"""Health, metrics, version, and what strangers may ask for."""

import os
import re

import pytest

from clusters import Server
from conftest import Kubectl
from interface import eventually
from test_flow_control import Client, _certificate


def text(answer):
    return answer.decode() if isinstance(answer, bytes) else answer


@pytest.mark.parametrize("endpoint", ["healthz", "livez", "readyz"])
def test_health(raw, endpoint):
    status, headers, body = raw("GET", f"/{endpoint}", parse=text)
    assert (status, body, headers["Content-Type"]) == (200, "ok", "text/plain; charset=utf-8")
    lines = raw("GET", f"/{endpoint}", query=[("verbose", "")], parse=text)[2].splitlines()
    assert lines[0] == "[+]ping ok" and lines[-1] == f"{endpoint} check passed"
    assert "[+]etcd ok" in lines and "[+]poststarthook/rbac/bootstrap-roles ok" in lines
    body = raw("GET", f"/{endpoint}", query=[("verbose", ""), ("exclude", "etcd"), ("exclude", "nonsense")], parse=text)[2]
    assert "[+]etcd excluded: ok\n" in body
    assert 'warn: some health checks cannot be excluded: no matches for "nonsense"\n' in body
    assert raw("GET", f"/{endpoint}/etcd", parse=text)[2] == "ok"
    assert raw("GET", f"/{endpoint}/poststarthook/rbac/bootstrap-roles", parse=text)[2] == "ok"
    assert raw("GET", f"/{endpoint}/nonsense")[0] == 404


def metrics(raw):
    status, headers, body = raw("GET", "/metrics", parse=text)
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    values = {}
    for line in body.splitlines():
        if not line.startswith("#"):
            assert re.fullmatch(r'[a-z_:]+(\{([a-z_]+="[^"]*",?)*\})? [0-9.e+-]+', line), line
            name, _, value = line.rpartition(" ")
            values[name] = float(value)
    return values


@pytest.mark.own_server
def test_metrics(raw, kubectl):
    labels = 'component="apiserver",dry_run="",group="",resource="configmaps",scope="resource",subresource="",verb="POST",version="v1"'
    def count(values):
        return values.get(f'apiserver_request_total{{code="201",{labels}}}', 0)

    before = metrics(raw)
    kubectl("create", "configmap", "counted")
    after = metrics(raw)
    assert count(after) == count(before) + 1
    assert after[f'apiserver_request_duration_seconds_bucket{{{labels},le="+Inf"}}'] == after[f"apiserver_request_duration_seconds_count{{{labels}}}"]
    assert after['apiserver_storage_objects{resource="namespaces"}'] >= 5
    assert after['apiserver_storage_objects{resource="clusterroles.rbac.authorization.k8s.io"}'] > 20
    assert any(name.startswith('kubernetes_build_info{git_version="v1.') and value == 1 for name, value in after.items())
    assert after['apiserver_current_inflight_requests{request_kind="readOnly"}'] >= 0
    assert after['apiserver_flowcontrol_nominal_limit_seats{priority_level="workload-low"}'] == 245
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds"):
        assert after[name] > 0
    # What nobody serves takes no place.
    raw("GET", "/apis/made.up/v1/things")
    assert not [name for name in metrics(raw) if "made.up" in name]


def test_version(raw):
    version = raw("GET", "/version")[2]
    assert re.fullmatch(r"v1\.\d+\.\d+.*", version["gitVersion"])
    assert version["major"] == "1" and version["gitVersion"].startswith(f"v1.{version['minor']}.")
    assert version["platform"].startswith("linux/")
    for name in ("gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler"):
        assert name in version


@pytest.mark.own_server
def test_what_strangers_may_ask_for(server):
    stranger = Client(server)
    for path in ("/healthz", "/livez", "/readyz", "/version", "/version/"):
        assert stranger("GET", path)[0] in (200, 404), path
    for path in ("/metrics", "/readyz/etcd", "/api", "/apis", "/openapi/v2", "/", "/api/v1/pods"):
        status, _, body = stranger("GET", path)
        assert status == 403 and b'User \\"system:anonymous\\" cannot' in body, path


@pytest.mark.own_server
def test_without_strangers(work):
    server = Server(os.path.join(work, "closed"), "--anonymous-auth=false").start(wait=False)
    try:
        end = Client(server, None)

        def answer():
            try:
                return os.path.exists(server.kubeconfig) and Client(server)("GET", "/readyz")
            except OSError:
                return None

        status, _, body = eventually(answer, server.log)
        assert status == 401 and b'"message":"Unauthorized"' in body
        assert end("GET", "/api/v1/pods")[0] == 401
        kubectl = Kubectl(server.kubeconfig, os.path.join(server.directory, "kubectl"))
        kubectl("get", "namespaces")
    finally:
        assert server.stop() == 0


@pytest.mark.own_server
def test_monitors(cluster_kubectl, server, raw):
    status, _, body = raw("GET", "/metrics", headers={"Impersonate-User": "m", "Impersonate-Group": "system:monitoring"}, parse=text)
    assert status == 200 and "process_open_fds" in body
    assert raw("GET", "/metrics", headers={"Impersonate-User": "m"})[0] == 403
    assert Client(server, "m", _certificate(server))("GET", "/livez/ping")[0] == 403
