"""Administrators settle their hospital's own sign-in, try it, let staff use it, and link accounts."""

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from firsthand.channels.requests import AnyRequest
from firsthand.channels.web.answers import lead_on, lead_on_with, respond
from firsthand.channels.web.forms import Fields, parse_id
from firsthand.channels.web.frame import FieldProblem, Notice
from firsthand.channels.web.oidc_contexts import ProviderDisablePage, ProviderFormPage, ProviderListPage, ProviderPage
from firsthand.channels.web.oidc_refusals import of_own_sign_in, status_of_own_sign_in
from firsthand.channels.web.page_error import PageError
from firsthand.channels.web.pages.admin_staff import choices_for
from firsthand.channels.web.pages.staff_oidc import back_of, end_of
from firsthand.channels.web.visits import Visit, open_visit
from firsthand.directory.staff.reading import may_manage_some_staff
from firsthand.directory.staff_oidc import linking, providers
from firsthand.directory.staff_oidc.model import Account, Reason, Refused, Shown, Typed
from firsthand.identity.oidc.model import Algorithm, Why
from firsthand.platform.access import Permission

_HERE: Final = "/admin/oidc"
_NEW: Final = "/admin/oidc/new"
_CITY: Final = "city"
_ALGORITHMS: Final = tuple(algorithm.value for algorithm in Algorithm)


@get(_HERE)
async def show_providers(request: AnyRequest) -> Response[str]:
    """Show the own sign-ins that the visitor may settle."""
    visit = await _manager(request, _HERE)
    found = await providers.list_providers(visit.service.world, visit.caller())
    if isinstance(found, Refused):
        raise PageError(403)
    missing = await _missing(visit, found)
    may_add = bool(missing[0]) or missing[1]
    return respond(visit, ProviderListPage(visit.frame(_HERE), tuple(found), may_add))


@get(_NEW)
async def show_new(request: AnyRequest) -> Response[str]:
    """Ask how an own sign-in is reached."""
    visit = await _manager(request, _NEW)
    return respond(visit, await _new_page(visit, {"claim": "sub", "alg_RS256": "yes"}))


@post(_NEW)
async def add(request: AnyRequest) -> Response[str]:
    """Add an own sign-in."""
    visit = await _manager(request, _NEW)
    form = await visit.read_form()
    added = await providers.add_provider(
        visit.service.world, visit.caller(), visit.service.providers, _hospital(visit, form), _typed(form)
    )
    if isinstance(added, Refused):
        page = await _new_page(visit, form, of_own_sign_in(added.reason))
        return respond(visit, page, status=status_of_own_sign_in(added.reason))
    return lead_on_with(visit, f"{_HERE}/{added}", Notice.OWN_SIGN_IN_SAVED)


@get("/admin/oidc/{provider_id:str}")
async def show_provider(request: AnyRequest, provider_id: FromPath[str]) -> Response[str]:
    """Show an own sign-in and whose accounts are linked."""
    visit = await _manager(request, f"{_HERE}/{provider_id}")
    return respond(visit, _page(visit, await _read(visit, provider_id), {}))


@get("/admin/oidc/{provider_id:str}/change")
async def show_change(request: AnyRequest, provider_id: FromPath[str]) -> Response[str]:
    """Ask how an own sign-in is to be reached instead. The secret is not shown."""
    visit = await _manager(request, f"{_HERE}/{provider_id}/change")
    shown, _ = await _read(visit, provider_id)
    return respond(visit, _change_page(visit, shown, _fields_of(shown)))


@post("/admin/oidc/{provider_id:str}/change")
async def change(request: AnyRequest, provider_id: FromPath[str]) -> Response[str]:
    """Settle an own sign-in anew."""
    visit = await _manager(request, f"{_HERE}/{provider_id}/change")
    form = await visit.read_form()
    shown, _ = await _read(visit, provider_id)
    refused = await providers.change_provider(
        visit.service.world, visit.caller(), visit.service.providers, shown.id, _typed(form)
    )
    if refused is not None:
        page = _change_page(visit, shown, form, of_own_sign_in(refused.reason))
        return respond(visit, page, status=status_of_own_sign_in(refused.reason))
    return lead_on_with(visit, f"{_HERE}/{shown.id}", Notice.OWN_SIGN_IN_SAVED)


@post("/admin/oidc/{provider_id:str}/test")
async def test(request: AnyRequest, provider_id: FromPath[str]) -> Response[str]:
    """Try the connection."""
    visit = await _manager(request, f"{_HERE}/{provider_id}")
    await visit.read_form()
    found = await _read(visit, provider_id)
    world, asked = visit.service.world, visit.service.providers
    refused = await providers.test_provider(world, visit.caller(), asked, found[0].id)
    if refused is None:
        return lead_on_with(visit, f"{_HERE}/{found[0].id}", Notice.OWN_SIGN_IN_TESTED)
    if refused.reason is Reason.PROVIDER_DOWN:
        return respond(visit, _page(visit, found, {}, why=refused.why or Why.UNREACHABLE), status=409)
    return _refuse(visit, found, {}, refused)


@post("/admin/oidc/{provider_id:str}/enable")
async def enable(request: AnyRequest, provider_id: FromPath[str]) -> Response[str]:
    """Let staff sign in by it."""
    visit = await _manager(request, f"{_HERE}/{provider_id}")
    await visit.read_form()
    found = await _read(visit, provider_id)
    refused = await providers.enable_provider(visit.service.world, visit.caller(), found[0].id)
    if refused is not None:
        return _refuse(visit, found, {}, refused)
    return lead_on_with(visit, f"{_HERE}/{found[0].id}", Notice.OWN_SIGN_IN_ENABLED)


@get("/admin/oidc/{provider_id:str}/disable")
async def show_disable(request: AnyRequest, provider_id: FromPath[str]) -> Response[str]:
    """Ask once more before nobody can sign in by it any more."""
    visit = await _manager(request, f"{_HERE}/{provider_id}/disable")
    shown, _ = await _read(visit, provider_id)
    if not shown.enabled:
        return lead_on(f"{_HERE}/{shown.id}")
    return respond(visit, ProviderDisablePage(visit.frame(f"{_HERE}/{shown.id}/disable"), shown))


@post("/admin/oidc/{provider_id:str}/disable")
async def disable(request: AnyRequest, provider_id: FromPath[str]) -> Response[str]:
    """Let nobody sign in by it any more."""
    visit = await _manager(request, f"{_HERE}/{provider_id}/disable")
    await visit.read_form()
    found = await _read(visit, provider_id)
    refused = await providers.disable_provider(visit.service.world, visit.caller(), found[0].id)
    if refused is not None:
        return _refuse(visit, found, {}, refused)
    return lead_on_with(visit, f"{_HERE}/{found[0].id}", Notice.OWN_SIGN_IN_DISABLED)


@post("/admin/oidc/{provider_id:str}/accounts")
async def link(request: AnyRequest, provider_id: FromPath[str]) -> Response[str]:
    """Say whose an account is."""
    visit = await _manager(request, f"{_HERE}/{provider_id}")
    form = await visit.read_form()
    found = await _read(visit, provider_id)
    refused = await linking.link_account(
        visit.service.world,
        visit.caller(),
        found[0].id,
        username=form.get("username", ""),
        subject=form.get("subject", "").strip(),
    )
    if refused is not None:
        return _refuse(visit, found, form, refused)
    return lead_on_with(visit, f"{_HERE}/{found[0].id}", Notice.ACCOUNT_LINKED)


@post("/admin/oidc/{provider_id:str}/accounts/{staff_id:str}/unlink")
async def unlink(request: AnyRequest, provider_id: FromPath[str], staff_id: FromPath[str]) -> Response[str]:
    """Forget whose an account is."""
    visit = await _manager(request, f"{_HERE}/{provider_id}")
    await visit.read_form()
    found = await _read(visit, provider_id)
    member = parse_id(staff_id) or UUID(int=0)
    refused = await linking.unlink_account(visit.service.world, visit.caller(), found[0].id, member)
    if refused is not None:
        return _refuse(visit, found, {}, refused)
    return lead_on_with(visit, f"{_HERE}/{found[0].id}", Notice.ACCOUNT_UNLINKED)


async def _manager(request: AnyRequest, back: str) -> Visit:
    visit = await open_visit(request)
    visit.require_staff(back)
    if not may_manage_some_staff(visit.caller()):
        raise PageError(403)
    return visit


async def _read(visit: Visit, provider_id: str) -> tuple[Shown, list[Account]]:
    wanted = parse_id(provider_id) or UUID(int=0)
    found = await providers.read_provider(visit.service.world, visit.caller(), wanted)
    if isinstance(found, Refused):
        raise PageError(404)
    return found


async def _missing(visit: Visit, found: list[Shown]) -> tuple[list[UUID], bool]:
    """Return the hospitals whose own sign-in the visitor may still add, and whether he may add the city's."""
    have = {one.hospital_id for one in found}
    mine = [one.id for one in await choices_for(visit) if one.id not in have]
    return mine, None not in have and visit.may(Permission.MANAGE_CITY_STAFF, at=None)


def _hospital(visit: Visit, form: Fields) -> UUID | None:
    """Return whose own sign-in is to be added: a hospital's, or the city's (None)."""
    own, named = visit.caller().hospital_id, form.get("hospital", "")
    if named == _CITY:
        return None
    # A hospital's administrator has nothing to choose; what he sends all the same is refused by the action.
    return own if own is not None and not named else parse_id(named) or UUID(int=0)


def _typed(form: Fields) -> Typed:
    return Typed(
        issuer=form.get("issuer", ""),
        client_id=form.get("client_id", "").strip(),
        client_secret=form.get("client_secret", "").strip(),
        claim=form.get("claim", "").strip(),
        acr=form.get("acr", ""),
        amr=form.get("amr", ""),
        algorithms=frozenset(name for name in _ALGORITHMS if form.get(f"alg_{name}") == "yes"),
    )


def _fields_of(shown: Shown) -> Fields:
    terms = shown.terms
    return {
        "issuer": terms.issuer,
        "client_id": terms.client_id,
        "claim": terms.claim,
        "acr": " ".join(terms.acr),
        "amr": " ".join(terms.amr),
        **{f"alg_{algorithm.value}": "yes" for algorithm in terms.algorithms},
    }


async def _new_page(visit: Visit, typed: Fields, *problems: FieldProblem) -> ProviderFormPage:
    found = await providers.list_providers(visit.service.world, visit.caller())
    missing, city = await _missing(visit, [] if isinstance(found, Refused) else found)
    hospitals = tuple(one for one in await choices_for(visit) if one.id in missing)
    return ProviderFormPage(visit.frame(_NEW), None, _without_secret(typed), hospitals, city, _ALGORITHMS, problems)


def _change_page(visit: Visit, shown: Shown, typed: Fields, *problems: FieldProblem) -> ProviderFormPage:
    frame = visit.frame(f"{_HERE}/{shown.id}/change")
    return ProviderFormPage(
        frame, shown, _without_secret(typed), (), may_city=False, algorithms=_ALGORITHMS, problems=problems
    )


def _without_secret(typed: Fields) -> Fields:
    return {name: value for name, value in typed.items() if name != "client_secret"}


def _page(
    visit: Visit,
    found: tuple[Shown, list[Account]],
    typed: Fields,
    *problems: FieldProblem,
    why: Why | None = None,
) -> ProviderPage:
    shown, accounts = found
    return ProviderPage(
        frame=visit.frame(f"{_HERE}/{shown.id}"),
        shown=shown,
        accounts=tuple(accounts),
        back=back_of(visit, shown.id),
        end=end_of(visit),
        time_zone=visit.service.settings.time_zone.key,
        typed=typed,
        why=why,
        problems=problems,
    )


def _refuse(visit: Visit, found: tuple[Shown, list[Account]], typed: Fields, refused: Refused) -> Response[str]:
    page = _page(visit, found, typed, of_own_sign_in(refused.reason))
    return respond(visit, page, status=status_of_own_sign_in(refused.reason))


HANDLERS: Final = (
    show_providers,
    show_new,
    add,
    show_provider,
    show_change,
    change,
    test,
    enable,
    show_disable,
    disable,
    link,
    unlink,
)
