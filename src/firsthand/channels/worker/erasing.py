"""Erasing what is kept no longer: each kind by the term that the register of retention gives it.

Small batches, each in a transaction of its own: whoever books waits for none of it, and a worker that dies amid it
loses nothing. What runs out within hours (sessions, codes, counters) is `chores.forget`'s.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from firsthand.arrival.erasing import erase_appointments
from firsthand.audit.model import Caller
from firsthand.channels.worker.tasks import system_caller
from firsthand.directory.erasing import erase_corrections, erase_emergencies, erase_resets, erase_ties
from firsthand.messages.actions import erase_messages
from firsthand.platform.world import World
from firsthand.policy.retention import APPOINTMENT_TERM, ENDED_TERM, MESSAGE_TERM, Term

AT_ONCE: Final = 0.0
ERASE_SECONDS: Final = 3600.0
_ROWS_MAX: Final = 500


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
    Step(frozenset({"directory.break_glass"}), ENDED_TERM, erase_emergencies),
    Step(frozenset({"identity.sign_in_reset"}), ENDED_TERM, erase_resets),
)


async def erase_over(world: World) -> float:
    """Erase a batch of each kind, and say how long to wait for the next round."""
    now, caller = world.clock.now(), system_caller("worker-erase")
    erased = [await step.erase(world, caller, before=step.term.begins(now), limit=_ROWS_MAX) for step in STEPS]
    return AT_ONCE if max(erased) >= _ROWS_MAX else ERASE_SECONDS
