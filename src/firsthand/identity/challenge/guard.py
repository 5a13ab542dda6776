"""The guard of signing in: what the whole city does is counted, and under attack browsers are asked for work.

`admit` stands in front of every path on which a secret is asked for or guessed. It is a step of the caller's
transaction, which writes the audit line of the request itself; that the guard changed has a line of its own.
"""

from dataclasses import dataclass
from typing import Final

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.identity.challenge import store, work
from firsthand.identity.challenge.model import Counted, Path
from firsthand.identity.challenge.rules import is_attacked
from firsthand.identity.model import Reason
from firsthand.platform import attempts
from firsthand.platform.database import Connection
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import SignInPolicy


@dataclass(frozen=True, slots=True)
class Watched:
    """Whether browsers are asked for work, and what is counted."""

    is_guarded: bool
    counted: Counted


_REQUESTS: Final = "city.sign_in.requests"
_FAILURES: Final = "city.sign_in.failures"
_MESSAGES: Final = {Path.ASK_CODE: "city.sign_in.messages", Path.REGISTER: "city.registration.messages"}
_BUCKETS: Final = (_REQUESTS, _FAILURES, *_MESSAGES.values())


async def admit(
    conn: Connection, world: World, caller: Caller, path: Path, proof: str, *, is_known: bool = False
) -> Reason | None:
    """Count a request, and return None where it may go on: PROOF_NEEDED or PROOF_WRONG, where work is missing.

    proof: the solution that came with it, or "". is_known: the browser has signed the same person in before; it is
    asked for nothing, and for codes the city's budget is kept open for it. TOO_MANY_REQUESTS: the budget is spent.
    The same statements are run whoever the request is about.
    """
    now = world.clock.now()
    policy = await read_in_force(conn, SignInPolicy, at=now)
    drawn = world.chance.bytes(1)[0]
    await attempts.tally(conn, _REQUESTS, policy.window_seconds, drawn=drawn, now=now)
    if path in _MESSAGES:
        await attempts.tally(conn, _MESSAGES[path], policy.window_seconds, drawn=drawn, now=now)
    counted = await _counted(conn, world, policy)
    guarded = await _watch(conn, world, caller, counted, policy)
    if is_known:
        return None
    if guarded:
        refused = await _check(conn, world, path, proof)
        if refused is not None:
            return refused
    sent, most = {
        Path.ASK_CODE: (counted.sign_in_messages, policy.sign_in_messages_max),
        Path.REGISTER: (counted.registration_messages, policy.registration_messages_max),
    }.get(path, ((0, 0), 1))
    return Reason.TOO_MANY_REQUESTS if sent[1] > most else None


async def admit_entry(conn: Connection, world: World, path: Path, proof: str) -> Reason | None:
    """Return None where a secret may be entered: PROOF_NEEDED or PROOF_WRONG, where work is missing."""
    return await _check(conn, world, path, proof) if await store.is_guarded(conn) else None


async def count_failure(conn: Connection, world: World) -> None:
    """Count a wrong proof of the whole city: a wrong code, password or passkey."""
    now = world.clock.now()
    policy = await read_in_force(conn, SignInPolicy, at=now)
    await attempts.tally(conn, _FAILURES, policy.window_seconds, drawn=world.chance.bytes(1)[0], now=now)


async def watch(world: World, caller: Caller) -> bool:
    """Turn the guard on or off by what is counted now: for a job every minute, which ends it when nobody comes."""
    async with world.database.transaction() as conn:
        policy = await read_in_force(conn, SignInPolicy, at=world.clock.now())
        return await _watch(conn, world, caller, await _counted(conn, world, policy), policy)


async def read_watched(conn: Connection, world: World) -> Watched:
    """Return how signing in stands, for figures and alarms."""
    policy = await read_in_force(conn, SignInPolicy, at=world.clock.now())
    return Watched(await store.is_guarded(conn), await _counted(conn, world, policy))


async def ask_work(world: World, path: Path) -> str:
    """Return the work that a form of this path has to bring, as JSON; "" while there is no attack."""
    async with world.database.connection() as conn:
        guarded = await store.is_guarded(conn)
    return work.ask(world.keyring, path, now=world.clock.now()) if guarded else ""


async def _check(conn: Connection, world: World, path: Path, proof: str) -> Reason | None:
    done = work.check(world.keyring, path, proof, now=world.clock.now())
    if done is not None and await store.spend(conn, done):
        return None
    return Reason.PROOF_WRONG if proof else Reason.PROOF_NEEDED


async def _counted(conn: Connection, world: World, policy: SignInPolicy) -> Counted:
    totals = await attempts.totals(conn, _BUCKETS, policy.window_seconds, now=world.clock.now())
    return Counted(*(totals[bucket] for bucket in _BUCKETS))


async def _watch(conn: Connection, world: World, caller: Caller, counted: Counted, policy: SignInPolicy) -> bool:
    was = await store.is_guarded(conn)
    now = world.clock.now()
    attacked = is_attacked(counted, policy, was_attacked=was)
    if attacked != was and await store.turn(conn, on=attacked, now=now):
        line = Line(
            at=now,
            caller=caller,
            action="identity.guard_on" if attacked else "identity.guard_off",
            outcome=DONE,
            detail={"requests": counted.requests[1], "failures": counted.failures[1]},
        )
        await append(conn, [line])
    return attacked
