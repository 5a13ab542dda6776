"""Attacks on staff's sessions: of others, ended, planted, left alone, and on showing again who one is."""

from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest

from firsthand.directory.staff.actions import deactivate_staff
from firsthand.directory.staff.duties import end_duty, give_duty, read_duties
from firsthand.directory.staff.model import Duty
from firsthand.directory.staff_sign_in import actions, own, resets
from firsthand.directory.staff_sign_in.model import Enrolled, Entered, Typed
from firsthand.directory.staff_sign_in.model import Refused as StaffRefused
from firsthand.directory.staff_sign_in.news import has_news, read_own_news
from firsthand.identity.model import Reason, Refused
from firsthand.identity.news.model import NewsKind
from firsthand.identity.session.actions import end_own_session, end_session, find_sessions, list_sessions
from firsthand.identity.session.model import FRESH_FOR, STAFF_IDLE, STAFF_SESSION, OpenedSession
from firsthand.identity.step.model import OpenedStep
from firsthand.identity.totp.model import Enrolment
from firsthand.identity.totp.rules import code_at, step_at
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.attacks.staff_door.door import COOKIE, SECURITY, advance, be, be_patient, csrf_of, opened, staff_sessions
from tests.city import City
from tests.conftest import FreshDatabase
from tests.people import HERE, STRANGER, SYSTEM, audited
from tests.visitor import PASSWORD, Visitor

NEW = "marble lantern orchard"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"


async def test_a_member_sees_his_sessions_with_device_and_duty(victim: Visitor, world: World, city: City) -> None:
    victim.client.headers["user-agent"] = WINDOWS
    await victim.sign_in_at_desk()
    elsewhere = await opened(world, city.staff_ids[0])
    page = await victim.open(SECURITY)
    assert "Chrome, Windows" in page.text
    assert "A device that we do not know" in page.text
    assert "Desk" in page.text
    await victim.send(f"{SECURITY}/sessions/{elsewhere.signed_in.session_id}/end")
    assert victim.page.url.path == SECURITY
    assert await find_sessions(world, [elsewhere.signed_in.token_hash]) == [None]


@pytest.mark.parametrize("whose", ["a colleague's", "a patient's", "nobody's"])
async def test_ending_the_session_of_somebody_else_by_its_id(
    victim: Visitor, thief: Visitor, world: World, city: City, fresh_database: FreshDatabase, whose: str
) -> None:
    if whose == "a patient's":
        theirs = await be_patient(victim, world, city)
    else:
        theirs = await be(victim, world, city, 0)
    session_id = UUID(int=1) if whose == "nobody's" else theirs.signed_in.session_id
    await be(thief, world, city, 1)
    csrf = await csrf_of(thief, SECURITY)
    answer = await thief.post(f"{SECURITY}/sessions/{session_id}/end", urlencode({"csrf": csrf}).encode())
    assert answer.status_code == 409
    assert audited(fresh_database)[-1] == ("identity.end_own_session", "session_unknown")
    assert await find_sessions(world, [theirs.signed_in.token_hash]) == [theirs.signed_in]


async def test_ending_all_others_ends_nobody_elses(
    victim: Visitor, thief: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    theirs, own = await be(victim, world, city, 0), await be(thief, world, city, 1)
    second = await opened(world, city.staff_ids[1])
    csrf = await csrf_of(thief, SECURITY)
    await thief.post(f"{SECURITY}/sessions/end-others", urlencode({"csrf": csrf}).encode())
    kept = await find_sessions(world, [one.signed_in.token_hash for one in (theirs, own, second)])
    assert kept == [theirs.signed_in, own.signed_in, None]
    assert audited(fresh_database)[-1] == ("identity.end_other_sessions", "done")


async def test_a_member_with_a_patients_id_does_not_reach_into_the_patients_sessions(
    thief: Visitor, world: World, city: City
) -> None:
    """Sessions are looked for by kind and id: what a member may end is a member's."""
    patient = await be_patient(thief, world, city)
    member = await opened(world, city.staff_ids[0])
    answer = await end_own_session(world, city.desk(), member.signed_in, patient.signed_in.session_id)
    assert answer == Refused(Reason.SESSION_UNKNOWN)
    assert [one.id for one in await list_sessions(world, member.signed_in)] == [member.signed_in.session_id]


@pytest.mark.parametrize(
    "how",
    ["signed out", "ended by id", "others ended", "by an administrator", "left alone", "ran out", "duty ended",
     "account closed", "second factor reset", "passkeys taken"],
)  # fmt: skip
async def test_the_token_of_a_session_that_is_over(
    victim: Visitor, thief: Visitor, world: World, city: City, how: str
) -> None:
    stolen = await be(thief, world, city)
    await be(victim, world, city)
    await victim.open(SECURITY)
    staff_id = city.staff_ids[0]
    match how:
        case "signed out":
            await end_session(world, city.desk(), stolen.signed_in)
        case "ended by id":
            await victim.send(f"{SECURITY}/sessions/{stolen.signed_in.session_id}/end")
        case "others ended":
            await victim.send(f"{SECURITY}/sessions/end-others")
        case "by an administrator":
            assert await resets.end_sessions(world, SYSTEM, staff_id) == 2
        case "left alone":
            advance(world, STAFF_IDLE)
        case "ran out":
            advance(world, STAFF_SESSION)
        case "duty ended":
            (duty,) = await read_duties(world, staff_id)
            assert await end_duty(world, SYSTEM, duty.id) is None
        case "account closed":
            assert await deactivate_staff(world, SYSTEM, staff_id) is None
        case "second factor reset":
            assert not isinstance(await resets.reset_second_factor(world, SYSTEM, staff_id), StaffRefused)
        case _:
            assert await resets.remove_passkeys(world, SYSTEM, staff_id) == 0
    for address in ("/desk", SECURITY, "/staff/duties"):
        assert (await thief.open(address)).url.path == "/desk/sign-in"
    answer = await thief.client.get("/api/v1/sign-ins", headers={"authorization": f"Bearer {stolen.token}"})
    assert answer.status_code == 401


@pytest.mark.parametrize("address", [f"{SECURITY}/sessions/end-others", f"{SECURITY}/sessions/{UUID(int=1)}/end"])
async def test_a_form_that_is_not_ones_own(
    thief: Visitor, world: World, city: City, fresh_database: FreshDatabase, address: str
) -> None:
    await be(thief, world, city)
    await opened(world, city.staff_ids[0])
    csrf = await csrf_of(thief, SECURITY)
    before = audited(fresh_database)
    for body, headers in (
        (b"", {}),
        (b"csrf=0", {}),
        (urlencode({"csrf": csrf}).encode(), {"origin": "https://evil.example"}),
        (urlencode({"csrf": csrf}).encode(), {"sec-fetch-site": "same-site"}),
    ):
        assert (await thief.post(address, body, headers)).status_code == 403
    assert audited(fresh_database) == before
    assert staff_sessions(fresh_database) == 2


@pytest.mark.parametrize("address", [SECURITY, "/staff/again", f"{SECURITY}/passkeys/add"])
async def test_a_patient_or_a_stranger_at_staffs_own_pages(
    thief: Visitor, world: World, city: City, address: str
) -> None:
    assert (await thief.open(address)).url.path == "/desk/sign-in"
    await be_patient(thief, world, city)
    assert (await thief.open(address)).url.path == "/desk/sign-in"
    assert "passkey" not in thief.page.text or thief.page.url.path == "/desk/sign-in"


async def test_showing_again_who_one_is_opens_a_new_session_and_ends_the_old_one(
    victim: Visitor, world: World, city: City
) -> None:
    old = await be(victim, world, city)
    advance(world, FRESH_FOR + timedelta(seconds=1))
    await victim.open(f"{SECURITY}/passkeys/add")
    assert victim.page.url.path == "/staff/again"
    await victim.send("/staff/again", {"password": PASSWORD})
    assert victim.page.url.path == f"{SECURITY}/passkeys/add"
    assert victim.client.cookies[COOKIE] != old.token
    assert await find_sessions(world, [old.signed_in.token_hash]) == [None]


@pytest.mark.parametrize("password", ["wrong wrong wrong", "", PASSWORD.upper(), "x" * 400])
async def test_a_desk_left_open_is_not_made_fresh_without_the_password(
    thief: Visitor, world: World, city: City, fresh_database: FreshDatabase, password: str
) -> None:
    await be(thief, world, city)
    advance(world, FRESH_FOR + timedelta(seconds=1))
    await thief.open("/staff/again?next=/staff/security/passkeys/add")
    page = await thief.send("/staff/again", {"password": password})
    assert page.status_code == (401 if password else 422)
    assert (await thief.open(f"{SECURITY}/passkeys/add")).url.path == "/staff/again"
    if password:
        assert audited(fresh_database)[-1] == ("directory.sign_in_staff", "sign_in_wrong")


async def test_the_name_at_showing_again_is_the_sessions_and_not_the_forms(
    thief: Visitor, world: World, city: City
) -> None:
    """Whoever sits at a colleague's open desk cannot become fresh by his own name and password."""
    await be(thief, world, city, 0)
    advance(world, FRESH_FOR + timedelta(seconds=1))
    await thief.open("/staff/again")
    page = await thief.send("/staff/again", {"username": "desk1", "password": "violet harbour lantern!"})
    assert page.status_code == 401
    assert (await thief.open(f"{SECURITY}/passkeys/add")).url.path == "/staff/again"


@pytest.mark.parametrize("leads_to", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x"])
async def test_showing_again_leads_nowhere_else(victim: Visitor, world: World, city: City, leads_to: str) -> None:
    await be(victim, world, city)
    await victim.open("/staff/again?" + urlencode({"next": leads_to}))
    page = await victim.send("/staff/again", {"password": PASSWORD, "next": leads_to})
    assert page.url.host == "pages.test"
    assert "evil" not in str(page.url)


async def test_who_signs_in_anew_goes_on_in_his_duty_and_not_in_a_better_one(
    victim: Visitor, world: World, city: City
) -> None:
    await be(victim, world, city)
    advance(world, timedelta(seconds=1))
    given = await give_duty(world, SYSTEM, city.staff_ids[0], Role.SUPERVISOR, city.hospital_ids[0])
    assert isinstance(given, Duty)
    await victim.open("/staff/again")
    await victim.send("/staff/again", {"password": PASSWORD, "duty": str(given.id), "acting_in": str(given.id)})
    page = await victim.open(SECURITY)
    assert "Supervisor" not in page.text


async def test_what_a_thief_changes_is_told_to_the_owner(world: World, city: City) -> None:
    """Whoever knows the password of an open desk's owner changes nothing that its owner does not read of."""
    thief = await opened(world, city.staff_ids[0])
    signed_in, clerk = thief.signed_in, city.desk()
    changed = await own.change_own_password(world, clerk, signed_in=signed_in, current=PASSWORD, new=NEW)
    assert changed is None
    begun = await own.begin_own_app(world, clerk, signed_in.token_hash, NEW)
    assert isinstance(begun, Enrolment)
    code = code_at(begun.secret, step_at(world.clock.now()))
    done = await own.set_up_own_app(world, clerk, signed_in.token_hash, code)
    assert isinstance(done, Enrolled)
    assert isinstance(await own.renew_own_codes(world, clerk, NEW), Enrolled)
    kinds = {one.kind for one in await read_own_news(world, city.staff_ids[0])}
    assert kinds == {NewsKind.PASSWORD_CHANGED, NewsKind.APP_SET_UP, NewsKind.CODES_RENEWED}
    assert await has_news(world, city.staff_ids[0])


async def test_a_recovery_code_that_somebody_found_is_told(world: World, city: City) -> None:
    signed_in, clerk = (await opened(world, city.staff_ids[0])).signed_in, city.desk()
    begun = await own.begin_own_app(world, clerk, signed_in.token_hash, PASSWORD)
    assert isinstance(begun, Enrolment)
    code = code_at(begun.secret, step_at(world.clock.now()))
    done = await own.set_up_own_app(world, clerk, signed_in.token_hash, code)
    assert isinstance(done, Enrolled)
    step = await actions.sign_in_staff(world, STRANGER, Typed("desk0", PASSWORD, HERE))
    assert isinstance(step, OpenedStep)
    thief = await actions.enter_second_factor(world, STRANGER, step.step.token_hash, Entered(done.codes[0]))
    assert isinstance(thief, OpenedSession)
    assert NewsKind.RECOVERY_CODE_USED in {one.kind for one in await read_own_news(world, city.staff_ids[0])}
