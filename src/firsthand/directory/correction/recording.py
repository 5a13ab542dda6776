"""The audit lines of corrections."""

from uuid import UUID

from firsthand.audit.model import DONE, Caller, Detail, Line
from firsthand.directory.correction.model import Refused
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World


def line_of(
    world: World,
    caller: Caller,
    scope: HospitalScope,
    action: str,
    answer: object,
    person_id: UUID | None,
    correction_id: UUID | None,
    detail: Detail | None = None,
) -> Line:
    """Return the audit line of a correction's step, done or refused."""
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=answer.reason if isinstance(answer, Refused) else DONE,
        hospital_id=scope.hospital_id,
        subject_id=correction_id,
        person_id=person_id,
        detail=detail or {},
    )
