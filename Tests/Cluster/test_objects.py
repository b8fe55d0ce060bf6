"""Objects of built-in kinds through `kubectl`: made, read in every form, changed, selected, removed."""

import json
import threading


def test_config_map_life(kubectl):
    kubectl("create", "configmap", "one", "--from-literal=a=b")
    one = kubectl.json("get", "configmap", "one")
    assert one["data"] == {"a": "b"} and one["metadata"]["uid"] and one["metadata"]["resourceVersion"]
    assert one["metadata"]["creationTimestamp"].endswith("Z")
    kubectl("label", "configmap", "one", "colour=red")
    kubectl("annotate", "configmap", "one", "note=some")
    again = kubectl.json("get", "configmap", "one")
    assert again["metadata"]["labels"] == {"colour": "red"} and again["metadata"]["annotations"] == {"note": "some"}
    assert int(again["metadata"]["resourceVersion"]) > int(one["metadata"]["resourceVersion"])
    assert again["metadata"]["uid"] == one["metadata"]["uid"]
    kubectl("delete", "configmap", "one")
    kubectl.fails("get", "configmap", "one", says='configmaps "one" not found')


def test_a_name_twice(kubectl):
    kubectl("create", "configmap", "twice")
    kubectl.fails("create", "configmap", "twice", says='configmaps "twice" already exists')


def test_a_generated_name(kubectl):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"generateName": "made-"}}
    names = {kubectl.json("create", "--validate=false", "-f", "-", input=body)["metadata"]["name"] for _ in range(5)}
    assert len(names) == 5 and all(name.startswith("made-") and len(name) == 10 for name in names), names


def test_label_selectors(kubectl):
    for name, colour in (("a", "red"), ("b", "green"), ("c", "blue")):
        kubectl("create", "configmap", name)
        kubectl("label", "configmap", name, f"colour={colour}")

    def found(selector):
        out = kubectl.out("get", "configmap", "-l", selector, "-o", "name")
        return {line.split("/")[1] for line in out.splitlines()} - {"kube-root-ca.crt"}

    assert found("colour=red") == {"a"}
    assert found("colour!=red") == {"b", "c"}
    assert found("colour in (red,blue)") == {"a", "c"}
    assert found("colour notin (red,blue)") == {"b"}
    assert found("colour") == {"a", "b", "c"}
    assert found("!colour") == set()
    kubectl.fails("get", "configmap", "-l", "colour=!x", says="unable to parse requirement")


def test_field_selectors(kubectl):
    kubectl("create", "configmap", "mine")
    kubectl("create", "configmap", "other")
    assert kubectl.out("get", "configmap", "--field-selector", "metadata.name=mine", "-o", "name") == "configmap/mine"
    kubectl.fails("get", "configmap", "--field-selector", "data.x=1", says='"data.x" is not a known field selector')


def test_patches(kubectl):
    kubectl("create", "configmap", "p", "--from-literal=a=1", "--from-literal=b=2")
    kubectl("patch", "configmap", "p", "--type=merge", "-p", '{"data":{"a":"3","b":null}}')
    assert kubectl.json("get", "configmap", "p")["data"] == {"a": "3"}
    kubectl("patch", "configmap", "p", "--type=json", "-p", '[{"op":"add","path":"/data/c","value":"4"}]')
    assert kubectl.json("get", "configmap", "p")["data"] == {"a": "3", "c": "4"}
    kubectl.fails("patch", "configmap", "p", "--type=json", "-p", '[{"op":"test","path":"/data/c","value":"5"}]')


def test_strategic_merge_by_key(kubectl):
    kubectl("create", "deployment", "web", "--image=nginx")
    patch = {"spec": {"template": {"spec": {"containers": [{"name": "second", "image": "busybox"}]}}}}
    kubectl("patch", "deployment", "web", "-p", json.dumps(patch))
    containers = kubectl.json("get", "deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert {one["name"]: one["image"] for one in containers} == {"nginx": "nginx", "second": "busybox"}


def test_defaults_of_a_deployment(kubectl):
    kubectl("create", "deployment", "web", "--image=nginx", "--replicas=2")
    web = kubectl.json("get", "deployment", "web")
    assert web["spec"]["strategy"] == {
        "type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
    }  # fmt: skip
    assert web["spec"]["revisionHistoryLimit"] == 10 and web["spec"]["progressDeadlineSeconds"] == 600
    container = web["spec"]["template"]["spec"]["containers"][0]
    assert container["imagePullPolicy"] == "Always" and container["terminationMessagePath"] == "/dev/termination-log"
    assert web["metadata"]["generation"] == 1


def test_generation_counts_what_is_wanted(kubectl):
    kubectl("create", "deployment", "web", "--image=nginx")
    kubectl("label", "deployment", "web", "x=y")
    assert kubectl.json("get", "deployment", "web")["metadata"]["generation"] == 1
    kubectl("scale", "deployment", "web", "--replicas=3")
    web = kubectl.json("get", "deployment", "web")
    assert web["metadata"]["generation"] == 2 and web["spec"]["replicas"] == 3


def test_replace_of_an_old_state_conflicts(kubectl):
    kubectl("create", "configmap", "race", "--from-literal=a=1")
    old = kubectl.json("get", "configmap", "race")
    kubectl("patch", "configmap", "race", "--type=merge", "-p", '{"data":{"a":"2"}}')
    old["data"]["a"] = "3"
    kubectl.fails("replace", "--validate=false", "-f", "-", input=old, says="the object has been modified; please apply your changes to the latest version and try again")  # fmt: skip
    assert kubectl.json("get", "configmap", "race")["data"]["a"] == "2"


def test_an_update_that_changes_nothing_keeps_the_version(kubectl):
    kubectl("create", "configmap", "still", "--from-literal=a=1")
    before = kubectl.json("get", "configmap", "still")["metadata"]["resourceVersion"]
    kubectl("patch", "configmap", "still", "--type=merge", "-p", '{"data":{"a":"1"}}')
    assert kubectl.json("get", "configmap", "still")["metadata"]["resourceVersion"] == before


def test_invalid_objects_name_every_field(kubectl):
    body = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "Bad_Name"},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "c"}}, "spec": {"containers": [{"name": "x", "image": "y"}]}}},
    }  # fmt: skip
    words = kubectl.fails("create", "--validate=false", "-f", "-", input=body)
    assert "is invalid" in words and "metadata.name" in words and "does not match template `labels`" in words, words


def test_immutable_fields(kubectl):
    kubectl("create", "deployment", "web", "--image=nginx")
    kubectl.fails("patch", "deployment", "web", "--type=merge", "-p", '{"spec":{"selector":{"matchLabels":{"a":"b"}}}}', says="field is immutable")  # fmt: skip


def test_unknown_fields(kubectl):
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "odd"}, "dta": {"a": "b"}}
    kubectl.fails("create", "--validate=strict", "-f", "-", input=body, says='unknown field "dta"')
    done = kubectl("create", "--validate=warn", "-f", "-", input=body)
    assert 'unknown field "dta"' in done.stderr
    assert "dta" not in kubectl.json("get", "configmap", "odd")


def test_wrong_types(kubectl):
    body = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "odd"}, "spec": {"replicas": "three"}}
    kubectl.fails("create", "--validate=false", "-f", "-", input=body, says="json: cannot unmarshal string into Go struct field")  # fmt: skip


def test_dry_run_writes_nothing(kubectl):
    kubectl("create", "configmap", "ghost", "--dry-run=server")
    kubectl.fails("get", "configmap", "ghost", says="not found")


def test_watch_sees_every_change(kubectl):
    watch = kubectl.popen("get", "configmap", "--watch-only", "--output-watch-events")
    lines, seen = [], threading.Event()

    def events(name):
        return [line.split()[0] for line in lines if line.split()[1:2] == [name]]

    def read():
        for line in watch.stdout:
            lines.append(line.strip())
            name = line.split()[1]
            if line.startswith("DELETED") and "ADDED" in events(name):
                seen.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        # The watch is running when it tells of a change: changes are made until it does.
        for attempt in range(100):
            kubectl("create", "configmap", f"w{attempt}")
            kubectl("label", "configmap", f"w{attempt}", "x=y")
            kubectl("delete", "configmap", f"w{attempt}")
            if seen.wait(0.3):
                break
        assert events(f"w{attempt}") == ["ADDED", "MODIFIED", "DELETED"], lines
    finally:
        watch.terminate()
        watch.wait()


def test_finalizers_hold_an_object(kubectl):
    kubectl("create", "configmap", "held")
    kubectl("patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":["example.com/hold"]}}')
    kubectl("delete", "configmap", "held", "--wait=false")
    assert kubectl.json("get", "configmap", "held")["metadata"]["deletionTimestamp"]
    kubectl.fails("create", "configmap", "held", says='object is being deleted: configmaps "held" already exists')
    kubectl("patch", "configmap", "held", "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
    kubectl.fails("get", "configmap", "held", says="not found")


def test_delete_all_by_label(kubectl):
    for name in "abc":
        kubectl("create", "configmap", name)
        kubectl("label", "configmap", name, "sweep=yes")
    kubectl("delete", "configmap", "-l", "sweep=yes")
    assert kubectl.out("get", "configmap", "-o", "name") == "configmap/kube-root-ca.crt"


def test_secrets_and_stringdata(kubectl):
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}
    kubectl("create", "--validate=false", "-f", "-", input=body)
    secret = kubectl.json("get", "secret", "s")
    assert secret["type"] == "Opaque" and secret["data"] == {"a": "Yg=="} and "stringData" not in secret


def test_tables(kubectl):
    kubectl("create", "deployment", "web", "--image=nginx")
    head, row = kubectl.out("get", "deployment", "web").splitlines()
    assert head.split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row.split()[:4] == ["web", "0/1", "0", "0"]
    wide = kubectl.out("get", "deployment", "web", "-o", "wide")
    assert "CONTAINERS" in wide and "IMAGES" in wide and "app=web" in wide
