"""What the pages of policies are given; the rules of `contexts.py` hold here too."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from firsthand.booking.foreseen.model import Touched
from firsthand.channels.web.forms import Fields
from firsthand.channels.web.frame import FieldProblem, Frame, Problem
from firsthand.policy.comparing import Change
from firsthand.policy.fields import Below, Form, Rows
from firsthand.policy.proposal.model import Dated, Preview, Proposal, Standing
from firsthand.policy.typed import FieldFault, row_numbers

# Empty rows that a form offers besides those that are filled in.
SPARE_ROWS = 2


@dataclass(frozen=True, slots=True)
class PoliciesPage:
    """GET /admin/policies. waiting, decided: proposals of every kind, the newest first. names: of staff."""

    template: ClassVar[str] = "pages/policies.html"
    frame: Frame
    standings: Mapping[str, Standing]
    waiting: tuple[Proposal, ...]
    decided: tuple[Proposal, ...]
    names: Mapping[UUID, str]
    time_zone: str


@dataclass(frozen=True, slots=True)
class Described:
    """A version of a policy with every field of it."""

    version: Dated
    lines: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class PolicyPage:
    """GET /admin/policies/{name}: what is in force, what is coming, what waits, and what was."""

    template: ClassVar[str] = "pages/policy.html"
    frame: Frame
    standing: Standing
    in_force: Described
    coming: tuple[Described, ...]
    past: tuple[Described, ...]
    names: Mapping[UUID, str]
    time_zone: str


@dataclass(frozen=True, slots=True)
class PolicyChangePage:
    """GET and POST /admin/policies/{name}/change: the policy's fields, `begins_day`, `begins_time`, `reason`.

    typed: what stands in the fields. base: the version with which the form began. notice: how long before it begins a
    change is proposed. faults: of the policy's fields; problems: of the others.
    """

    template: ClassVar[str] = "pages/policy_change.html"
    frame: Frame
    name: str
    form: Form
    typed: Fields
    base: Dated
    below: Below
    notice: timedelta
    time_zone: str
    faults: tuple[FieldFault, ...] = ()
    problems: tuple[FieldProblem, ...] = ()

    def rows_of(self, rows: Rows) -> list[tuple[int, bool]]:
        """Return the numbers of the rows that are shown, and of each whether it is an empty one to fill in."""
        filled = row_numbers(rows, {name: text for name, text in self.typed.items() if not name.endswith(".remove")})
        free = [number for number in range(rows.most) if number not in filled][:SPARE_ROWS]
        return [(number, False) for number in filled] + [(number, True) for number in free]


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """GET /admin/policies/proposals/{id}; its forms post below it.

    approve: `digest`, `until`, `understood`; refuse: `reason`; withdraw: `sure`. hindrance: why one who approves others
    cannot approve this one. touched: what is beyond the new limits now, counted while it waits.
    """

    template: ClassVar[str] = "pages/policy_proposal.html"
    frame: Frame
    preview: Preview
    touched: tuple[Touched, ...]
    names: Mapping[UUID, str]
    time_zone: str
    may_approve: bool
    may_refuse: bool
    may_withdraw: bool
    hindrance: Problem | None
    typed: Fields
    problems: tuple[FieldProblem, ...] = ()
