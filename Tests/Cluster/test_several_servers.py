"""Several servers on one etcd are one cluster: each serves what another one wrote, believes whom another one vouches for,
and gives out nothing that another one has given out; one of them runs the controllers, and each of them may die."""

import base64
import concurrent.futures
import contextlib
import json
import os
import ssl
import time

import pytest
import yaml
from clusters import Server, free_port
from conftest import Kubectl
from definitions import Definition
from etcd import PROGRAM, Etcd
from interface import API, PATCHES, eventually, unique
from quotas import config_map, service
from test_authority import make_authority
from test_certificates import CLIENT, as_user, make_request, signing_request

pytestmark = [
    pytest.mark.own_server, pytest.mark.skipif(not os.path.exists(PROGRAM), reason="etcd is missing: install etcd-server"),
]  # fmt: skip

TOKEN = "a secret that servers share".replace(" ", "-")
MAPS = "/api/v1/namespaces/default/configmaps"
SERVICES = "/api/v1/namespaces/default/services"


def context_of(kubeconfig):
    """What a kubeconfig's user connects with."""
    with open(kubeconfig) as file:
        config = yaml.safe_load(file)
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    context = ssl.create_default_context(cadata=authority)
    pair = kubeconfig + ".pem"
    with open(pair, "wb") as file:
        for part in ("client-certificate-data", "client-key-data"):
            file.write(base64.b64decode(user[part]))
    context.load_cert_chain(pair)
    return context


class Cluster:
    """Servers side by side: each has an address of loopback; all have the same port, as those of several hosts do, or each
    one of `ports`."""

    def __init__(self, directory, count, *flags, ports=None):
        self.directory, self.flags, self.ports = str(directory), flags, ports
        self.etcd = Etcd(os.path.join(self.directory, "etcd")).start()
        self.port = free_port()
        self.servers = [self.add(number) for number in range(count)]

    def add(self, number):
        return Server(
            os.path.join(self.directory, f"server{number}"), "--datastore-endpoint", self.etcd.url, "--token", TOKEN,
            "--advertise-address", self.address(number), "--tls-san", self.host(number), *self.flags,
            host=self.host(number), port=self.ports[number] if self.ports else self.port,
        )  # fmt: skip

    @staticmethod
    def host(number):
        return f"127.0.0.{11 + number}"

    @staticmethod
    def address(number):
        return f"192.0.2.{11 + number}"

    def start(self):
        """All at once: one of them is the first."""
        for server in self.servers:
            server.start(wait=False)
        for server in self.servers:
            server.wait_ready(60)
        return self

    def api(self, number, kubeconfig=None):
        server = self.servers[number]
        return API(server.url, context_of(kubeconfig or server.kubeconfig))

    def kubectl(self, number):
        server = self.servers[number]
        return Kubectl(server.kubeconfig, os.path.join(server.directory, "kubectl"))

    def stop(self):
        with contextlib.ExitStack() as ends:
            # Each is stopped, whatever becomes of the others; the store goes last.
            ends.callback(self.etcd.stop)
            for server in self.servers:
                ends.callback(self.ended, server)

    @staticmethod
    def ended(server):
        assert server.process is None or server.stop() in (0, -9), server.log()


@pytest.fixture(scope="module")
def cluster(work):
    cluster = Cluster(os.path.join(work, "several"), 3)
    try:
        yield cluster.start()
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def apis(cluster):
    return [cluster.api(number) for number in range(3)]


def authority_of(server):
    with open(server.kubeconfig) as file:
        return yaml.safe_load(file)["clusters"][0]["cluster"]["certificate-authority-data"]


def test_what_one_writes_all_serve(cluster, apis):
    name = unique("shared")
    start = apis[1].get(MAPS)["metadata"]["resourceVersion"]
    with apis[1].watch(MAPS, resourceVersion=start) as second, apis[2].watch(MAPS, resourceVersion=start) as third:
        made = apis[0].create(MAPS, config_map(name))
        # At once: a read is never behind a write that was acknowledged.
        for api in apis:
            assert api.get(f"{MAPS}/{name}") == made
            assert name in [item["metadata"]["name"] for item in api.get(MAPS)["items"]]
        changed = apis[1].patch(f"{MAPS}/{name}", {"data": {"a": "1"}})
        assert apis[0].get(f"{MAPS}/{name}")["data"] == {"a": "1"}
        apis[2].delete(f"{MAPS}/{name}")
        assert not apis[0].is_there(f"{MAPS}/{name}") and not apis[1].is_there(f"{MAPS}/{name}")
        for watch in (second, third):
            events = [watch.expect(type, name)["metadata"]["resourceVersion"] for type in ("ADDED", "MODIFIED", "DELETED")]
            assert events[:2] == [made["metadata"]["resourceVersion"], changed["metadata"]["resourceVersion"]]


def test_a_write_knows_of_those_before_it(apis):
    """What one server has acknowledged is what another one's next write is judged by, however close it comes."""
    for round in range(30):
        first, second, third = (apis[(round + number) % 3] for number in range(3))
        name = unique("chain")
        path = f"{MAPS}/{name}"
        plain = {**config_map(name), "data": {"a": "0"}}
        first.create(MAPS, plain)
        changed = second.patch(path, {"data": {"a": "1"}})
        changed["data"]["a"] = "2"
        third.update(path, changed)
        # To whoever has not heard of that, it is what is there already.
        first.update(path, plain)
        assert second.get(path)["data"] == {"a": "0"}
        third.delete(path)
        first.create(MAPS, plain)
        second.delete(path)
        third.refused(404, "DELETE", path)


def test_no_update_is_lost(apis):
    """Writers at all servers count one number up, each by what it has read."""
    name = unique("counter")
    apis[0].create(MAPS, {**config_map(name), "data": {"count": "0"}})

    def count(api):
        conflicts = 0
        for _ in range(20):
            while True:
                current = api.get(f"{MAPS}/{name}")
                current["data"]["count"] = str(int(current["data"]["count"]) + 1)
                answer = api.send("PUT", f"{MAPS}/{name}", current)
                if answer.status == 200:
                    break
                assert answer.status == 409, answer
                conflicts += 1
        return conflicts

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        conflicts = sum(pool.map(count, apis * 2))
    assert apis[1].get(f"{MAPS}/{name}")["data"]["count"] == "120"
    assert conflicts > 0


def test_everybody_is_known_everywhere(cluster, apis, tmp_path):
    assert len({authority_of(server) for server in cluster.servers}) == 1
    # The administrator's certificate by one server, at another one.
    assert cluster.api(1, cluster.servers[0].kubeconfig).get("/api/v1/namespaces/default")
    # A token by one server, at all others.
    cluster.kubectl(0)("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    token = cluster.kubectl(0).out("create", "token", "default")
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    for api in apis:
        status = api.create("/apis/authentication.k8s.io/v1/tokenreviews", review)["status"]
        assert status["authenticated"] and status["user"]["username"] == "system:serviceaccount:default:default"
    assert len({api.send("GET", "/openid/v1/jwks").bytes for api in apis}) == 1
    # A certificate that was asked for at one server, approved at another, signed by whoever leads.
    key, pem = make_request(tmp_path, "/O=testers/CN=jane")
    kubectl, request = cluster.kubectl(1), signing_request(pem, CLIENT, ["client auth", "digital signature"])
    apis[0].create("/apis/certificates.k8s.io/v1/certificatesigningrequests", request)
    kubectl("certificate", "approve", request["metadata"]["name"])
    path = f"/apis/certificates.k8s.io/v1/certificatesigningrequests/{request['metadata']['name']}"
    signed = eventually(lambda: apis[2].get(path)["status"].get("certificate"), "the certificate")
    mine = as_user(cluster.servers[0].kubeconfig, tmp_path, base64.b64decode(signed).decode(), key)
    for number in range(3):
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        who = cluster.api(number, mine).create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
        assert who["status"]["userInfo"]["username"] == "jane"


def test_a_definition_is_served_by_all(apis):
    definition = Definition(apis[0], scope="Namespaced")
    definition.create()
    path = f"/apis/{definition.group}/v1/namespaces/default/{definition.plural}"
    for api in apis:
        eventually(lambda api=api: api.send("GET", path).status == 200, "the custom resource")
    body = {"apiVersion": f"{definition.group}/v1", "kind": definition.kind, "metadata": {"name": "one"}}
    made = apis[1].create(path, body)
    assert apis[2].get(f"{path}/one") == made
    apis[0].delete(definition.path)
    for api in apis:
        eventually(lambda api=api: api.send("GET", path).status == 404, "the end of the custom resource")


def test_no_address_is_given_out_twice(apis):
    """Services made at all servers at once have addresses and node ports of their own."""
    prefix = unique("ip")

    def make(number):
        made = apis[number % 3].create(SERVICES, service(f"{prefix}-{number}", "NodePort"))
        return made["spec"]["clusterIP"], made["spec"]["ports"][0]["nodePort"]

    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        given = list(pool.map(make, range(45)))
    assert len({address for address, _ in given}) == 45 and len({port for _, port in given}) == 45
    # One that is asked for by name is one server's.
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        wanted = [service(f"{prefix}-same-{number}", clusterIP="10.43.200.200") for number in range(3)]
        statuses = sorted(pool.map(lambda pair: pair[0].send("POST", SERVICES, pair[1]).status, zip(apis, wanted)))
    assert statuses == [201, 422, 422]


def test_quotas_hold_across_servers(apis):
    namespace = unique("quota")
    apis[0].create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    root = f"/api/v1/namespaces/{namespace}"
    eventually(lambda: apis[0].is_there(f"{root}/configmaps/kube-root-ca.crt"), "the namespace's own ConfigMap")
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"configmaps": "11"}}}
    apis[0].create(f"{root}/resourcequotas", quota)
    eventually(lambda: apis[0].get(f"{root}/resourcequotas/q").get("status", {}).get("used"), "the quota's status")

    def make(number):
        return apis[number % 3].send("POST", f"{root}/configmaps", config_map(f"m-{number}")).status

    with concurrent.futures.ThreadPoolExecutor(9) as pool:
        statuses = list(pool.map(make, range(30)))
    assert (statuses.count(201), statuses.count(403)) == (10, 20)


def test_keys_of_others_hold_nobody_up(cluster, apis):
    """What is written to etcd beside the cluster's objects raises its revision, and nobody waits for that."""
    for number in range(3):
        cluster.etcd.control("put", "elsewhere", str(number))
        for api in apis:
            assert api.get("/api/v1/namespaces/default")


def addresses_of_kubernetes(api):
    slice = api.get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes")
    return sorted(address for endpoint in slice["endpoints"] for address in endpoint["addresses"])


def leader(api):
    path = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager"
    return api.get(path)["spec"].get("holderIdentity", "")


def leads(server):
    return server.log().count("this server leads: ") > server.log().count("leads no longer")


def test_a_server_dies(cluster, apis):
    """The one that runs the controllers: another one does what it did, and nobody is sent to it any more."""
    everybody = [cluster.address(number) for number in range(3)]
    eventually(lambda: addresses_of_kubernetes(apis[0]) == everybody, "the addresses of all servers", 60)
    [dead] = [number for number in range(3) if leads(cluster.servers[number])]
    alive = [number for number in range(3) if number != dead]
    one, other = (apis[number] for number in alive)
    before = leader(one)
    cluster.servers[dead].kill()
    # What needs no controller goes on at once.
    name = unique("after")
    one.create(MAPS, config_map(name))
    assert other.is_there(f"{MAPS}/{name}")
    eventually(lambda: leader(one) not in ("", before), "another leader", 90)
    namespace = unique("after")
    other.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    eventually(lambda: one.is_there(f"/api/v1/namespaces/{namespace}/serviceaccounts/default"), "controllers", 60)
    rest = [cluster.address(number) for number in alive]
    eventually(lambda: addresses_of_kubernetes(one) == rest, "the addresses of those that are left", 90)
    # It comes back, and is one of them again; a leader that ends in good order is followed at once.
    cluster.servers[dead].start(wait=False).wait_ready(60)
    eventually(lambda: addresses_of_kubernetes(one) == everybody, "the addresses of all servers", 90)
    [current] = [number for number in alive if leads(cluster.servers[number])]
    now = leader(apis[dead])
    assert cluster.servers[current].stop() == 0
    eventually(lambda: leader(cluster.api(dead)) not in ("", now), "the next leader", 60)
    cluster.servers[current].start(wait=False).wait_ready(60)


def test_a_wrong_token_and_none(cluster, tmp_path):
    """Whoever has not the servers' token is told so before anything is served."""
    flags = ["--datastore-endpoint", cluster.etcd.url]
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    for more, environment, says in (
        (["--token", "another-secret-than-theirs"], {}, "the token is not the one that the cluster's secrets"),
        ([], {"APUS_TOKEN": "another-secret-than-theirs"}, "the token is not the one that the cluster's secrets"),
        ([], {}, "give each of them the same by --token-file, --token or APUS_TOKEN"),
        (["--token", "short"], {}, "the token must be at least 16 characters"),
        (["--token", TOKEN, "--token-file", str(file)], {}, "cannot be given together"),
        (["--token-file", str(tmp_path / "none")], {}, "none"),
    ):
        server = Server(tmp_path / "stranger", *flags, *more, environment=environment).start(wait=False)
        assert server.process.wait(60) != 0 and says in server.log(), server.log()
        assert not os.path.exists(server.kubeconfig)
        os.remove(server.log_path)
    alone = Server(tmp_path / "alone", "--token", TOKEN).start(wait=False)
    assert alone.process.wait(60) != 0 and "--datastore-endpoint" in alone.log()
    # The right one by file, from anywhere.
    right = Server(
        tmp_path / "right", *flags, "--token-file", str(file), "--advertise-address", "192.0.2.99",
        host="127.0.0.99", port=cluster.port,
    )  # fmt: skip
    try:
        right.start(wait=False).wait_ready(60)
        assert authority_of(right) == authority_of(cluster.servers[0])
        # Nobody's key is on this host's disk.
        assert not [file for file in os.listdir(tmp_path / "right" / "cluster") if file == "pki"]
    finally:
        assert right.stop() == 0, right.log()


def test_the_store_goes_and_comes(cluster, apis):
    """While etcd is away nothing is promised; afterwards everything goes on, watches too."""
    name = unique("back")
    start = apis[0].get(MAPS)["metadata"]["resourceVersion"]
    with apis[1].watch(MAPS, resourceVersion=start) as watch:
        cluster.etcd.kill()
        assert apis[0].send("POST", MAPS, config_map(name)).status >= 500
        cluster.etcd.start()
        eventually(lambda: apis[0].send("POST", MAPS, config_map(name)).status in (201, 409), "a write", 60)
        assert watch.expect("ADDED", name)
    for api in apis:
        assert api.is_there(f"{MAPS}/{name}")
    assert all(server.process.poll() is None for server in cluster.servers)


def test_the_next_authority_is_trusted_by_all(tmp_path):
    """One server makes the next authority, all others follow, and certificates of both hold at all of them."""
    first = make_authority(tmp_path / "server0" / "cluster" / "pki", 900)
    cluster = Cluster(tmp_path, 2)
    try:
        for server in cluster.servers:
            server.start(wait=False).wait_ready(60)

        def bundles():
            return {base64.b64decode(authority_of(server)).decode() for server in cluster.servers}

        both = eventually(lambda: len(bundles()) == 1 and bundles().pop().count("BEGIN") == 2 and bundles().pop(), bundles)
        assert both.startswith(first.strip())
        for number in range(2):
            assert cluster.api(number, cluster.servers[1 - number].kubeconfig).get("/api/v1/namespaces/default")
            eventually(lambda number=number: cluster.api(number).get(f"{MAPS}/kube-root-ca.crt")["data"]["ca.crt"] == both)
        # What was there first is what a server begins with that comes later.
        late = cluster.add(2)
        cluster.servers.append(late)
        late.start(wait=False).wait_ready(60)
        assert base64.b64decode(authority_of(late)).decode() == both
    finally:
        cluster.stop()


def test_what_a_server_alone_had_is_taken_along(tmp_path):
    """A server that moves its state's secrets to etcd stays who it was."""
    alone = Server(tmp_path / "server0").start()
    authority = authority_of(alone)
    assert alone.stop() == 0
    cluster = Cluster(tmp_path, 2)
    try:
        cluster.servers[0].start(wait=False).wait_ready(60)
        cluster.servers[1].start(wait=False).wait_ready(60)
        assert authority_of(cluster.servers[0]) == authority_of(cluster.servers[1]) == authority
        kept = cluster.etcd.control("get", "--prefix", "/registry/apus.secrets").stdout
        assert "AES-256-GCM" in kept and "PRIVATE" not in kept
    finally:
        cluster.stop()


def endpoints_of_kubernetes(api):
    """Address and port of every server, by the slices and by the older Endpoints."""
    items = api.get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", labelSelector="kubernetes.io/service-name=kubernetes")["items"]
    slices = {(address, one["ports"][0]["port"]) for one in items for endpoint in one["endpoints"] for address in endpoint["addresses"]}
    subsets = api.get("/api/v1/namespaces/default/endpoints/kubernetes")["subsets"]
    assert all(port["name"] == "https" for one in items + subsets for port in one["ports"])
    return slices, {(address["ip"], one["ports"][0]["port"]) for one in subsets for address in one["addresses"]}


def test_servers_have_ports_of_their_own(tmp_path):
    """The service lists each server where it is; it is put right when somebody spoils it, and when a server goes."""
    ports = sorted(free_port() for _ in range(3))
    cluster = Cluster(tmp_path, 3, ports=[ports[1], ports[0], ports[1]])
    try:
        cluster.start()
        api = cluster.api(0)
        everybody = {(cluster.address(number), cluster.servers[number].port) for number in range(3)}
        eventually(lambda: endpoints_of_kubernetes(api) == (everybody, everybody), lambda: endpoints_of_kubernetes(api), 60)
        # Most of the servers are in the slice of the service's name.
        root = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices"
        assert api.get(f"{root}/kubernetes")["ports"][0]["port"] == ports[1]
        further = f"{root}/kubernetes-{ports[0]}"
        assert api.get(further)["metadata"]["labels"] == {"kubernetes.io/service-name": "kubernetes"}
        version = api.get(f"{SERVICES}/kubernetes")["metadata"]["resourceVersion"]
        api.delete(further)
        eventually(lambda: api.is_there(further), "the slice of the other port", 60)
        # They do not quarrel about the port of the service.
        assert api.get(f"{SERVICES}/kubernetes")["metadata"]["resourceVersion"] == version
        assert cluster.servers[1].stop() == 0
        rest = everybody - {(cluster.address(1), ports[0])}
        eventually(lambda: endpoints_of_kubernetes(api) == (rest, rest), lambda: endpoints_of_kubernetes(api), 90)
        assert not api.is_there(further)
    finally:
        cluster.stop()


def test_keys_and_the_front_proxy_follow_each_other(tmp_path):
    """One server makes the next key for tokens and the front proxy's next authority; all others have them too, and what the
    old ones vouched for holds."""
    keys = tmp_path / "server0" / "cluster" / "pki"
    make_authority(keys, 4000)
    make_authority(keys, 900, "front-proxy-ca")
    alone = Server(tmp_path / "server0").start()
    kubectl = Kubectl(alone.kubeconfig, tmp_path / "alone")
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    old = kubectl.out("create", "token", "default")
    assert alone.stop() == 0
    # As if it had been alone for long: its first key is old, and the second has been known for a month.
    (first, second) = (keys / "sa.key", keys / "sa-2.key")
    month = int(time.time()) - 30 * 86_400
    second.write_text(f"Created: {month}\n" + second.read_text().split("\n", 1)[1])
    cluster = Cluster(tmp_path, 2)
    try:
        for server in cluster.servers:
            server.start(wait=False).wait_ready(60)
        apis = [cluster.api(number) for number in range(2)]

        def published(api):
            return [one["kid"] for one in api.get("/openid/v1/jwks")["keys"]]

        identifiers = published(apis[0])
        assert len(identifiers) == 2 and published(apis[1]) == identifiers
        # The store is a new one, and only who leads makes accounts.
        cluster.kubectl(1)("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
        new = cluster.kubectl(1).out("create", "token", "default")

        def signer(token):
            return json.loads(base64.urlsafe_b64decode(token.split(".")[0] + "=="))["kid"]

        assert [signer(new), signer(old)] == identifiers
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
        for api in apis:
            status = api.create("/apis/authentication.k8s.io/v1/tokenreviews", {**review, "spec": {"token": new}})["status"]
            assert status["authenticated"], status
        told = "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication"

        def proxies(api):
            return api.get(told)["data"]["requestheader-client-ca-file"]

        both = eventually(lambda: proxies(apis[0]).count("BEGIN") == 2 and proxies(apis[0]), "the proxy's next authority", 60)
        assert proxies(apis[1]) == both and first.exists()
        # Who comes later has the same.
        late = cluster.add(2)
        cluster.servers.append(late)
        late.start(wait=False).wait_ready(60)
        assert published(cluster.api(2)) == identifiers and proxies(cluster.api(2)) == both
    finally:
        cluster.stop()


def test_users_of_etcd(tmp_path):
    """Where etcd asks who is there, the server says so by the flags; its tokens end with the member, and it goes on."""
    password = tmp_path / "password"
    password.write_text("sesame\n")
    cluster = Cluster(tmp_path, 1, "--datastore-username", "apus", "--datastore-password-file", str(password))
    try:
        control = cluster.etcd.control
        for arguments in (("user", "add", "root:root"), ("user", "grant-role", "root", "root"), ("user", "add", "apus:sesame"),
                          ("role", "add", "registry"), ("role", "grant-permission", "--prefix=true", "registry", "readwrite", "/registry/"),
                          ("user", "grant-role", "apus", "registry"), ("auth", "enable")):  # fmt: skip
            control(*arguments)
        assert control("get", "--prefix", "/registry/", check=False).returncode != 0, "etcd asks nobody who he is"
        cluster.etcd.user = "root:root"
        [server] = cluster.servers
        server.start(wait=False).wait_ready(60)
        api = cluster.api(0)
        name = unique("known")
        api.create(MAPS, config_map(name))
        start = api.get(MAPS)["metadata"]["resourceVersion"]
        with api.watch(MAPS, resourceVersion=start) as watch:
            cluster.etcd.kill()
            cluster.etcd.start()
            patch = {"Content-Type": PATCHES["merge"]}
            eventually(lambda: api.send("PATCH", f"{MAPS}/{name}", {"data": {"a": "b"}}, patch).status == 200, "a write", 60)
            assert watch.expect("MODIFIED", name)
        assert server.stop() == 0
        password.write_text("wrong\n")
        os.remove(server.log_path)
        server.start(wait=False)
        assert server.process.wait(60) != 0 and "authentication failed" in server.log(), server.log()
        server.process = None
    finally:
        cluster.stop()
