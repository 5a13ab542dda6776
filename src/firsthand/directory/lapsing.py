"""What somebody should have decided and nobody did comes to an end, and the person whom it concerns is told.

From then on its term of retention runs. An emergency access that lapses was neither justified nor unjustified: it stays
in the record as one that nobody reviewed, and the person can object.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.correction import store as corrections
from firsthand.directory.emergency import store as emergencies
from firsthand.directory.hospital.store import find_hospitals
from firsthand.directory.person.store import contacts_of
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.i18n import format_day, format_time
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World

_SCOPE: Final = CityScope("end what nobody decided in time")


async def lapse_corrections(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """End up to `limit` corrections that were asked for before an aware instant and never decided; return how many."""
    async with world.database.transaction() as conn:
        found = await corrections.lock_undecided(conn, world.keyring, _SCOPE, before, limit=limit)
        await corrections.lapse(conn, _SCOPE, [one.id for one in found], now=world.clock.now())
        for one in found:
            await _tell(conn, world, one.person_id, one.hospital_id, Template.CORRECTION_LAPSED, one.id)
        lines = [(one.id, one.person_id, one.hospital_id) for one in found]
        await append(conn, _lines(world, caller, "directory.lapse_correction", lines))
        return len(found)


async def lapse_emergencies(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """End the wait of up to `limit` emergency accesses opened before an aware instant and never reviewed."""
    async with world.database.transaction() as conn:
        found = await emergencies.lock_unreviewed(conn, world.keyring, _SCOPE, before, limit=limit)
        await emergencies.lapse(conn, _SCOPE, [one.id for one in found], now=world.clock.now())
        for one in found:
            await _tell(
                conn, world, one.person_id, one.hospital_id, Template.EMERGENCY_LAPSED, one.id, opened_at=one.opened_at
            )
        lines = [(one.id, one.person_id, one.hospital_id) for one in found]
        await append(conn, _lines(world, caller, "directory.lapse_emergency", lines))
        return len(found)


async def _tell(
    conn: Connection,
    world: World,
    person_id: UUID,
    hospital_id: UUID,
    template: Template,
    event: UUID,
    *,
    opened_at: datetime | None = None,
) -> None:
    contact = (await contacts_of(conn, world.keyring, _SCOPE, [person_id])).get(person_id)
    if contact is None or not contact.phone:
        return
    hospital = (await find_hospitals(conn, [hospital_id]))[hospital_id].hospital
    facts = {"hospital": hospital.name}
    if opened_at is not None:
        day = format_day(local_day(opened_at, hospital.time_zone), contact.language)
        facts["time"] = f"{day} {format_time(opened_at, hospital.time_zone, contact.language)}"
    message = Message(
        person_id=person_id,
        address=contact.phone,
        template=template,
        language=contact.language,
        facts=facts,
        event_key=f"{template}:{event}",
        time_zone=hospital.time_zone,
    )
    await enqueue(conn, world, [message])


def _lines(world: World, caller: Caller, action: str, ended: Sequence[tuple[UUID, UUID, UUID]]) -> list[Line]:
    return [
        Line(
            at=world.clock.now(),
            caller=caller,
            action=action,
            outcome=DONE,
            hospital_id=hospital_id,
            subject_id=subject_id,
            person_id=person_id,
            purpose=_SCOPE.purpose,
        )
        for subject_id, person_id, hospital_id in ended
    ]
