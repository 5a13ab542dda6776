"""How a person is told what is held on him. No clock, database or randomness is read here."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from firsthand.account.model import Is, Listing, Who
from firsthand.directory.counter.rules import tail
from firsthand.directory.staff.model import Duty
from firsthand.platform.access import Role
from firsthand.policy.held import Row
from firsthand.policy.retention import Category

# Crockford's base 32: no letter can be taken for a digit, and none is missing from a keyboard.
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_REFERENCE_LETTERS: Final = 8
_HALF: Final = _REFERENCE_LETTERS // 2
_BITS: Final = 5

# A guardian looks after the child's affairs, not after the child's own devices.
CHILDS_OWN: Final = frozenset({Category.SIGN_IN})


def mask(number: str) -> str:
    """Return a document's number with stars for all but its end, which is never more than a third of it."""
    end = tail(number)
    return "*" * (len(number) - len(end)) + end


def reference_of(index: bytes) -> str:
    """Return 8 letters and digits, "K7QX-2M4P", of a keyed hash: 40 bits, which tell a hospital's staff apart."""
    number = int.from_bytes(index[: _REFERENCE_LETTERS * _BITS // 8])
    letters = [_LETTERS[number >> shift & 31] for shift in range(0, _REFERENCE_LETTERS * _BITS, _BITS)]
    return "".join(letters[:_HALF]) + "-" + "".join(letters[_HALF:])


def roles_at(duties: Iterable[Duty], hospital_id: UUID | None, at: datetime) -> tuple[Role, ...]:
    """Return in which roles somebody may have acted at an instant: at the hospital, or, where it is None, anywhere."""
    return tuple(
        sorted(
            {
                duty.role
                for duty in duties
                if duty.begins_at <= at
                and (duty.ends_at is None or at < duty.ends_at)
                and (hospital_id is None or duty.hospital_id in {hospital_id, None})
            }
        )
    )


def person_of(person_id: UUID | None, own: Sequence[UUID], names: dict[UUID, str]) -> Who | None:
    """Return who a person is to the one whose data it is. names: of those to whom a tie binds him."""
    if person_id is None:
        return None
    return Who(Is.YOU) if person_id in own else Who(Is.PERSON, names.get(person_id, ""))


def dependant_of(tie: Row, own: Sequence[UUID]) -> Row:
    """Return a tie without its dependant where the person asked for it and nobody ever said yes.

    Whether anybody is known by the document that he typed is not his to learn.
    """
    hidden = tie["carer_id"] in own and tie["active_from"] is None
    return {**tie, "dependant_id": None} if hidden else tie


def may_see_evidence(correction: Row) -> bool:
    """Say whether a clerk's note is about this person alone: not where two records proved to be two people's."""
    return correction["kind"] == "document" or correction["state"] == "approved"


def is_shown_to_guardian(listing: Listing) -> bool:
    """Say whether a guardian sees this of a child."""
    return listing.category not in CHILDS_OWN
