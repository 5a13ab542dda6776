"""The audit lines and the messages of requests."""

from datetime import datetime
from typing import Final
from uuid import UUID

from firsthand.audit.model import DONE, ActorKind, Caller, Detail, Line
from firsthand.directory.person.model import Contact
from firsthand.directory.person.store import contacts_of
from firsthand.directory.request.model import Refused, Request
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.database import Connection
from firsthand.platform.days import local_day
from firsthand.platform.i18n import format_day
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.model import MessagePolicy

ANSWERING: Final = CityScope("answer people's requests about their own data")


def line_of(
    world: World,
    caller: Caller,
    action: str,
    answer: object,
    *,
    request: Request | None = None,
    request_id: UUID | None = None,
    person_id: UUID | None = None,
    detail: Detail | None = None,
) -> Line:
    """Return the audit line of a request's step, done or refused. What was written in words stands in none."""
    kind: Detail = {"kind": request.kind.value, "about": request.about.value} if request else {}
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=answer.reason if isinstance(answer, Refused) else DONE,
        hospital_id=request.hospital_id if request else caller.hospital_id,
        subject_id=request.id if request else request_id,
        person_id=request.person_id if request else person_id,
        purpose=ANSWERING.purpose if caller.kind is ActorKind.STAFF else None,
        detail={**kind, **(detail or {})},
    )


async def tell(
    conn: Connection, world: World, request: Request, template: Template, *, day: datetime | None = None
) -> None:
    """Leave a message to the person who asked, where he has a phone. day: an instant of the day that it names."""
    contacts = await contacts_of(conn, world.keyring, ANSWERING, [request.person_id])
    contact: Contact | None = contacts.get(request.person_id)
    if contact is None or not contact.phone:
        return
    facts = {}
    if day is not None:
        zone = (await read_in_force(conn, MessagePolicy, at=world.clock.now())).time_zone
        facts["day"] = format_day(local_day(day, zone), contact.language)
    message = Message(
        person_id=request.person_id,
        address=contact.phone,
        template=template,
        language=contact.language,
        facts=facts,
        event_key=f"{template}:{request.id}",
    )
    await enqueue(conn, world, [message])
