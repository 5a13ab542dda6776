"""Attacks on what administrators do to others' sign-ins: on oneself, on others' staff, by forms and links of others."""

import asyncio
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.staff.actions import deactivate_staff
from firsthand.directory.staff.duties import end_duty, give_duty, read_duties
from firsthand.directory.staff.model import Duty
from firsthand.directory.staff_sign_in import enrolment, resets
from firsthand.directory.staff_sign_in.model import Reason, Refused
from firsthand.directory.staff_sign_in.news import has_news
from firsthand.identity.reset.model import Link
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import FRESH_FOR
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.attacks.staff_door.door import (
    advance,
    be,
    csrf_of,
    opened,
    own_passkey,
    passkeys_kept,
    staff_sessions,
)
from tests.city import City
from tests.conftest import FreshDatabase
from tests.people import HERE, STRANGER, SYSTEM, as_owner, audited
from tests.visitor import Visitor

DEEDS = ("link", "second-factor", "passkeys", "sessions")
ACTIONS = {
    "link": "directory.make_enrolment_link",
    "second-factor": "directory.reset_second_factor",
    "passkeys": "directory.remove_staff_passkeys",
    "sessions": "directory.end_staff_sessions",
}
NEW = "marble lantern orchard"


async def become(world: World, city: City, number: int, role: Role) -> None:
    """Let the clerk of a hospital become an administrator, there or of the city, and be it from the next sign-in."""
    where = None if role.is_of_city else city.hospital_ids[number]
    advance(world, timedelta(seconds=1))
    assert isinstance(await give_duty(world, SYSTEM, city.staff_ids[number], role, where), Duty)


def admin(city: City, number: int, role: Role = Role.HOSPITAL_ADMIN) -> Caller:
    where = None if role.is_of_city else city.hospital_ids[number]
    return Caller(ActorKind.STAFF, city.staff_ids[number], Channel.WEB, "t", where, role)


async def do(world: World, caller: Caller, deed: str, staff_id: UUID) -> object:
    match deed:
        case "link":
            return await resets.make_enrolment_link(world, caller, staff_id)
        case "second-factor":
            return await resets.reset_second_factor(world, caller, staff_id)
        case "passkeys":
            return await resets.remove_passkeys(world, caller, staff_id)
        case _:
            return await resets.end_sessions(world, caller, staff_id)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("who", ["of another hospital", "himself", "a clerk", "a patient", "nobody", "the auditor"])
async def test_who_may_not(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase, deed: str, who: str
) -> None:
    await own_passkey(victim, world, city)
    kept = await opened(world, city.staff_ids[0])
    caller = {
        "of another hospital": admin(city, 1),
        "himself": admin(city, 0),
        "a clerk": city.desk(),
        "a patient": city.person(),
        "nobody": STRANGER,
        "the auditor": Caller(ActorKind.STAFF, city.staff_ids[1], Channel.WEB, "t", None, Role.AUDITOR),
    }[who]
    before = passkeys_kept(fresh_database), as_owner(fresh_database, "SELECT count(*) FROM identity.sign_in_reset")
    assert await do(world, caller, deed, city.staff_ids[0]) == Refused(Reason.NOT_PERMITTED)
    assert audited(fresh_database)[-1] == (ACTIONS[deed], "not_permitted")
    after = passkeys_kept(fresh_database), as_owner(fresh_database, "SELECT count(*) FROM identity.sign_in_reset")
    assert after == before
    assert await find_sessions(world, [kept.signed_in.token_hash]) != [None]


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("role", [Role.CITY_ADMIN, Role.AUDITOR, Role.DESK])
async def test_a_member_with_a_duty_beyond_the_administrators_reach(
    world: World, city: City, fresh_database: FreshDatabase, deed: str, role: Role
) -> None:
    """The administrator of hospital 0 and its clerk, who is also of the city, or works at hospital 1 besides."""
    other = None if role.is_of_city else city.hospital_ids[1]
    assert isinstance(await give_duty(world, SYSTEM, city.staff_ids[0], role, other), Duty)
    caller = Caller(ActorKind.STAFF, city.staff_ids[1], Channel.WEB, "t", city.hospital_ids[0], Role.HOSPITAL_ADMIN)
    assert await do(world, caller, deed, city.staff_ids[0]) == Refused(Reason.NOT_PERMITTED)
    assert audited(fresh_database)[-1] == (ACTIONS[deed], "not_permitted")
    city_caller = Caller(ActorKind.STAFF, city.staff_ids[1], Channel.WEB, "t", None, Role.CITY_ADMIN)
    assert not isinstance(await do(world, city_caller, deed, city.staff_ids[0]), Refused)


@pytest.mark.parametrize("deed", DEEDS)
async def test_one_who_has_left_gets_no_way_in_again(
    world: World, city: City, fresh_database: FreshDatabase, deed: str
) -> None:
    assert await deactivate_staff(world, SYSTEM, city.staff_ids[0]) is None
    answer = await do(world, admin(city, 1, Role.CITY_ADMIN), deed, city.staff_ids[0])
    assert answer == Refused(Reason.STAFF_UNKNOWN)
    assert audited(fresh_database)[-1] == (ACTIONS[deed], "staff_unknown")


async def test_a_link_kept_by_its_maker_opens_no_duty_that_was_given_after_it(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    """A hospital's administrator makes a link, keeps it, and waits until its member is made the city's."""
    link = await resets.make_enrolment_link(world, admin(city, 1, Role.CITY_ADMIN), city.staff_ids[0])
    assert isinstance(link, Link)
    assert isinstance(await give_duty(world, SYSTEM, city.staff_ids[0], Role.CITY_ADMIN, None), Duty)
    assert await enrolment.use_link(world, STRANGER, link.token, NEW, HERE) == Refused(Reason.LINK_SPENT)
    assert audited(fresh_database)[-1] == ("directory.use_enrolment_link", "link_spent")


async def test_a_link_of_somebody_whose_account_was_closed_after_it(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    link = await resets.make_enrolment_link(world, admin(city, 1, Role.CITY_ADMIN), city.staff_ids[0])
    assert isinstance(link, Link)
    assert await deactivate_staff(world, SYSTEM, city.staff_ids[0]) is None
    assert await enrolment.use_link(world, STRANGER, link.token, NEW, HERE) == Refused(Reason.LINK_SPENT)
    assert audited(fresh_database)[-1] == ("directory.use_enrolment_link", "link_spent")


async def test_links_made_at_once_leave_one_that_works(world: World, city: City) -> None:
    caller = admin(city, 1, Role.CITY_ADMIN)
    made = await asyncio.gather(*(resets.make_enrolment_link(world, caller, city.staff_ids[0]) for _ in range(4)))
    links = [one for one in made if isinstance(one, Link)]
    used = [await enrolment.use_link(world, STRANGER, one.token, NEW, HERE) for one in links]
    assert sum(not isinstance(one, Refused) for one in used) == 1


async def test_a_link_ends_the_passkeys_of_before(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    await own_passkey(victim, world, city)
    link = await resets.make_enrolment_link(world, admin(city, 1, Role.CITY_ADMIN), city.staff_ids[0])
    assert isinstance(link, Link)
    assert len(passkeys_kept(fresh_database)) == 1
    assert not isinstance(await enrolment.use_link(world, STRANGER, link.token, NEW, HERE), Refused)
    assert passkeys_kept(fresh_database) == []
    assert staff_sessions(fresh_database) == 0


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_desk_left_open_does_nothing_to_others(
    thief: Visitor, world: World, city: City, fresh_database: FreshDatabase, deed: str
) -> None:
    await become(world, city, 1, Role.CITY_ADMIN)
    await be(thief, world, city, 1)
    address = f"/admin/staff/{city.staff_ids[0]}/sign-in/{deed}"
    csrf = await csrf_of(thief, address)
    advance(world, FRESH_FOR + timedelta(seconds=1))
    answer = await thief.post(address, urlencode({"csrf": csrf}).encode())
    assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/staff/again")
    assert (await thief.open(address)).url.path == "/staff/again"
    assert ACTIONS[deed] not in {action for action, _ in audited(fresh_database)}


@pytest.mark.parametrize("deed", DEEDS)
async def test_a_form_that_is_not_the_administrators_own(
    thief: Visitor, world: World, city: City, fresh_database: FreshDatabase, deed: str
) -> None:
    await become(world, city, 1, Role.CITY_ADMIN)
    await be(thief, world, city, 1)
    address = f"/admin/staff/{city.staff_ids[0]}/sign-in/{deed}"
    csrf = await csrf_of(thief, address)
    for body, headers in (
        (b"", {}),
        (b"csrf=0", {}),
        (urlencode({"csrf": csrf}).encode(), {"origin": "https://evil.example"}),
        (urlencode({"csrf": csrf}).encode(), {"sec-fetch-site": "cross-site"}),
    ):
        assert (await thief.post(address, body, headers)).status_code == 403
    assert ACTIONS[deed] not in {action for action, _ in audited(fresh_database)}


@pytest.mark.parametrize("deed", [*DEEDS, "nothing", "LINK", "link%00", "..", "password"])
async def test_a_hospitals_administrator_at_the_address_of_another_hospitals_clerk(
    thief: Visitor, world: World, city: City, fresh_database: FreshDatabase, deed: str
) -> None:
    await become(world, city, 1, Role.HOSPITAL_ADMIN)
    await be(thief, world, city, 1)
    csrf = await csrf_of(thief, "/admin/staff")
    address = f"/admin/staff/{city.staff_ids[0]}/sign-in/{deed}"
    assert (await thief.open(address)).status_code == 404
    assert (await thief.post(address, urlencode({"csrf": csrf}).encode())).status_code in {404, 405}
    assert not {action for action, _ in audited(fresh_database)} & set(ACTIONS.values())


@pytest.mark.parametrize("address", ["/admin/sign-ins", "/admin/staff/{}/sign-in/link"])
async def test_a_clerk_sees_none_of_it(thief: Visitor, world: World, city: City, address: str) -> None:
    await be(thief, world, city, 1)
    assert (await thief.open(address.format(city.staff_ids[0]))).status_code == 403


async def test_what_was_done_is_told_and_cannot_be_waved_away_for_somebody_else(
    thief: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    assert await resets.end_sessions(world, admin(city, 1, Role.CITY_ADMIN), city.staff_ids[0]) == 0
    assert audited(fresh_database)[-1] == ("directory.end_staff_sessions", "done")
    await be(thief, world, city, 1)
    await thief.open("/staff/security")
    assert await has_news(world, city.staff_ids[0])


async def test_a_link_is_said_once_and_kept_nowhere_in_clear(
    thief: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    await become(world, city, 1, Role.CITY_ADMIN)
    await be(thief, world, city, 1)
    address = f"/admin/staff/{city.staff_ids[0]}/sign-in/link"
    await thief.open(address)
    page = await thief.send(address)
    token = page.text.split("/staff/set-up?link=")[1].split("<")[0]
    assert len(token) > 30
    assert page.headers["cache-control"] == "no-store"
    rows = as_owner(fresh_database, "SELECT t::text FROM identity.sign_in_reset t")
    lines = as_owner(fresh_database, "SELECT row_to_json(line)::text FROM audit.line")
    assert not any(token in str(text) for text in (*rows, *lines))
    assert token not in (await thief.open(f"/admin/staff/{city.staff_ids[0]}")).text


async def test_sessions_ended_by_several_at_once_end_once(
    world: World, city: City, fresh_database: FreshDatabase
) -> None:
    before = [await opened(world, city.staff_ids[0]) for _ in range(3)]
    caller = admin(city, 1, Role.CITY_ADMIN)
    ended = await asyncio.gather(*(resets.end_sessions(world, caller, city.staff_ids[0]) for _ in range(3)))
    assert sum(one for one in ended if isinstance(one, int)) == 3
    assert await find_sessions(world, [one.signed_in.token_hash for one in before]) == [None, None, None]
    (duty,) = await read_duties(world, city.staff_ids[0])
    assert await end_duty(world, SYSTEM, duty.id) is None
    assert staff_sessions(fresh_database) == 0
