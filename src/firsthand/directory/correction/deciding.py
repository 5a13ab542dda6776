"""Approving, refusing and undoing corrections: by a second member of staff, each in one transaction.

The correction is locked first and then the people, in the order of their ids, as everywhere: so two decisions follow
each other, and so do a merger and a booking of the same person.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller
from firsthand.audit.store import append
from firsthand.directory.correction import rules, store
from firsthand.directory.correction.model import Correction, Kind, Reason, Refused, State
from firsthand.directory.correction.recording import line_of
from firsthand.directory.counter.telling import tell
from firsthand.directory.person.store import contacts_of, lock_people, lock_records, merge, part
from firsthand.identity.document import store as documents
from firsthand.identity.document.store import NewDocument
from firsthand.identity.session.model import SubjectKind
from firsthand.identity.session.store import end_all
from firsthand.messages.model import Template
from firsthand.platform.access import Permission
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.documents import DocumentPolicy


@dataclass(frozen=True, slots=True)
class _Step:
    """One step of a correction: whoever takes it, in which transaction."""

    conn: Connection
    world: World
    caller: Caller
    scope: HospitalScope
    correction_id: UUID


async def approve_correction(
    world: World, caller: Caller, scope: HospitalScope, correction_id: UUID
) -> State | Refused:
    """Approve what another member of staff asked for, and do it. The person is told, and it can be undone."""
    async with world.database.transaction() as conn:
        step = _Step(conn, world, caller, scope, correction_id)
        correction, refused = await _to_decide(step)
        done: list[UUID] | Refused = refused or []
        if refused is None and correction is not None:
            is_merger = correction.kind is Kind.MERGER
            done = await (_merge(conn, scope, correction) if is_merger else _correct(conn, world, scope, correction))
        return await _decided(step, correction, State.APPROVED, done)


async def refuse_correction(world: World, caller: Caller, scope: HospitalScope, correction_id: UUID) -> State | Refused:
    """Refuse what another member of staff asked for. Nothing changes."""
    async with world.database.transaction() as conn:
        step = _Step(conn, world, caller, scope, correction_id)
        correction, refused = await _to_decide(step)
        return await _decided(step, correction, State.REFUSED, refused or [])


async def undo_correction(world: World, caller: Caller, scope: HospitalScope, correction_id: UUID) -> State | Refused:
    """Undo an approved correction: documents go back to whose they were, and merged records stand for themselves."""
    async with world.database.transaction() as conn:
        step = _Step(conn, world, caller, scope, correction_id)
        correction, refused = await _found(step)
        refused = refused or rules.check_undoing(correction)
        if refused is None and correction is not None:
            is_merger = correction.kind is Kind.MERGER
            refused = await (
                _unmerge(conn, scope, correction) if is_merger else _uncorrect(conn, world, scope, correction)
            )
            if refused is None and caller.id is not None:
                await store.undo(conn, scope, correction.id, caller.id, now=world.clock.now())
                template = Template.MERGER_UNDONE if is_merger else Template.CORRECTION_UNDONE
                await _tell(conn, world, scope, correction, template)
        await _record(step, "directory.undo_correction", correction, refused)
        return refused or State.UNDONE


async def _found(step: _Step) -> tuple[Correction | None, Refused | None]:
    caller, scope = step.caller, step.scope
    if caller.kind is not ActorKind.STAFF or not caller.may(Permission.APPROVE_CORRECTION, at=scope.hospital_id):
        return None, Refused(Reason.NOT_PERMITTED)
    return await store.lock(step.conn, step.world.keyring, scope, step.correction_id), None


async def _to_decide(step: _Step) -> tuple[Correction | None, Refused | None]:
    correction, refused = await _found(step)
    return correction, refused or rules.check_decision(correction, step.caller.id)


async def _decided(
    step: _Step, correction: Correction | None, state: State, done: list[UUID] | Refused
) -> State | Refused:
    """Write down a decision that was not refused, tell the person where something changed, and record it.

    done: which documents were moved or brought, or why nothing was done.
    """
    refused = done if isinstance(done, Refused) else None
    if not isinstance(done, Refused) and correction is not None and step.caller.id is not None:
        now = step.world.clock.now()
        await store.decide(step.conn, step.scope, correction.id, state, step.caller.id, done, now=now)
        if state is State.APPROVED:
            is_merger = correction.kind is Kind.MERGER
            template = Template.RECORDS_MERGED if is_merger else Template.DOCUMENT_CORRECTED
            await _tell(step.conn, step.world, step.scope, correction, template)
    action = "directory.approve_correction" if state is State.APPROVED else "directory.refuse_correction"
    await _record(step, action, correction, refused)
    return refused or state


async def _record(step: _Step, action: str, correction: Correction | None, refused: Refused | None) -> None:
    line = line_of(
        step.world,
        step.caller,
        step.scope,
        action,
        refused,
        correction.person_id if correction else None,
        step.correction_id,
        {"kind": correction.kind.value} if correction else {},
    )
    await append(step.conn, [line])


async def _correct(
    conn: Connection, world: World, scope: HospitalScope, correction: Correction
) -> list[UUID] | Refused:
    """Put the right document in the place of the wrong one. Its number is free at the commit, for whose it is.

    The right one goes in first: where somebody has it by now, nothing was changed yet.
    """
    now, document_id = world.clock.now(), correction.document_id
    person = (await lock_people(conn, scope, [correction.person_id])).get(correction.person_id)
    if person is None or document_id is None:
        return Refused(Reason.NOT_FOUND)
    rows = await documents.read_rows(conn, world.keyring, scope, person.id)
    if document_id not in {row.id for row in rows}:
        return Refused(Reason.DOCUMENT_UNKNOWN)
    brought = []
    if correction.replacement is not None:
        row = NewDocument(new_id(world.chance, now), person.id, correction.replacement)
        if not await documents.add_documents(conn, world.keyring, [row], now=now):
            return Refused(Reason.DOCUMENT_KNOWN)
        brought = [row.id]
    policy = await read_in_force(conn, DocumentPolicy, at=now)
    erase_after = now + timedelta(days=policy.former_days)
    await documents.retire(conn, scope, document_id, person.id, now=now, erase_after=erase_after)
    await end_all(conn, SubjectKind.PERSON, person.id)
    return brought


async def _merge(conn: Connection, scope: HospitalScope, correction: Correction) -> list[UUID] | Refused:
    if correction.other_id is None:
        return Refused(Reason.NOT_FOUND)
    records = await lock_records(conn, scope, [correction.person_id, correction.other_id])
    refused = rules.check_merger(records.get(correction.person_id), records.get(correction.other_id))
    if refused is not None:
        return refused
    await merge(conn, scope, correction.other_id, correction.person_id)
    moved = await documents.move(conn, scope, correction.other_id, correction.person_id)
    for record_id in (correction.person_id, correction.other_id):
        await end_all(conn, SubjectKind.PERSON, record_id)
    return moved


async def _uncorrect(conn: Connection, world: World, scope: HospitalScope, correction: Correction) -> Refused | None:
    """Give the document back that was taken away. Where somebody registered its number since, it stays his."""
    now, document_id = world.clock.now(), correction.document_id
    person = (await lock_people(conn, scope, [correction.person_id])).get(correction.person_id)
    if person is None or document_id is None:
        return Refused(Reason.NOT_FOUND)
    restored = await documents.restore(conn, world.keyring, scope, document_id)
    if restored is None:
        return Refused(Reason.ERASED)
    if not restored:
        return Refused(Reason.NUMBER_TAKEN)
    policy = await read_in_force(conn, DocumentPolicy, at=now)
    for brought in correction.documents:
        erase_after = now + timedelta(days=policy.former_days)
        await documents.retire(conn, scope, brought, person.id, now=now, erase_after=erase_after)
    await end_all(conn, SubjectKind.PERSON, person.id)
    return None


async def _unmerge(conn: Connection, scope: HospitalScope, correction: Correction) -> Refused | None:
    if correction.other_id is None:
        return Refused(Reason.NOT_FOUND)
    await lock_records(conn, scope, [correction.person_id, correction.other_id])
    if not await part(conn, scope, correction.other_id, correction.person_id):
        return Refused(Reason.NOT_APPROVED)
    await documents.move(conn, scope, correction.person_id, correction.other_id, correction.documents)
    for record_id in (correction.person_id, correction.other_id):
        await end_all(conn, SubjectKind.PERSON, record_id)
    return None


async def _tell(
    conn: Connection, world: World, scope: HospitalScope, correction: Correction, template: Template
) -> None:
    people = [correction.person_id] + ([correction.other_id] if correction.other_id else [])
    contacts = await contacts_of(conn, world.keyring, scope, people)
    await tell(conn, world, scope, contacts.values(), template, correction.id)
