"""Erasing what is kept no longer: each kind by the term that the register of retention gives it.

Small batches, each in a transaction of its own: whoever books waits for none of it, and a worker that dies amid it
loses nothing. A kind that cannot be erased is counted and said in the log, and keeps none of the others from going.
What runs out within hours (sessions, codes, counters) is `chores.forget`'s.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

import structlog

from firsthand.arrival.erasing import erase_appointments
from firsthand.audit.model import Caller
from firsthand.booking.deleting import delete_account, due_deletions, forget_unseen, unseen_people
from firsthand.channels.worker.tasks import system_caller
from firsthand.directory.correction.model import LAPSES_AFTER as UNDECIDED_MAX
from firsthand.directory.emergency.model import LAPSES_AFTER as UNREVIEWED_MAX
from firsthand.directory.erasing import (
    erase_corrections,
    erase_emergencies,
    erase_merged,
    erase_requests,
    erase_resets,
    erase_sign_ins,
    erase_ties,
)
from firsthand.directory.lapsing import lapse_corrections, lapse_emergencies
from firsthand.messages.actions import erase_messages
from firsthand.platform.metrics import NOT_ERASED
from firsthand.platform.world import World
from firsthand.policy.retention import APPOINTMENT_TERM, ENDED_TERM, LEFT_TERM, MESSAGE_TERM, Term

AT_ONCE: Final = 0.0
ERASE_SECONDS: Final = 3600.0
DELETIONS_SECONDS: Final = 60.0
_ROWS_MAX: Final = 500
_PEOPLE: Final = frozenset({"directory.person"})

_log = structlog.get_logger(__name__)


class Erase(Protocol):
    """Erases up to `limit` of what ended, or was made, before an instant, and says how many that were."""

    def __call__(self, world: World, caller: Caller, *, before: datetime, limit: int) -> Awaitable[int]:
        """Erase and count."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of thing: the tables that it empties, for how long they are kept, and what erases."""

    tables: frozenset[str]
    term: Term
    erase: Erase


STEPS: Final = (
    Step(frozenset({"messages.message"}), MESSAGE_TERM, erase_messages),
    Step(frozenset({"booking.booking", "arrival.check_in"}), APPOINTMENT_TERM, erase_appointments),
    Step(frozenset({"directory.tie", "directory.consent"}), ENDED_TERM, erase_ties),
    Step(frozenset({"directory.correction"}), ENDED_TERM, erase_corrections),
    Step(frozenset({"directory.request"}), ENDED_TERM, erase_requests),
    Step(frozenset({"directory.break_glass"}), ENDED_TERM, erase_emergencies),
    Step(frozenset({"identity.sign_in_reset", "identity.sign_in_news"}), ENDED_TERM, erase_resets),
    Step(
        frozenset({"identity.password", "identity.totp", "identity.recovery_code", "identity.oidc_link"}),
        LEFT_TERM,
        erase_sign_ins,
    ),
)
# What nobody decides would have no end from which a term could run.
LAPSES: Final[tuple[tuple[Erase, timedelta], ...]] = (
    (lapse_corrections, UNDECIDED_MAX),
    (lapse_emergencies, UNREVIEWED_MAX),
)


async def forget_people(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """Forget those of up to `limit` people who have not come since an aware instant, and return how many went."""
    unseen = await unseen_people(world, before=before, limit=limit)
    return sum([await _go(forget_unseen(world, caller, one, before=before), "forget_unseen", one) for one in unseen])


# Whose row stays, and whose name goes.
FORGETS: Final[tuple[tuple[Erase, timedelta], ...]] = (
    (erase_merged, timedelta()),
    (forget_people, timedelta(days=APPOINTMENT_TERM.days)),
)


async def erase_over(world: World) -> float:
    """Erase a batch of each kind, and say how long to wait for the next round."""
    now, caller = world.clock.now(), system_caller("worker-erase")
    ended = [await _run(erase, frozenset(), world, caller, before=now - after) for erase, after in LAPSES]
    erased = [await _run(one.erase, one.tables, world, caller, before=one.term.begins(now)) for one in STEPS]
    erased += [await _run(erase, _PEOPLE, world, caller, before=now - after) for erase, after in FORGETS]
    return AT_ONCE if max(*ended, *erased) >= _ROWS_MAX else ERASE_SECONDS


async def delete_accounts(world: World) -> float:
    """Delete the accounts whose owners asked for it and have waited; say how long to wait for the next round."""
    caller = system_caller("worker-delete-accounts")
    due = await due_deletions(world, limit=_ROWS_MAX)
    deleted = sum([await _go(delete_account(world, caller, one), "delete_account", one) for one in due])
    return AT_ONCE if deleted >= _ROWS_MAX else DELETIONS_SECONDS


async def _go(going: Awaitable[bool], step: str, person_id: UUID) -> bool:
    """Let one person go, and say whether he went: one who cannot go must not keep the others."""
    try:
        return await going
    except Exception as error:  # noqa: BLE001 - he is found again in the next round
        NOT_ERASED.labels(step).inc()
        _log.error("erase_failed", step=step, person_id=str(person_id), exc_info=error)
        return False


async def _run(erase: Erase, tables: frozenset[str], world: World, caller: Caller, *, before: datetime) -> int:
    """Erase a batch of one kind, and say how many went: none where it failed, which is tried again next round."""
    try:
        return await erase(world, caller, before=before, limit=_ROWS_MAX)
    except Exception as error:  # noqa: BLE001 - one kind that cannot go must not keep the others
        name = getattr(erase, "__name__", "erase")
        NOT_ERASED.labels(name).inc()
        _log.error("erase_failed", step=name, tables=sorted(tables), exc_info=error)
        return 0
