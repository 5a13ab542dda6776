"""A proposal, what it is made of, and what is shown of it and of the policies that stand."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from firsthand.policy.comparing import Change
from firsthand.policy.model import Policy
from firsthand.policy.typed import FieldFault, Typed


class State(StrEnum):
    """Where a proposal stands. Only one that waits can still become anything else."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Reason(StrEnum):
    """Why something is not done with a policy."""

    NOT_PERMITTED = "not_permitted"
    POLICY_UNKNOWN = "policy_unknown"
    PROPOSAL_UNKNOWN = "proposal_unknown"
    BODY_INVALID = "body_invalid"
    INSTANT_INVALID = "instant_invalid"
    NOTICE_TOO_SHORT = "notice_too_short"
    TOO_FAR_AHEAD = "too_far_ahead"
    INSTANT_TAKEN = "instant_taken"
    WORDS_TOO_SHORT = "words_too_short"
    WORDS_INVALID = "words_invalid"
    NOTHING_CHANGES = "nothing_changes"
    TOO_MANY_WAITING = "too_many_waiting"
    OWN_PROPOSAL = "own_proposal"
    ANOTHERS_PROPOSAL = "anothers_proposal"
    ALREADY_DECIDED = "already_decided"
    NOT_AS_SHOWN = "not_as_shown"
    BASE_SUPERSEDED = "base_superseded"


@dataclass(frozen=True, slots=True)
class Refused:
    """Refused, and why. faults: of the fields, where the body is invalid. also: what else stands in the way."""

    reason: Reason
    faults: tuple[FieldFault, ...] = ()
    also: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for, as he typed it. effective_from: aware; None where what he typed is no instant.

    source: why, and on what it rests.
    """

    name: str
    typed: Typed
    effective_from: datetime | None
    source: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A wish that can be proposed. based_on: when the version begins that it would take over from."""

    name: str
    policy: Policy
    effective_from: datetime
    source: str
    based_on: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as it is kept. digest: of all that was proposed. words: why it was refused."""

    id: UUID
    draft: Draft
    digest: str
    proposed_by: UUID
    proposed_at: datetime
    state: State = State.WAITING
    decided_by: UUID | None = None
    decided_at: datetime | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Dated:
    """A version of a policy as it is kept. proposal_id: where it came from, None of one that was shipped."""

    effective_from: datetime
    policy: Policy
    source: str
    proposal_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What an approver was shown: the proposal's digest, and when the version takes over that follows, if any."""

    digest: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """A kind of policy as it stands. coming: versions yet to begin; past: over, the newest first.

    waiting, decided: proposals, the newest first.
    """

    name: str
    in_force: Dated
    coming: tuple[Dated, ...]
    past: tuple[Dated, ...]
    waiting: tuple[Proposal, ...]
    decided: tuple[Proposal, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A proposal beside what would be in force without it.

    base: what it was compared with. changes: from that to what is proposed. seen: what an approval has to name.
    hindrance: why the one who looks cannot approve it now, None where he can.
    """

    proposal: Proposal
    base: Dated
    changes: tuple[Change, ...]
    seen: Seen
    hindrance: Reason | None
