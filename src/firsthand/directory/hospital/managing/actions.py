"""Changing by hand what a hospital is called and how it is reached. The feed goes on saying what there is.

What is said by hand stays: no import changes it, until the administrator lets the feed say it again.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.hospital import rules
from firsthand.directory.hospital.managing import store
from firsthand.directory.hospital.model import BY_HAND, Kind, Managed, Reason, Refused
from firsthand.platform.access import Permission
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_READ: Final = "directory.read_hospital"
_SAY: Final = "directory.say_of_hospital"
_LEAVE: Final = "directory.leave_to_feed"


async def read_managed(world: World, caller: Caller, hospital_id: UUID) -> Managed | Refused:
    """Return a hospital as its administrator sees it. One that he does not manage is as unknown as none."""
    async with world.database.transaction() as conn:
        permitted = caller.may(Permission.MANAGE_HOSPITAL, at=hospital_id)
        managed = await store.find(conn, hospital_id) if permitted else None
        outcome = managed or Refused(Reason.ENTRY_UNKNOWN if permitted else Reason.NOT_PERMITTED)
        if isinstance(outcome, Refused):
            await append(conn, [_line(world, caller, hospital_id, _READ, outcome)])
        return outcome


async def say_of_hospital(
    world: World, caller: Caller, hospital_id: UUID, said: Mapping[str, str]
) -> frozenset[str] | Refused:
    """Say by hand what a hospital is called and how it is reached; return the fields that were said otherwise.

    said: fields of `BY_HAND`; others are passed over. What is sent as it stands remains the feed's.
    """
    async with world.database.transaction() as conn:
        outcome = await _say(conn, caller, hospital_id, said)
        fields = ",".join(sorted(outcome)) if not isinstance(outcome, Refused) else outcome.field
        await append(conn, [_line(world, caller, hospital_id, _SAY, outcome, detail={"fields": fields})])
        return outcome


async def leave_to_feed(world: World, caller: Caller, hospital_id: UUID, field: str) -> Refused | None:
    """Let the feed say a field again: the next import changes it."""
    async with world.database.transaction() as conn:
        permitted = caller.may(Permission.MANAGE_HOSPITAL, at=hospital_id)
        managed = await store.lock(conn, hospital_id) if permitted else None
        outcome = None if managed else Refused(Reason.ENTRY_UNKNOWN if permitted else Reason.NOT_PERMITTED)
        if managed is not None and field not in managed.by_hand:
            outcome = Refused(Reason.ENTRY_UNKNOWN)
        elif managed is not None:
            await store.say(conn, hospital_id, managed.hospital, sorted(managed.by_hand - {field}))
        detail = {"field": field if field in BY_HAND else ""}
        await append(conn, [_line(world, caller, hospital_id, _LEAVE, outcome, detail=detail)])
        return outcome


async def add_entry(world: World, caller: Caller, hospital_id: UUID, kind: Kind, name: str) -> UUID | Refused:
    """Add a department or a doctor to a hospital's list. When the feed names it too, it is the same one."""
    parsed = rules.parse_name(name)
    async with world.database.transaction() as conn:
        entry_id = new_id(world.chance, world.clock.now())
        refused = await _why_not(conn, caller, hospital_id, kind, parsed)
        if refused is None and isinstance(parsed, str):
            added = await store.add(conn, kind, hospital_id, entry_id, parsed)
            refused = None if added else Refused(Reason.NAME_TAKEN, "name")
        await append(conn, [_line(world, caller, hospital_id, f"directory.add_{kind}", refused, subject_id=entry_id)])
        return refused or entry_id


async def rename_entry(
    world: World, caller: Caller, hospital_id: UUID, kind: Kind, entry_id: UUID, name: str
) -> Refused | None:
    """Call a department or a doctor something else. The feed's own name stays the one by which imports know it."""
    parsed = rules.parse_name(name)
    async with world.database.transaction() as conn:
        refused = await _why_not(conn, caller, hospital_id, kind, parsed, but=entry_id)
        if refused is None and isinstance(parsed, str):
            renamed = await store.rename(conn, kind, hospital_id, entry_id, parsed)
            refused = None if renamed else Refused(Reason.ENTRY_UNKNOWN)
        action = f"directory.rename_{kind}"
        await append(conn, [_line(world, caller, hospital_id, action, refused, subject_id=entry_id)])
        return refused


async def retire_entry(world: World, caller: Caller, hospital_id: UUID, kind: Kind, entry_id: UUID) -> Refused | None:
    """List a department or a doctor no longer. Its sessions stay; an import that names it lists it again."""
    async with world.database.transaction() as conn:
        permitted = caller.may(Permission.MANAGE_HOSPITAL, at=hospital_id)
        refused = None if permitted else Refused(Reason.NOT_PERMITTED)
        if permitted and not await store.retire(conn, kind, hospital_id, entry_id, now=world.clock.now()):
            refused = Refused(Reason.ENTRY_UNKNOWN)
        action = f"directory.retire_{kind}"
        await append(conn, [_line(world, caller, hospital_id, action, refused, subject_id=entry_id)])
        return refused


async def _say(
    conn: Connection, caller: Caller, hospital_id: UUID, said: Mapping[str, str]
) -> frozenset[str] | Refused:
    if not caller.may(Permission.MANAGE_HOSPITAL, at=hospital_id):
        return Refused(Reason.NOT_PERMITTED)
    parsed: dict[str, str] = {}
    for field in BY_HAND:
        if field in said:
            text = rules.parse_said(field, said[field])
            if isinstance(text, Refused):
                return Refused(text.reason, field)
            parsed[field] = text
    managed = await store.lock(conn, hospital_id)
    if managed is None:
        return Refused(Reason.ENTRY_UNKNOWN)
    changed = rules.changed_fields(managed.hospital, parsed)
    if changed:
        hospital = replace(managed.hospital, **{field: parsed[field] for field in changed})
        await store.say(conn, hospital_id, hospital, sorted(managed.by_hand | changed))
    return changed


async def _why_not(
    conn: Connection,
    caller: Caller,
    hospital_id: UUID,
    kind: Kind,
    name: str | Refused,
    *,
    but: UUID | None = None,
) -> Refused | None:
    if not caller.may(Permission.MANAGE_HOSPITAL, at=hospital_id):
        return Refused(Reason.NOT_PERMITTED)
    if isinstance(name, Refused):
        return Refused(name.reason, "name")
    if await store.lock(conn, hospital_id) is None:
        return Refused(Reason.ENTRY_UNKNOWN)
    others = [one for one in await store.list_entries(conn, kind, hospital_id) if one.id != but and not one.retired_at]
    taken = {one.name for one in others} | {one.feed_name for one in others}
    return Refused(Reason.NAME_TAKEN, "name") if name in taken else None


def _line(
    world: World,
    caller: Caller,
    hospital_id: UUID,
    action: str,
    outcome: object,
    *,
    subject_id: UUID | None = None,
    detail: Mapping[str, str] | None = None,
) -> Line:
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome.reason if isinstance(outcome, Refused) else DONE,
        hospital_id=hospital_id,
        subject_id=subject_id,
        detail=dict(detail or {}),
    )
