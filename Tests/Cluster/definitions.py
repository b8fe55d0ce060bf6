"""Custom kinds for tests: definitions with names of their own, established when the test begins."""

import contextlib

from interface import eventually, unique

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def version(name="v1", schema=None, served=True, storage=True, **more):
    return {
        "name": name, "served": served, "storage": storage, "schema": {"openAPIV3Schema": schema or ANYTHING}, **more,
    }  # fmt: skip


class Definition:
    """A definition and where its objects are."""

    def __init__(self, api, *versions, group=None, scope="Namespaced", kind=None, labels=None, annotations=None, **spec):
        self.api = api
        plain = unique("kind").replace("-", "")
        self.kind = kind or "E2e" + plain
        self.plural = self.kind.lower() + "s"
        self.group = group or f"{unique('g')}.example.com"
        self.name = f"{self.plural}.{self.group}"
        self.path = f"{DEFINITIONS}/{self.name}"
        self.versions = list(versions) or [version()]
        self.body = {
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {
                "name": self.name, **({"labels": labels} if labels else {}),
                **({"annotations": annotations} if annotations else {}),
            },
            "spec": {
                "group": self.group, "scope": scope, "versions": self.versions,
                "names": {"plural": self.plural, "singular": self.kind.lower(), "kind": self.kind, "listKind": self.kind + "List"},
                **spec,
            },
        }  # fmt: skip

    def create(self):
        self.api.create(DEFINITIONS, self.body)
        return self.established()

    def established(self):
        def ready():
            conditions = self.api.get(self.path)["status"]["conditions"] or []
            return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)

        eventually(ready, f"{self.name} is established")
        for one in self.versions:
            if one["served"]:
                eventually(lambda: self.api.send("GET", f"/apis/{self.group}/{one['name']}/{self.plural}").status == 200)
        return self

    def edit(self, change):
        """Changes the definition's spec by a function, and waits until it is in force."""
        current = self.api.get(self.path)
        change(current["spec"])
        return self.api.update(self.path, current)

    def objects(self, namespace=None, version=None):
        root = f"/apis/{self.group}/{version or self.versions[0]['name']}"
        return f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"

    def object(self, name, version=None, metadata=None, **more):
        return {
            "apiVersion": f"{self.group}/{version or self.versions[0]['name']}", "kind": self.kind,
            "metadata": {"name": name, **(metadata or {})}, **more,
        }  # fmt: skip

    def remove(self):
        if self.api.is_there(self.path):
            self.api.delete(self.path)
            eventually(lambda: not self.api.is_there(self.path), f"{self.name} goes")


@contextlib.contextmanager
def defined(api, *versions, **more):
    """A definition that goes when the test ends."""
    made = Definition(api, *versions, **more)
    try:
        yield made.create()
    finally:
        made.remove()
