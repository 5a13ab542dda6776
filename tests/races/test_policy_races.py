"""Decisions on policies at the same moment: one counts, and no two versions begin at one instant."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from firsthand.audit.model import Caller
from firsthand.platform.world import World
from firsthand.policy.proposal.actions import approve_policy, propose_policy, refuse_policy, withdraw_policy
from firsthand.policy.proposal.model import Proposal, Reason, Refused, State
from firsthand.policy.proposal.reading import read_policies
from firsthand.policy.proposal.rules import WAITING_MAX
from tests.conftest import START
from tests.policies import BELOW, IN_TWO_DAYS, WHY, administrator, proposed, seen_by, typed_now, wish

DAY = timedelta(days=1)
ROUNDS = 8


@pytest.fixture
async def admins(world: World) -> list[Caller]:
    return [await administrator(world, f"admin.{number}") for number in range(5)]


async def standing(world: World, caller: Caller) -> tuple[int, list[State]]:
    """Return how many versions of the booking policy are to come, and what became of its proposals."""
    found = await read_policies(world, caller, "booking")
    assert not isinstance(found, Refused)
    one = found["booking"]
    return len(one.coming), [proposal.state for proposal in (*one.waiting, *one.decided)]


def done(answers: Sequence[object]) -> list[Proposal]:
    return [answer for answer in answers if isinstance(answer, Proposal)]


async def test_of_several_who_approve_at_once_one_does(world: World, admins: list[Caller]) -> None:
    proposal = await proposed(world, admins[0], "booking", holds_live_max="1")
    seen = await seen_by(world, admins[1], proposal.id)
    answers = await asyncio.gather(*(approve_policy(world, one, proposal.id, seen) for one in admins[1:] * 2))
    assert len(done(answers)) == 1
    assert {one.reason for one in answers if isinstance(one, Refused)} == {Reason.ALREADY_DECIDED}
    assert await standing(world, admins[0]) == (1, [State.APPROVED])


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_approving_against_taking_back_and_refusing(world: World, admins: list[Caller], number: int) -> None:
    proposal = await proposed(world, admins[0], "booking", holds_live_max="1")
    seen = await seen_by(world, admins[1], proposal.id)
    deeds = [
        approve_policy(world, admins[1], proposal.id, seen),
        withdraw_policy(world, admins[0], proposal.id),
        refuse_policy(world, admins[2], proposal.id, WHY),
    ]
    answers = await asyncio.gather(*(deeds[number % 3 :] + deeds[: number % 3]))
    assert len(done(answers)) == 1
    versions, (state,) = await standing(world, admins[0])
    assert state is not State.WAITING
    assert versions == (1 if state is State.APPROVED else 0)


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_two_proposals_for_one_instant(world: World, admins: list[Caller], number: int) -> None:
    first = await proposed(world, admins[0], "booking", holds_live_max="1")
    second = await proposed(world, admins[1], "booking", hold_seconds=str(600 + number))
    approvals = [
        approve_policy(world, admins[2], first.id, await seen_by(world, admins[2], first.id)),
        approve_policy(world, admins[3], second.id, await seen_by(world, admins[3], second.id)),
    ]
    answers = await asyncio.gather(*(approvals[number % 2 :] + approvals[: number % 2]))
    assert len(done(answers)) == 1
    assert [one.reason for one in answers if isinstance(one, Refused)] == [Reason.INSTANT_TAKEN]
    assert (await standing(world, admins[0]))[0] == 1


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_two_proposals_upon_one_version(world: World, admins: list[Caller], number: int) -> None:
    """Whichever comes first, the other was compared with, or shown to last until, something else than it finds."""
    earlier = await proposed(world, admins[0], "booking", IN_TWO_DAYS, holds_live_max="1")
    later = await proposed(world, admins[1], "booking", IN_TWO_DAYS + DAY, hold_seconds="600")
    approvals = [
        approve_policy(world, admins[2], earlier.id, await seen_by(world, admins[2], earlier.id)),
        approve_policy(world, admins[3], later.id, await seen_by(world, admins[3], later.id)),
    ]
    answers = await asyncio.gather(*(approvals[number % 2 :] + approvals[: number % 2]))
    assert len(done(answers)) == 1
    (refused,) = [one for one in answers if isinstance(one, Refused)]
    assert refused.reason in {Reason.BASE_SUPERSEDED, Reason.NOT_AS_SHOWN}
    assert (await standing(world, admins[0]))[0] == 1


async def test_each_approves_the_others_proposal_at_once(world: World, admins: list[Caller]) -> None:
    """Two who lock each other's rows wait in one order, so that neither is thrown out."""
    for number in range(ROUNDS):
        at = START + (2 + 2 * number) * DAY
        mine = await proposed(world, admins[0], "booking", at, hold_seconds=str(600 + number))
        yours = await proposed(world, admins[1], "arrival", at, late_after_minutes=str(20 + number))
        answers = await asyncio.gather(
            approve_policy(world, admins[1], mine.id, await seen_by(world, admins[1], mine.id)),
            approve_policy(world, admins[0], yours.id, await seen_by(world, admins[0], yours.id)),
        )
        assert len(done(answers)) == 2


async def test_a_flood_of_one_person_ends_at_the_limit(world: World, admins: list[Caller]) -> None:
    typed = await typed_now(world, admins[0], "booking")
    wishes = [wish("booking", {**typed, "hold_seconds": str(600 + number)}) for number in range(2 * WAITING_MAX)]
    answers = await asyncio.gather(*(propose_policy(world, admins[0], one, BELOW) for one in wishes))
    assert len(done(answers)) == WAITING_MAX
    assert {one.reason for one in answers if isinstance(one, Refused)} == {Reason.TOO_MANY_WAITING}
