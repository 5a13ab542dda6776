"""The pages of administration, as somebody without scripts uses them."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from litestar import Litestar

from firsthand.directory.staff.duties import give_duty
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.people import SYSTEM
from tests.staffing import PASSWORD, Crew, make_crew, username_of
from tests.visitor import Visitor, forms_of, pages, visiting

WHY = "Found unconscious at the bus stop, no papers"


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(), Opening(hospital=1)], persons=3)


@pytest.fixture
async def crew(world: World, city: City) -> Crew:
    return await make_crew(world, city)


@pytest.fixture
async def app(world: World, crew: Crew, tmp_path: Path) -> AsyncIterator[Litestar]:
    assert crew.staff_ids
    async with pages(world, tmp_path) as served:
        yield served


@pytest.fixture(params=["en", "zh-Hans"])
async def visitor(app: Litestar, request: pytest.FixtureRequest) -> AsyncIterator[Visitor]:
    async with visiting(app, language=request.param) as opened:
        yield opened


async def be(visitor: Visitor, role: Role, hospital: int = 0) -> None:
    """Sign in as the member of the crew with this role."""
    await visitor.open("/desk/sign-in")
    sent = {"username": username_of(role, hospital), "password": PASSWORD}
    await visitor.send("/desk/sign-in", sent)
    assert visitor.page.status_code == 200, visitor.page.text


async def test_each_role_begins_where_it_works_and_is_shown_its_ways_alone(visitor: Visitor) -> None:
    for role in Role:
        await be(visitor, role)
        at_desk = role in {Role.DESK, Role.OFFICER, Role.SUPERVISOR}
        assert visitor.page.url.path == ("/desk" if at_desk else "/admin")
        assert ('href="/admin/staff"' in visitor.page.text) == (role in {Role.HOSPITAL_ADMIN, Role.CITY_ADMIN})
        assert ('href="/admin/audit"' in visitor.page.text) == (role is Role.AUDITOR)
        await visitor.send("/sign-out")


async def test_an_administrator_adds_somebody_gives_and_ends_a_duty_and_closes_the_account(visitor: Visitor) -> None:
    await be(visitor, Role.HOSPITAL_ADMIN)
    await visitor.open("/admin/staff/new")
    new = {"username": "new.one", "display_name": "New One", "role": "desk", "password": PASSWORD}
    await visitor.send("/admin/staff/new", new)
    address = visitor.page.url.path
    assert address.startswith("/admin/staff/")
    assert "New One" in visitor.page.text
    await visitor.send(f"{address}/duties", {"role": "supervisor", "ends": "2026-03-09"})
    assert visitor.page.url.path == address
    ends = [form for form in visitor_forms(visitor) if form.endswith("/end")]
    assert len(ends) == 2
    await visitor.send(ends[0])
    assert len([form for form in visitor_forms(visitor) if form.endswith("/end")]) == 1
    await visitor.open(f"{address}/leave")
    await visitor.send(f"{address}/leave")
    assert visitor_forms(visitor) == ["/sign-out"]
    await visitor.open("/admin/staff?text=new.one")
    assert "New One" in visitor.page.text


async def test_the_citys_administrator_chooses_between_its_only_hospital_and_the_city(
    world: World, tmp_path: Path
) -> None:
    city = await make_city(world)
    await make_crew(world, city)
    async with pages(world, tmp_path) as served, visiting(served) as visitor:
        await be(visitor, Role.CITY_ADMIN)
        await visitor.open("/admin/staff/new")
        new = {"username": "new.one", "display_name": "New One", "password": PASSWORD}
        await visitor.send("/admin/staff/new", {**new, "role": "desk", "hospital": str(city.hospital_ids[0])})
        assert 'id="hospital"' in (await visitor.open("/admin/staff/new")).text
        await visitor.send("/admin/staff/new", {**new, "username": "auditor.one", "role": "auditor", "hospital": ""})
        assert visitor.page.url.path != "/admin/staff/new"


@pytest.mark.parametrize(
    "typed",
    [
        {"username": "x"},
        {"username": "the-desk-0"},
        {"display_name": "\u202eWang"},
        {"password": "short"},
        {"role": ""},
        {"role": "auditor"},
        {"hospital": "nonsense"},
    ],
)
async def test_what_is_typed_wrongly_is_said_and_stays(visitor: Visitor, typed: dict[str, str]) -> None:
    await be(visitor, Role.HOSPITAL_ADMIN)
    await visitor.open("/admin/staff/new")
    right = {"username": "new.one", "display_name": "New One", "role": "desk", "password": PASSWORD}
    await visitor.send("/admin/staff/new", {**right, **typed})
    assert visitor.page.status_code in {403, 409, 422}
    assert "nhsuk-error-summary" in visitor.page.text
    assert PASSWORD not in visitor.page.text


async def test_one_changes_ones_duty(visitor: Visitor, world: World, crew: Crew) -> None:
    await give_duty(world, SYSTEM, crew.staff_id(Role.DESK), Role.HOSPITAL_ADMIN, crew.hospital_ids[1])
    await be(visitor, Role.DESK)
    await visitor.open("/staff/duties")
    before = visitor.client.cookies.get("firsthand_session")
    await visitor.send("/staff/duties")
    assert visitor.page.url.path in {"/desk", "/admin"}
    assert visitor.client.cookies.get("firsthand_session") != before


async def test_an_emergency_is_opened_shown_reviewed_and_over(visitor: Visitor, city: City, clock: ManualClock) -> None:
    await be(visitor, Role.DESK)
    await visitor.open("/desk/emergency")
    document = {"document_type": city.documents[0].type, "document_number": city.documents[0].number}
    await visitor.send("/desk/emergency", {**document, "reason": WHY, "understood": ""})
    assert visitor.page.status_code == 422
    await visitor.send("/desk/emergency", {**document, "reason": WHY, "understood": "yes"})
    record = visitor.page.url.path
    assert record.startswith("/desk/emergency/")
    assert "Person 0" in visitor.page.text
    assert city.documents[0].number not in visitor.page.text
    await visitor.send("/sign-out")
    await be(visitor, Role.SUPERVISOR)
    assert "fh-badge" in visitor.page.text
    assert (await visitor.open(record)).status_code == 404
    await visitor.open("/admin/reviews")
    assert WHY in visitor.page.text
    (form,) = [one for one in visitor_forms(visitor) if one.startswith("/admin/reviews/")]
    await visitor.send(form, {"justified": "", "reason": "It was an emergency"})
    assert visitor.page.status_code == 422
    await visitor.send(form, {"justified": "yes", "reason": "It was an emergency"})
    assert visitor.page.url.path == "/admin/reviews"
    assert "fh-badge" not in visitor.page.text
    await visitor.send("/sign-out")
    await be(visitor, Role.DESK)
    assert (await visitor.open(record)).status_code == 200
    clock.advance(timedelta(minutes=30))
    assert (await visitor.open(record)).status_code == 409


async def test_an_auditor_reads_the_record_and_leaves_a_line(visitor: Visitor, city: City) -> None:
    await be(visitor, Role.AUDITOR)
    await visitor.open("/admin/audit")
    assert "directory.sign_in_staff" in visitor.page.text
    await visitor.open("/admin/audit?action=audit.read_lines")
    assert "audit.read_lines" in visitor.page.text
    await visitor.open(f"/admin/audit?person={city.person_ids[0]}&since=2026-03-01&until=2026-03-31")
    assert str(city.person_ids[0]) in visitor.page.text
    for wrong in ("since=0001-01-01", "until=9999-12-31", "staff=me", "below=-1", "below=99999999999999999999"):
        assert (await visitor.open(f"/admin/audit?{wrong}")).status_code == 200


async def test_a_hospital_is_changed_by_hand(visitor: Visitor, city: City) -> None:
    await be(visitor, Role.CITY_ADMIN)
    await visitor.open("/admin/hospitals")
    here = f"/admin/hospitals/{city.hospital_ids[0]}"
    assert here in visitor.page.text
    await visitor.open(here)
    await visitor.send(here, {"phone": "call me"})
    assert visitor.page.status_code == 422
    await visitor.send(here, {"phone": "010-5555 0100"})
    assert "010-5555 0100" in visitor.page.text
    await visitor.send(f"{here}/leave-to-feed")
    await visitor.send(f"{here}/doctors", {"doctor_name": "Dr <b>Lin</b>"})
    assert "Dr &lt;b&gt;Lin&lt;/b&gt;" in visitor.page.text
    entry = visitor.page.text.split(f'href="{here}/doctors/')[1].split('"')[0]
    await visitor.open(f"{here}/doctors/{entry}")
    await visitor.send(f"{here}/doctors/{entry}", {"entry_name": "Dr Lin"})
    await visitor.open(f"{here}/doctors/{entry}")
    await visitor.send(f"{here}/doctors/{entry}/retire")
    assert visitor.page.url.path == here


def visitor_forms(visitor: Visitor) -> list[str]:
    return [action for action, form in forms_of(visitor.page).items() if form.method == "post"]
