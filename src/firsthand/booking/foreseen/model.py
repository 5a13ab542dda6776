"""What is counted before a policy is changed."""

from dataclasses import dataclass
from enum import StrEnum

from firsthand.policy.model import Cap


class What(StrEnum):
    """Who or what is beyond a limit that is to be tighter, or of a kind that is to be no more."""

    HOLDERS = "holders"
    PATIENTS = "patients"
    CARERS = "carers"
    DEPENDANTS = "dependants"
    DOCUMENTS = "documents"


@dataclass(frozen=True, slots=True)
class Question:
    """Something to be counted: how many are above `most`, or above a cap, or are documents of the kind `kind`."""

    what: What
    most: int = 0
    cap: Cap | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """How many are touched. name: of the cap or the kind of document, else "". count: None where it took too long."""

    what: What
    name: str
    count: int | None
