"""A small sound publication as a folder, for tests to import whole or to spoil."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller, Channel

BASE = "https://hospital.example/feed/"
FEED = BASE + "$bulk-publish"
EXTENSIONS = "http://fhir-registry.smarthealthit.org/StructureDefinition/"
OPERATOR = Caller(ActorKind.SYSTEM, None, Channel.CLI, "test")
NOBODY_ID = UUID(int=0)

Resource = dict[str, Any]


def location(id_: str = "L1", **fields: object) -> Resource:
    telecom = [{"system": "phone", "value": "010-1"}, {"system": "url", "value": "https://hospital.example/"}]
    address = {"line": ["1 Long Street"], "city": "Beijing"}
    return {
        "resourceType": "Location",
        "id": id_,
        "name": "First Hospital",
        "telecom": telecom,
        "address": address,
    } | fields


def schedule(id_: str = "C1", **fields: object) -> Resource:
    return {
        "resourceType": "Schedule",
        "id": id_,
        "actor": [{"reference": "Location/L1"}, {"reference": "Practitioner/p", "display": "Dr Wang"}],
        "serviceType": [{"coding": [{"display": "Clinic"}, {"display": "Heart clinic"}]}],
        "specialty": [{"text": "Cardiology"}],
    } | fields


def slot(id_: str = "S1", capacity: object = 10, **fields: object) -> Resource:
    return {
        "resourceType": "Slot",
        "id": id_,
        "schedule": {"reference": "Schedule/C1"},
        "status": "free",
        "start": "2026-03-09T00:00:00Z",
        "end": "2026-03-09T04:00:00Z",
        "extension": [
            {"url": EXTENSIONS + "booking-deep-link", "valueUrl": "https://hospital.example/book?1"},
            {"url": EXTENSIONS + "booking-phone", "valueString": "010-2"},
            {"url": EXTENSIONS + "slot-capacity", "valueInteger": capacity},
        ],
    } | fields


def manifest(published_at: str = "2026-03-01T00:00:00Z", **fields: object) -> Resource:
    output = [
        {"type": kind, "url": f"{BASE}{name}"}
        for kind, name in [
            ("Location", "locations.ndjson"),
            ("Schedule", "schedules.ndjson"),
            ("Slot", "slots.ndjson"),
        ]
    ]
    return {"transactionTime": published_at, "request": FEED, "output": output, "error": []} | fields


def lines(*resources: Resource) -> bytes:
    """The resources as NDJSON, with a final newline."""
    return b"".join(json.dumps(resource).encode() + b"\n" for resource in resources)


def write_feed(folder: Path, *, slots: list[Resource] | None = None, **files: bytes) -> str:
    """Write a sound feed, with `slots` or files given as `locations`, `schedules`, `slots_raw`, `manifest_raw`."""
    folder.mkdir(exist_ok=True)
    chosen = [slot("S1"), slot("S2", capacity=5)] if slots is None else slots
    (folder / "$bulk-publish").write_bytes(files.get("manifest_raw", json.dumps(manifest()).encode()))
    (folder / "locations.ndjson").write_bytes(files.get("locations", lines(location())))
    (folder / "schedules.ndjson").write_bytes(files.get("schedules", lines(schedule())))
    (folder / "slots.ndjson").write_bytes(files.get("slots_raw", lines(*chosen)))
    return str(folder)
