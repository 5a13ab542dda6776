"""A city to which all has happened that leaves a sealed value or another secret behind, for looks into its dump."""

from firsthand.booking.actions import confirm_bookings
from firsthand.booking.model import Booked
from firsthand.booking.telling import tell_patient
from firsthand.directory.email.actions import confirm_email, request_email
from firsthand.directory.email.model import Verified
from firsthand.directory.family.asking import ask_child
from firsthand.directory.family.model import Asked
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import EmailAddress, PersonName, Phone, Registration
from firsthand.directory.person.sign_in import request_registration, request_sign_in
from firsthand.directory.staff_oidc.going import begin_sign_in
from firsthand.directory.staff_oidc.model import Going, Outward
from firsthand.directory.staff_sign_in.actions import sign_in_staff
from firsthand.directory.staff_sign_in.model import Enrolled, Typed
from firsthand.directory.staff_sign_in.own import begin_own_app, set_up_own_app
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.session.model import OpenedSession
from firsthand.identity.session.store import open_person_session
from firsthand.identity.step.model import OpenedStep
from firsthand.identity.totp.model import Enrolment
from firsthand.identity.totp.rules import code_at, step_at
from firsthand.messages.model import Template
from firsthand.platform.clock import ManualClock
from firsthand.platform.i18n import Language
from firsthand.platform.idempotency import IdempotencyKey, fingerprint
from firsthand.platform.world import World
from tests.account_scene import CARER, STRANGE, Scene, live_through, open_account_scene
from tests.city import SYSTEM, hold
from tests.conftest import FreshDatabase
from tests.families import born_document, child
from tests.families import register as register_somebody
from tests.oidc_provider import SECRET, OidcProvider, open_provider
from tests.oidc_scene import asking, link, settle
from tests.people import HERE, STRANGER, document, said
from tests.visitor import PASSWORD, code_in

SUBJECT = "the-account-at-the-hospital"
MAIL = EmailAddress("the.carer@example.com")
CHINESE = ("王小明", "欧阳娜娜")


async def play(world: World, clock: ManualClock, database: FreshDatabase) -> frozenset[str]:
    """Let everything happen, and return the secrets that were typed, or told to one alone, and are kept by a hash."""
    scene = await open_account_scene(world, clock, database)
    await live_through(scene)
    await _newcomers(world)
    await _waiting_child(scene)
    await _booked_once(scene)
    return frozenset(
        {PASSWORD, SECRET, SUBJECT, await _session(scene), *await _staff(scene), *await _own_sign_in(scene)}
    )


async def _newcomers(world: World) -> None:
    """Somebody with a Chinese name registers and is not done yet; another one is known and asks to come in."""
    phones = (Phone("+8613700000071"), Phone("+8613700000072"))
    new = Registration(document(71), PersonName(CHINESE[0]), phones[0], Language.CHINESE)
    assert isinstance(await request_registration(world, STRANGER, new, Browser(HERE, "")), CodeRequested)
    await register_somebody(world, document(72), CHINESE[1], phones[1])
    assert isinstance(await request_sign_in(world, STRANGER, document(72), Browser(HERE, "")), CodeRequested)


async def _waiting_child(scene: Scene) -> None:
    """A child with a document waits to be registered."""
    asked = child(born_document(child().born_on, 7), name="Waiting Little")
    answer = await ask_child(scene.world, scene.who(STRANGE), scene.scope(STRANGE), asked, HERE)
    assert isinstance(answer, Asked), answer


async def _booked_once(scene: Scene) -> None:
    """Somebody with an e-mail address confirms by a key, so that the answer is kept, and is sent the appointment."""
    world, who = scene.world, (scene.who(CARER), scene.scope(CARER))
    asked = await request_email(world, *who, MAIL, HERE)
    assert isinstance(asked, CodeRequested), asked
    sent = [message for message in await said(world) if message.address == MAIL][-1]
    assert isinstance(await confirm_email(world, *who, asked.code_id, code_in(sent)), Verified)
    held = await hold(world, scene.city, CARER, 1)
    key = IdempotencyKey(scene.id(CARER), "once", fingerprint("a confirmation"))
    (booked,) = await confirm_bookings(world, [scene.city.change(CARER, held.booking_id, key=key)])
    assert isinstance(booked, Booked), booked
    await tell_patient(world, SYSTEM, held.booking_id, Template.BOOKING_CONFIRMED)


async def _session(scene: Scene) -> str:
    """Return the token of a session."""
    async with scene.world.database.transaction() as conn:
        return (await open_person_session(conn, scene.world, scene.id(CARER))).token


async def _staff(scene: Scene) -> list[str]:
    """A clerk sets up an app, and begins to set up another: return his recovery codes, and the tokens on the way."""
    world, clerk = scene.world, scene.city.desk()
    session = await _signed_in(world)
    assert isinstance(session, OpenedSession), session
    begun = await begin_own_app(world, clerk, session.signed_in.token_hash, PASSWORD)
    assert isinstance(begun, Enrolment), begun
    code = code_at(begun.secret, step_at(world.clock.now()))
    enrolled = await set_up_own_app(world, clerk, session.signed_in.token_hash, code)
    assert isinstance(enrolled, Enrolled), enrolled
    assert isinstance(await begin_own_app(world, clerk, session.signed_in.token_hash, PASSWORD), Enrolment)
    half = await _signed_in(world)
    assert isinstance(half, OpenedStep), half
    return [*enrolled.codes, session.token, half.token]


async def _signed_in(world: World) -> object:
    return await sign_in_staff(world, STRANGER, Typed("desk0", PASSWORD, HERE, ""))


async def _own_sign_in(scene: Scene) -> list[str]:
    """A hospital has a sign-in of its own, an account is linked, and a browser is on its way there."""
    async with open_provider(OidcProvider(now=scene.clock.now)) as provider:
        provider_id = await settle(scene.world, scene.city, provider)
        await link(scene.world, provider_id, subject=SUBJECT)
        outward = Outward(provider_id, HERE, "http://pages.test/back", "/desk")
        going = await begin_sign_in(scene.world, STRANGER, asking(), outward)
        assert isinstance(going, Going), going
        return [going.browser]
