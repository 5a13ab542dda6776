"""A record for every page about policies, and every state that it can show, in a given language."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from firsthand.booking.foreseen.model import Touched, What
from firsthand.channels.web import policy_contexts as c
from firsthand.channels.web.frame import FieldProblem, Frame, Problem, Standing, Visitor
from firsthand.channels.web.render import Page
from firsthand.channels.web.ways import Way
from firsthand.platform.access import Role
from firsthand.platform.i18n import Language
from firsthand.policy.comparing import compare, describe
from firsthand.policy.documents import Alphabet, DocumentKind, DocumentPolicy, NumberCheck
from firsthand.policy.fields import FORMS, Field
from firsthand.policy.model import (
    ArrivalPolicy,
    BookingPolicy,
    Cap,
    FamilyPolicy,
    MessagePolicy,
    Policy,
    SignInPolicy,
)
from firsthand.policy.proposal.model import Dated, Draft, Preview, Proposal, Seen, State
from firsthand.policy.proposal.model import Standing as PolicyStanding
from firsthand.policy.proposal.rules import notice_for
from firsthand.policy.typed import Fault, FieldFault, typed_of
from tests.policies import BELOW

NOW = datetime(2026, 3, 27, 1, 20, tzinfo=UTC)
DAY = timedelta(days=1)
ZONE = "Asia/Shanghai"
ONE, TWO = UUID(int=1001), UUID(int=1002)
NAMES = {ONE: "王主任", TWO: "Li Wei"}
BOOKING = BookingPolicy(
    900, 2, 6, 28, 30, 0,
    (
        Cap("department_day", 1, per_department=True, max_count=1),
        Cap("day", 1, per_department=False, max_count=2),
        Cap("week", 7, per_department=False, max_count=3),
    ),
)  # fmt: skip
MONTH = Cap("month", 30, per_department=True, max_count=0)
KIND = DocumentKind("military_id", "军人证件", "Military ID", tuple(Alphabet), 6, 16, 8)
POLICIES: dict[str, Policy] = {
    "booking": BOOKING,
    "arrival": ArrivalPolicy(120, 15, 30),
    "family": FamilyPolicy(6, 4, 2, 4, 90, 30, 24, 14, 730, 60, 18, ZONE),
    "messages": MessagePolicy(time(22), time(7), ZONE, ("email_changed", "phone_changed")),
    "document": DocumentPolicy(365, (KIND, replace(KIND, code="birth_certificate", lasting_characters=None))),
    "sign_in": SignInPolicy(300, 60_000, 6_000, 50, 200_000, 30_000),
}
CHANGED: dict[str, Policy] = {
    "booking": replace(BOOKING, hold_seconds=600, caps=(*BOOKING.caps[1:], MONTH)),
    "arrival": ArrivalPolicy(60, 15, 30),
    "family": FamilyPolicy(5, 4, 2, 4, 90, 30, 1, 14, 730, 60, 18, "Asia/Urumqi"),
    "messages": MessagePolicy(time(21, 30), time(7), ZONE),
    "document": DocumentPolicy(365, (replace(KIND, alphabet=(Alphabet.DIGITS,), check=NumberCheck.LUHN),)),
    "sign_in": SignInPolicy(300, 60_000, 6_000, 25, 200_000, 30_000),
}  # fmt: skip
SHIPPED = datetime(2020, 1, 1, tzinfo=UTC)
WHY = "市卫健委 2026 年第 3 号通知：留号时间缩短 <b>测试</b>"


def proposal(name: str, state: State = State.WAITING, number: int = 1100) -> Proposal:
    draft = Draft(name, CHANGED[name], NOW + 2 * DAY, WHY, SHIPPED)
    decided = (
        {} if state is State.WAITING else {"decided_by": ONE if state is State.WITHDRAWN else TWO, "decided_at": NOW}
    )
    words = "Families would suffer by it, as the hospitals say" if state is State.REFUSED else ""
    return Proposal(UUID(int=number), draft, "0" * 64, ONE, NOW - DAY, state, words=words, **decided)  # type: ignore[arg-type]


def standing(name: str, *, busy: bool = False) -> PolicyStanding:
    first = Dated(SHIPPED, POLICIES[name], "docs/decisions/0007-caps-and-holds.md")
    if not busy:
        return PolicyStanding(name, first, (), (), (), ())
    second = Dated(NOW - DAY, CHANGED[name], WHY, UUID(int=1104))
    third = Dated(NOW + 9 * DAY, POLICIES[name], WHY, UUID(int=1105))
    decided = tuple(proposal(name, state, 1110 + n) for n, state in enumerate(State) if state is not State.WAITING)
    return PolicyStanding(name, second, (third,), (first,), (proposal(name),), decided)


def policy_pages(language: Language, frame: Callable[..., Frame]) -> Iterator[tuple[str, Page]]:
    """Yield a name and a record for every page and state. frame: of a path and a visitor."""
    around = replace(
        frame(language, "/admin/policies", Visitor.STAFF),
        standing=Standing(Role.CITY_ADMIN, "", "/admin", (Way("/admin/policies", "Policies", 2),)),
    )
    calm = {name: standing(name) for name in FORMS}
    yield "policies", c.PoliciesPage(around, calm, (), (), {}, ZONE)
    busy = {name: standing(name, busy=True) for name in FORMS}
    decided = tuple(proposal(name, State.APPROVED, 1120 + n) for n, name in enumerate(FORMS))
    yield "policies-busy", c.PoliciesPage(around, busy, (proposal("booking"),), decided, NAMES, ZONE)
    for name in FORMS:
        one = busy[name]

        def said(version: Dated, name: str = name) -> c.Described:
            return c.Described(version, describe(name, version.policy))

        coming, past = tuple(said(v) for v in one.coming), tuple(said(v) for v in one.past)
        yield f"policy-{name}", c.PolicyPage(around, one, said(one.in_force), coming, past, NAMES, ZONE)
        typed = {**typed_of(name, POLICIES[name]), "begins_day": "2026-03-30", "begins_time": "00:00"}
        base = calm[name].in_force
        yield (
            f"policy-{name}-change",
            c.PolicyChangePage(around, name, FORMS[name], typed, base, BELOW, notice_for(name), ZONE),
        )
        yield f"policy-{name}-proposal", proposal_page(around, proposal(name))
    yield "policy-calm", c.PolicyPage(around, calm["booking"], said_of(calm["booking"].in_force), (), (), {}, ZONE)
    yield from problem_pages(around)


def said_of(version: Dated) -> c.Described:
    return c.Described(version, describe("booking", version.policy))


def proposal_page(around: Frame, one: Proposal) -> c.ProposalPage:
    name = one.draft.name
    base = Dated(SHIPPED, POLICIES[name], "shipped")
    preview = Preview(one, base, compare(name, base.policy, one.draft.policy), Seen(one.digest, NOW + 9 * DAY), None)
    return c.ProposalPage(
        frame=around,
        preview=preview,
        touched=(
            Touched(What.HOLDERS, "", 1),
            Touched(What.PATIENTS, "month", 1204),
            Touched(What.PATIENTS, "week", None),
            Touched(What.CARERS, "", 0),
            Touched(What.DEPENDANTS, "", 3),
            Touched(What.DOCUMENTS, "military_id", 77),
        ),
        names=NAMES,
        time_zone=ZONE,
        may_approve=True,
        may_refuse=True,
        may_withdraw=False,
        hindrance=None,
        typed={},
    )


def problem_pages(around: Frame) -> Iterator[tuple[str, Page]]:
    typed = {**typed_of("booking", BOOKING), "hold_seconds": "soon", "caps.1.days": "0", "caps.3.name": "Month"}
    fields = {field.name: field for field in FORMS["booking"].entries if isinstance(field, Field)}
    faults = (
        FieldFault("hold_seconds", Fault.NUMBER_INVALID, fields["hold_seconds"]),
        FieldFault("holds_live_max", Fault.TOO_GREAT, fields["holds_live_max"]),
        FieldFault("caps.1.days", Fault.DUPLICATE),
        FieldFault("caps.3.name", Fault.CODE_INVALID),
        FieldFault("", Fault.FIELD_UNKNOWN),
    )
    wrong = (FieldProblem("begins_day", Problem.NOTICE_TOO_SHORT), FieldProblem("reason", Problem.REASON_TOO_SHORT))
    base = standing("booking").in_force
    yield (
        "policy-change-problem",
        c.PolicyChangePage(
            around, "booking", FORMS["booking"], typed, base, BELOW, notice_for("booking"), ZONE, faults, wrong
        ),
    )
    kinds = {**typed_of("document", POLICIES["document"]), "kinds.0.remove": "yes"}
    document = (
        FieldFault("kinds.1.alphabet", Fault.MISSING), FieldFault("kinds.1.check", Fault.CHECK_WITH_HAN),
        FieldFault("kinds.1.characters_max", Fault.REVERSED),
    )  # fmt: skip
    last = standing("document").in_force
    yield (
        "policy-change-document-problem",
        c.PolicyChangePage(
            around, "document", FORMS["document"], kinds, last, BELOW, notice_for("document"), ZONE, document
        ),
    )
    page = proposal_page(around, proposal("booking"))
    unread = (FieldProblem("understood", Problem.CONFIRM_APPROVAL),)
    yield "policy-proposal-unread", replace(page, problems=unread)
    own = replace(page, may_approve=False, may_refuse=False, may_withdraw=True, hindrance=Problem.OWN_PROPOSAL)
    yield "policy-proposal-own", replace(own, problems=(FieldProblem("sure", Problem.CONFIRM_WITHDRAWAL),))
    for state in State:
        if state is not State.WAITING:
            yield (
                f"policy-proposal-{state}",
                replace(proposal_page(around, proposal("booking", state)), may_approve=False, may_refuse=False),
            )
