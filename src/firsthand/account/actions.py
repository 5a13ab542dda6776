"""The verbs of a person's own data: look at it, see the numbers, see who looked, carry it away.

A guardian does the same for a child, while his tie can be used and the child is a minor: the law lets him exercise the
child's rights (Personal Information Protection Law, Article 31; Civil Code, Articles 23 and 34). Nobody else does.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from firsthand.account import gathering, rules
from firsthand.account.limits import EXPORTS, NUMBERS, READS
from firsthand.account.listings import LISTINGS
from firsthand.account.model import Child, DataFile, Look, LooksPage, PersonData, Reason, Refused
from firsthand.audit.model import DONE, ActorKind, Caller, Detail, Line
from firsthand.audit.store import append
from firsthand.audit.store import read_looks as read_look_lines
from firsthand.directory.family.acting import ties_between
from firsthand.directory.family.model import Kind, State
from firsthand.directory.family.store import of_carer
from firsthand.directory.person.model import OnePerson
from firsthand.directory.person.store import names_of, read_states, same_people
from firsthand.identity.session.model import SignedIn, SubjectKind
from firsthand.platform.attempts import Limit, allow
from firsthand.platform.database import Connection
from firsthand.platform.scope import CityScope, PersonScope
from firsthand.platform.world import World

PAGE_LOOKS: Final = 50
# What the database reads at once. Who was looked at more often still pages back.
EXPORTED_LOOKS: Final = 2000
_TIES_MAX: Final = 100

_READ: Final = "account.read_data"
_NUMBERS: Final = "identity.document_read"
_LOOKS: Final = "account.read_looks"
_EXPORT: Final = "account.export_data"
_CHILD: Final = CityScope("let a guardian see what is held on the child")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, in which transaction's terms: the person himself, or as a guardian of the child `of`."""

    caller: Caller
    scope: PersonScope
    of: UUID


async def read_whose(world: World, caller: Caller, scope: PersonScope, of: UUID) -> str | Refused:
    """Return the name of the child whose data a guardian may read, "" of oneself. Nothing else of it is read."""
    reader = Reader(caller, scope, of)
    async with world.database.transaction() as conn:
        person = await _admit(conn, world, reader, READS)
        if isinstance(person, Refused):
            await append(conn, [_line(world, reader, _READ, person)])
            return person
        return await _name_of_child(conn, world, reader)


async def read_data(world: World, caller: Caller, scope: PersonScope, of: UUID) -> PersonData | Refused:
    """Return all that is held on a person, document numbers masked. of: himself, or a child whose guardian he is."""
    reader = Reader(caller, scope, of)
    async with world.database.transaction() as conn:
        person = await _admit(conn, world, reader, READS)
        answer = person if isinstance(person, Refused) else await _data(conn, world, reader, person, numbers=False)
        await append(conn, [_line(world, reader, _READ, answer)])
        return answer


async def read_numbers(world: World, caller: Caller, signed_in: SignedIn, of: UUID) -> PersonData | Refused:
    """Return the same with document numbers. It asks for a fresh sign-in, and each reading is recorded and shown."""
    reader = Reader(caller, PersonScope(signed_in.subject_id), of)
    async with world.database.transaction() as conn:
        person = await _admit_fresh(conn, world, reader, signed_in, NUMBERS)
        answer = person if isinstance(person, Refused) else await _data(conn, world, reader, person, numbers=True)
        await append(conn, [_line(world, reader, _NUMBERS, answer, _documents(answer))])
        return answer


async def read_looks(
    world: World, caller: Caller, scope: PersonScope, of: UUID, *, below: int | None = None
) -> LooksPage | Refused:
    """Return a page of what others did with a person's data. below: the number to go on from, None for the newest."""
    reader = Reader(caller, scope, of)
    async with world.database.transaction() as conn:
        person = await _admit(conn, world, reader, READS)
        if isinstance(person, Refused):
            await append(conn, [_line(world, reader, _LOOKS, person)])
            return person
        looks, more = await _looks(conn, world, reader, person, below=below, most=PAGE_LOOKS)
        return LooksPage(of, await _name_of_child(conn, world, reader), looks, looks[-1].n if more else None)


async def export_data(world: World, caller: Caller, signed_in: SignedIn, of: UUID) -> DataFile | Refused:
    """Return everything at once, numbers and looks too, to be carried away. It asks for a fresh sign-in."""
    reader = Reader(caller, PersonScope(signed_in.subject_id), of)
    async with world.database.transaction() as conn:
        person = await _admit_fresh(conn, world, reader, signed_in, EXPORTS)
        if isinstance(person, Refused):
            await append(conn, [_line(world, reader, _EXPORT, person)])
            return person
        data = await _data(conn, world, reader, person, numbers=True)
        # Written first, so that the file itself says that it was made.
        lines = [
            _line(world, reader, _EXPORT, data, {"looks": True}),
            _line(world, reader, _NUMBERS, data, _documents(data)),
        ]
        await append(conn, lines)
        looks, older = await _looks(conn, world, reader, person, below=None, most=EXPORTED_LOOKS)
        return DataFile(data, looks, older)


async def _admit_fresh(
    conn: Connection, world: World, reader: Reader, signed_in: SignedIn, limit: Limit
) -> OnePerson | Refused:
    if signed_in.kind is not SubjectKind.PERSON:
        return Refused(Reason.NOT_PERMITTED)
    if not signed_in.is_fresh(world.clock.now()):
        return Refused(Reason.STALE)
    return await _admit(conn, world, reader, limit)


async def _admit(conn: Connection, world: World, reader: Reader, limit: Limit) -> OnePerson | Refused:
    """Return whose data may be read, with each of his records, or why none.

    A session of a record that was merged away, or of somebody who was forgotten, reads nothing.
    """
    caller, me = reader.caller, reader.scope.person_id
    if caller.kind is not ActorKind.PERSON or caller.id != me:
        return Refused(Reason.NOT_PERMITTED)
    state = (await read_states(conn, reader.scope, [me])).get(me)
    if state is None or not state.active or state.merged_into is not None:
        return Refused(Reason.NOT_PERMITTED)
    if not await allow(conn, limit, world.keyring.blind_index("account", str(me)), now=world.clock.now()):
        return Refused(Reason.TOO_MANY)
    if reader.of == me:
        return (await same_people(conn, reader.scope, [me]))[me]
    # Held until the end: once somebody was told that the tie has ended, nothing is read by it.
    ties = await ties_between(conn, world.keyring, _CHILD, [(me, reader.of)], now=world.clock.now(), lock=True)
    if ties.get((me, reader.of)) is not Kind.GUARDIAN:
        return Refused(Reason.PERSON_UNKNOWN)
    return (await same_people(conn, _CHILD, [reader.of]))[reader.of]


async def _data(conn: Connection, world: World, reader: Reader, person: OnePerson, *, numbers: bool) -> PersonData:
    own = reader.of == reader.scope.person_id
    listings = [one for one in LISTINGS if own or rules.is_shown_to_guardian(one)]
    gathered = await gathering.gather(conn, world, person, listings=listings, numbers=numbers)
    return PersonData(
        of=reader.of,
        child=await _name_of_child(conn, world, reader),
        made_at=world.clock.now(),
        sections=gathered.sections,
        others_bookings=gathered.others_bookings,
        shows_numbers=numbers,
        children=await _children(conn, world, reader) if own else (),
    )


async def _looks(
    conn: Connection, world: World, reader: Reader, person: OnePerson, *, below: int | None, most: int
) -> tuple[tuple[Look, ...], bool]:
    """Return looks, and whether there are older ones. The database writes the line of the reading."""
    now, kept_first = world.clock.now(), [person.id, *(one for one in person.ids if one != person.id)]
    lines = await read_look_lines(conn, reader.caller, kept_first, below=below, lines_max=most + 1, now=now)
    names = await gathering.names_of_related(conn, world.keyring, person)
    looks = await gathering.tell_looks(conn, world.keyring, person, lines[:most], names)
    return looks, len(lines) > most


async def _children(conn: Connection, world: World, reader: Reader) -> tuple[Child, ...]:
    me, now = reader.scope.person_id, world.clock.now()
    ties = await of_carer(conn, world.keyring, reader.scope, limit=_TIES_MAX)
    pairs = [(me, tie.dependant_id) for tie in ties if tie.dependant_id and tie.state is State.ACTIVE]
    acting = await ties_between(conn, world.keyring, _CHILD, pairs, now=now)
    ids = [child for (_, child), kind in acting.items() if kind is Kind.GUARDIAN]
    names = await names_of(conn, world.keyring, _CHILD, ids)
    return tuple(Child(one, names[one]) for one in sorted(ids, key=lambda one: (names[one], one)))


async def _name_of_child(conn: Connection, world: World, reader: Reader) -> str:
    if reader.of == reader.scope.person_id:
        return ""
    return (await names_of(conn, world.keyring, _CHILD, [reader.of]))[reader.of]


def _documents(answer: PersonData | Refused) -> Detail:
    sections = answer.sections if isinstance(answer, PersonData) else ()
    return {"documents": sum(len(one.rows) for one in sections if one.listing.key == "documents")}


def _line(world: World, reader: Reader, action: str, answer: object, detail: Detail | None = None) -> Line:
    # Who asks too often is told of to nobody else: he could fill another's page of looks with it.
    of = reader.scope.person_id if answer == Refused(Reason.TOO_MANY) else reader.of
    return Line(
        at=world.clock.now(),
        caller=reader.caller,
        action=action,
        outcome=answer.reason if isinstance(answer, Refused) else DONE,
        person_id=of,
        purpose=_CHILD.purpose if of != reader.scope.person_id else None,
        detail=detail or {},
    )
