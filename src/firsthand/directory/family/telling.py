"""Messages about ties: codes, and news to both sides."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from firsthand.directory.family import rules, store
from firsthand.directory.family.model import Tie
from firsthand.directory.person.model import Contact
from firsthand.directory.person.store import contacts_of, names_of
from firsthand.identity.code import store as codes
from firsthand.identity.code.model import CODE_DIGITS, VALID_FOR, NewCode
from firsthand.messages.model import Message, Template
from firsthand.messages.store import enqueue
from firsthand.platform.chance import new_digits, new_id
from firsthand.platform.database import Connection
from firsthand.platform.i18n import DEFAULT_LANGUAGE
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World

_TELL = CityScope("tell both sides of a family tie")
_NOBODY = UUID(int=0)
_SECONDS_PER_MINUTE = 60


def has_own_phone(contact: Contact | None, carer: Contact) -> bool:
    """Say whether somebody has a phone that is not also the carer's: else a code to him would be one to the carer."""
    return contact is not None and bool(contact.phone) and contact.phone != carer.phone


async def send_code(conn: Connection, world: World, tie_id: UUID, to: Contact | None, *, carer_id: UUID) -> UUID:
    """Write down a code that confirms a tie, send it to the dependant, and return its id.

    To nobody, a message without an address costs what another costs, and the code has more digits than can be entered.
    """
    now = world.clock.now()
    digits = CODE_DIGITS if to else 2 * CODE_DIGITS
    claim = msgspec.json.encode({"tie": tie_id})
    new = NewCode(new_id(world.chance, now), new_digits(world.chance, digits), claim, now + VALID_FOR)
    await codes.add(conn, world.keyring, new)
    names = await names_of(conn, world.keyring, _TELL, [carer_id])
    message = Message(
        person_id=to.person_id if to else None,
        address=to.phone if to else "",
        template=Template.TIE_ASKED_CODE,
        language=to.language if to else DEFAULT_LANGUAGE,
        facts={
            "carer": rules.name_in_message(names.get(carer_id, "")),
            "code": new.code,
            "minutes": str(int(VALID_FOR.total_seconds()) // _SECONDS_PER_MINUTE),
        },
        event_key=f"{Template.TIE_ASKED_CODE}:{new.id}",
    )
    await enqueue(conn, world, [message])
    return new.id


def claims_tie(claim: bytes, tie_id: UUID) -> bool:
    """Say whether a code's claim is that of this tie, and of no sign-in or other tie."""
    kept = msgspec.json.decode(claim, type=dict[str, msgspec.Raw])
    return "tie" in kept and msgspec.json.decode(kept["tie"], type=UUID) == tie_id


async def ask_guardians(conn: Connection, world: World, tie_id: UUID, child_id: UUID | None, *, carer_id: UUID) -> None:
    """Tell a child's guardians that somebody asks to be another one; nobody, at the same cost, where there is none."""
    guardians = await store.guardians_of(conn, _TELL, child_id or _NOBODY)
    contacts = await contacts_of(conn, world.keyring, _TELL, guardians or [_NOBODY])
    names = await names_of(conn, world.keyring, _TELL, [carer_id, child_id or _NOBODY])
    facts = {
        "carer": rules.name_in_message(names.get(carer_id, "")),
        "dependant": rules.name_in_message(names.get(child_id or _NOBODY, "")),
    }
    template = Template.TIE_ASKED_OF_GUARDIAN
    messages = [
        Message(one.person_id, one.phone, template, one.language, facts, f"{template}:{tie_id}:{one.person_id}")
        for one in contacts.values()
    ]
    nobody = Message(None, "", template, DEFAULT_LANGUAGE, facts, f"{template}:{tie_id}:")
    await enqueue(conn, world, messages or [nobody])


async def tell_both(conn: Connection, world: World, tie: Tie, template: Template, *, hours: int = 0) -> None:
    """Tell carer and dependant what became of their tie. Who has no phone is told nothing."""
    if tie.dependant_id is None:
        return
    sides: Sequence[UUID] = [tie.carer_id, tie.dependant_id]
    contacts = await contacts_of(conn, world.keyring, _TELL, sides)
    names = await names_of(conn, world.keyring, _TELL, sides)
    facts = {
        "carer": rules.name_in_message(names.get(tie.carer_id, "")),
        "dependant": rules.name_in_message(names.get(tie.dependant_id, "")),
    }
    if template is Template.TIE_ACTIVE:
        facts["hours"] = str(hours)
    messages = [
        Message(one.person_id, one.phone, template, one.language, facts, f"{template}:{tie.id}:{one.person_id}")
        for one in contacts.values()
        if one.phone
    ]
    await enqueue(conn, world, messages)
