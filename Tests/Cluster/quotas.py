"""What tests of quotas and limits share: objects, and waiting for a quota's status."""

import time


def pod(name, requests=None, limits=None, **spec):
    resources = {key: value for key, value in (("requests", requests), ("limits", limits)) if value}
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"containers": [{"name": "c", "image": "i", "resources": resources}], **spec},
    }  # fmt: skip


def service(name, type="ClusterIP", **spec):
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"type": type, "ports": [{"port": 80}], **spec},
    }  # fmt: skip


def claim(name, storage="1Gi", storage_class=None, **spec):
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    return {
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}, **spec},
    }  # fmt: skip


def config_map(name):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}}


class Space:
    """One namespace, spoken to by raw requests: (status, body)."""

    def __init__(self, raw, namespace):
        self.raw, self.namespace = raw, namespace

    def path(self, plural, name="", group="v1"):
        root = "/api/v1" if group == "v1" else f"/apis/{group}"
        return f"{root}/namespaces/{self.namespace}/{plural}" + (f"/{name}" if name else "")

    def create(self, plural, body, group="v1", expect=201, query=()):
        status, _, answer = self.raw("POST", self.path(plural, group=group), body, query)
        assert status == expect, answer
        return answer

    def refused(self, plural, body, group="v1"):
        answer = self.create(plural, body, group, expect=403)
        assert answer["reason"] == "Forbidden", answer
        return answer["message"]

    def get(self, plural, name, group="v1"):
        status, _, answer = self.raw("GET", self.path(plural, name, group))
        assert status == 200, answer
        return answer

    def delete(self, plural, name, group="v1"):
        status, _, answer = self.raw("DELETE", self.path(plural, name, group), query=[("gracePeriodSeconds", "0")])
        assert status == 200, answer

    def patch(self, plural, name, body, kind="merge", group="v1", below="", expect=200):
        status, _, answer = self.raw(
            "PATCH", self.path(plural, name, group) + below, body,
            headers={"Content-Type": f"application/{kind}-patch+json"},
        )  # fmt: skip
        assert status == expect, answer
        return answer

    def quota(self, hard, name="q", **spec):
        """Makes a quota, and waits until it is enforced."""
        body = {
            "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}, "spec": {"hard": hard, **spec},
        }  # fmt: skip
        self.create("resourcequotas", body)
        return self.until(name, lambda status: status.get("hard") == hard and set(status.get("used", ())) == set(hard))

    def until(self, name, holds, seconds=60):
        end = time.monotonic() + seconds
        while True:
            status = self.get("resourcequotas", name)["status"]
            if holds(status):
                return status["used"]
            assert time.monotonic() < end, status
            time.sleep(0.02)

    def used(self, name="q", **wanted):
        """Waits until so much is used; `_` stands for a dot."""
        wanted = {key.replace("_", "."): value for key, value in wanted.items()}
        return self.until(name, lambda status: all(status["used"].get(key) == wanted[key] for key in wanted))
