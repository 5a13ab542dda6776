"""A hospital as it publishes itself, and as it is kept."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Hospital:
    """A place where people are seen.

    external_id: the hospital's own name for itself within its feed. time_zone: an IANA name, by which local days are
    told. Empty text means that the hospital does not say.
    """

    external_id: str
    name: str
    time_zone: str
    address: str = ""
    phone: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class StoredHospital:
    """A hospital with the id under which everything else here refers to it."""

    id: UUID
    hospital: Hospital


@dataclass(frozen=True, slots=True)
class Named:
    """A department or a doctor: known within a hospital by the name alone."""

    hospital_id: UUID
    name: str
