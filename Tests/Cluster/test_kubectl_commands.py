"""Every command of `kubectl` that does more than one verb on one object."""

import base64
import json
import subprocess
import urllib.request

import pytest
from interface import eventually, template, unique

CREATED = {
    "clusterrole": (["clusterrole", "NAME", "--verb=get,list", "--resource=pods,deployments.apps/scale"], "clusterrole"),
    "clusterrole of paths": (["clusterrole", "NAME", "--verb=get", "--non-resource-url=/healthz"], "clusterrole"),
    "aggregated clusterrole": (["clusterrole", "NAME", "--aggregation-rule=a/b=c"], "clusterrole"),
    "clusterrolebinding": (["clusterrolebinding", "NAME", "--clusterrole=view", "--user=a", "--group=b", "--serviceaccount=default:c"], "clusterrolebinding"),
    "configmap": (["configmap", "NAME", "--from-literal=a=b"], "configmap"),
    "hashed configmap": (["configmap", "NAME", "--from-literal=a=b", "--append-hash"], None),
    "cronjob": (["cronjob", "NAME", "--image=i", "--schedule=*/1 * * * *", "--", "date"], "cronjob"),
    "deployment": (["deployment", "NAME", "--image=i", "--replicas=0", "--port=80"], "deployment"),
    "ingress": (["ingress", "NAME", "--rule=a.example/x*=web:80,tls=secret", "--class=c", "--default-backend=web:http", "--annotation=a=b"], "ingress"),
    "job": (["job", "NAME", "--image=i", "--", "date"], "job"),
    "namespace": (["namespace", "NAME"], "namespace"),
    "poddisruptionbudget": (["poddisruptionbudget", "NAME", "--selector=a=b", "--min-available=50%"], "poddisruptionbudget"),
    "pdb by what may fail": (["pdb", "NAME", "--selector=a=b", "--max-unavailable=1"], "poddisruptionbudget"),
    "priorityclass": (["priorityclass", "NAME", "--value=1000", "--description=d", "--preemption-policy=Never"], "priorityclass"),
    "role": (["role", "NAME", "--verb=*", "--resource=pods", "--resource-name=a"], "role"),
    "rolebinding": (["rolebinding", "NAME", "--role=r", "--user=a"], "rolebinding"),
    "generic secret": (["secret", "generic", "NAME", "--from-literal=a=b", "--type=example.com/x"], "secret"),
    "registry secret": (["secret", "docker-registry", "NAME", "--docker-username=a", "--docker-password=b", "--docker-server=c"], "secret"),
    "clusterip service": (["service", "clusterip", "NAME", "--tcp=80:8080"], "service"),
    "headless service": (["service", "clusterip", "NAME", "--clusterip=None"], "service"),
    "externalname service": (["service", "externalname", "NAME", "--external-name=a.example"], "service"),
    "nodeport service": (["service", "nodeport", "NAME", "--tcp=80"], "service"),
    "loadbalancer service": (["service", "loadbalancer", "NAME", "--tcp=80,443"], "service"),
    "serviceaccount": (["serviceaccount", "NAME"], "serviceaccount"),
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(CREATED))
def test_create(kubectl, what):
    arguments, kind = CREATED[what]
    name = unique("c")
    arguments = [name if one == "NAME" else one for one in arguments]
    assert "(server dry run)" in kubectl.out("create", *_with(arguments, "--dry-run=server"))
    assert kubectl.out("create", *arguments).endswith(" created")
    if kind:
        kubectl.fails("create", *arguments, says="already exists")
        assert kubectl.json("get", kind, name)["metadata"]["name"] == name
        kubectl("delete", kind, name, "--wait=false")


def _with(arguments, flag):
    """A flag before what follows two dashes."""
    place = arguments.index("--") if "--" in arguments else len(arguments)
    return [*arguments[:place], flag, *arguments[place:]]


def test_create_of_files(kubectl, tmp_path):
    (tmp_path / "one.txt").write_text("1")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    (tmp_path / "x.env").write_text("A=b\n# comment\nC=d\n")
    kubectl("create", "configmap", "files", f"--from-file={tmp_path}/one.txt", f"--from-file=key={tmp_path}/binary")
    made = kubectl.json("get", "configmap", "files")
    assert made["data"] == {"one.txt": "1"} and list(made["binaryData"]) == ["key"]
    kubectl("create", "configmap", "env", f"--from-env-file={tmp_path}/x.env")
    assert kubectl.json("get", "configmap", "env")["data"] == {"A": "b", "C": "d"}
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(tmp_path / "k"), "-out", str(tmp_path / "c"), "-subj", "/CN=x", "-days", "1"],
        check=True, capture_output=True,
    )  # fmt: skip
    kubectl("create", "secret", "tls", "pair", f"--cert={tmp_path}/c", f"--key={tmp_path}/k")
    assert kubectl.json("get", "secret", "pair")["type"] == "kubernetes.io/tls"
    assert kubectl.out("get", "secret", "pair", "-o", "jsonpath={.data.tls\\.crt}")


def test_job_from_a_cronjob(kubectl):
    kubectl("create", "cronjob", "daily", "--image=i", "--schedule=@daily", "--", "date")
    kubectl("create", "job", "now", "--from=cronjob/daily")
    job = kubectl.json("get", "job", "now")
    assert job["metadata"]["annotations"]["cronjob.kubernetes.io/instantiate"] == "manual"
    assert job["metadata"]["ownerReferences"][0]["kind"] == "CronJob"


def test_token(kubectl):
    assert len(kubectl.out("create", "token", "default", "--duration=1h", "--audience=x").split(".")) == 3
    body = kubectl.json("create", "token", "default")
    assert body["kind"] == "TokenRequest" and body["status"]["expirationTimestamp"]
    kubectl.fails("create", "token", "nobody", says='serviceaccounts "nobody" not found')


@pytest.fixture
def web(kubectl):
    kubectl("create", "deployment", "web", "--image=a", "--replicas=0")
    return "deployment/web"


def test_scale(kubectl, web):
    assert "scaled" in kubectl.out("scale", web, "--replicas=3")
    kubectl.fails("scale", web, "--current-replicas=5", "--replicas=1", says="Expected replicas to be 5, was 3")
    kubectl("scale", web, "--current-replicas=3", "--replicas=2")
    assert kubectl.json("get", web)["spec"]["replicas"] == 2
    assert kubectl.json("get", web, "--subresource=scale")["spec"]["replicas"] == 2
    heads, cells = (line.split() for line in kubectl.out("get", web, "--subresource=scale").splitlines())
    assert heads == ["NAME", "DESIRED", "AVAILABLE", "AGE"] and cells[:3] == ["web", "2", "0"]
    kubectl("patch", web, "--subresource=scale", "--type=merge", "-p", '{"spec":{"replicas":4}}')
    assert kubectl.json("get", web)["spec"]["replicas"] == 4
    kubectl("create", "deployment", "other", "--image=a", "--replicas=0")
    kubectl("scale", "deployment", "web", "other", "--replicas=1")
    assert kubectl.json("get", "deployment/other")["spec"]["replicas"] == 1


def test_autoscale(kubectl, web):
    kubectl("autoscale", web, "--min=2", "--max=5", "--cpu-percent=80")
    made = kubectl.json("get", "hpa", "web")
    assert made["apiVersion"] == "autoscaling/v2" and made["spec"]["maxReplicas"] == 5 and made["spec"]["minReplicas"] == 2
    assert made["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 80
    old = kubectl.json("get", "horizontalpodautoscalers.v1.autoscaling", "web")
    assert old["spec"].get("targetCPUUtilizationPercentage") == 80, old
    kubectl("create", "-f", "-", input={**old, "metadata": {"name": "old"}})
    assert kubectl.json("get", "hpa", "old")["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 80


def test_set(kubectl, web):
    container = "{.spec.template.spec.containers[0]%s}"

    def at(path):
        return kubectl.out("get", web, "-o", f"jsonpath={container % path}")

    kubectl("set", "image", web, "*=b:2")
    assert at(".image") == "b:2"
    kubectl.fails("set", "image", web, "nothing=b:2", says='unable to find container named "nothing"')
    kubectl("set", "env", web, "A=b", "C=d")
    kubectl("set", "env", web, "A-")
    assert json.loads(at(".env")) == [{"name": "C", "value": "d"}]
    assert "C=d" in kubectl.out("set", "env", web, "--list")
    kubectl("create", "configmap", "more", "--from-literal=key=x")
    kubectl("set", "env", web, "--from=configmap/more", "--prefix=P_")
    assert "P_KEY" in at(".env")
    kubectl("set", "resources", web, "--limits=cpu=200m,memory=128Mi", "--requests=cpu=100m")
    assert json.loads(at(".resources")) == {"limits": {"cpu": "200m", "memory": "128Mi"}, "requests": {"cpu": "100m"}}
    kubectl("set", "serviceaccount", web, "builder")
    assert kubectl.json("get", web)["spec"]["template"]["spec"]["serviceAccountName"] == "builder"
    kubectl("create", "service", "clusterip", "front", "--tcp=80")
    kubectl("set", "selector", "service/front", "a=b")
    assert kubectl.json("get", "service", "front")["spec"]["selector"] == {"a": "b"}
    kubectl("create", "rolebinding", "binds", "--clusterrole=view", "--user=a")
    kubectl("set", "subject", "rolebinding", "binds", "--user=b", "--group=c", "--serviceaccount=default:d")
    assert [one["name"] for one in kubectl.json("get", "rolebinding", "binds")["subjects"]] == ["a", "b", "c", "d"]


def replica_set(web, revision, image):
    """What a controller leaves of a revision."""
    labels = {"app": "web", "pod-template-hash": str(revision)}
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": web["metadata"]["uid"], "controller": True}
    made = template(labels)
    made["spec"]["containers"] = [{"name": "a", "image": image}]
    return {
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": {
            "name": f"web-{revision}", "labels": labels, "ownerReferences": [owner],
            "annotations": {"deployment.kubernetes.io/revision": str(revision), "kubernetes.io/change-cause": f"cause {revision}"},
        },
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": made},
    }  # fmt: skip


def test_rollout(kubectl, web):
    whole = kubectl.json("get", web)
    kubectl("rollout", "pause", web)
    kubectl.fails("rollout", "pause", web, says="is already paused")
    kubectl("rollout", "resume", web)
    kubectl("rollout", "restart", web)
    assert kubectl.json("get", web)["spec"]["template"]["metadata"]["annotations"]["kubectl.kubernetes.io/restartedAt"]
    # Without its controller a roll-out goes no further than to be seen.
    kubectl.fails("rollout", "status", web, "--timeout=0.3s", says="timed out waiting for the condition")
    kubectl("create", "-f", "-", input=[replica_set(whole, 1, "old:1"), replica_set(whole, 2, "new:2")])
    history = kubectl.out("rollout", "history", web)
    assert "cause 1" in history and "cause 2" in history
    assert "old:1" in kubectl.out("rollout", "history", web, "--revision=1")
    kubectl("rollout", "undo", web, "--to-revision=1")
    assert kubectl.out("get", web, "-o", "jsonpath={.spec.template.spec.containers[0].image}") == "old:1"
    kubectl.fails("rollout", "undo", web, "--to-revision=9", says="unable to find specified revision 9 in history")
    daemons = {
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template({"a": "b"})},
    }  # fmt: skip
    kubectl("create", "-f", "-", input=daemons)
    kubectl("rollout", "restart", "daemonset/agent")
    kubectl("rollout", "history", "daemonset/agent", check=False)


def test_expose(kubectl, web):
    kubectl("expose", web, "--port=80", "--target-port=8080", "--name=front")
    made = kubectl.json("get", "service", "front")
    assert made["spec"]["selector"] == {"app": "web"} and made["spec"]["ports"][0]["targetPort"] == 8080
    kubectl("expose", "service", "front", "--port=8443", "--name=second", "--type=NodePort", "--session-affinity=ClientIP")
    assert kubectl.json("get", "service", "second")["spec"]["type"] == "NodePort"
    kubectl("run", "single", "--image=i", "--port=5000", "--labels=x=y")
    kubectl("expose", "pod", "single", "--protocol=UDP")
    port = kubectl.json("get", "service", "single")["spec"]["ports"][0]
    assert port["port"] == 5000 and port["protocol"] == "UDP"


def test_run(kubectl):
    out = kubectl.out("run", "one", "--image=i", "--env=A=b", "--labels=a=b", "--restart=Never", "--", "sleep", "1")
    assert out == "pod/one created"
    spec = kubectl.json("get", "pod", "one")["spec"]
    assert spec["restartPolicy"] == "Never" and spec["containers"][0]["args"] == ["sleep", "1"]
    kubectl("patch", "pod", "one", "-p", '{"spec":{"containers":[{"name":"one","image":"j"}]}}', "--dry-run=server")
    assert kubectl.json("get", "pod", "one")["spec"]["containers"][0]["image"] == "i"
    made = kubectl.json("run", "two", "--image=i", "--overrides", '{"spec":{"nodeSelector":{"a":"b"}}}', "--dry-run=client")
    assert made["spec"]["nodeSelector"] == {"a": "b"}
    assert 'pod "one" deleted' in kubectl.out("delete", "pod", "one", "--now")


def test_prune(kubectl, namespace):
    def maps(*names):
        return [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"set": "pruned"}}} for name in names]

    kubectl("apply", "-f", "-", input=maps("a", "b"))
    out = kubectl.out("apply", "--prune", "-l", "set=pruned", "--prune-allowlist=core/v1/ConfigMap", "-f", "-", input=maps("a"))
    assert "configmap/b pruned" in out
    kubectl.environment["KUBECTL_APPLYSET"] = "true"
    try:
        kubectl("apply", "--prune", "--applyset=configmap/parent", "-f", "-", input=maps("c", "d"))
        out = kubectl.out("apply", "--prune", "--applyset=configmap/parent", "-f", "-", input=maps("c"))
        assert "configmap/d pruned" in out
    finally:
        del kubectl.environment["KUBECTL_APPLYSET"]
    assert {"a", "c"} <= {one["metadata"]["name"] for one in kubectl.json("get", "configmap")["items"]}


def test_kustomize(kubectl, tmp_path):
    (tmp_path / "map.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: base\ndata:\n  a: b\n")
    (tmp_path / "kustomization.yaml").write_text("resources: [map.yaml]\nnamePrefix: pre-\nlabels:\n- pairs: {k: v}\n")
    assert "pre-base" in kubectl.out("apply", "-k", tmp_path)
    assert kubectl.json("get", "-k", tmp_path)["metadata"]["labels"] == {"k": "v"}
    kubectl("delete", "-k", tmp_path)


@pytest.fixture
def node(cluster_kubectl):
    name = unique("node")
    cluster_kubectl("create", "-f", "-", input={"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    yield name
    cluster_kubectl("delete", "node", name)


def test_nodes(kubectl, node):
    kubectl("taint", "node", node, "a=b:NoSchedule")
    kubectl.fails("taint", "node", node, "a=c:NoSchedule", says="--overwrite")
    kubectl("taint", "node", node, "a=c:NoSchedule", "x:NoExecute", "--overwrite")
    taints = {one["key"]: one for one in kubectl.json("get", "node", node)["spec"]["taints"]}
    assert taints["a"]["value"] == "c" and taints["x"]["effect"] == "NoExecute"
    kubectl("taint", "node", node, "a-")
    assert "cordoned" in kubectl.out("cordon", node)
    assert kubectl.out("get", "node", node, "-o", "jsonpath={.spec.unschedulable}") == "true"
    assert "SchedulingDisabled" in kubectl.out("get", "node", node)
    assert "already cordoned" in kubectl.out("cordon", node)
    assert "uncordoned" in kubectl.out("uncordon", node)
    assert "drained" in kubectl.out("drain", node, "--ignore-daemonsets")
    kubectl("label", "node", node, "node-role.kubernetes.io/worker=")
    assert "worker" in kubectl.out("get", "node", node)
    assert "Taints:" in kubectl.out("describe", "node", node)


def test_drain_evicts(kubectl, node):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "guest"}, "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}]}}
    kubectl("create", "-f", "-", input=pod)
    assert kubectl.out("get", "pod", "-A", "--field-selector", f"spec.nodeName={node}", "-o", "name") == "pod/guest"
    kubectl.fails("drain", node, says="cannot delete Pods that declare no controller")
    # Nobody runs it, so nobody says that it has ended: it is asked to go.
    drain = kubectl.popen("drain", node, "--force")
    try:
        eventually(lambda: kubectl.json("get", "pod", "guest")["metadata"].get("deletionTimestamp"), "the eviction")
    finally:
        drain.terminate()
        drain.communicate()
    kubectl("delete", "pod", "guest", "--grace-period=0", "--force")
    kubectl.fails("get", "pod", "guest", says="not found")


def test_who_may_what(kubectl, namespace):
    assert kubectl.out("auth", "can-i", "create", "pods") == "yes"
    assert kubectl.out("auth", "can-i", "get", "/healthz") == "yes"
    assert kubectl("auth", "can-i", "get", "pods", "--as=nobody", "-q", check=False).returncode == 1
    listed = kubectl.out("auth", "can-i", "--list")
    assert "*.*" in listed and "[*]" in listed
    assert "selfsubjectreviews.authentication.k8s.io" in kubectl.out("auth", "can-i", "--list", "--as=someone", "--as-group=system:authenticated")
    assert "system:authenticated" in kubectl.out("auth", "whoami")
    assert json.loads(kubectl.out("auth", "whoami", "-o", "json", "--as=bob"))["status"]["userInfo"]["username"] == "bob"
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "r", "namespace": namespace},
            "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}  # fmt: skip
    assert "reconciled" in kubectl.out("auth", "reconcile", "-f", "-", input=role)
    role["rules"][0]["verbs"] = ["list"]
    kubectl("auth", "reconcile", "-f", "-", input=role)
    assert kubectl.json("get", "role", "r")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}, {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
    ]  # fmt: skip
    assert kubectl("auth", "can-i", "get", "pods", "--as=nobody", "--subresource=log", check=False).stdout.strip() == "no"


def test_events(kubectl, namespace):
    kubectl("run", "p", "--image=i")
    uid = kubectl.json("get", "pod", "p")["metadata"]["uid"]
    for name, kind in (("first", "Normal"), ("second", "Warning")):
        kubectl("create", "-f", "-", input={
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": name}, "type": kind, "reason": name.title(), "message": f"said {name}",
            "involvedObject": {"apiVersion": "v1", "kind": "Pod", "name": "p", "namespace": namespace, "uid": uid}, "lastTimestamp": "2026-01-02T03:04:05Z",
        })  # fmt: skip
    out = kubectl.out("events")
    assert "said first" in out and "said second" in out
    assert "said first" not in kubectl.out("events", "--types=Warning")
    assert "said first" in kubectl.out("events", "--for=pod/p")
    assert "Second" in kubectl.out("describe", "pod", "p")
    for selector, found in (("type=Warning", "second"), ("reason=First", "first"), ("involvedObject.kind=Pod,type!=Warning", "first")):
        assert kubectl.out("get", "events", "--field-selector", selector, "-o", "name") == f"event/{found}", selector


def test_the_server(cluster_kubectl):
    kubectl = cluster_kubectl
    assert "Kubernetes control plane" in kubectl.out("cluster-info") and "is running at" in kubectl.out("cluster-info")
    dump = kubectl.out("cluster-info", "dump", "--namespaces=kube-system", "--output-directory=-")
    assert '"kind": "NodeList"' in dump and '"kind": "PodList"' in dump
    version = json.loads(kubectl.out("version", "-o", "json"))
    assert version["serverVersion"]["major"] == "1" and version["serverVersion"]["gitVersion"]
    assert {"v1", "apps/v1", "batch/v1"} <= set(kubectl.out("api-versions").split())
    wide = kubectl.out("api-resources", "-o", "wide")
    assert "VERBS" in wide and "CATEGORIES" in wide
    assert "pods" in kubectl.out("api-resources", "--namespaced=true", "--verbs=list,get", "-o", "name").split()
    assert kubectl.out("api-resources", "--api-group=apps", "--no-headers", "--sort-by=name").split()[0] == "controllerrevisions"
    assert "cm" in kubectl.out("api-resources", "--categories=", "--cached")
    assert json.loads(kubectl.out("get", "--raw", "/version"))["major"] == "1"
    kubectl.fails("get", "--raw", "/nothing", says="the server could not find the requested resource")
    kubectl.fails("get", "nothings", says='the server doesn\'t have a resource type "nothings"')
    assert "no resources" in (kubectl("get", "all", "-n", "kube-public").stderr.lower() + kubectl("get", "all", "-n", "kube-public").stdout.lower())
    kubectl("config", "view", "--minify")


def test_measures_that_nobody_takes(cluster_kubectl):
    cluster_kubectl.fails("top", "nodes", says="Metrics API not available")
    cluster_kubectl.fails("top", "pods", "-A", says="Metrics API not available")


def test_all_of_several(kubectl, web):
    kubectl("create", "configmap", "m")
    out = kubectl.out("get", "deployment,configmap", "-o", "name").splitlines()
    assert "deployment.apps/web" in out and "configmap/m" in out
    assert kubectl.out("get", web, "configmap/m", "-o", "name").splitlines() == ["deployment.apps/web", "configmap/m"]
    assert "deployment.apps/web" in kubectl.out("get", "all", "-o", "name")
    for short in ("deploy", "deployments", "deployment", "deployments.apps", "deployments.v1.apps", "Deployment"):
        assert kubectl.out("get", short, "-o", "name") == "deployment.apps/web", short
    kubectl("delete", "deployment,configmap", "--all")
    assert kubectl.out("get", "deployment", "-o", "name") == ""


FIELDS = {
    "pods": ["metadata.name", "metadata.namespace", "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
             "spec.hostNetwork", "status.phase", "status.podIP", "status.nominatedNodeName"],
    "events": ["involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion",
               "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type"],
    "secrets": ["type"], "namespaces": ["status.phase"], "replicationcontrollers": ["status.replicas"],
    "jobs": ["status.successful"], "nodes": ["spec.unschedulable"], "services": ["spec.clusterIP", "spec.type"],
    "certificatesigningrequests": ["spec.signerName"], "resourceslices": ["spec.nodeName", "spec.driver"],
}  # fmt: skip


@pytest.mark.parametrize("resource", sorted(FIELDS))
def test_fields_to_select_by(kubectl, resource):
    for field in FIELDS[resource]:
        kubectl("get", resource, "--field-selector", f"{field}!=something")
    says = {
        "jobs": 'field label "spec.nothing" not supported for Job',
        "resourceslices": "field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: spec.nothing",
    }  # fmt: skip
    kubectl.fails("get", resource, "--field-selector", "spec.nothing=x", says=says.get(resource, "field label not supported: spec.nothing"))


def test_kinds_without_fields_to_select_by(kubectl):
    says = 'is not a known field selector: only "metadata.name", "metadata.namespace"'
    for resource, field in (("replicasets", "status.replicas"), ("configmaps", "data")):
        kubectl.fails("get", resource, "--field-selector", f"{field}=x", says=f'"{field}" {says}')


def test_pods_without_a_node(kubectl):
    kubectl("run", "p", "--image=i")
    assert kubectl.out("logs", "p") == ""
    kubectl.fails("exec", "p", "--", "true", says="pod p does not have a host assigned")
    kubectl.fails("attach", "p")
    kubectl.fails("port-forward", "p", "0:80", says="pod is not running")
    kubectl("annotate", "pod", "p", "a=b")
    assert "Pending" in kubectl.out("get", "pod", "p")
    kubectl("debug", "p", "--image=busybox", "--attach=false", "--profile=general")
    assert kubectl.json("get", "pod", "p")["spec"]["ephemeralContainers"][0]["image"] == "busybox"
    kubectl("debug", "p", "--image=busybox", "--attach=false", "--copy-to=copy", "--profile=general")
    assert len(kubectl.json("get", "pod", "copy")["spec"]["containers"]) == 2


def test_proxy(kubectl, tmp_path):
    """Kubectl, proxy socket; Kubectl, proxy port zero"""
    proxy = kubectl.popen("proxy", "--port=0")
    try:
        port = proxy.stdout.readline().rsplit(":", 1)[1].strip()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/", timeout=60) as answer:
            assert json.loads(answer.read())["versions"] == ["v1"]
    finally:
        proxy.terminate()
        proxy.wait()
    path = str(tmp_path / "proxy.sock")
    proxy = kubectl.popen("proxy", f"--unix-socket={path}")
    try:
        proxy.stdout.readline()
        done = subprocess.run(["curl", "-sS", "--unix-socket", path, "http://localhost/api/"], capture_output=True, text=True, timeout=60)
        assert json.loads(done.stdout)["versions"] == ["v1"], done.stderr
    finally:
        proxy.terminate()
        proxy.wait()


def test_certificates(kubectl, cluster_kubectl, tmp_path):
    """kubectl certificate approve and deny"""
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", str(tmp_path / "k"), "-out", str(tmp_path / "r"), "-subj", "/CN=x"],
        check=True, capture_output=True,
    )  # fmt: skip
    request = base64.b64encode((tmp_path / "r").read_bytes()).decode()
    for verb, said in (("approve", "Approved"), ("deny", "Denied")):
        name = unique("csr")
        kubectl("create", "-f", "-", input={
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": name},
            "spec": {"request": request, "signerName": "example.com/tests", "usages": ["client auth"]},
        })  # fmt: skip
        assert "Pending" in kubectl.out("get", "csr", name)
        kubectl("certificate", verb, name)
        assert said in kubectl.out("get", "csr", name)
        assert said in kubectl.out("describe", "csr", name)
        kubectl("delete", "csr", name)
