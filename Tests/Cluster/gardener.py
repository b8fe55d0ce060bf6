"""An operator written with kopf: it keeps a ConfigMap for every Garden. `test_operator.py` runs it as a process."""

import kopf
import kubernetes


@kopf.on.startup()
def configure(settings, **_):
    settings.posting.enabled = True
    settings.persistence.finalizer = "garden.example.com/keeper"
    settings.watching.server_timeout = 30


def maps():
    return kubernetes.client.CoreV1Api()


def content(spec):
    return {"flowers": "\n".join(spec.get("flowers", [])), "size": str(spec.get("size", 0))}


@kopf.on.create("garden.example.com", "v1", "gardens")
def create(spec, meta, name, namespace, patch, body, **_):
    child = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"beds-of-{name}"}, "data": content(spec)}
    kopf.adopt(child)
    made = maps().create_namespaced_config_map(namespace, child)
    patch.status["phase"] = "Planted"
    kopf.info(body, reason="Planted", message=f"planted {len(spec.get('flowers', []))} flowers")
    return {"uid": made.metadata.uid}


@kopf.on.update("garden.example.com", "v1", "gardens", field="spec")
def update(spec, name, namespace, patch, diff, **_):
    maps().patch_namespaced_config_map(f"beds-of-{name}", namespace, {"data": content(spec)})
    patch.status["changes"] = len(diff)
    patch.status["phase"] = "Replanted"


@kopf.on.resume("garden.example.com", "v1", "gardens")
def resume(patch, status, **_):
    patch.status["resumed"] = status.get("resumed", 0) + 1


@kopf.on.delete("garden.example.com", "v1", "gardens")
def delete(name, namespace, **_):
    maps().create_namespaced_config_map(namespace, {"metadata": {"name": f"grave-of-{name}"}})




@kopf.timer("garden.example.com", "v1", "gardens", interval=0.3, initial_delay=0.1)
def water(patch, status, **_):
    patch.status["watered"] = status.get("watered", 0) + 1


@kopf.daemon("garden.example.com", "v1", "gardens", cancellation_backoff=5, cancellation_timeout=2)
async def guard(stopped, patch, name, namespace, **_):
    maps().create_namespaced_config_map(namespace, {"metadata": {"name": f"guard-of-{name}"}})
    while not stopped:
        await stopped.wait(0.1)
    maps().delete_namespaced_config_map(f"guard-of-{name}", namespace)


@kopf.on.create("garden.example.com", "v1", "gardens", annotations={"trouble": kopf.PRESENT})
def trouble(retry, **_):
    if retry < 2:
        raise kopf.TemporaryError("not yet", delay=0.2)
    return {"tries": retry}
