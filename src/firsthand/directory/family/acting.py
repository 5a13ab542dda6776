"""For whom somebody may act at this moment: what booking, arrival and messages ask."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from firsthand.directory.family import rules, store
from firsthand.directory.family.model import Kind
from firsthand.directory.person.store import births_of
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.scope import CityScope, Scope
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import FamilyPolicy

Pair = tuple[UUID, UUID]

_AGE = CityScope("see whether a dependant has come of age")


async def acting_for(
    conn: Connection,
    keyring: Keyring,
    scope: Scope,
    pairs: Sequence[Pair],
    *,
    now: datetime,
    lock: bool = False,
) -> set[Pair]:
    """Return those pairs of carer and dependant in which the carer may act for the dependant at an aware instant.

    One statement for all pairs, none where there are none. Run it after the persons are locked, or with `lock`: then
    nobody ends these ties before this transaction ends.
    """
    return set(await ties_between(conn, keyring, scope, pairs, now=now, lock=lock))


async def ties_between(
    conn: Connection,
    keyring: Keyring,
    scope: Scope,
    pairs: Sequence[Pair],
    *,
    now: datetime,
    lock: bool = False,
) -> dict[Pair, Kind]:
    """Return for those pairs, as `acting_for` does, as what the carer acts."""
    if not pairs:
        return {}
    ties = await store.active_of_pairs(conn, keyring, scope, sorted(set(pairs)), lock_them=lock)
    if not ties:
        return {}
    policy = await read_in_force(conn, FamilyPolicy, at=now)
    today = local_day(now, policy.time_zone)
    # Dates of birth are sealed: they are opened in the year of the majority alone.
    of_age_soon = [tie.dependant_id for tie in ties if tie.counted_from and tie.counted_from <= today]
    births = await births_of(conn, keyring, _AGE, [one for one in of_age_soon if one]) if of_age_soon else {}
    return {
        (tie.carer_id, tie.dependant_id): tie.kind
        for tie in ties
        if tie.dependant_id and rules.may_act(tie, births.get(tie.dependant_id), policy, now=now)
    }
