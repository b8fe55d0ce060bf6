"""The API as it is on the wire: requests, watches, and the walk through all verbs of a kind that conformance asks for."""

import copy
import json
import time
import uuid
from urllib.parse import urlencode

import urllib3

PATCHES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}


def eventually(check, what="", seconds=60):
    """Waits until a check is true, and gives its result. `what` is a text, or gives one when it is wanted."""
    end = time.monotonic() + seconds
    while True:
        try:
            result = check()
        except (AssertionError, KeyError):  # what it looks at may not be there yet
            if time.monotonic() >= end:
                raise
            time.sleep(0.02)
            continue
        if result:
            return result
        if time.monotonic() >= end:
            raise AssertionError(f"did not come about: {what() if callable(what) else what or check.__name__}: {result!r}")
        time.sleep(0.02)


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:8]}"


class Answer:
    """Status, headers and body of an answer."""

    def __init__(self, response):
        self.status, self.headers, self.bytes = response.status, response.headers, response.data

    @property
    def body(self):
        return json.loads(self.bytes)

    def __repr__(self):
        return f"{self.status} {self.bytes[:2000]!r}"


class API:
    """One server, seen by the administrator."""

    def __init__(self, url, context):
        self.url = url
        self.pool = urllib3.PoolManager(ssl_context=context, retries=False, timeout=urllib3.Timeout(60), maxsize=16)

    def send(self, method, path, body=None, headers=None, **query):
        """A request as it is; `query` names may end with an underscore (`continue_`), and a list repeats one."""
        data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body, separators=(",", ":"))
        pairs = [
            (name.rstrip("_"), one) for name, value in query.items() if value is not None
            for one in (value if isinstance(value, list) else [value])
        ]  # fmt: skip
        if pairs:
            path += "?" + urlencode(pairs)
        every = {"Accept": "application/json", "Content-Type": "application/json", **(headers or {})}
        return Answer(self.pool.request(method, self.url + path, body=data, headers=every))

    def _expect(self, statuses, method, path, body=None, **more):
        answer = self.send(method, path, body, **more)
        assert answer.status in statuses, f"{method} {path}: {answer}"
        return answer.body

    def get(self, path, **more):
        return self._expect((200,), "GET", path, **more)

    def create(self, path, body, **more):
        return self._expect((201,), "POST", path, body, **more)

    def update(self, path, body, **more):
        return self._expect((200,), "PUT", path, body, **more)

    def patch(self, path, body, kind="merge", **more):
        return self._expect((200, 201), "PATCH", path, body, headers={"Content-Type": PATCHES[kind]}, **more)

    def delete(self, path, body=None, **more):
        return self._expect((200, 202), "DELETE", path, body, **more)

    def refused(self, status, method, path, body=None, says=(), **more):
        """The Status of a request that must fail."""
        answer = self.send(method, path, body, **more)
        assert answer.status == status, f"{method} {path}: {answer}"
        failure = answer.body
        assert failure["kind"] == "Status" and failure["status"] == "Failure" and failure["code"] == status, failure
        for words in (says,) if isinstance(says, str) else says:
            assert words in failure["message"], failure
        return failure

    def is_there(self, path):
        answer = self.send("GET", path)
        assert answer.status in (200, 404), answer
        return answer.status == 200

    def watch(self, path, **query):
        return Watch(self, path, query)


class Watch:
    """An open watch. `with` closes it."""

    def __init__(self, api, path, query):
        query.setdefault("timeoutSeconds", 60)
        query = urlencode([("watch", "true"), *((name.rstrip("_"), str(value)) for name, value in query.items())])
        self.response = api.pool.request(
            "GET", f"{api.url}{path}?{query}", preload_content=False, headers={"Accept": "application/json"},
            timeout=urllib3.Timeout(60),
        )  # fmt: skip
        if self.response.status != 200:
            raise AssertionError(f"watch of {path}: {Answer(self.response)}")
        self.seen, self.lines = [], self._lines()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.response.close()

    def _lines(self):
        rest = b""
        for chunk in self.response.stream(65536):
            rest += chunk
            *lines, rest = rest.split(b"\n")
            yield from (line for line in lines if line)

    def next(self):
        """The next event: (type, object)."""
        event = json.loads(next(self.lines))
        self.seen.append((event["type"], event["object"].get("metadata", {}).get("name")))
        return event["type"], event["object"]

    def take(self, count):
        return [self.next() for _ in range(count)]

    def expect(self, type, name=None, where=lambda object: True):
        """Reads on until an event is as it should be, and gives its object. `type` may be several, as a tuple."""
        types = type if isinstance(type, tuple) else (type,)
        try:
            while True:
                found, object = self.next()
                if found in types and (name is None or object["metadata"]["name"] == name) and where(object):
                    return object
        except (StopIteration, urllib3.exceptions.HTTPError) as error:
            raise AssertionError(f"no event {type} {name}; seen: {self.seen}; {error!r}") from error


class Lifecycle:
    """Every verb of one kind, as the conformance tests of "API operations" use them."""

    def __init__(self, api, group_version, plural, body, namespace=None, status=None, update=None):
        """`body` is an object without a name; `status` a status to write, `update` changes an object of that kind."""
        self.api, self.group_version, self.plural, self.body, self.status = api, group_version, plural, body, status
        self.namespace, self.change = namespace, update
        self.root = "/api/v1" if group_version == "v1" else f"/apis/{group_version}"
        self.everywhere = f"{self.root}/{plural}"
        self.collection = f"{self.root}/namespaces/{namespace}/{plural}" if namespace else self.everywhere
        self.label = unique("walk")
        self.selector = f"special-label={self.label}"

    def one(self, name):
        return f"{self.collection}/{name}"

    def make(self, name):
        body = copy.deepcopy(self.body)
        metadata = body.setdefault("metadata", {})
        metadata["name"] = name
        metadata.setdefault("labels", {})["special-label"] = self.label
        return body

    def discovered(self, *subresources):
        """The three documents of discovery name the group, the version and the resources."""
        if self.group_version != "v1":
            group, version = self.group_version.split("/")
            groups = {one["name"]: one for one in self.api.get("/apis")["groups"]}
            assert self.group_version in [one["groupVersion"] for one in groups[group]["versions"]]
            assert version in [one["version"] for one in self.api.get(f"/apis/{group}")["versions"]]
        resources = {one["name"]: one for one in self.api.get(self.root)["resources"]}
        assert resources[self.plural]["kind"] == self.body["kind"]
        verbs = {"create", "get", "list", "watch", "update", "patch", "delete", "deletecollection"}
        assert verbs <= set(resources[self.plural]["verbs"]), resources[self.plural]
        for name in subresources:
            assert {"get", "patch", "update"} <= set(resources[f"{self.plural}/{name}"]["verbs"]), name
        return self

    def walk(self):
        api, names = self.api, [unique("object") for _ in range(3)]
        made = [api.create(self.collection, self.make(name)) for name in names]
        assert len({one["metadata"]["uid"] for one in made}) == 3
        first = names[0]
        assert api.get(self.one(first)) == made[0]
        mine = api.get(self.collection, labelSelector=self.selector)
        assert sorted(one["metadata"]["name"] for one in mine["items"]) == sorted(names)
        assert mine["kind"] == self.body["kind"] + "List" and mine["apiVersion"] == self.group_version
        everywhere = api.get(self.everywhere, labelSelector=self.selector)
        assert sorted(one["metadata"]["name"] for one in everywhere["items"]) == sorted(names)

        start = mine["metadata"]["resourceVersion"]
        with api.watch(self.collection, resourceVersion=start, labelSelector=self.selector) as watch:
            patched = api.patch(self.one(first), {"metadata": {"annotations": {"patched": "true"}}})
            assert patched["metadata"]["annotations"]["patched"] == "true"
            watch.expect("MODIFIED", first, lambda one: one["metadata"]["annotations"].get("patched") == "true")
            patched["metadata"]["annotations"]["updated"] = "true"
            if self.change:
                self.change(patched)
            updated = api.update(self.one(first), patched)
            assert updated["metadata"]["annotations"]["updated"] == "true"
            if self.change:
                again = copy.deepcopy(updated)
                self.change(again)
                assert again == updated, "the change was not kept"
            watch.expect("MODIFIED", first, lambda one: one["metadata"]["annotations"].get("updated") == "true")
            if self.status is not None:
                self.walk_status(first)
            else:
                stale = api.refused(409, "PUT", self.one(first), {**made[0]})
                assert stale["reason"] == "Conflict"
            gone = self.removed(first)
            watch.expect("DELETED", first)
            api.refused(404, "GET", self.one(first), says=f'"{first}" not found')
            assert gone
            rest = api.delete(self.collection, labelSelector=self.selector)
            assert rest["kind"] in (self.body["kind"] + "List", "Status")
            for _ in names[1:]:
                watch.expect("DELETED")
        assert api.get(self.collection, labelSelector=self.selector)["items"] == []
        return self

    def removed(self, name):
        answer = self.api.delete(self.one(name))
        if answer["kind"] != "Status":
            eventually(lambda: not self.api.is_there(self.one(name)), f"{self.one(name)} goes")
        return answer

    def walk_status(self, name):
        """A status is written by its subresource alone. Custom kinds and some others take no metadata there, most do."""
        takes_metadata = "example.com" not in self.group_version and self.plural != "volumeattachments"
        api, path = self.api, self.one(name) + "/status"
        before = api.get(path)
        assert before["kind"] == self.body["kind"] and before["metadata"]["name"] == name
        patched = api.patch(path, {"metadata": {"annotations": {"patchedstatus": "true"}}, "status": self.status})
        assert_within(self.status, patched["status"])
        assert (patched["metadata"]["annotations"].get("patchedstatus") == "true") == takes_metadata
        assert patched.get("spec") == before.get("spec")
        emptied = {**copy.deepcopy(patched), "status": copy.deepcopy(self.status)}
        emptied["metadata"]["annotations"]["updatedstatus"] = "true"
        updated = api.update(path, emptied)
        assert_within(self.status, updated["status"])
        assert_within(self.status, api.get(path)["status"])
        # Not by the object itself.
        without = {**copy.deepcopy(updated), "status": {}}
        assert_within(self.status, api.update(self.one(name), without)["status"])


def assert_within(part, whole):
    """That a value has what another one says, and perhaps more."""
    if isinstance(part, dict):
        assert isinstance(whole, dict), (part, whole)
        for key, value in part.items():
            assert key in whole, f"{key} is missing in {whole}"
            assert_within(value, whole[key])
    elif isinstance(part, list):
        assert isinstance(whole, list) and len(part) == len(whole), (part, whole)
        for one, other in zip(part, whole):
            assert_within(one, other)
    else:
        assert part == whole, (part, whole)


def pod(name="pod", labels=None, **metadata):
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels or {"app": name}, **metadata},
        "spec": {"containers": [{"name": "c", "image": "registry.example/pause:1"}]},
    }  # fmt: skip


def template(labels):
    return {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "c", "image": "registry.example/web:1"}]},
    }


CONDITION = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from a test"}


def body(api_version, kind, **more):
    return {"apiVersion": api_version, "kind": kind, **more}
