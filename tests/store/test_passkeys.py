"""Passkeys are made and used once for each challenge, by their owner alone, on this site alone."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from firsthand.identity.model import Reason, Refused
from firsthand.identity.passkey import ceremony, store
from firsthand.identity.passkey.model import CHALLENGE_VALID_FOR, PASSKEYS_MAX, Begun, Subject
from firsthand.identity.passkey.rules import relying_party
from firsthand.identity.session.model import SubjectKind
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.soft_passkey import BACKED_UP, BACKUP_ELIGIBLE, PRESENT, VERIFIED, SoftPasskey

PARTY = relying_party("https://firsthand.test:8443")
HERE, ELSEWHERE = b"h" * 32, b"e" * 32


def somebody(kind: SubjectKind = SubjectKind.PERSON) -> Subject:
    return Subject(kind, uuid4())


def device(name: bytes = b"device", *, count: int = 0) -> SoftPasskey:
    return SoftPasskey(PARTY.origin, name, count=count)


async def begin_adding(world: World, subject: Subject) -> Begun:
    async with world.database.transaction() as conn:
        begun = await ceremony.begin_adding(conn, world, PARTY, subject, label="Person 1", bound_to=HERE)
    assert isinstance(begun, Begun)
    return begun


async def end_adding(
    world: World, subject: Subject, begun: Begun, credential: str, *, bound_to: bytes = HERE
) -> UUID | Refused:
    async with world.database.transaction() as conn:
        return await ceremony.end_adding(
            conn, world, PARTY, subject, begun.id, credential, name="my phone", bound_to=bound_to
        )


async def added(world: World, subject: Subject, soft: SoftPasskey) -> UUID:
    begun = await begin_adding(world, subject)
    made = await end_adding(world, subject, begun, soft.make(begun.options))
    assert isinstance(made, UUID)
    return made


async def begin_sign_in(world: World, kind: SubjectKind = SubjectKind.PERSON, subject_id: UUID | None = None) -> Begun:
    async with world.database.transaction() as conn:
        return await ceremony.begin_sign_in(conn, world, PARTY, kind, bound_to=HERE, subject_id=subject_id)


async def end_sign_in(world: World, begun: Begun, credential: str, *, bound_to: bytes = HERE) -> Subject | Refused:
    async with world.database.transaction() as conn:
        return await ceremony.end_sign_in(conn, world, PARTY, begun.id, credential, bound_to=bound_to)


async def test_a_passkey_is_added_and_signs_its_owner_in(world: World) -> None:
    subject, soft = somebody(), device()
    passkey_id = await added(world, subject, soft)
    begun = await begin_sign_in(world)
    assert await end_sign_in(world, begun, soft.answer(begun.options)) == subject
    async with world.database.transaction() as conn:
        (kept,) = await store.passkeys_of(conn, world.keyring, subject)
    assert (kept.id, kept.name, kept.backed_up, kept.last_used_at) == (passkey_id, "my phone", False, world.clock.now())


async def test_the_handle_is_the_same_for_every_passkey_of_one_subject_and_says_nothing(world: World) -> None:
    subject, first, second, other = somebody(), device(b"1"), device(b"2"), device(b"3")
    await added(world, subject, first)
    await added(world, subject, second)
    await added(world, somebody(), other)
    assert first.handle == second.handle != other.handle
    assert subject.id.bytes not in first.handle


async def test_a_challenge_is_answered_once(world: World) -> None:
    subject, soft = somebody(), device()
    await added(world, subject, soft)
    begun = await begin_sign_in(world)
    answers = await asyncio.gather(*(end_sign_in(world, begun, soft.answer(begun.options)) for _ in range(6)))
    assert sorted(map(str, answers)) == sorted(map(str, [subject] + [Refused(Reason.PASSKEY_WRONG)] * 5))


async def test_a_challenge_that_was_answered_wrongly_is_used_up(world: World) -> None:
    subject, soft = somebody(), device()
    await added(world, subject, soft)
    begun = await begin_sign_in(world)
    assert await end_sign_in(world, begun, "{}") == Refused(Reason.PASSKEY_WRONG)
    assert await end_sign_in(world, begun, soft.answer(begun.options)) == Refused(Reason.PASSKEY_WRONG)


async def test_a_challenge_runs_out(world: World, clock: ManualClock) -> None:
    soft = device()
    await added(world, somebody(), soft)
    begun = await begin_sign_in(world)
    clock.advance(CHALLENGE_VALID_FOR)
    assert await end_sign_in(world, begun, soft.answer(begun.options)) == Refused(Reason.PASSKEY_WRONG)
    async with world.database.transaction() as conn:
        assert await store.delete_expired(conn, now=clock.now()) == 1


async def test_another_browser_cannot_answer_a_challenge_and_does_not_use_it_up(world: World) -> None:
    subject, soft = somebody(), device()
    await added(world, subject, soft)
    begun = await begin_sign_in(world)
    answer = soft.answer(begun.options)
    assert await end_sign_in(world, begun, answer, bound_to=ELSEWHERE) == Refused(Reason.PASSKEY_WRONG)
    assert await end_sign_in(world, begun, answer) == subject


@pytest.mark.parametrize(
    ("flags", "wrong"),
    [
        (PRESENT | VERIFIED, {"origin": "https://firsthand.test"}),
        (PRESENT | VERIFIED, {"origin": "http://firsthand.test:8443"}),
        (PRESENT | VERIFIED, {"rp_id": "evil.test"}),
        (PRESENT | VERIFIED, {"challenge": "AAAA"}),
        (PRESENT | VERIFIED, {"type": "webauthn.create"}),
        (PRESENT | VERIFIED, {"handle": b"somebody else"}),
        (PRESENT | VERIFIED, {"handle": None}),
        (PRESENT | VERIFIED, {"key": device().key}),
        (PRESENT | VERIFIED, {"data": b"short"}),
        (PRESENT, {}),
        (VERIFIED, {}),
    ],
)
async def test_an_answer_with_one_thing_wrong_signs_nobody_in(world: World, flags: int, wrong: dict[str, Any]) -> None:
    soft = device()
    await added(world, somebody(), soft)
    begun = await begin_sign_in(world)
    answer = soft.answer(begun.options, flags=flags, **wrong)
    assert await end_sign_in(world, begun, answer) == Refused(Reason.PASSKEY_WRONG)


@pytest.mark.parametrize(
    ("flags", "wrong"),
    [
        (PRESENT | VERIFIED, {"origin": "https://evil.test"}),
        (PRESENT | VERIFIED, {"rp_id": "evil.test"}),
        (PRESENT | VERIFIED, {"challenge": "AAAA"}),
        (PRESENT | VERIFIED, {"type": "webauthn.get"}),
        (PRESENT | VERIFIED, {"fmt": "fido-u2f"}),
        (PRESENT | VERIFIED, {"fmt": "nonsense"}),
        (PRESENT, {}),
    ],
)
async def test_a_passkey_made_with_one_thing_wrong_is_not_added(
    world: World, flags: int, wrong: dict[str, Any]
) -> None:
    subject = somebody()
    begun = await begin_adding(world, subject)
    made = device().make(begun.options, flags=flags, **wrong)
    assert await end_adding(world, subject, begun, made) == Refused(Reason.PASSKEY_WRONG)
    async with world.database.transaction() as conn:
        assert await store.count(conn, subject) == 0


async def test_a_count_that_does_not_go_on_is_refused_as_a_copy(world: World) -> None:
    subject, soft = somebody(), device(count=5)
    await added(world, subject, soft)
    begun = await begin_sign_in(world)
    assert await end_sign_in(world, begun, soft.answer(begun.options)) == subject
    soft.count = 3
    begun = await begin_sign_in(world)
    assert await end_sign_in(world, begun, soft.answer(begun.options)) == Refused(Reason.PASSKEY_COPIED)


async def test_a_passkey_of_staff_signs_no_person_in_and_one_person_answers_not_for_another(world: World) -> None:
    staff, soft = somebody(SubjectKind.STAFF), device()
    await added(world, staff, soft)
    begun = await begin_sign_in(world)
    assert await end_sign_in(world, begun, soft.answer(begun.options)) == Refused(Reason.PASSKEY_WRONG)
    begun = await begin_sign_in(world, SubjectKind.STAFF)
    assert await end_sign_in(world, begun, soft.answer(begun.options)) == staff
    begun = await begin_sign_in(world, SubjectKind.STAFF, subject_id=uuid4())
    assert await end_sign_in(world, begun, soft.answer(begun.options)) == Refused(Reason.PASSKEY_WRONG)


async def test_a_challenge_to_add_does_not_sign_in_nor_the_other_way_round(world: World) -> None:
    subject, soft = somebody(), device()
    await added(world, subject, soft)
    adding = await begin_adding(world, subject)
    as_asked = adding.options.replace('"rp": {', '"rpId": "firsthand.test", "rp": {')
    assert await end_sign_in(world, adding, soft.answer(as_asked)) == Refused(Reason.PASSKEY_WRONG)
    signing = await begin_sign_in(world)
    assert await end_adding(world, subject, signing, "{}") == Refused(Reason.PASSKEY_WRONG)


async def test_no_passkey_belongs_to_two(world: World) -> None:
    await added(world, somebody(), device(b"same"))
    other = somebody()
    begun = await begin_adding(world, other)
    assert await end_adding(world, other, begun, device(b"same").make(begun.options)) == Refused(Reason.PASSKEY_KNOWN)


async def test_nobody_has_more_passkeys_than_he_can_look_over_even_when_they_come_together(world: World) -> None:
    subject = somebody()
    begun = [await begin_adding(world, subject) for _ in range(PASSKEYS_MAX + 3)]
    made = [device(f"{number}".encode()).make(one.options) for number, one in enumerate(begun)]
    answers = await asyncio.gather(
        *(end_adding(world, subject, one, credential) for one, credential in zip(begun, made, strict=True))
    )
    assert sum(isinstance(answer, UUID) for answer in answers) == PASSKEYS_MAX
    async with world.database.transaction() as conn:
        again = await ceremony.begin_adding(conn, world, PARTY, subject, label="Person 1", bound_to=HERE)
    assert again == Refused(Reason.TOO_MANY_PASSKEYS)


async def test_a_removed_passkey_signs_nobody_in(world: World) -> None:
    subject, soft = somebody(), device()
    passkey_id = await added(world, subject, soft)
    async with world.database.transaction() as conn:
        assert not await store.remove(conn, somebody(), passkey_id)
        assert not await store.rename(conn, world.keyring, somebody(), passkey_id, "stolen")
        assert await store.rename(conn, world.keyring, subject, passkey_id, "old phone")
        assert [one.name for one in await store.passkeys_of(conn, world.keyring, subject)] == ["old phone"]
        assert await store.remove(conn, subject, passkey_id)
    begun = await begin_sign_in(world)
    assert await end_sign_in(world, begun, soft.answer(begun.options)) == Refused(Reason.PASSKEY_WRONG)


async def test_a_copy_kept_by_its_maker_is_told(world: World, clock: ManualClock) -> None:
    subject, soft = somebody(), device()
    begun = await begin_adding(world, subject)
    flags = PRESENT | VERIFIED | BACKUP_ELIGIBLE | BACKED_UP
    assert isinstance(await end_adding(world, subject, begun, soft.make(begun.options, flags=flags)), UUID)
    clock.advance(timedelta(seconds=1))
    async with world.database.transaction() as conn:
        assert [one.backed_up for one in await store.passkeys_of(conn, world.keyring, subject)] == [True]
