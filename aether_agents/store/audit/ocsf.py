"""Entries of the audit record as events of the Open Cybersecurity Schema Framework (1.3), as a SIEM reads them."""

from typing import NamedTuple

from aether_agents import __version__
from aether_agents.contracts import Json
from aether_agents.store.audit.chain import Line
from aether_agents.store.client.audit_writer import Fields


class _Class(NamedTuple):
    """A class of OCSF events."""

    uid: int
    name: str
    category: int
    category_name: str


_API = _Class(6003, "API Activity", 6, "Application Activity")
_LIFECYCLE = _Class(6002, "Application Lifecycle", 6, "Application Activity")
_FINDING = _Class(2004, "Detection Finding", 2, "Findings")

#: Classes of kinds of entries; what is not here is an API activity.
_CLASSES = {
    "worker.started": _LIFECYCLE,
    "security": _FINDING,
    "audit.refused": _FINDING,
    "audit.rolled_back": _FINDING,
}

_CREATE, _READ, _UPDATE, _OTHER, _START = 1, 2, 3, 99, 3
_ACTIVITIES = {_CREATE: "Create", _READ: "Read", _UPDATE: "Update", _OTHER: "Other"}
_SUCCESS, _FAILURE, _UNKNOWN = 1, 2, 0
_STATUSES = {_SUCCESS: "Success", _FAILURE: "Failure", _UNKNOWN: "Unknown"}
_INFORMATIONAL, _HIGH = 1, 4

#: How entries say that something went well; anything else they say did not.
_WELL = frozenset({"ok", "completed", "approve", "provide"})


def ocsf(line: Line) -> Fields:
    """One line of the record as an event."""
    entry = line.entry
    kind = str(entry.get("kind"))
    cls = _CLASSES.get(kind, _API)
    activity = _activity(kind, entry, cls)
    status, severe = _status(entry), _HIGH if cls is _FINDING else _INFORMATIONAL
    metadata: Json = {
        "version": "1.3.0",
        "uid": str(line.number),
        "sequence": line.number,
        "product": {"name": "AetherTerm agents", "vendor_name": "AetherTerm", "version": __version__},
    }
    event: Fields = {
        "class_uid": cls.uid,
        "class_name": cls.name,
        "category_uid": cls.category,
        "category_name": cls.category_name,
        "activity_id": activity,
        "activity_name": "Start" if cls is _LIFECYCLE else _ACTIVITIES.get(activity, "Other"),
        "type_uid": cls.uid * 100 + activity,
        "severity_id": severe,
        "severity": "High" if severe == _HIGH else "Informational",
        "time": line.came,
        "status_id": status,
        "status": _STATUSES[status],
        "metadata": metadata,
        "message": kind,
        "unmapped": {"entry": entry, "link": line.link, "signed": line.signed},
    }
    return {**event, **_parts(cls, kind, entry, line)}


def _parts(cls: _Class, kind: str, entry: Fields, line: Line) -> Fields:
    """What its class asks for beside that."""
    if cls is _FINDING:
        return {"finding_info": {"title": str(entry.get("what", kind)), "uid": str(line.number)}}
    app: Json = {"name": "AetherTerm agents", "version": __version__}
    if cls is _LIFECYCLE:
        return {"app": app}
    operation = str(entry.get("tool", kind))
    return {
        "actor": {"user": {"name": str(entry.get("by", "")) or "worker"}},
        "api": {"operation": operation, "service": {"name": operation.partition("/")[0]}},
        "src_endpoint": {"svc_name": "aether-agents"},
        "resources": [{"type": "task", "uid": str(entry["task"])}] if entry.get("task") else [],
    }


def _activity(kind: str, entry: Fields, cls: _Class) -> int:
    if cls is _FINDING:
        return _CREATE
    if cls is _LIFECYCLE:
        return _START
    if kind == "call":
        return _READ if entry.get("risk") == "read" else _UPDATE
    return _CREATE if kind == "task.asked" else _OTHER


def _status(entry: Fields) -> int:
    said = entry.get("result") or entry.get("status") or entry.get("response")
    if said is None:
        return _FAILURE if entry.get("kind") == "call.refused" else _UNKNOWN
    return _SUCCESS if said in _WELL else _FAILURE
