"""The pages of policies, as two administrators without scripts use them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from litestar import Litestar

from firsthand.channels.web.forms import FIELDS_MAX
from firsthand.channels.web.pages import policies
from firsthand.channels.web.policy_words import FIELDS, POLICIES
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from firsthand.policy.actions import read_in_force
from firsthand.policy.fields import FORMS, Rows
from firsthand.policy.model import BookingPolicy
from tests.policies import WHY, administrator
from tests.staffing import PASSWORD
from tests.visitor import Visitor, forms_of, pages, visiting


@pytest.fixture
async def app(world: World, tmp_path: Path) -> AsyncIterator[Litestar]:
    await administrator(world, "admin.one")
    await administrator(world, "admin.two")
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture(params=["en", "zh-Hans"])
async def visitor(app: Litestar, request: pytest.FixtureRequest) -> AsyncIterator[Visitor]:
    async with visiting(app, language=request.param) as opened:
        yield opened


async def be(visitor: Visitor, username: str) -> None:
    """Sign in as one of the administrators, in place of whoever was."""
    if "/sign-out" in forms_of(visitor.page):
        await visitor.send("/sign-out")
    await visitor.open("/desk/sign-in?next=/admin/policies")
    await visitor.send("/desk/sign-in", {"username": username, "password": PASSWORD})
    assert visitor.page.url.path == "/admin/policies", visitor.page.text


async def propose(visitor: Visitor, name: str, typed: dict[str, str]) -> str:
    """Propose a change by the form as it is shown, and return the proposal's address."""
    await visitor.open(f"/admin/policies/{name}/change")
    await visitor.send(f"/admin/policies/{name}/change", {"reason": WHY, **typed})
    assert visitor.page.status_code == 200, visitor.page.text
    assert visitor.page.url.path.startswith("/admin/policies/proposals/")
    return visitor.page.url.path


async def test_one_proposes_another_approves_and_it_is_in_force(
    visitor: Visitor, world: World, clock: ManualClock
) -> None:
    await be(visitor, "admin.one")
    caps = {"caps.3.name": "month", "caps.3.days": "30", "caps.3.per_department": "no", "caps.3.max_count": "4"}
    address = await propose(visitor, "booking", {"hold_seconds": "600", **caps, "caps.0.remove": "yes"})
    assert "600" in visitor.page.text
    assert f"{address}/approve" not in forms_of(visitor.page)
    assert f"{address}/withdraw" in forms_of(visitor.page)
    assert "fh-badge" not in visitor.page.text
    await be(visitor, "admin.two")
    assert "fh-badge" in visitor.page.text
    assert address in visitor.page.text
    await visitor.open(address)
    assert WHY in visitor.page.text
    await visitor.send(f"{address}/approve")
    assert visitor.page.status_code == 422
    await visitor.send(f"{address}/approve", {"understood": "yes"})
    assert visitor.page.url.path == address
    assert list(forms_of(visitor.page)) == ["/sign-out"]
    assert "fh-badge" not in visitor.page.text
    await visitor.open("/admin/policies/booking")
    assert "nhsuk-details" in visitor.page.text
    clock.advance(timedelta(days=3))
    async with world.database.connection() as conn:
        policy = await read_in_force(conn, BookingPolicy, at=clock.now())
    assert (policy.hold_seconds, [cap.name for cap in policy.caps]) == (600, ["day", "week", "month"])
    await be(visitor, "admin.one")
    await visitor.open("/admin/policies/booking")
    assert address in visitor.page.text


async def test_a_proposal_is_refused_with_words_and_another_taken_back(visitor: Visitor) -> None:
    await be(visitor, "admin.one")
    refused = await propose(visitor, "arrival", {"late_after_minutes": "30"})
    withdrawn = await propose(visitor, "arrival", {"late_after_minutes": "40"})
    await visitor.send(f"{withdrawn}/withdraw")
    assert visitor.page.status_code == 422
    await visitor.send(f"{withdrawn}/withdraw", {"sure": "yes"})
    assert (visitor.page.status_code, visitor.page.url.path) == (200, withdrawn)
    await be(visitor, "admin.two")
    await visitor.open(refused)
    await visitor.send(f"{refused}/refuse", {"reason": "no"})
    assert visitor.page.status_code == 422
    await visitor.send(f"{refused}/refuse", {"reason": "Families <b>would</b> suffer by it"})
    assert visitor.page.url.path == refused
    assert "Families &lt;b&gt;would&lt;/b&gt; suffer by it" in visitor.page.text


@pytest.mark.parametrize("name", FORMS)
async def test_every_policy_is_shown_and_its_form_is_sent_as_it_stands(visitor: Visitor, name: str) -> None:
    await be(visitor, "admin.one")
    assert (await visitor.open(f"/admin/policies/{name}")).status_code == 200
    await visitor.open(f"/admin/policies/{name}/change")
    await visitor.send(f"/admin/policies/{name}/change", {"reason": WHY})
    assert visitor.page.status_code == 422
    # Nothing else is wrong with it.
    assert visitor.page.text.count("nhsuk-error-message") == 0
    assert "nhsuk-error-summary" in visitor.page.text


async def test_each_field_is_told_what_is_wrong_with_it_and_keeps_what_was_typed(visitor: Visitor) -> None:
    await be(visitor, "admin.one")
    address = "/admin/policies/booking/change"
    await visitor.open(address)
    typed = {"hold_seconds": "soon", "holds_live_max": "5000", "caps.1.days": "", "begins_day": "2026-03-02"}
    await visitor.send(address, {**typed, "reason": ""})
    assert visitor.page.status_code == 422
    assert visitor.page.text.count("nhsuk-error-message") == 5
    fields = forms_of(visitor.page)[address].fields
    assert {name: fields[name] for name in typed} == typed
    for at in ("25:00", "noon", ""):
        await visitor.send(address, {"hold_seconds": "600", "begins_time": at, "reason": WHY})
        assert visitor.page.status_code == 422


async def test_what_does_not_exist_is_not_found(visitor: Visitor) -> None:
    await be(visitor, "admin.one")
    for address in ("prices", "proposals", "proposals/x", f"proposals/{'0' * 32}", "prices/change", "booking/x"):
        assert (await visitor.open(f"/admin/policies/{address}")).status_code == 404, address


def test_every_field_has_its_words_and_the_longest_form_can_be_sent() -> None:
    assert set(POLICIES) == set(FORMS)
    meanings = set()
    for name, form in FORMS.items():
        longest = 0
        for entry in form.entries:
            meanings.add(f"{name}.{entry.name}")
            if isinstance(entry, Rows):
                meanings |= {f"{name}.{entry.name}.{field.name}" for field in entry.fields}
                longest += entry.most * (sum(max(1, len(field.choices or ())) for field in entry.fields) + 1)
        assert longest + FIELDS_MAX < policies.FIELDS_MAX
    assert meanings == set(FIELDS)
