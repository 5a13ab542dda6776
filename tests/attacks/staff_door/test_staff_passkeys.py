"""Attacks on staff's passkeys: at the wrong door, by the wrong browser, changed, repeated, copied, out of office."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from firsthand.directory.staff.actions import deactivate_staff
from firsthand.directory.staff.duties import end_duty, give_duty, read_duties
from firsthand.directory.staff.model import Duty
from firsthand.directory.staff_sign_in import passkeys
from firsthand.directory.staff_sign_in.news import has_news, read_own_news
from firsthand.identity.model import Reason, Refused
from firsthand.identity.news.model import NewsKind
from firsthand.identity.passkey import ceremony
from firsthand.identity.passkey.model import CHALLENGE_VALID_FOR, RelyingParty
from firsthand.identity.session.model import FRESH_FOR, OpenedSession, SubjectKind
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.attacks.staff_door.door import (
    DOOR,
    SECURITY,
    advance,
    be,
    be_patient,
    begin,
    csrf_of,
    end,
    is_refused,
    opened,
    own_passkey,
    passkeys_kept,
    post_json,
    staff_sessions,
)
from tests.city import City
from tests.conftest import FreshDatabase
from tests.people import STRANGER, SYSTEM, as_owner, audited
from tests.soft_passkey import PRESENT, VERIFIED, SoftPasskey
from tests.visitor import BASE_URL, Visitor

PARTY = RelyingParty("pages.test", BASE_URL)
SIGN_IN = "directory.sign_in_staff_by_passkey"


async def test_a_passkey_signs_its_member_in(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, city)
    csrf, challenge, options = await begin(victim)
    answer = await end(victim, csrf, challenge, soft.answer(options))
    # That a passkey was added is told before anything else.
    assert answer.json() == {"location": SECURITY}
    assert audited(fresh_database)[-1] == ("directory.sign_in_staff", "done")
    page = await victim.open(SECURITY)
    assert "A passkey was added" in page.text
    assert not await has_news(world, city.staff_ids[0])


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        (PRESENT | VERIFIED, {"origin": "https://evil.example"}),
        (PRESENT | VERIFIED, {"origin": "http://pages.test.evil.example"}),
        (PRESENT | VERIFIED, {"rp_id": "evil.example"}),
        (PRESENT | VERIFIED, {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
        (PRESENT | VERIFIED, {"type": "webauthn.create"}),
        (PRESENT | VERIFIED, {"handle": None}),
        (PRESENT | VERIFIED, {"handle": bytes(32)}),
        (PRESENT, {}),
        (VERIFIED, {}),
    ],
)
async def test_an_answer_with_one_thing_changed(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase, flags: int, changed: dict[str, Any]
) -> None:
    soft = await own_passkey(victim, world, city)
    before = staff_sessions(fresh_database)
    csrf, challenge, options = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options, flags=flags, **changed)))
    assert staff_sessions(fresh_database) == before
    assert audited(fresh_database)[-1] == (SIGN_IN, "passkey_wrong")


async def test_the_passkey_of_a_patient_at_staffs_door(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, city, person=True)
    csrf, challenge, options = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options)))
    assert audited(fresh_database)[-1] == (SIGN_IN, "passkey_wrong")


async def test_the_passkey_of_a_clerk_at_the_patients_door(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, city)
    csrf, challenge, options = await begin(victim, "/sign-in/passkey")
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options), door="/sign-in/passkey"))
    assert audited(fresh_database)[-1] == ("directory.sign_in_by_passkey", "passkey_wrong")


async def test_a_patient_who_carries_his_own_doors_challenge_to_staffs(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, city, person=True)
    csrf, challenge, options = await begin(victim, "/sign-in/passkey")
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options)))
    assert audited(fresh_database)[-1] == (SIGN_IN, "passkey_wrong")
    assert staff_sessions(fresh_database) == 0


async def test_a_clerk_who_carries_staffs_challenge_to_the_patients_door(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, city)
    csrf, challenge, options = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options), door="/sign-in/passkey"))
    assert audited(fresh_database)[-1] == ("directory.sign_in_by_passkey", "passkey_wrong")


async def test_an_answer_given_twice(victim: Visitor, world: World, city: City, fresh_database: FreshDatabase) -> None:
    soft = await own_passkey(victim, world, city)
    csrf, challenge, options = await begin(victim)
    answer = soft.answer(options)
    assert "location" in (await end(victim, csrf, challenge, answer)).json()
    csrf = await csrf_of(victim, SECURITY)
    assert is_refused(await end(victim, csrf, challenge, answer))
    assert audited(fresh_database)[-1] == (SIGN_IN, "passkey_wrong")


async def test_an_answer_given_many_times_at_once(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, city)
    before = staff_sessions(fresh_database)
    csrf, challenge, options = await begin(victim)
    answer = soft.answer(options)
    answers = await asyncio.gather(*(end(victim, csrf, challenge, answer) for _ in range(5)))
    assert sum("location" in one.json() for one in answers) == 1
    assert staff_sessions(fresh_database) == before + 1


async def test_an_answer_seen_in_one_browser_and_given_in_another(
    victim: Visitor, thief: Visitor, world: World, city: City
) -> None:
    soft = await own_passkey(victim, world, city)
    _, challenge, options = await begin(victim)
    csrf = await csrf_of(thief)
    assert is_refused(await end(thief, csrf, challenge, soft.answer(options)))


async def test_a_challenge_that_has_run_out(victim: Visitor, world: World, city: City) -> None:
    soft = await own_passkey(victim, world, city)
    csrf, challenge, options = await begin(victim)
    advance(world, CHALLENGE_VALID_FOR)
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options)))


async def test_a_challenge_that_was_made_for_adding(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, city)
    await be(victim, world, city)
    csrf = await csrf_of(victim, SECURITY)
    begun = (await post_json(victim, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    options = json.dumps(begun["options"] | {"rpId": begun["options"]["rp"]["id"]})
    assert is_refused(await end(victim, csrf, begun["id"], soft.answer(options)))
    assert audited(fresh_database)[-1] == (SIGN_IN, "passkey_wrong")


async def test_a_challenge_for_signing_in_used_to_add(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    await be(victim, world, city)
    csrf = await csrf_of(victim, SECURITY)
    begun = (await post_json(victim, f"{DOOR}/options", {"csrf": csrf})).json()
    options = begun["options"] | {"rp": {"id": begun["options"]["rpId"]}, "user": {"id": "AAAA"}}
    made = SoftPasskey(BASE_URL, b"x").make(json.dumps(options))
    sent = {"csrf": csrf, "id": begun["id"], "name": "x", "credential": made}
    assert is_refused(await post_json(victim, f"{SECURITY}/passkeys", sent))
    assert audited(fresh_database)[-1] == ("directory.add_staff_passkey", "passkey_wrong")
    assert passkeys_kept(fresh_database) == []


async def test_a_device_whose_count_goes_back_is_refused_and_told(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, city, count=7)
    soft.count = 2
    csrf, challenge, options = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options)), "passkey_copied")
    assert audited(fresh_database)[-1] == (SIGN_IN, "passkey_copied")
    kinds = {one.kind for one in await read_own_news(world, city.staff_ids[0])}
    assert kinds == {NewsKind.PASSKEY_COPIED, NewsKind.PASSKEY_ADDED}


@pytest.mark.parametrize("gone", ["left", "duty ended", "duty ran out"])
async def test_whoever_is_no_longer_on_duty_is_not_signed_in(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase, gone: str
) -> None:
    soft = await own_passkey(victim, world, city)
    csrf, challenge, options = await begin(victim)
    if gone == "left":
        assert await deactivate_staff(world, SYSTEM, city.staff_ids[0]) is None
        assert passkeys_kept(fresh_database) == []
    else:
        (duty,) = await read_duties(world, city.staff_ids[0])
        assert await end_duty(world, SYSTEM, duty.id) is None
    if gone == "duty ran out":
        soon = world.clock.now() + timedelta(minutes=1)
        brief = await give_duty(world, SYSTEM, city.staff_ids[0], Role.DESK, city.hospital_ids[0], ends_at=soon)
        assert isinstance(brief, Duty)
        advance(world, timedelta(minutes=2))
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options)))
    assert staff_sessions(fresh_database) == 0


async def test_a_colleagues_duty_is_not_gone_on_in(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    """Who signs in anew goes on in his duty; one that is not his is not found among his."""
    soft = await own_passkey(victim, world, city)
    (theirs,) = await read_duties(world, city.staff_ids[1])
    async with world.database.transaction() as conn:
        begun = await ceremony.begin_sign_in(conn, world, PARTY, SubjectKind.STAFF, bound_to=bytes(32))
    signed_in = await passkeys.sign_in_by_passkey(
        world, STRANGER, PARTY, begun.id, soft.answer(begun.options), bound_to=bytes(32), acting_in=theirs.id
    )
    assert isinstance(signed_in, OpenedSession)
    assert signed_in.signed_in.hospital_id == city.hospital_ids[0]
    assert audited(fresh_database)[-1] == ("directory.sign_in_staff", "done")


async def test_whoever_saw_the_news_first_does_not_hide_it(
    victim: Visitor, thief: Visitor, world: World, city: City
) -> None:
    await own_passkey(victim, world, city)
    await be(thief, world, city)
    assert "A passkey was added" in (await thief.open(SECURITY)).text
    await be(victim, world, city)
    assert "A passkey was added" in (await victim.open(SECURITY)).text


@pytest.mark.parametrize(
    "credential",
    ["", "null", "[]", "{", '{"id":1}', "[" * 20_000, "x" * 21_000, '{"id":"AA","rawId":"AA","response":{}}'],
)
async def test_what_is_no_answer(victim: Visitor, city: City, fresh_database: FreshDatabase, credential: str) -> None:
    csrf, challenge, _ = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, credential))
    assert audited(fresh_database)[-1] == (SIGN_IN, "passkey_wrong")
    assert city.staff_ids


async def test_an_unknown_passkey_says_no_more_than_a_known_one(victim: Visitor, world: World, city: City) -> None:
    soft = await own_passkey(victim, world, city)
    answers = []
    for device in (replace(soft, key=SoftPasskey(BASE_URL, b"x").key), SoftPasskey(BASE_URL, b"nobody's")):
        csrf, challenge, options = await begin(victim)
        answers.append((await end(victim, csrf, challenge, device.answer(options))).json())
    assert answers[0] == answers[1]


async def test_the_challenge_names_nobody(victim: Visitor, world: World, city: City) -> None:
    await own_passkey(victim, world, city)
    _, _, options = await begin(victim)
    assert "allowCredentials" not in options or json.loads(options)["allowCredentials"] == []


async def test_adding_a_passkey_from_a_desk_left_open(
    thief: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    await be(thief, world, city)
    csrf = await csrf_of(thief, f"{SECURITY}/passkeys/add")
    begun = (await post_json(thief, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    advance(world, FRESH_FOR + timedelta(seconds=1))
    again = await post_json(thief, f"{SECURITY}/passkeys/options", {"csrf": csrf})
    assert (again.status_code, again.json()["reason"]) == (403, "sign_in_stale")
    made = SoftPasskey(BASE_URL, b"thief's").make(json.dumps(begun["options"]))
    sent = {"csrf": csrf, "id": begun["id"], "name": "mine", "credential": made}
    assert is_refused(await post_json(thief, f"{SECURITY}/passkeys", sent), "sign_in_stale")
    assert passkeys_kept(fresh_database) == []
    assert audited(fresh_database)[-1] == ("directory.add_staff_passkey", "sign_in_stale")
    assert (await thief.open(f"{SECURITY}/passkeys/add")).url.path == "/staff/again"


async def test_removing_a_passkey_from_a_desk_left_open(
    victim: Visitor, thief: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    await own_passkey(victim, world, city)
    ((passkey_id, _, _),) = passkeys_kept(fresh_database)
    signed_in = (await be(thief, world, city)).signed_in
    csrf = await csrf_of(thief, SECURITY)
    advance(world, FRESH_FOR + timedelta(seconds=1))
    page = await thief.post(f"{SECURITY}/passkeys/{passkey_id}/remove", urlencode({"csrf": csrf}).encode())
    assert page.headers["location"].startswith("/staff/again")
    stale = await passkeys.remove_passkey(world, city.desk(), signed_in, UUID(str(passkey_id)))
    assert stale == Refused(Reason.SIGN_IN_STALE)
    assert audited(fresh_database)[-1] == ("directory.remove_staff_passkey", "sign_in_stale")
    assert len(passkeys_kept(fresh_database)) == 1


@pytest.mark.parametrize("deed", ["", "/remove"])
async def test_renaming_or_removing_a_colleagues_passkey_by_its_id(
    victim: Visitor, thief: Visitor, world: World, city: City, fresh_database: FreshDatabase, deed: str
) -> None:
    await own_passkey(victim, world, city)
    before = passkeys_kept(fresh_database)
    signed_in = (await be(thief, world, city, 1)).signed_in
    csrf = await csrf_of(thief, SECURITY)
    body = urlencode({"csrf": csrf, "name": "mine"}).encode()
    assert (await thief.post(f"{SECURITY}/passkeys/{before[0][0]}{deed}", body)).status_code == 404
    passkey_id = UUID(str(before[0][0]))
    if deed:
        answer = await passkeys.remove_passkey(world, city.desk(1), signed_in, passkey_id)
    else:
        answer = await passkeys.rename_passkey(world, city.desk(1), signed_in, passkey_id, "mine")
    assert answer == Refused(Reason.PASSKEY_UNKNOWN)
    assert audited(fresh_database)[-1][1] == "passkey_unknown"
    assert passkeys_kept(fresh_database) == before


async def test_a_patients_session_adds_no_passkey_for_staff(
    thief: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    patient = await be_patient(thief, world, city)
    csrf = await csrf_of(thief, "/me/security")
    answer = await post_json(thief, f"{SECURITY}/passkeys/options", {"csrf": csrf})
    assert answer.status_code == 303
    refused = await passkeys.begin_adding_passkey(world, city.person(), patient.signed_in, PARTY, bound_to=bytes(32))
    assert refused == Refused(Reason.NOT_PERMITTED)
    assert audited(fresh_database)[-1] == ("directory.begin_adding_staff_passkey", "not_permitted")
    assert as_owner(fresh_database, "SELECT FROM identity.passkey_challenge") == []


async def test_adding_ones_passkey_by_a_colleagues_challenge(
    victim: Visitor, thief: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    await be(victim, world, city, 0)
    await be(thief, world, city, 1)
    csrf = await csrf_of(victim, SECURITY)
    begun = (await post_json(victim, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    made = SoftPasskey(BASE_URL, b"x").make(json.dumps(begun["options"]))
    csrf = await csrf_of(thief, SECURITY)
    sent = {"csrf": csrf, "id": begun["id"], "name": "x", "credential": made}
    assert is_refused(await post_json(thief, f"{SECURITY}/passkeys", sent))
    assert passkeys_kept(fresh_database) == []


@pytest.mark.parametrize("flags", [PRESENT, VERIFIED])
async def test_a_passkey_whose_device_did_not_check_its_holder_is_not_added(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase, flags: int
) -> None:
    await be(victim, world, city)
    csrf = await csrf_of(victim, SECURITY)
    begun = (await post_json(victim, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    made = SoftPasskey(BASE_URL, b"x").make(json.dumps(begun["options"]), flags=flags)
    sent = {"csrf": csrf, "id": begun["id"], "name": "x", "credential": made}
    assert is_refused(await post_json(victim, f"{SECURITY}/passkeys", sent))
    assert passkeys_kept(fresh_database) == []


@pytest.mark.parametrize("name", ["", " ", "x" * 51, "a\u0000b", "a\u202eb", "a\r\nb"])
async def test_a_name_that_is_none(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase, name: str
) -> None:
    await be(victim, world, city)
    csrf = await csrf_of(victim, SECURITY)
    begun = (await post_json(victim, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    made = SoftPasskey(BASE_URL, b"x").make(json.dumps(begun["options"]))
    sent = {"csrf": csrf, "id": begun["id"], "name": name, "credential": made}
    answer = await post_json(victim, f"{SECURITY}/passkeys", sent)
    if name == "a\r\nb":  # spaces of any kind become one
        assert answer.json() == {"location": SECURITY}
        return
    assert answer.status_code in {400, 422}
    assert passkeys_kept(fresh_database) == []


async def test_a_passkey_of_somebody_else_shows_not_that_it_is_him(
    victim: Visitor, thief: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    """At a desk left open a colleague cannot show by his own passkey that he is its owner."""
    soft = await own_passkey(thief, world, city, 1)
    await be(victim, world, city, 0)
    csrf = await csrf_of(victim, "/staff/again")
    begun = (await post_json(victim, f"{DOOR}/options", {"csrf": csrf})).json()
    answer = await end(victim, csrf, begun["id"], soft.answer(json.dumps(begun["options"])))
    assert is_refused(answer)
    assert audited(fresh_database)[-1] == (SIGN_IN, "passkey_wrong")


@pytest.mark.parametrize("address", [f"{DOOR}/options", DOOR, f"{SECURITY}/passkeys/options", f"{SECURITY}/passkeys"])
async def test_a_script_from_elsewhere_does_nothing(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase, address: str
) -> None:
    await be(victim, world, city)
    before = audited(fresh_database)
    csrf = await csrf_of(victim, SECURITY)
    for content, headers in (
        ({}, {}),
        ({"csrf": "0"}, {}),
        ({"csrf": csrf}, {"origin": "https://evil.example"}),
        ({"csrf": csrf}, {"sec-fetch-site": "cross-site"}),
    ):
        answer = await victim.client.post(address, json=content, headers=headers)
        assert answer.status_code == 403
    form = await victim.post(address, urlencode({"csrf": csrf}).encode())
    assert form.status_code == 415
    assert as_owner(fresh_database, "SELECT FROM identity.passkey_challenge") == []
    assert [line for line in audited(fresh_database) if line not in before] == []


async def test_a_session_is_new_after_a_passkey_and_the_one_before_is_over(
    victim: Visitor, world: World, city: City, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, city)
    planted = await opened(world, city.staff_ids[1])
    victim.client.cookies.set("firsthand_session", planted.token, domain="pages.test")
    csrf = await csrf_of(victim, SECURITY)
    begun = (await post_json(victim, f"{DOOR}/options", {"csrf": csrf})).json()
    # The planted session asks for its own owner's passkey, and gets nobody else's.
    assert is_refused(await end(victim, csrf, begun["id"], soft.answer(json.dumps(begun["options"]))))
    victim.client.cookies.clear()
    csrf, challenge, options = await begin(victim)
    assert "location" in (await end(victim, csrf, challenge, soft.answer(options))).json()
    assert victim.client.cookies["firsthand_session"] != planted.token
    assert staff_sessions(fresh_database) >= 2
