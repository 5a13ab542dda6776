"""Reads a SMART Scheduling Links publication: Location -> hospital, Schedule -> schedule, Slot -> session.

Sources: github.com/smart-on-fhir/smart-scheduling-links, specification.md; docs/decisions/0004-feeds.md.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeVar

import msgspec

from firsthand.channels.feeds import limits
from firsthand.channels.feeds import smart_messages as messages
from firsthand.channels.feeds.address import is_web_address
from firsthand.channels.feeds.decoding import BOM, decode, instant, lines_of
from firsthand.channels.feeds.problem import Place, Problems, Rejected, shown
from firsthand.directory.hospital.model import Hospital
from firsthand.release.model import SessionStatus
from firsthand.release.publication.model import CAPACITY_MAX, Publication, Schedule, Session

MANIFEST_KEYS: Final = ("transactionTime", "request", "output")
DEEP_LINK: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/booking-deep-link"
PHONE: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/booking-phone"
CAPACITY: Final = "http://fhir-registry.smarthealthit.org/StructureDefinition/slot-capacity"

_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}", re.ASCII)
_TYPES: Final = ("Location", "Schedule", "Slot")
_PRACTITIONERS: Final = ("Practitioner/", "PractitionerRole/")
_STATUS: Final = {
    "free": SessionStatus.OPEN,
    "busy": SessionStatus.CLOSED,
    "busy-unavailable": SessionStatus.CLOSED,
    "busy-tentative": SessionStatus.CLOSED,
    "entered-in-error": SessionStatus.WITHDRAWN,
}
_MANIFEST: Final = msgspec.json.Decoder(messages.Manifest)
_TYPED: Final = msgspec.json.Decoder(messages.Typed)
_LOCATION: Final = msgspec.json.Decoder(messages.Location)
_SCHEDULE: Final = msgspec.json.Decoder(messages.Schedule)
_SLOT: Final = msgspec.json.Decoder(messages.Slot)


class _Resource(Protocol):
    @property
    def resource_type(self) -> str: ...


R = TypeVar("R", bound=_Resource)


@dataclass(frozen=True, slots=True)
class Output:
    """A file that the manifest lists: its type (Location, Schedule or Slot) and its address as written there."""

    type: str
    url: str
    field: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a publication consists of. `outputs` leaves out types that are not read."""

    feed: str
    published_at: datetime
    outputs: tuple[Output, ...]


def read_manifest(raw: bytes, file: str) -> Manifest | Rejected:
    """Read the bulk publication manifest. A problem of it is placed on the line where the document begins."""
    problems = Problems()
    place = Place(problems, file, 1)
    if len(raw) > limits.MANIFEST_BYTES_MAX:
        place.report("", f"the manifest is larger than {limits.MANIFEST_BYTES_MAX} bytes")
        return Rejected(tuple(problems.found))
    message = decode(raw.removeprefix(BOM), _MANIFEST, place)
    if message is None:
        return Rejected(tuple(problems.found))
    published_at = instant(message.transaction_time, "transactionTime", place)
    feed = web_address(message.request, "request", place)
    if len(message.output) > limits.FILES_MAX:
        place.report("output", f"lists {len(message.output)} files; at most {limits.FILES_MAX} are allowed")
    outputs = _outputs(message, place)
    if published_at is None or problems.found:
        return Rejected(tuple(problems.found), problems.more)
    return Manifest(feed, published_at, outputs)


def _outputs(message: messages.Manifest, place: Place) -> tuple[Output, ...]:
    outputs: dict[str, Output] = {}
    for index, output in enumerate(message.output):
        field_name = f"output[{index}].url"
        # The specification asks for whole addresses; plain file names beside the manifest are understood as well.
        if not _FILE_NAME.fullmatch(output.url):
            web_address(output.url, field_name, place)
        if output.type not in _TYPES:
            continue
        if output.url in outputs:
            place.report(field_name, f"is listed before, as {outputs[output.url].field}")
        outputs[output.url] = Output(output.type, output.url, field_name)
    return tuple(outputs.values())


def web_address(text: str, field_name: str, place: Place) -> str:
    """Return `text` if it is an http or https address, which is safe to show as a link; else report it."""
    if not is_web_address(text):
        place.report(field_name, f"is {shown(text)}; an http or https address is expected")
    elif len(text) > limits.URL_LENGTH_MAX:
        place.report(field_name, f"has {len(text)} characters; at most {limits.URL_LENGTH_MAX} are allowed")
    return text


@dataclass(slots=True)
class SmartReader:
    """Gathers the files of one publication, in any order; `finish` puts them together."""

    time_zone: str
    problems: Problems = field(default_factory=Problems)
    _hospitals: dict[str, tuple[Place, Hospital]] = field(default_factory=dict)
    _schedules: dict[str, tuple[Place, Schedule]] = field(default_factory=dict)
    _sessions: dict[str, tuple[Place, Session]] = field(default_factory=dict)
    _lines: int = 0
    _places: int = 0

    def read(self, output_type: str, raw: bytes, file: str) -> None:
        """Read one file. output_type: Location, Schedule or Slot."""
        for place, line in lines_of(raw, file, self.problems):
            self._lines += 1
            if self._lines > limits.LINES_MAX:
                place.report("", f"the publication has more than {limits.LINES_MAX} lines")
            if self.problems.more or self._lines > limits.LINES_MAX:
                return
            match output_type:
                case "Location":
                    self._read_location(line, place)
                case "Schedule":
                    self._read_schedule(line, place)
                case _:
                    self._read_slot(line, place)

    def finish(self, feed: str, published_at: datetime, *, complete: bool) -> Publication | Rejected:
        """Check what the files say of one another and return the whole, or everything that is wrong with it."""
        for place, schedule in self._schedules.values():
            if schedule.hospital not in self._hospitals:
                place.report("actor", f"there is no Location with the id {shown(schedule.hospital)}")
        for place, session in self._sessions.values():
            if session.schedule not in self._schedules:
                place.report("schedule.reference", f"there is no Schedule with the id {shown(session.schedule)}")
        return self.problems.rejection() or Publication(
            feed=feed,
            published_at=published_at,
            complete=complete,
            hospitals=tuple(hospital for _, hospital in self._hospitals.values()),
            schedules=tuple(schedule for _, schedule in self._schedules.values()),
            sessions=tuple(session for _, session in self._sessions.values()),
        )

    def _read_location(self, line: bytes, place: Place) -> None:
        message = _decode_resource(line, _LOCATION, "Location", place)
        if message is None:
            return
        telecom = {contact.system: contact.value for contact in reversed(message.telecom)}
        url = telecom.get("url", "")
        hospital = Hospital(
            external_id=_checked_id(message.id, "id", place),
            name=place.text("name", message.name, length_max=limits.NAME_LENGTH_MAX, required=True),
            time_zone=self.time_zone,
            address=place.text("address", _address(message.address), length_max=limits.ADDRESS_LENGTH_MAX),
            phone=place.text("telecom.value", telecom.get("phone", ""), length_max=limits.PHONE_LENGTH_MAX),
            url=url and web_address(url, "telecom.value", place),
        )
        _keep(self._hospitals, hospital.external_id, hospital, place)

    def _read_schedule(self, line: bytes, place: Place) -> None:
        message = _decode_resource(line, _SCHEDULE, "Schedule", place)
        if message is None:
            return
        locations = [actor.reference for actor in message.actor if actor.reference.startswith("Location/")]
        if len(locations) != 1:
            place.report("actor", f"names {len(locations)} Locations; a schedule has one")
        doctors = [actor.display for actor in message.actor if actor.reference.startswith(_PRACTITIONERS)]
        if len(doctors) > 1:
            place.report("actor", f"names {len(doctors)} practitioners; a schedule has one or none")
        name_max = limits.NAME_LENGTH_MAX
        schedule = Schedule(
            external_id=_checked_id(message.id, "id", place),
            hospital=_target(locations[0], "Location", "actor", place) if locations else "",
            service=place.text("serviceType", _words(message.service_type), length_max=name_max),
            department=place.text("specialty", _words(message.specialty), length_max=name_max) or None,
            doctor=place.text("actor.display", doctors[0] if doctors else "", length_max=name_max) or None,
        )
        _keep(self._schedules, schedule.external_id, schedule, place)

    def _read_slot(self, line: bytes, place: Place) -> None:
        message = _decode_resource(line, _SLOT, "Slot", place)
        if message is None:
            return
        external_id = _checked_id(message.id, "id", place)
        schedule = _target(message.schedule.reference, "Schedule", "schedule.reference", place)
        status = _STATUS.get(message.status)
        if status is None:
            place.report("status", f"is {shown(message.status)}; one of {', '.join(_STATUS)} is expected")
        starts_at = instant(message.start, "start", place)
        ends_at = instant(message.end, "end", place)
        if starts_at and ends_at and starts_at >= ends_at:
            place.report("end", "is not after start")
        capacity, deep_link, phone = _extensions(message.extension, place)
        self._places += capacity
        if self._places > limits.PLACES_MAX >= self._places - capacity:
            place.report("", f"the publication has more than {limits.PLACES_MAX} places")
        if status and starts_at and ends_at:
            session = Session(
                external_id, schedule, starts_at, ends_at, capacity, status, deep_link=deep_link, phone=phone
            )
            _keep(self._sessions, external_id, session, place)


def _decode_resource(line: bytes, decoder: msgspec.json.Decoder[R], expected: str, place: Place) -> R | None:
    attempt = Place(Problems(), place.file, place.line)
    message = decode(line, decoder, attempt)
    # A resource of another type lacks fields as well; that it is of another type is what helps.
    typed = message or decode(line, _TYPED, Place(Problems(), place.file, place.line))
    if typed is not None and typed.resource_type != expected:
        place.report("resourceType", f"is {shown(typed.resource_type)}; {expected} is expected in this file")
        return None
    for problem in attempt.problems.found:
        place.problems.add(problem)
    return message


def _checked_id(text: str, field_name: str, place: Place) -> str:
    if not _ID.fullmatch(text):
        place.report(field_name, f"is {shown(text)}; 1 to 64 letters, digits, '.', '-' or '_' are expected")
    return text


def _target(reference: str, expected: str, field_name: str, place: Place) -> str:
    """Return the id in `Location/ID` or `Schedule/ID`."""
    kind, _, external_id = reference.partition("/")
    if kind != expected or not _ID.fullmatch(external_id):
        place.report(field_name, f"is {shown(reference)}; {expected}/ID is expected")
    return external_id


K = TypeVar("K")


def _keep(kept: dict[str, tuple[Place, K]], external_id: str, record: K, place: Place) -> None:
    if external_id in kept:
        first = kept[external_id][0]
        place.report("id", f"{shown(external_id)} was used before, at {first.file}:{first.line}")
    else:
        kept[external_id] = (place, record)


def _extensions(extensions: list[messages.Extension], place: Place) -> tuple[int, str, str]:
    """Return the capacity (1 where none is given), the deep link and the telephone number."""
    capacity, deep_link, phone = 1, "", ""
    for extension in extensions:
        match extension.url:
            case str(url) if url == CAPACITY:
                field_name = "extension.slot-capacity.valueInteger"
                capacity = place.whole_number(field_name, extension.value_integer, maximum=CAPACITY_MAX)
            case str(url) if url == DEEP_LINK:
                field_name = "extension.booking-deep-link.valueUrl"
                deep_link = web_address(_string(extension.value_url, field_name, place), field_name, place)
            case str(url) if url == PHONE:
                field_name = "extension.booking-phone.valueString"
                text = _string(extension.value_string, field_name, place)
                phone = place.text(field_name, text, length_max=limits.PHONE_LENGTH_MAX)
            case _:
                pass
    return capacity, deep_link, phone


def _string(value: object, field_name: str, place: Place) -> str:
    if isinstance(value, str):
        return value
    place.report(field_name, f"is {shown(value)}; text is expected")
    return ""


def _words(concepts: list[messages.Concept]) -> str:
    """Return the concepts in words. Of several codings the last is taken: they go from the general to the special."""
    words = []
    for concept in concepts:
        displays = [coding.display for coding in concept.coding if coding.display.strip()]
        words.append(concept.text.strip() or (displays[-1].strip() if displays else ""))
    return ", ".join(word for word in words if word)


def _address(address: messages.Address | None) -> str:
    if address is None:
        return ""
    parts = [*address.line, address.city, address.state, address.postal_code]
    return address.text or ", ".join(part.strip() for part in parts if part.strip())
