"""Whom requests come from, signing out, and clearing away what has run out."""

from collections.abc import Sequence
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.identity.challenge import store as challenges
from firsthand.identity.code import store as codes
from firsthand.identity.document.store import erase_former
from firsthand.identity.model import Reason, Refused
from firsthand.identity.oidc import store as oidc
from firsthand.identity.passkey import store as passkeys
from firsthand.identity.session import store
from firsthand.identity.session.model import Listed, SignedIn, SubjectKind
from firsthand.identity.step import store as steps
from firsthand.identity.totp import store as apps
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


async def list_sessions(world: World, signed_in: SignedIn) -> list[Listed]:
    """Return the sessions of whoever asks, the one used last first. `signed_in.session_id` says which is this one."""
    async with world.database.connection() as conn:
        return await store.sessions_of(conn, signed_in.kind, signed_in.subject_id, now=world.clock.now())


async def end_own_session(world: World, caller: Caller, signed_in: SignedIn, session_id: UUID) -> Refused | None:
    """End one of one's own sessions by its id. Refused with SESSION_UNKNOWN, for another's as for one that is over."""
    async with world.database.transaction() as conn:
        ended = await store.end_one(conn, signed_in.kind, signed_in.subject_id, session_id)
        outcome = DONE if ended else Reason.SESSION_UNKNOWN
        await append(conn, [_line(world, caller, "identity.end_own_session", outcome, signed_in, session_id)])
        return None if ended else Refused(Reason.SESSION_UNKNOWN)


async def end_other_sessions(world: World, caller: Caller, signed_in: SignedIn) -> int:
    """End all of one's own sessions but this one, and return how many they were."""
    async with world.database.transaction() as conn:
        ended = await store.end_others(conn, signed_in)
        line = _line(world, caller, "identity.end_other_sessions", DONE, signed_in, signed_in.session_id, ended)
        await append(conn, [line])
        return ended


async def delete_expired(world: World, caller: Caller) -> None:
    """Delete the sessions, one-time codes and attempt counters that have run out: for a job every few minutes."""
    now = world.clock.now()
    async with world.database.transaction() as conn:
        deleted = {
            "sessions": await store.delete_expired(conn, now=now),
            "codes": await codes.delete_expired(conn, now=now),
            "challenges": await passkeys.delete_expired(conn, now=now),
            "proofs": await challenges.delete_expired(conn, now=now),
            "steps": await steps.delete_expired(conn, now=now),
            "away": await oidc.delete_expired(conn, now=now),
            "enrolments": await apps.delete_expired(conn, now=now),
            "counters": await attempts.forget(conn, now=now),
            "former_documents": await erase_former(conn, now=now),
        }
        if any(deleted.values()):
            line = Line(at=now, caller=caller, action="identity.delete_expired", outcome=DONE, detail=deleted)
            await append(conn, [line])


def _line(
    world: World,
    caller: Caller,
    action: str,
    outcome: str,
    signed_in: SignedIn,
    session_id: UUID,
    ended: int | None = None,
) -> Line:
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome,
        hospital_id=signed_in.hospital_id,
        subject_id=session_id,
        person_id=signed_in.subject_id if signed_in.kind is SubjectKind.PERSON else None,
        detail={} if ended is None else {"sessions": ended},
    )
