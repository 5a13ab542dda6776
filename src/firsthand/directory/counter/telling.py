"""Telling a person what a desk did with his record: at the phone he had, and at the one he has now."""

from collections.abc import Iterable
from uuid import UUID

from firsthand.directory.hospital.store import read_names
from firsthand.directory.person.model import Contact
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.database import Connection
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World


async def tell(
    conn: Connection, world: World, scope: HospitalScope, contacts: Iterable[Contact], template: Template, event: UUID
) -> None:
    """Leave a message to each contact that can be reached: one at each phone for one event."""
    reached = {contact.phone: contact for contact in contacts if contact.phone}
    hospital = (await read_names(conn, [scope.hospital_id])).get(scope.hospital_id, "")
    messages = [
        Message(
            person_id=contact.person_id,
            address=phone,
            template=template,
            language=contact.language,
            facts={"hospital": hospital},
            event_key=f"{template}:{event}:{number}",
        )
        for number, (phone, contact) in enumerate(sorted(reached.items()))
    ]
    await enqueue(conn, world, messages)
