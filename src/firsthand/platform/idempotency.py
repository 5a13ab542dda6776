"""The same request sent twice is answered once.

A key belongs to a principal (a person or a member of staff). The first answer is kept in the transaction that gave it,
so an answer and its effect stand or fall together. Source: the IETF draft "The Idempotency-Key HTTP Header Field".
"""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, LiteralString, Protocol, TypeVar
from uuid import UUID

import msgspec

from firsthand.platform.database import Connection

# An advisory lock says that a key is being worked on; it ends with the transaction, so a crash leaves nothing behind.
# 0x1D is the class of these locks.
_TRY_LOCKS: LiteralString = """
SELECT pg_try_advisory_xact_lock(lock) FROM unnest(%b::bigint[]) WITH ORDINALITY AS wanted (lock, place) ORDER BY place
"""
# A statement of its own, after the locks: its snapshot then shows every answer whose lock was given back.
# Each key is looked up by the index (LIMIT keeps it so), also while statistics still call the table empty.
_KEPT: LiteralString = """
SELECT asked.principal, asked.key, kept.fingerprint, kept.answer
FROM unnest(%b::uuid[], %b::text[]) AS asked (principal, key)
CROSS JOIN LATERAL (
    SELECT fingerprint, answer FROM platform.idempotency
    WHERE idempotency.principal = asked.principal AND idempotency.key = asked.key LIMIT 1
) AS kept
"""
_KEEP: LiteralString = """
INSERT INTO platform.idempotency (principal, key, fingerprint, answer, answered_at)
SELECT *, %b::timestamptz FROM unnest(%b::uuid[], %b::text[], %b::bytea[], %b::bytea[])
"""
_FORGET: LiteralString = "DELETE FROM platform.idempotency WHERE answered_at < %s"


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A caller's key, and the SHA-256 of what he asked under it."""

    principal: UUID
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Fresh:
    """Not seen before: do the work, then `keep` the answer."""


@dataclass(frozen=True, slots=True)
class Replay:
    """Answered before: give this answer again."""

    answer: bytes


@dataclass(frozen=True, slots=True)
class OtherPayload:
    """The key was used for something else."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """The first request under this key is still being worked on."""


Standing = Fresh | Replay | OtherPayload | InFlight


class Keyed(Protocol):
    """A request that may carry a key."""

    @property
    def key(self) -> IdempotencyKey | None:
        """The key, if the caller gave one."""
        ...


Request = TypeVar("Request", bound=Keyed)
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Answers(Generic[Answer]):
    """How answers of an action are written down, and what is said instead of one.

    types: the dataclasses that an answer can be. in_flight, other_payload: the refusals for such keys.
    """

    types: tuple[type[Answer], ...]
    in_flight: Answer
    other_payload: Answer

    def pack(self, answer: Answer) -> bytes:
        """Write an answer down as JSON with the name of its type."""
        return msgspec.json.encode([type(answer).__name__, answer])

    def unpack(self, packed: bytes) -> Answer:
        """Read back what `pack` wrote."""
        name, body = msgspec.json.decode(packed, type=tuple[str, Any])
        (found,) = (kind for kind in self.types if kind.__name__ == name)
        return msgspec.convert(body, found)


async def answer_once(
    conn: Connection,
    requests: Sequence[Request],
    act: Callable[[list[Request]], Awaitable[list[Answer]]],
    answers: Answers[Answer],
    *,
    now: datetime,
) -> list[Answer]:
    """Let `act` answer the requests that are new, give the others their first answer, and keep the new answers.

    Everything happens in the transaction of `conn`. `act` returns one answer for each request it is handed, in order.
    """
    standings = await look_up(conn, [request.key for request in requests])
    fresh = [request for request, standing in zip(requests, standings, strict=True) if isinstance(standing, Fresh)]
    acted = await act(fresh) if fresh else []
    kept = [
        (request.key, answers.pack(answer))
        for request, answer in zip(fresh, acted, strict=True)
        if request.key is not None
    ]
    await keep(conn, kept, now=now)
    remaining = iter(acted)
    result: list[Answer] = []
    for standing in standings:
        match standing:
            case Fresh():
                result.append(next(remaining))
            case Replay(packed):
                result.append(answers.unpack(packed))
            case OtherPayload():
                result.append(answers.other_payload)
            case InFlight():
                result.append(answers.in_flight)
    return result


def fingerprint(*parts: object) -> bytes:
    """Return the SHA-256 of what is asked. Parts are kept apart by their lengths."""
    digest = hashlib.sha256()
    for part in parts:
        text = str(part).encode()
        digest.update(len(text).to_bytes(4) + text)
    return digest.digest()


async def look_up(conn: Connection, keys: Sequence[IdempotencyKey | None]) -> list[Standing]:
    """Say for each key, in order, where it stands. Fresh ones stay locked until the transaction ends; None is fresh."""
    asked = list(dict.fromkeys((key.principal, key.key) for key in keys if key is not None))
    if not asked:
        return [Fresh() for _ in keys]
    locked_rows = await (await conn.execute(_TRY_LOCKS, ([_lock_number(*name) for name in asked],))).fetchall()
    locked = {name for name, (got,) in zip(asked, locked_rows, strict=True) if got}
    kept_rows = await (await conn.execute(_KEPT, ([name[0] for name in asked], [name[1] for name in asked]))).fetchall()
    kept = {(principal, key): (print_, answer) for principal, key, print_, answer in kept_rows}
    standings: list[Standing] = []
    begun: set[tuple[UUID, str]] = set()
    for key in keys:
        if key is None:
            standings.append(Fresh())
            continue
        name = (key.principal, key.key)
        if name in kept:
            print_, answer = kept[name]
            standings.append(Replay(answer) if print_ == key.fingerprint else OtherPayload())
        elif name not in locked or name in begun:
            standings.append(InFlight())
        else:
            begun.add(name)
            standings.append(Fresh())
    return standings


async def keep(conn: Connection, answers: Sequence[tuple[IdempotencyKey, bytes]], *, now: datetime) -> None:
    """Keep the first answers to fresh keys, in the transaction that gave them."""
    if answers:
        await conn.execute(
            _KEEP,
            (
                now,
                [key.principal for key, _ in answers],
                [key.key for key, _ in answers],
                [key.fingerprint for key, _ in answers],
                [answer for _, answer in answers],
            ),
        )


async def forget(conn: Connection, *, before: datetime) -> int:
    """Delete answers given before an instant and return how many. A key may be used anew after that."""
    return (await conn.execute(_FORGET, (before,))).rowcount


def _lock_number(principal: UUID, key: str) -> int:
    digest = hashlib.sha256(b"idempotency" + principal.bytes + key.encode()).digest()
    return int.from_bytes(digest[:8], signed=True)
