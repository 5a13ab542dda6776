"""Whom requests come from, signing out, and clearing away what has run out."""

from collections.abc import Sequence

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.identity.code import store as codes
from firsthand.identity.document.store import erase_former
from firsthand.identity.session import store
from firsthand.identity.session.model import SignedIn, SubjectKind
from firsthand.platform import attempts
from firsthand.platform.world import World


async def find_sessions(world: World, token_hashes: Sequence[bytes]) -> list[SignedIn | None]:
    """Return, for each token's hash in order, whom it stands for, or None. One statement for many requests."""
    async with world.database.connection() as conn:
        return await store.find_sessions(conn, token_hashes, now=world.clock.now())


async def end_session(world: World, caller: Caller, signed_in: SignedIn) -> None:
    """Sign out. Signing out twice is no error."""
    async with world.database.transaction() as conn:
        if await store.end(conn, signed_in.token_hash) is not None:
            line = Line(
                at=world.clock.now(),
                caller=caller,
                action="identity.end_session",
                outcome=DONE,
                hospital_id=signed_in.hospital_id,
                subject_id=signed_in.subject_id,
                person_id=signed_in.subject_id if signed_in.kind is SubjectKind.PERSON else None,
            )
            await append(conn, [line])


async def delete_expired(world: World, caller: Caller) -> None:
    """Delete the sessions, one-time codes and attempt counters that have run out: for a job every few minutes."""
    now = world.clock.now()
    async with world.database.transaction() as conn:
        deleted = {
            "sessions": await store.delete_expired(conn, now=now),
            "codes": await codes.delete_expired(conn, now=now),
            "counters": await attempts.forget(conn, now=now),
            "former_documents": await erase_former(conn, now=now),
        }
        if any(deleted.values()):
            line = Line(at=now, caller=caller, action="identity.delete_expired", outcome=DONE, detail=deleted)
            await append(conn, [line])
