"""Attacks on passkeys: answers changed, repeated, copied, made elsewhere; passkeys of others."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from firsthand.identity.session.model import FRESH_FOR
from firsthand.platform.world import World
from tests.attacks.sign_in.town import (
    SECURITY,
    Town,
    advance,
    be,
    begin,
    counted,
    csrf_of,
    end,
    is_refused,
    last_line,
    own_passkey,
    post_json,
)
from tests.conftest import FreshDatabase
from tests.people import as_owner, said
from tests.soft_passkey import PRESENT, VERIFIED, SoftPasskey
from tests.visitor import BASE_URL, Visitor


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        (PRESENT | VERIFIED, {"origin": "https://evil.example"}),
        (PRESENT | VERIFIED, {"origin": "http://pages.test.evil.example"}),
        (PRESENT | VERIFIED, {"rp_id": "evil.example"}),
        (PRESENT | VERIFIED, {"rp_id": "test"}),
        (PRESENT | VERIFIED, {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}),
        (PRESENT | VERIFIED, {"type": "webauthn.create"}),
        (PRESENT | VERIFIED, {"handle": bytes(32)}),
        (PRESENT | VERIFIED, {"handle": None}),
        (PRESENT | VERIFIED, {"data": bytes(37)}),
        (PRESENT, {}),
        (VERIFIED, {}),
    ],
)
async def test_an_answer_with_one_thing_changed(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase, flags: int, changed: dict[str, Any]
) -> None:
    soft = await own_passkey(victim, world, town)
    csrf, challenge, options = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options, flags=flags, **changed)), "passkey_wrong")
    assert last_line(fresh_database) == ("directory.sign_in_by_passkey", "passkey_wrong")


async def test_an_answer_given_twice(victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase) -> None:
    soft = await own_passkey(victim, world, town)
    csrf, challenge, options = await begin(victim)
    answer = soft.answer(options)
    first = await end(victim, csrf, challenge, answer)
    assert first.json() == {"location": "/bookings"}
    csrf = await csrf_of(victim, "/bookings")
    assert is_refused(await end(victim, csrf, challenge, answer), "passkey_wrong")
    assert last_line(fresh_database) == ("directory.sign_in_by_passkey", "passkey_wrong")


async def test_an_answer_seen_in_one_browser_and_given_in_another(
    victim: Visitor, thief: Visitor, world: World, town: Town
) -> None:
    soft = await own_passkey(victim, world, town)
    _, challenge, options = await begin(victim)
    csrf = await csrf_of(thief)
    assert is_refused(await end(thief, csrf, challenge, soft.answer(options)), "passkey_wrong")


async def test_a_device_whose_count_goes_back(
    victim: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    soft = await own_passkey(victim, world, town, count=7)
    soft.count = 2
    csrf, challenge, options = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, soft.answer(options)), "passkey_copied")
    assert (town.people[0].phone, "passkey_copied") in [(one.address, one.template) for one in await said(world)]
    assert last_line(fresh_database) == ("directory.sign_in_by_passkey", "passkey_copied")


async def test_an_unknown_passkey_says_no_more_than_a_known_one(
    victim: Visitor, world: World, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    soft = await own_passkey(victim, world, town)
    runs, answers = [], []
    for device in (replace(soft, key=SoftPasskey(BASE_URL, b"x").key), SoftPasskey(BASE_URL, b"nobody's")):
        csrf, challenge, options = await begin(victim)
        with counted(monkeypatch) as run:
            answers.append((await end(victim, csrf, challenge, device.answer(options))).json())
        runs.append(run)
    assert answers[0] == answers[1]
    assert runs[0] == runs[1] != []


@pytest.mark.parametrize(
    "credential",
    ["", "null", "[]", "{", '{"id":1}', "[" * 20_000, "x" * 21_000, '{"id":"AA","rawId":"AA","response":{}}', "\u2028"],
)
async def test_what_is_no_answer(victim: Visitor, town: Town, fresh_database: FreshDatabase, credential: str) -> None:
    csrf, challenge, _ = await begin(victim)
    assert is_refused(await end(victim, csrf, challenge, credential), "passkey_wrong")
    assert last_line(fresh_database) == ("directory.sign_in_by_passkey", "passkey_wrong")
    assert town.ids


async def test_adding_a_passkey_from_a_session_found_open(
    thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    await be(thief, world, town)
    csrf = await csrf_of(thief, f"{SECURITY}/passkeys/add")
    begun = (await post_json(thief, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    advance(world, FRESH_FOR + timedelta(seconds=1))
    again = await post_json(thief, f"{SECURITY}/passkeys/options", {"csrf": csrf})
    assert (again.status_code, again.json()["reason"]) == (403, "sign_in_stale")
    made = SoftPasskey(BASE_URL, b"thief's").make(json.dumps(begun["options"]))
    sent = {"csrf": csrf, "id": begun["id"], "name": "mine", "credential": made}
    assert is_refused(await post_json(thief, f"{SECURITY}/passkeys", sent), "sign_in_stale")
    assert as_owner(fresh_database, "SELECT FROM identity.passkey") == []
    assert last_line(fresh_database) == ("directory.add_passkey", "sign_in_stale")
    page = await thief.open(f"{SECURITY}/passkeys/add")
    assert page.url.path == "/sign-in/again"


@pytest.mark.parametrize("address", [f"{SECURITY}/passkeys/options", f"{SECURITY}/passkeys"])
async def test_adding_a_passkey_without_a_session(thief: Visitor, address: str, fresh_database: FreshDatabase) -> None:
    csrf = await csrf_of(thief)
    answer = await post_json(thief, address, {"csrf": csrf})
    assert answer.status_code == 303
    assert as_owner(fresh_database, "SELECT FROM identity.passkey_challenge") == []


async def test_adding_ones_passkey_by_anothers_challenge(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase
) -> None:
    await be(victim, world, town, 0)
    await be(thief, world, town, 1)
    csrf = await csrf_of(victim, SECURITY)
    begun = (await post_json(victim, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    made = SoftPasskey(BASE_URL, b"x").make(json.dumps(begun["options"]))
    csrf = await csrf_of(thief, SECURITY)
    sent = {"csrf": csrf, "id": begun["id"], "name": "x", "credential": made}
    assert is_refused(await post_json(thief, f"{SECURITY}/passkeys", sent), "passkey_wrong")
    assert as_owner(fresh_database, "SELECT FROM identity.passkey") == []


@pytest.mark.parametrize("deed", ["", "/remove"])
async def test_renaming_or_removing_anothers_passkey(
    victim: Visitor, thief: Visitor, world: World, town: Town, fresh_database: FreshDatabase, deed: str
) -> None:
    await own_passkey(victim, world, town)
    ((passkey_id,),) = as_owner(fresh_database, "SELECT id FROM identity.passkey")
    await be(thief, world, town, 1)
    csrf = await csrf_of(thief, SECURITY)
    before = as_owner(fresh_database, "SELECT id, name FROM identity.passkey")
    body = urlencode({"csrf": csrf, "name": "mine"}).encode()
    answer = await thief.post(f"{SECURITY}/passkeys/{passkey_id}{deed}", body)
    assert answer.status_code in {404, 409}
    assert as_owner(fresh_database, "SELECT id, name FROM identity.passkey") == before


async def test_a_person_signed_in_shows_again_who_he_is_by_his_own_passkey_alone(
    victim: Visitor, thief: Visitor, world: World, town: Town
) -> None:
    soft = await own_passkey(thief, world, town, 1)
    await be(victim, world, town, 0)
    csrf = await csrf_of(victim, "/sign-in/again")
    begun = (await post_json(victim, "/sign-in/passkey/options", {"csrf": csrf})).json()
    answer = await end(victim, csrf, begun["id"], soft.answer(json.dumps(begun["options"])))
    assert is_refused(answer, "passkey_wrong")
