"""Somebody to whom everything has happened that can: every kind of row is held on him, made by real actions.

The person is number 0 of the city. Number 1 acts for him, number 2 was merged into him, number 3 was nearly, number 4
has nothing to do with him.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from firsthand.account.actions import export_data, read_data
from firsthand.account.model import DataFile, PersonData, ToldRow
from firsthand.arrival.actions import check_in
from firsthand.arrival.model import Arrived
from firsthand.audit.model import Caller
from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.model import Booked, Held, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.booking.telling import tell_patient
from firsthand.directory.correction.deciding import approve_correction, undo_correction
from firsthand.directory.correction.model import State
from firsthand.directory.counter.desk import change_phone
from firsthand.directory.counter.model import VariantKind
from firsthand.directory.counter.variants import add_name
from firsthand.directory.email.actions import confirm_email, request_email
from firsthand.directory.emergency.actions import open_record, review_access
from firsthand.directory.emergency.model import Access, Wanted
from firsthand.directory.family.actions import end_tie
from firsthand.directory.lapsing import lapse_emergencies
from firsthand.directory.person import passkeys
from firsthand.directory.person.model import EmailAddress, PersonName, Phone
from firsthand.directory.request.answering import answer_request
from firsthand.directory.request.model import About, Kind, Request
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.passkey.model import Begun
from firsthand.identity.passkey.rules import relying_party
from firsthand.identity.session.model import OpenedSession, SignedIn
from firsthand.identity.session.store import open_person_session
from firsthand.messages.actions import DemoSender, send_message
from firsthand.messages.model import Accepted, Outgoing, Sender, SendError, Template, TryAgain, TurnedAway, Way
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import PersonScope
from firsthand.platform.world import World
from tests.city import NO_CAPS, SYSTEM, City, Opening, hold, make_city, set_policy
from tests.conftest import FreshDatabase
from tests.counter import Counter, open_counter, passport
from tests.families import child_of, person, tied_and_cooled, tied_at_desk
from tests.people import HERE, STRANGER, as_owner, said
from tests.requests import REASONS, WHY_LOOKED, asked, try_deleting
from tests.soft_passkey import SoftPasskey
from tests.visitor import code_in

ME, CARER, TWIN, DOUBLE, STRANGE = range(5)
MAIL = EmailAddress("person.zero@example.com")
NEW_PHONE = Phone("+8613900001111")
WHY = "Found unconscious at the bus stop, no papers"
PARTY = relying_party("https://firsthand.test")
BROWSER = b"b" * 32


class Refusing:
    """A gateway that knows no such number."""

    async def send(self, _outgoing: Outgoing) -> Accepted | TurnedAway | TryAgain:
        """Turn everything away."""
        return TurnedAway(SendError.ADDRESS_REFUSED)


@dataclass(frozen=True, slots=True)
class Scene:
    """A city, its counter, and the database."""

    world: World
    clock: ManualClock
    city: City
    counter: Counter
    database: FreshDatabase

    def id(self, number: int = ME) -> UUID:
        """Return the id of a person."""
        return self.city.person_ids[number]

    def who(self, number: int = ME) -> Caller:
        """A person who acts himself."""
        return person(self.id(number))

    def scope(self, number: int = ME) -> PersonScope:
        """Return a person's scope."""
        return PersonScope(self.id(number))

    async def sign_in(self, number: int = ME, device: str = "Firefox, Android") -> SignedIn:
        """Open a session for a person just now."""
        return await open_session(self.world, self.id(number), device)

    async def data(self, number: int = ME, of: UUID | None = None) -> PersonData:
        """Return what a person sees of himself, or of somebody else."""
        data = await read_data(self.world, self.who(number), self.scope(number), of or self.id(number))
        assert isinstance(data, PersonData), data
        return data

    async def file(self, number: int = ME, of: UUID | None = None) -> DataFile:
        """Return the file of a person who has just signed in."""
        signed_in = await self.sign_in(number)
        file = await export_data(self.world, self.who(number), signed_in, of or self.id(number))
        assert isinstance(file, DataFile), file
        return file

    def lines(self, action: str, outcome: str = "done") -> int:
        """Count the lines of an action with an outcome."""
        query = f"SELECT count(*) FROM audit.line WHERE action = '{action}' AND outcome = '{outcome}'"
        ((count,),) = as_owner(self.database, query)
        assert isinstance(count, int)
        return count


async def open_session(world: World, person_id: UUID, device: str = "") -> SignedIn:
    """Open a session for a person just now."""
    async with world.database.transaction() as conn:
        opened = await open_person_session(conn, world, person_id, device=device)
    assert isinstance(opened, OpenedSession)
    return opened.signed_in


async def open_account_scene(world: World, clock: ManualClock, database: FreshDatabase) -> Scene:
    """Make the city. Nothing has happened to anybody yet."""
    await set_policy(world, NO_CAPS)
    openings = [Opening(places=9, day=2), Opening(places=9, day=2, hour=14), Opening(places=9, day=3, hospital=1)]
    city = await make_city(world, sessions=openings, persons=5)
    return Scene(world, clock, city, await open_counter(world, city), database)


async def live_through(scene: Scene) -> UUID:
    """Let everything happen to the person, and return his child. Two days pass."""
    await at_the_counter(scene)
    await corrected(scene)
    tie_id = await tied_and_cooled(scene.world, scene.clock, scene.city, CARER, ME)
    _, child_id = await child_of(scene.world, scene.id(), name="Little Zero")
    await tied_at_desk(scene.world, scene.city, scene.city.documents[ME], scene.city.documents[STRANGE])
    await in_an_emergency(scene)
    await asked_about_his_data(scene)
    await booked(scene)
    await end_tie(scene.world, scene.who(), scene.scope(), tie_id)
    await signed_in_with_passkey(scene)
    await at_his_own_page(scene)
    scene.clock.advance(timedelta(hours=24))
    await checked_in(scene)
    # Found within the last half hour, else the clerk may look no more.
    await scene.counter.find(ME)
    await scene.sign_in()
    return child_id


async def at_the_counter(scene: Scene) -> None:
    """A clerk finds the person, and changes his phone."""
    person_id = await scene.counter.find(ME)
    changed = await change_phone(scene.world, scene.counter.clerk, scene.counter.scope, person_id, NEW_PHONE)
    assert changed == NEW_PHONE


async def corrected(scene: Scene) -> None:
    """One record is merged, one was merged and is not, and a wrong document is replaced."""
    await scene.counter.merge(ME, TWIN)
    undone = await scene.counter.merge(ME, DOUBLE)
    world, boss, scope = scene.world, scene.counter.supervisor, scene.counter.scope
    assert await undo_correction(world, boss, scope, undone) is State.UNDONE
    asked = await scene.counter.ask_document(TWIN, passport(77))
    assert await approve_correction(world, boss, scope, asked) is State.APPROVED


async def in_an_emergency(scene: Scene) -> None:
    """The record is opened in an emergency, which a supervisor finds justified, and in one that nobody reviews."""
    world, clerk, boss = scene.world, scene.counter.clerk, scene.counter.supervisor
    access = await open_record(world, clerk, Wanted(scene.city.documents[ME]), WHY)
    assert isinstance(access, Access), access
    reviewed = await review_access(world, boss, access.id, justified=True, words="He was brought in by ambulance")
    assert isinstance(reviewed, Access), reviewed
    again = await open_record(world, clerk, Wanted(scene.city.documents[ME]), "He woke up and did not know his name")
    assert isinstance(again, Access), again
    soon = scene.clock.now() + timedelta(seconds=1)
    assert await lapse_emergencies(world, SYSTEM, before=soon, limit=10) == 1


async def asked_about_his_data(scene: Scene) -> None:
    """The person objects to something, is answered, and has asked for his account to be deleted."""
    here = scene.city.hospital_ids[0]
    objection = await asked(scene.world, scene.id(), Kind.OBJECTION, About.OTHER, hospital_id=here, words=WHY_LOOKED)
    answer = await answer_request(scene.world, scene.counter.supervisor, objection.id, granted=True, words=REASONS)
    assert isinstance(answer, Request), answer
    deletion = await try_deleting(scene.world, scene.id(), scene.city.documents[ME])
    assert isinstance(deletion, Request), deletion


async def booked(scene: Scene) -> None:
    """The carer books for the person, who books himself too, gives one back, and is told of it."""
    world, me, carer = scene.world, scene.id(), scene.id(CARER)
    request = TakeRequest(scene.who(CARER), scene.city.session_ids[2], carer, me, payer_id=carer)
    (taken,) = await take_places(world, [request])
    assert isinstance(taken, Held), taken
    gone = await hold(world, scene.city, ME, 1)
    await give_back_bookings(world, [scene.city.change(ME, gone.booking_id)])
    senders: tuple[Sender, ...] = (DemoSender(), Refusing())
    for number, sender in enumerate(senders):
        held = await hold(world, scene.city, ME, number)
        (confirmed,) = await confirm_bookings(world, [scene.city.change(ME, held.booking_id)])
        assert isinstance(confirmed, Booked)
        await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_CONFIRMED)
        for message in [one for one in await said(world) if one.state.value == "queued"]:
            await send_message(world, SYSTEM, message.id, {Way.SMS: sender, Way.EMAIL: sender})


async def checked_in(scene: Scene) -> None:
    """The person comes to the first of his appointments."""
    soon = scene.clock.now() + timedelta(hours=3)
    today = [row for row in rows_of(await scene.data(), "bookings") if row["state"] == "booked"]
    (code,) = [row["code"] for row in today if isinstance(at := row["starts_at"], datetime) and at < soon]
    assert isinstance(code, str)
    arrived = await check_in(scene.world, scene.city.check_in(ME, code))
    assert isinstance(arrived, Arrived), arrived


async def signed_in_with_passkey(scene: Scene) -> None:
    """The person makes a passkey and signs in by it."""
    world, soft, signed_in = scene.world, SoftPasskey(PARTY.origin, b"device"), await scene.sign_in()
    begun = await passkeys.begin_adding_passkey(world, scene.who(), signed_in, PARTY, bound_to=BROWSER)
    assert isinstance(begun, Begun)
    made = soft.make(begun.options)
    await passkeys.add_passkey(world, scene.who(), signed_in, PARTY, begun.id, made, name="My phone", bound_to=BROWSER)
    begun = await passkeys.begin_passkey_sign_in(world, STRANGER, PARTY, HERE, bound_to=BROWSER)
    assert isinstance(begun, Begun)
    answer = soft.answer(begun.options)
    await passkeys.sign_in_by_passkey(world, STRANGER, PARTY, begun.id, answer, bound_to=BROWSER)


async def at_his_own_page(scene: Scene) -> None:
    """The person adds an e-mail address and another name."""
    world = scene.world
    asked = await request_email(world, scene.who(), scene.scope(), MAIL, HERE)
    assert isinstance(asked, CodeRequested)
    (sent,) = [one for one in await said(world) if one.template is Template.EMAIL_CODE]
    await confirm_email(world, scene.who(), scene.scope(), asked.code_id, code_in(sent))
    await add_name(world, scene.who(), scene.scope(), scene.id(), VariantKind.FORMER, PersonName("Once Zero"))


def rows_of(data: PersonData, key: str) -> tuple[ToldRow, ...]:
    """Return the rows of one list."""
    (rows,) = [section.rows for section in data.sections if section.listing.key == key]
    return rows
