"""The parts of a SMART Scheduling Links publication that are read; everything else in it is ignored.

Source: https://github.com/smart-on-fhir/smart-scheduling-links/blob/master/specification.md, FHIR R4.
"""

from typing import Any

import msgspec


class Output(msgspec.Struct, frozen=True, rename="camel"):
    """One file of the publication and the type of the resources in it."""

    type: str
    url: str


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """The bulk publication manifest: when it was published, under which address, and in which files."""

    transaction_time: str
    request: str
    output: list[Output]


class Typed(msgspec.Struct, frozen=True, rename="camel"):
    """Any resource, looked at only for its type."""

    resource_type: str


class Reference(msgspec.Struct, frozen=True, rename="camel"):
    """A reference to another resource, with a name for people to read."""

    reference: str = ""
    display: str = ""


class Coding(msgspec.Struct, frozen=True, rename="camel"):
    """A code, of which only its words are used."""

    display: str = ""


class Concept(msgspec.Struct, frozen=True, rename="camel"):
    """A concept in words, or in codes that have words."""

    text: str = ""
    coding: list[Coding] = []


class Extension(msgspec.Struct, frozen=True, rename="camel"):
    """An extension. Its values may have any type, because extensions that are not known are ignored."""

    url: str
    value_url: Any = None
    value_string: Any = None
    value_integer: Any = None


class Contact(msgspec.Struct, frozen=True, rename="camel"):
    """A telephone number, a web address, or another way to reach a place."""

    system: str = ""
    value: str = ""


class Address(msgspec.Struct, frozen=True, rename="camel"):
    """A postal address."""

    text: str = ""
    line: list[str] = []
    city: str = ""
    district: str = ""
    state: str = ""
    postal_code: str = ""


class Location(msgspec.Struct, frozen=True, rename="camel"):
    """A place where people are seen: a hospital here."""

    resource_type: str
    id: str
    name: str
    telecom: list[Contact] = []
    address: Address | None = None


class Schedule(msgspec.Struct, frozen=True, rename="camel"):
    """A service offered at a location, perhaps by a practitioner."""

    resource_type: str
    id: str
    actor: list[Reference]
    service_type: list[Concept] = []
    specialty: list[Concept] = []


class Slot(msgspec.Struct, frozen=True, rename="camel"):
    """A span of time of a schedule."""

    resource_type: str
    id: str
    schedule: Reference
    status: str
    start: str
    end: str
    extension: list[Extension] = []
