"""Who may decide on a proposal, and when: properties of the rules, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from firsthand.policy.model import ArrivalPolicy
from firsthand.policy.proposal.model import Dated, Draft, Proposal, Reason, Refused, Seen, State, Wish
from firsthand.policy.proposal.rules import (
    AHEAD_MAX,
    NOTICE_AT_APPROVAL,
    base_of,
    decide_approval,
    decide_refusal,
    decide_wish,
    decide_withdrawal,
    digest_of,
    notice_for,
    parse_words,
    shown,
)
from firsthand.policy.typed import typed_of
from tests.policies import BELOW, WHY

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SHIPPED = Dated(NOW - timedelta(days=1000), ArrivalPolicy(120, 15, 30), "shipped")
people = st.integers(1, 4).map(lambda number: UUID(int=number))
hours = st.integers(-48, 24 * 400).map(lambda number: timedelta(hours=number))
policies = st.builds(ArrivalPolicy, st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
timelines = st.lists(
    st.builds(lambda ahead, policy: Dated(NOW + ahead, policy, "earlier"), hours, policies),
    max_size=4,
    unique_by=lambda version: version.effective_from,
).map(lambda versions: [SHIPPED, *sorted(versions, key=lambda version: version.effective_from)])


@st.composite
def proposals(draw: st.DrawFn) -> Proposal:
    """A proposal upon some version, in some state."""
    begins = NOW + draw(hours)
    based_on = draw(st.sampled_from([SHIPPED.effective_from, begins - timedelta(hours=7)]))
    draft = Draft("arrival", draw(policies), begins, WHY, based_on)
    id_, by = UUID(int=99), draw(people)
    return Proposal(id_, draft, digest_of(id_, draft, by), by, NOW, draw(st.sampled_from(State)))


@given(proposals(), people, timelines, st.sampled_from(["looked", "guessed"]))
def test_what_is_approved_waited_is_anothers_as_shown_and_in_time(
    proposal: Proposal, approver: UUID, timeline: list[Dated], how: str
) -> None:
    seen = shown(proposal, timeline) if how == "looked" else Seen("0" * 64, None)
    if decide_approval(proposal, approver, timeline, seen, now=NOW) is None:
        assert proposal.state is State.WAITING
        assert proposal.proposed_by != approver
        assert how == "looked"
        assert proposal.draft.effective_from >= NOW + NOTICE_AT_APPROVAL
        base = base_of(timeline, proposal.draft.effective_from)
        assert base is not None
        assert base.effective_from == proposal.draft.based_on
        assert proposal.draft.effective_from not in {version.effective_from for version in timeline}


@given(proposals(), people)
def test_each_proposal_is_refused_by_another_or_taken_back_by_its_own(proposal: Proposal, staff_id: UUID) -> None:
    refusable, withdrawable = decide_refusal(proposal, staff_id), decide_withdrawal(proposal, staff_id)
    if proposal.state is State.WAITING:
        assert (refusable is None) != (withdrawable is None)
    else:
        assert refusable is Reason.ALREADY_DECIDED
        assert withdrawable is not None


@given(policies, hours, timelines, st.sampled_from(["arrival", "sign_in"]))
def test_what_can_be_proposed_begins_later_changes_something_and_knows_its_base(
    policy: ArrivalPolicy, ahead: timedelta, timeline: list[Dated], name: str
) -> None:
    at = NOW + ahead
    asked = Wish("arrival", typed_of("arrival", policy), at, WHY)
    answer = decide_wish(asked, timeline, BELOW, waiting=0, now=NOW)
    base = base_of(timeline, at)
    assert notice_for(name) <= notice_for("arrival")
    if isinstance(answer, Draft):
        assert notice_for("arrival") <= at - NOW <= AHEAD_MAX
        assert base is not None
        assert (answer.policy, answer.effective_from, answer.based_on) == (policy, at, base.effective_from)
        assert base.policy != policy
    else:
        taken = any(version.effective_from == at for version in timeline)
        assert taken or not notice_for("arrival") <= at - NOW <= AHEAD_MAX or (base and base.policy == policy)


@given(proposals(), policies, hours, people, st.text(max_size=20))
def test_a_digest_stands_for_all_that_was_proposed(
    proposal: Proposal, policy: ArrivalPolicy, ahead: timedelta, by: UUID, source: str
) -> None:
    one = proposal.draft
    other = Draft(one.name, policy, NOW + ahead, source, one.based_on)
    same = (other, by) == (one, proposal.proposed_by)
    assert (digest_of(proposal.id, other, by) == proposal.digest) == same
    assert digest_of(UUID(int=98), one, proposal.proposed_by) != proposal.digest
    assert digest_of(proposal.id, one, proposal.proposed_by) == proposal.digest


@given(st.text(max_size=600))
def test_words_are_one_line_that_can_be_read(raw: str) -> None:
    words = parse_words(raw)
    if not isinstance(words, Reason):
        assert words.isprintable()
        assert 10 <= len(words) <= 500
        assert parse_words(words) == words


def test_everything_that_is_wrong_with_a_wish_is_told() -> None:
    asked = Wish("arrival", {"early_minutes_max": "x"}, None, "")
    answer = decide_wish(asked, [SHIPPED], BELOW, waiting=0, now=NOW)
    assert isinstance(answer, Refused)
    assert answer.also == (Reason.INSTANT_INVALID, Reason.WORDS_TOO_SHORT)
    assert len(answer.faults) == 3
