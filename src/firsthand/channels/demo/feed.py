"""The feed that ships with the demo: a made-up Chinese city of ten hospitals, published as a hospital's system would.

It is written into a folder as SMART Scheduling Links and read by the same parser as any other feed. Nothing in it is
real: there is no such city, and its telephone numbers and addresses lead nowhere.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from firsthand.channels.feeds.smart import CAPACITY, PHONE

TIME_ZONE: Final = "Asia/Shanghai"
_FEED: Final = "https://yunchuan.example/$bulk-publish"
_PUBLISHED_AT: Final = "2026-01-04T08:00:00Z"
_FIRST_DAY: Final = date(2026, 1, 5)  # a Monday; the demo moves it by whole weeks
_DAYS: Final = 21
_CAPACITY: Final = 100
_GENERAL: Final = "普通门诊 General clinic"
_EVENING: Final = "夜间门诊 Evening clinic"
_MORNING_HOURS: Final = (time(8), time(12))
_AFTERNOON_HOURS: Final = (time(13, 30), time(17, 30))
_DAY_HOURS: Final = (time(9), time(16))
_EVENING_HOURS: Final = (time(18), time(21, 30))


@dataclass(frozen=True, slots=True)
class _Hospital:
    """One hospital with the one department that it publishes."""

    name: str
    department: str
    hours: tuple[time, time]
    address: str
    service: str = _GENERAL


_HOSPITALS: Final = (
    _Hospital("云川市第一人民医院 Yunchuan First People's Hospital", "皮肤科 Dermatology", _MORNING_HOURS, "人民路1号"),
    _Hospital("云川市中心医院 Yunchuan Central Hospital", "心血管内科 Cardiology", _MORNING_HOURS, "中山大道20号"),
    _Hospital("云川市儿童医院 Yunchuan Children's Hospital", "儿科 Paediatrics", _MORNING_HOURS, "育才街8号"),
    _Hospital("云川市妇幼保健院 Yunchuan Maternity Hospital", "产科 Obstetrics", _MORNING_HOURS, "和平路36号"),
    _Hospital("云川市中医医院 Yunchuan Chinese Medicine Hospital", "针灸科 Acupuncture", _AFTERNOON_HOURS, "杏林巷5号"),
    _Hospital("云川市口腔医院 Yunchuan Dental Hospital", "口腔科 Dentistry", _AFTERNOON_HOURS, "长江路112号"),
    _Hospital("云川市眼科医院 Yunchuan Eye Hospital", "眼科 Ophthalmology", _AFTERNOON_HOURS, "湖滨路66号"),
    _Hospital("云川市肿瘤医院 Yunchuan Cancer Hospital", "肿瘤内科 Oncology", _DAY_HOURS, "北环路300号"),
    _Hospital(
        "云川大学附属医院 Yunchuan University Hospital", "神经内科 Neurology", _EVENING_HOURS, "大学路2号", _EVENING
    ),
    _Hospital(
        "云川市第二人民医院 Yunchuan Second People's Hospital",
        "全科医学科 General practice",
        _EVENING_HOURS,
        "解放路45号",
        _EVENING,
    ),
)


def write_feed(folder: Path) -> None:
    """Write the manifest, 10 Locations, 10 Schedules and 210 Slots of 100 places into an existing `folder`."""
    outputs = {
        "Location": ("locations.ndjson", [_location(number) for number in range(len(_HOSPITALS))]),
        "Schedule": ("schedules.ndjson", [_schedule(number) for number in range(len(_HOSPITALS))]),
        "Slot": (
            "slots.ndjson",
            [_slot(number, day) for day in range(_DAYS) for number in range(len(_HOSPITALS))],
        ),
    }
    for name, resources in outputs.values():
        (folder / name).write_bytes(b"".join(msgspec.json.encode(resource) + b"\n" for resource in resources))
    manifest = {
        "transactionTime": _PUBLISHED_AT,
        "request": _FEED,
        "output": [{"type": kind, "url": name} for kind, (name, _) in outputs.items()],
    }
    (folder / "$bulk-publish").write_bytes(msgspec.json.encode(manifest))


def _location(number: int) -> dict[str, Any]:
    hospital = _HOSPITALS[number]
    return {
        "resourceType": "Location",
        "id": f"hospital-{number + 1}",
        "name": hospital.name,
        "telecom": [{"system": "phone", "value": _phone(number)}],
        "address": {"text": f"云川市{hospital.address}"},
    }


def _schedule(number: int) -> dict[str, Any]:
    hospital = _HOSPITALS[number]
    return {
        "resourceType": "Schedule",
        "id": f"clinic-{number + 1}",
        "actor": [{"reference": f"Location/hospital-{number + 1}"}],
        "serviceType": [{"text": hospital.service}],
        "specialty": [{"text": hospital.department}],
    }


def _slot(number: int, day: int) -> dict[str, Any]:
    on, zone = _FIRST_DAY + timedelta(days=day), ZoneInfo(TIME_ZONE)
    starts, ends = _HOSPITALS[number].hours
    return {
        "resourceType": "Slot",
        "id": f"session-{number + 1}-{day + 1}",
        "schedule": {"reference": f"Schedule/clinic-{number + 1}"},
        "status": "free",
        "start": datetime.combine(on, starts, zone).isoformat(),
        "end": datetime.combine(on, ends, zone).isoformat(),
        "extension": [
            {"url": CAPACITY, "valueInteger": _CAPACITY},
            {"url": PHONE, "valueString": _phone(number)},
        ],
    }


def _phone(number: int) -> str:
    return f"0000-0000{number + 1:02}"
