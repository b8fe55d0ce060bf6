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


@pytest.mark.parametrize("endpoint", ["healthz", "livez", "readyz"])
def test_necessary_checks(raw, endpoint):
    """Health handlers should contain necessary checks"""
    lines = set(raw("GET", f"/{endpoint}", query=[("verbose", "1")], parse=text)[2].splitlines())
    hooks = (
        "start-apiserver-admission-initializer generic-apiserver-start-informers start-apiextensions-informers "
        "start-apiextensions-controllers crd-informer-synced bootstrap-controller start-system-namespaces-controller "
        "scheduling/bootstrap-system-priority-classes start-cluster-authentication-info-controller "
        "start-kube-aggregator-informers apiservice-registration-controller apiservice-status-local-available-controller "
        "apiservice-status-remote-available-controller kube-apiserver-autoregistration apiservice-openapi-controller "
        "start-service-ip-repair-controllers storage-readiness apiservice-wait-for-first-sync"
    )  # fmt: skip
    names = ["ping", "log", "etcd", "autoregister-completion", *(f"poststarthook/{hook}" for hook in hooks.split())]
    assert {f"[+]{name} ok" for name in names} <= lines


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
    # What is counted may be counted after its answer.
    after = eventually(lambda: (now := metrics(raw)) and count(now) > count(before) and now, "it is counted")
    assert count(after) == count(before) + 1
    assert after[f'apiserver_request_duration_seconds_bucket{{{labels},le="+Inf"}}'] == after[f"apiserver_request_duration_seconds_count{{{labels}}}"]
    plain = labels.replace('dry_run="",', "")
    assert after[f'apiserver_request_sli_duration_seconds_count{{{plain}}}'] >= 1
    assert after['etcd_requests_total{group="",operation="create",resource="configmaps"}'] >= 1
    assert after['etcd_request_duration_seconds_count{group="",operation="create",resource="configmaps"}'] >= 1
    for kind, type in (("step", "admit"), ("controller", "validate")):
        name = 'name="LimitRanger",' if kind == "controller" else ""
        assert after[f'apiserver_admission_{kind}_admission_duration_seconds_count{{{name}operation="CREATE",rejected="false",type="{type}"}}'] >= 1
    assert after['apiserver_flowcontrol_dispatched_requests_total{flow_schema="exempt",priority_level="exempt"}'] >= 1
    assert after['authentication_attempts{result="success"}'] > before['authentication_attempts{result="success"}']
    assert after['authorization_attempts_total{result="allowed"}'] > before['authorization_attempts_total{result="allowed"}']
    assert after['apiserver_storage_objects{resource="namespaces"}'] >= 5
    assert after['apiserver_storage_objects{resource="clusterroles.rbac.authorization.k8s.io"}'] > 20
    assert any(name.startswith("kubernetes_build_info{build_date=") and 'git_version="v1.' in name and value == 1 for name, value in after.items())
    assert after['apiserver_current_inflight_requests{request_kind="readOnly"}'] >= 0
    assert after['apiserver_flowcontrol_nominal_limit_seats{priority_level="workload-low"}'] == 245
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds"):
        assert after[name] > 0
    # What nobody serves takes no place.
    raw("GET", "/apis/made.up/v1/things")
    assert not [name for name in metrics(raw) if "made.up" in name]


@pytest.mark.own_server
def test_indicators_of_health(raw):
    """What was asked of the server's health is counted, check by check."""
    for _ in range(2):
        assert raw("GET", "/readyz", parse=text)[0] == 200
    status, headers, body = raw("GET", "/metrics/slis", parse=text)
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    lines = body.splitlines()
    assert 'kubernetes_healthcheck{name="etcd",type="readyz"} 1' in lines
    counts = [line for line in lines if line.startswith('kubernetes_healthchecks_total{name="etcd",status="success",type="readyz"}')]
    assert len(counts) == 1 and int(counts[0].split()[-1]) >= 2


@pytest.mark.own_server
def test_watches_are_counted(raw, server, namespace):
    labels = 'component="apiserver",group="",resource="secrets",scope="namespace",subresource="",verb="WATCH",version="v1"'
    name = f"apiserver_longrunning_requests{{{labels}}}"
    before = metrics(raw).get(name, 0)
    assert raw("GET", f"/api/v1/namespaces/{namespace}/secrets", query=[("watch", "1"), ("timeoutSeconds", "1")], parse=text)[0] == 200
    # It has ended: what was counted is counted no more, and the series stays.
    eventually(lambda: metrics(raw)[name] <= before)


@pytest.mark.own_server
def test_pages_for_people(raw, server):
    """What the server is, and how it was started: as text, or as an object of a version."""
    status, headers, page = raw("GET", "/statusz", headers={"Accept": "text/plain"}, parse=text)
    assert status == 200 and headers["Content-Type"].startswith("text/plain") and page.startswith("\napiserver statusz\nWarning: ")
    assert re.search(r"\nUp: \d+ hr \d\d min \d\d sec\n", page) and "/healthz" in page.split("Paths: ")[1]
    wanted = "application/json;v=v1beta1;g=config.k8s.io;as={}"
    status, headers, body = raw("GET", "/statusz", headers={"Accept": wanted.format("Statusz")})
    assert status == 200 and (body["kind"], body["apiVersion"], body["metadata"]) == ("Statusz", "config.k8s.io/v1beta1", {"name": "apiserver"})
    assert body["uptimeSeconds"] >= 0 and body["binaryVersion"].startswith("1.") and "/readyz" in body["paths"] and "/apis" not in body["paths"]
    status, headers, body = raw("GET", "/flagz", headers={"Accept": wanted.format("Flagz")})
    assert status == 200 and body["flags"]["api-listen"].endswith(f":{server.port}"), body
    assert "api-listen=" in raw("GET", "/flagz", headers={"Accept": "*/*"}, parse=text)[2]
    status, headers, body = raw("GET", "/flagz", headers={"Accept": wanted.format("Flagz").replace("v1beta1", "v1alpha1")})
    assert status == 200 and "deprecated" in headers["Warning"] and body["apiVersion"] == "config.k8s.io/v1alpha1"
    assert raw("GET", "/statusz", headers={"Accept": "application/json"})[0] == 406
    monitor = {"Impersonate-User": "m", "Impersonate-Group": "system:monitoring"}
    assert raw("GET", "/statusz", headers={**monitor, "Accept": "text/plain"}, parse=text)[0] == 200


def test_index(raw):
    status, _, body = raw("GET", "/")
    assert status == 200
    paths = body["paths"]
    assert paths == sorted(paths) and len(paths) == len(set(paths))
    wanted = {
        "/.well-known/openid-configuration", "/api", "/api/v1", "/apis", "/apis/", "/apis/apps", "/apis/apps/v1", "/healthz", "/healthz/etcd",
        "/healthz/ping", "/livez", "/livez/poststarthook/rbac/bootstrap-roles", "/metrics", "/metrics/slis", "/openapi/v2", "/openapi/v3",
        "/openid/v1/jwks", "/readyz", "/readyz/informer-sync", "/readyz/shutdown", "/version",
    }  # fmt: skip
    assert wanted <= set(paths), wanted - set(paths)
    for path in wanted - {"/apis/"}:
        assert raw("GET", path, parse=text)[0] == 200, path
    assert raw("GET", "/index.html")[2] == body


@pytest.mark.own_server
def test_levels_are_dumped(raw):
    status, _, body = raw("GET", "/debug/api_priority_and_fairness/dump_priority_levels", parse=text)
    assert status == 200
    rows = [[cell.strip() for cell in line.split(",")] for line in body.splitlines()]
    assert rows[0][:2] == ["PriorityLevelName", "ActiveQueues"] and {row[0] for row in rows} >= {"exempt", "catch-all", "workload-low"}


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


def test_components(cluster_kubectl, raw):
    """Kubectl get componentstatuses: the components of the control plane are there while they are deprecated"""
    path = "/api/v1/componentstatuses"
    status, headers, found = raw("GET", path)
    assert status == 200 and found["kind"] == "ComponentStatusList" and found["metadata"] == {}
    assert headers["Warning"] == '299 - "v1 ComponentStatus is deprecated in v1.19+"'
    statuses = {item["metadata"]["name"]: item["conditions"] for item in found["items"]}
    assert {"controller-manager", "etcd-0"} <= set(statuses)
    assert all([condition["type"] for condition in conditions] == ["Healthy"] for conditions in statuses.values())
    healthy = {"type": "Healthy", "status": "True", "message": "ok"}
    assert statuses["etcd-0"] == [healthy]
    one = {"kind": "ComponentStatus", "apiVersion": "v1", "metadata": {"name": "etcd-0"}, "conditions": [healthy]}
    assert raw("GET", f"{path}/etcd-0")[2] == one
    (item,) = raw("GET", path, query=[("fieldSelector", "metadata.name=etcd-0")])[2]["items"]
    assert item["metadata"]["name"] == "etcd-0"
    assert raw("GET", path, query=[("labelSelector", "a=b")])[2]["items"] == []
    status, _, body = raw("GET", f"{path}/nothing")
    assert status == 404 and body["message"] == 'componentstatus "nothing" not found'
    rows = {line.split()[0]: line.split()[1:] for line in cluster_kubectl.out("get", "cs").splitlines()}
    assert rows["etcd-0"] == ["Healthy", "ok"]


def test_the_order_of_checks(raw):
    """As kube-apiserver tells them, which begins what other servers need late."""
    lines = raw("GET", "/livez", query=[("verbose", "1")], parse=text)[2].splitlines()
    hooks = (
        "start-apiserver-admission-initializer priority-and-fairness-filter crd-informer-synced start-system-namespaces-controller "
        "start-kube-apiserver-identity-lease-controller storage-readiness rbac/bootstrap-roles bootstrap-controller "
        "start-kube-aggregator-informers apiservice-status-local-available-controller apiservice-registration-controller "
        "kube-apiserver-autoregistration"
    )
    names = ["ping", "log", "etcd", *(f"poststarthook/{hook}" for hook in hooks.split()), "autoregister-completion"]
    places = [lines.index(f"[+]{name} ok") for name in names]
    assert places == sorted(places)
