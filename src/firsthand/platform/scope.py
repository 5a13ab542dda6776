"""On whose behalf personal data is touched. Every store function that touches any asks for a `Scope`."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class PersonScope:
    """The person himself: only his own rows."""

    person_id: UUID


@dataclass(frozen=True, slots=True)
class HospitalScope:
    """A hospital's staff: only rows of that hospital."""

    hospital_id: UUID


@dataclass(frozen=True, slots=True)
class CityScope:
    """The whole city, for a stated purpose that goes into the audit line."""

    purpose: str


Scope = PersonScope | HospitalScope | CityScope
