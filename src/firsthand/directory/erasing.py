"""What the directory keeps for a term, and erases when it is over."""

from datetime import datetime

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.correction.store import erase_decided
from firsthand.directory.emergency.store import erase_reviewed
from firsthand.directory.family.store import erase_ended
from firsthand.identity.reset.store import erase_before
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World

_SCOPE = CityScope("erase what is kept no longer")


async def erase_ties(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """Erase up to `limit` ties that ended before an aware instant, with their consents; return how many."""
    async with world.database.transaction() as conn:
        erased = await erase_ended(conn, _SCOPE, before, limit=limit)
        await append(conn, _lines(world, caller, "directory.erase_ties", erased))
        return erased


async def erase_corrections(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """Erase up to `limit` corrections that came to their end before an aware instant; return how many."""
    async with world.database.transaction() as conn:
        erased = await erase_decided(conn, _SCOPE, before, limit=limit)
        await append(conn, _lines(world, caller, "directory.erase_corrections", erased))
        return erased


async def erase_emergencies(world: World, caller: Caller, *, before: datetime, limit: int) -> int:  # noqa: ARG001
    """Erase the emergency accesses that were reviewed before an aware instant; return how many.

    limit: for the likeness of its kind; they are few.
    """
    async with world.database.transaction() as conn:
        erased = await erase_reviewed(conn, before=before)
        await append(conn, _lines(world, caller, "directory.erase_emergencies", erased))
        return erased


async def erase_resets(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """Erase up to `limit` resets of staff's sign-ins that were made before an aware instant; return how many."""
    async with world.database.transaction() as conn:
        erased = await erase_before(conn, before, limit=limit)
        await append(conn, _lines(world, caller, "directory.erase_resets", erased))
        return erased


def _lines(world: World, caller: Caller, action: str, erased: int) -> list[Line]:
    if not erased:
        return []
    now, detail = world.clock.now(), {"erased": erased}
    return [Line(at=now, caller=caller, action=action, outcome=DONE, purpose=_SCOPE.purpose, detail=detail)]
