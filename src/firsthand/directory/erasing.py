"""What the directory keeps for a term, and erases when it is over."""

from datetime import datetime

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.correction.store import erase_decided
from firsthand.directory.emergency.store import erase_reviewed
from firsthand.directory.family.store import erase_ended
from firsthand.directory.forgetting.store import anonymise, lock_done_with
from firsthand.directory.request.store import erase_ended as erase_ended_requests
from firsthand.directory.staff.store import left_before
from firsthand.identity.news import store as news
from firsthand.identity.oidc import store as accounts
from firsthand.identity.passkey.store import forget_owners
from firsthand.identity.password import store as passwords
from firsthand.identity.recovery import store as recovery_codes
from firsthand.identity.reset import store as resets
from firsthand.identity.session.model import SubjectKind
from firsthand.identity.totp import store as apps
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


async def erase_emergencies(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """Erase up to `limit` emergency accesses whose review was over before an aware instant; return how many.

    A review is over when it was given, or when it lapsed.
    """
    async with world.database.transaction() as conn:
        erased = await erase_reviewed(conn, _SCOPE, before, limit=limit)
        await append(conn, _lines(world, caller, "directory.erase_emergencies", erased))
        return erased


async def erase_resets(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """Erase up to `limit` resets, and as much other news, of staff's sign-ins of before an instant; return how many."""
    async with world.database.transaction() as conn:
        erased = await resets.erase_before(conn, before, limit=limit)
        erased += await news.erase_before(conn, before, limit=limit)
        await append(conn, _lines(world, caller, "directory.erase_resets", erased))
        return erased


async def erase_requests(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """Erase up to `limit` people's requests that ended before an aware instant; return how many."""
    async with world.database.transaction() as conn:
        erased = await erase_ended_requests(conn, _SCOPE, before, limit=limit)
        await append(conn, _lines(world, caller, "directory.erase_requests", erased))
        return erased


async def erase_merged(world: World, caller: Caller, *, before: datetime, limit: int) -> int:  # noqa: ARG001
    """Make up to `limit` merged records nameless whose merger nothing can undo any more; return how many.

    before: for the likeness of its kind; that the correction is erased says that its term is over.
    """
    async with world.database.transaction() as conn:
        done_with = await lock_done_with(conn, _SCOPE, limit=limit)
        erased = await anonymise(conn, world.keyring, _SCOPE, done_with, now=world.clock.now())
        await append(conn, _lines(world, caller, "directory.erase_merged", erased))
        return erased


async def erase_sign_ins(world: World, caller: Caller, *, before: datetime, limit: int) -> int:  # noqa: ARG001
    """Erase by what those of the staff signed in who left before an aware instant; return how many secrets went.

    limit: for the likeness of its kind; members of staff who leave are few, and each has a handful.
    """
    async with world.database.transaction() as conn:
        gone = await left_before(conn, before)
        erased = await passwords.erase_of(conn, gone)
        erased += await apps.erase_of(conn, gone)
        erased += await recovery_codes.erase_of(conn, gone)
        erased += await accounts.erase_of(conn, gone)
        erased += await forget_owners(conn, SubjectKind.STAFF, gone)
        await append(conn, _lines(world, caller, "directory.erase_sign_ins", erased))
        return erased


def _lines(world: World, caller: Caller, action: str, erased: int) -> list[Line]:
    if not erased:
        return []
    now, detail = world.clock.now(), {"erased": erased}
    return [Line(at=now, caller=caller, action=action, outcome=DONE, purpose=_SCOPE.purpose, detail=detail)]
