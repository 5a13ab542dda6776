"""What may be proposed, and who may decide on it."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec

from firsthand.policy import comparing, typed
from firsthand.policy.fields import Below
from firsthand.policy.model import Policy
from firsthand.policy.proposal.model import Dated, Draft, Proposal, Reason, Refused, Seen, State, Wish

# A day, so that a second person finds the time, and hospitals and people hear of it. What defends the house against an
# attack that goes on cannot wait so long.
NOTICE: Final = timedelta(hours=24)
NOTICE_IN_DEFENCE: Final = timedelta(hours=1)
DEFENCES: Final = frozenset({"sign_in"})
# Still this long at the approval: every server has read it by then, and no request is under way by two rules.
NOTICE_AT_APPROVAL: Final = timedelta(minutes=10)
# A rule for years ahead is a mistyped year.
AHEAD_MAX: Final = timedelta(days=366)
# More than that of one person is a flood, and none of it would be read.
WAITING_MAX: Final = 10

# A reason that somebody else can weigh: a short sentence.
WORDS_CHARACTERS_MIN: Final = 10
WORDS_CHARACTERS_MAX: Final = 500


def decide_wish(wish: Wish, timeline: Sequence[Dated], below: Below, *, waiting: int, now: datetime) -> Draft | Refused:
    """Return what can be proposed, or everything that is wrong with a wish.

    timeline: every version of this kind of policy. waiting: how many proposals of the same person wait. now: aware.
    """
    parsed = typed.parse(wish.name, wish.typed, below)
    source = parse_words(wish.source)
    instant = _instant(wish, timeline, now=now)
    reasons = [one for one in (instant, source) if isinstance(one, Reason)]
    if isinstance(parsed, tuple):
        return Refused(Reason.BODY_INVALID, parsed, tuple(reasons))
    if isinstance(instant, Reason) or isinstance(source, Reason):
        return Refused(reasons[0], also=tuple(reasons[1:]))
    base = base_of(timeline, instant)
    if base is None:
        return Refused(Reason.INSTANT_INVALID)
    if not comparing.compare(wish.name, base.policy, parsed):
        return Refused(Reason.NOTHING_CHANGES)
    if waiting >= WAITING_MAX:
        return Refused(Reason.TOO_MANY_WAITING)
    return Draft(wish.name, parsed, instant, source, base.effective_from)


def decide_approval(
    proposal: Proposal, approver_id: UUID, timeline: Sequence[Dated], seen: Seen | None, *, now: datetime
) -> Reason | None:
    """Say why this member of staff may not approve a proposal, or None. seen: None asks for anything but that.

    The person counts, not the duty in which he acts: two duties of one person are one person.
    """
    draft = proposal.draft
    if proposal.state is not State.WAITING:
        return Reason.ALREADY_DECIDED
    if proposal.proposed_by == approver_id:
        return Reason.OWN_PROPOSAL
    if digest_of(proposal.id, draft, proposal.proposed_by) != proposal.digest:
        return Reason.NOT_AS_SHOWN
    if any(version.effective_from == draft.effective_from for version in timeline):
        return Reason.INSTANT_TAKEN
    base = base_of(timeline, draft.effective_from)
    if base is None or base.effective_from != draft.based_on:
        return Reason.BASE_SUPERSEDED
    if draft.effective_from < now + NOTICE_AT_APPROVAL:
        return Reason.NOTICE_TOO_SHORT
    return Reason.NOT_AS_SHOWN if seen is not None and seen != shown(proposal, timeline) else None


def decide_refusal(proposal: Proposal, staff_id: UUID) -> Reason | None:
    """Say why this member of staff may not refuse a proposal, or None."""
    if proposal.state is not State.WAITING:
        return Reason.ALREADY_DECIDED
    return Reason.OWN_PROPOSAL if proposal.proposed_by == staff_id else None


def decide_withdrawal(proposal: Proposal, staff_id: UUID) -> Reason | None:
    """Say why this member of staff may not take a proposal back, or None."""
    if proposal.proposed_by != staff_id:
        return Reason.ANOTHERS_PROPOSAL
    return None if proposal.state is State.WAITING else Reason.ALREADY_DECIDED


def notice_for(name: str) -> timedelta:
    """Return how long before it begins a change of this kind of policy is proposed at the latest."""
    return NOTICE_IN_DEFENCE if name in DEFENCES else NOTICE


def parse_words(raw: str) -> str | Reason:
    """Return a reason in words, on one line: 10 to 500 characters, at least 5 of them different.

    Characters that are not seen, and those that turn the direction of writing, make it WORDS_INVALID.
    """
    words = " ".join(raw.split())
    if len(words) > WORDS_CHARACTERS_MAX or not words.isprintable():
        return Reason.WORDS_INVALID
    if len(words) < WORDS_CHARACTERS_MIN or len(set(words)) < WORDS_CHARACTERS_MIN // 2:
        return Reason.WORDS_TOO_SHORT
    return words


def base_of(timeline: Sequence[Dated], at: datetime) -> Dated | None:
    """Return the version that would be in force at an aware instant if none began just then."""
    earlier = [version for version in timeline if version.effective_from < at]
    return max(earlier, key=lambda version: version.effective_from, default=None)


def shown(proposal: Proposal, timeline: Sequence[Dated]) -> Seen:
    """Return what an approval has to name: the proposal, and when a version that is there takes over from it."""
    later = [version.effective_from for version in timeline if version.effective_from > proposal.draft.effective_from]
    return Seen(proposal.digest, min(later, default=None))


def digest_of(proposal_id: UUID, draft: Draft, proposed_by: UUID) -> str:
    """Return 64 hexadecimal digits that stand for all that was proposed, and for what it was compared with."""
    policy: Policy = draft.policy
    parts = (
        proposal_id,
        draft.name,
        policy,
        draft.effective_from.astimezone(UTC),
        draft.source,
        draft.based_on.astimezone(UTC),
        proposed_by,
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _instant(wish: Wish, timeline: Sequence[Dated], *, now: datetime) -> datetime | Reason:
    at = wish.effective_from
    if at is None:
        return Reason.INSTANT_INVALID
    if at < now + notice_for(wish.name):
        return Reason.NOTICE_TOO_SHORT
    if at > now + AHEAD_MAX:
        return Reason.TOO_FAR_AHEAD
    return Reason.INSTANT_TAKEN if any(version.effective_from == at for version in timeline) else at
