"""A record for every page of hospitals' own sign-ins, and every state that each can show."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from firsthand.channels.web import oidc_contexts as o
from firsthand.channels.web.contexts import HospitalChoice
from firsthand.channels.web.frame import FieldProblem, Frame, Problem, Visitor
from firsthand.channels.web.oidc_refusals import of_own_sign_in
from firsthand.channels.web.render import Page
from firsthand.channels.web.staff_sign_in_contexts import StaffSignInPage
from firsthand.directory.staff.model import Staff, Username
from firsthand.directory.staff_oidc.model import Account, Button, OwnAccount, Reason, Shown
from firsthand.identity.oidc.model import Algorithm, Terms, Why
from firsthand.platform.i18n import Language

NOW = datetime(2026, 3, 27, 1, 20, tzinfo=UTC)
ZONE = "Asia/Shanghai"
HOSPITAL = "第三人民医院"
ID = UUID(int=500)
ISSUER = "https://sign-in.hospital.example/realms/the-hospital-with-a-very-long-name-indeed/and-one-more"
ALGORITHMS = tuple(algorithm.value for algorithm in Algorithm)
TERMS = Terms(ISSUER, "firsthand", "sub", ("urn:example:mfa", "urn:example:hwk"), ("mfa",), tuple(Algorithm))
SHOWN = Shown(ID, UUID(int=1), HOSPITAL, TERMS, enabled=True, tested_at=NOW)
CHEN = Staff(UUID(int=1000), UUID(int=1), Username("chen"), "陈护士", active=True)

FrameOf = Callable[..., Frame]


def oidc_pages(language: Language, frame: FrameOf) -> Iterator[tuple[str, Page]]:
    """Yield a name and a record for every page and state. frame: of a path and a visitor."""
    yield from _coming_in(language, frame)
    around: Frame = frame(language, "/admin/oidc", Visitor.STAFF)
    yield (
        "oidc-list",
        o.ProviderListPage(around, (SHOWN, replace(SHOWN, hospital_name="", enabled=False)), may_add=True),
    )
    yield "oidc-list-empty", o.ProviderListPage(around, (), may_add=True)
    typed = {"issuer": ISSUER, "client_id": "firsthand", "claim": "sub", "amr": "mfa", "alg_RS256": "yes"}
    hospitals = (HospitalChoice(UUID(int=1), HOSPITAL), HospitalChoice(UUID(int=2), "人民医院"))
    new = o.ProviderFormPage(around, None, {"claim": "sub"}, hospitals, may_city=True, algorithms=ALGORITHMS)
    yield "oidc-new", new
    for reason in (Reason.PROVIDER_EXISTS, Reason.STRENGTH_MISSING, Reason.ALGORITHM_MISSING):
        yield f"oidc-new-{reason.value}", replace(new, typed=typed, problems=(of_own_sign_in(reason),))
    change = o.ProviderFormPage(around, SHOWN, typed, (), may_city=False, algorithms=ALGORITHMS)
    yield "oidc-change", change
    accounts = (Account(CHEN, "00u1x2y3z4-0001-4f5e-8a9b-a-long-account", NOW, "王主任"), Account(CHEN, "77", NOW, ""))
    back = f"https://appointments.example/staff/oidc/back/{ID}"
    end = "https://appointments.example/desk/sign-in"
    one = o.ProviderPage(around, SHOWN, accounts, back, end, ZONE, {})
    yield "oidc-one", one
    off = replace(one, shown=replace(SHOWN, enabled=False, tested_at=None), accounts=())
    yield "oidc-one-new", off
    for why in (Why.ADDRESS, Why.METADATA):
        yield f"oidc-one-{why.value}", replace(off, why=why)
    taken = (FieldProblem("subject", Problem.ACCOUNT_TAKEN),)
    yield "oidc-one-taken", replace(one, typed={"username": "chen", "subject": "77"}, problems=taken)
    yield "oidc-disable", o.ProviderDisablePage(around, SHOWN)


def _coming_in(language: Language, frame: FrameOf) -> Iterator[tuple[str, Page]]:
    """Yield what members see."""
    stranger: Frame = frame(language, "/desk/sign-in")
    around: Frame = frame(language, "/staff/oidc", Visitor.STAFF)
    buttons = (Button(ID, ""), Button(UUID(int=501), HOSPITAL))
    yield "oidc-sign-in", StaffSignInPage(stranger, "", "/desk", providers=buttons)
    yield "oidc-going", o.OwnSignInGoingPage(stranger, HOSPITAL, f"{ISSUER}?state=x&nonce=y")
    yield "oidc-going-city", o.OwnSignInGoingPage(stranger, "", f"{ISSUER}?state=x&nonce=y")
    for reason in (Reason.PROVIDER_DOWN, Reason.ANSWER_WRONG, Reason.NOT_LINKED):
        problem = replace(of_own_sign_in(reason), field="")
        yield f"oidc-failed-{reason.value}", o.OwnSignInFailedPage(stranger, "/desk/sign-in", (problem,))
    yield "oidc-end", o.OwnSignInEndPage(stranger, HOSPITAL, f"{ISSUER}/end")
    yield "oidc-again", o.OwnSignInAgainPage(around, HOSPITAL, "/staff/oidc")
    mine = OwnAccount(ID, HOSPITAL, "00u1x2y3z4-0001-4f5e-8a9b-a-long-account", NOW, "王主任", is_new=True)
    own = o.OwnAccountsPage(around, (mine, replace(mine, by="", is_new=False)), buttons, vouched=False, time_zone=ZONE)
    yield "oidc-own", own
    yield "oidc-own-vouched", replace(own, vouched=True)
    yield "oidc-own-none", replace(own, accounts=(), offers=())
    yield "oidc-own-gone", replace(own, problems=(FieldProblem("", Problem.ACCOUNT_UNKNOWN),))
