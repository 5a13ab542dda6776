"""Every form of the pages, sent twice as a double click sends it: what the first made, the second makes no more of.

Each address that takes a form is either sent twice here, or it is said why that is not needed.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from firsthand.channels.web.pages import HANDLERS
from firsthand.directory.counter.finding import find_by_document
from firsthand.directory.counter.model import Found
from firsthand.platform.access import Role
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from tests.api_client import contents
from tests.city import City, Opening, hold, make_city
from tests.conftest import START, FreshDatabase
from tests.people import document
from tests.staffing import PASSWORD, Crew, make_crew, username_of
from tests.visitor import Visitor, forms_of, visiting

WHY = "Found unconscious at the bus stop, no papers"
SEEN = "The passport was read at the counter, page two"
# What is counted, recorded or noted of the asking itself.
AROUND = ("audit.line", "platform.attempt", "identity.session", "directory.opened_record")

_SO: Final = "it says how something is to be: said twice, it is so"
_ENDS: Final = "it ends or decides something: what is ended or decided is so no second time"
_SIGNS_IN: Final = "it proves who somebody is: each try is counted, and what it shows is used up"
_RENEWS: Final = "it gives a new secret in place of the one before: the last that was shown counts"
_LOOKS: Final = "it looks something up, and each look is recorded"


@dataclass(slots=True)
class Scene:
    """A city with staff of every role, and one browser."""

    world: World
    city: City
    crew: Crew
    visitor: Visitor

    async def be(self, role: Role) -> None:
        """Sign in as a member of the crew."""
        await self.visitor.open("/desk/sign-in")
        await self.visitor.send("/desk/sign-in", {"username": username_of(role), "password": PASSWORD})

    async def be_person(self, number: int = 0) -> None:
        """Sign in as a person of the city."""
        await self.visitor.sign_in(self.world, self.city.documents[number])

    async def found(self, number: int = 0) -> str:
        """Find a person at the first hospital's desk, and return the address of his record."""
        caller = self.crew.caller(Role.DESK)
        scope = HospitalScope(self.city.hospital_ids[0])
        found = await find_by_document(self.world, caller, scope, self.city.documents[number])
        assert isinstance(found, Found), found
        return f"/desk/people/{found.person_id}"

    def of(self, number: int = 0) -> dict[str, str]:
        """Return the fields of a person's document."""
        return {
            "document_type": self.city.documents[number].type,
            "document_number": self.city.documents[number].number,
        }

    def new_document(self) -> dict[str, str]:
        """Return the fields of a document that nobody has."""
        return {"document_type": document(950).type, "document_number": document(950).number}


@dataclass(frozen=True, slots=True)
class Sent:
    """A form: on which page it stands, where it goes, and what is typed into it."""

    page: str
    action: str
    typed: Mapping[str, str] = field(default_factory=dict)


Prepare = Callable[[Scene], Awaitable[Sent]]


async def add_staff(scene: Scene) -> Sent:
    await scene.be(Role.HOSPITAL_ADMIN)
    typed = {"username": "new.one", "display_name": "New One", "role": "desk", "password": PASSWORD}
    return Sent("/admin/staff/new", "/admin/staff/new", typed)


async def give_duty(scene: Scene) -> Sent:
    await scene.be(Role.HOSPITAL_ADMIN)
    address = f"/admin/staff/{scene.crew.staff_id(Role.DESK)}"
    ends = (START + timedelta(days=30)).date().isoformat()
    return Sent(address, f"{address}/duties", {"role": "supervisor", "ends": ends})


async def add_department(scene: Scene) -> Sent:
    await scene.be(Role.HOSPITAL_ADMIN)
    address = f"/admin/hospitals/{scene.city.hospital_ids[0]}"
    return Sent(address, f"{address}/departments", {"department_name": "Acupuncture"})


async def open_emergency(scene: Scene) -> Sent:
    await scene.be(Role.OFFICER)
    return Sent("/desk/emergency", "/desk/emergency", {**scene.of(), "reason": WHY, "understood": "yes"})


async def register_person(scene: Scene) -> Sent:
    await scene.be(Role.DESK)
    typed = {"name": "New Person", "language": "en", **scene.new_document()}
    return Sent("/desk/people/new", "/desk/people/new", typed)


def change(name: str, typed: Callable[[Scene], Mapping[str, str]]) -> Prepare:
    """Return a change of the first person's record at the desk."""

    async def prepare(scene: Scene) -> Sent:
        await scene.be(Role.DESK)
        record = await scene.found()
        if name == "merger":
            await scene.found(1)
        fields = {**typed(scene), "confirmed": "yes"}
        if name == "correction":
            page = await scene.visitor.open(f"{record}/{name}")
            fields["wrong"] = page.text.split('name="wrong" type="radio" value="')[1].split('"')[0]
        return Sent(f"{record}/{name}", f"{record}/{name}", fields)

    return prepare


async def book_for_found(scene: Scene) -> Sent:
    await scene.be(Role.DESK)
    address = f"{await scene.found()}/book"
    return Sent(address, address, {"session": f"open:{scene.city.session_ids[0]}"})


async def give_out_returned(scene: Scene) -> Sent:
    held = await hold(scene.world, scene.city)
    await scene.be_person()
    await scene.visitor.open(f"/bookings/{held.booking_id}/give-back")
    await scene.visitor.send(f"/bookings/{held.booking_id}/give-back")
    await scene.visitor.send("/sign-out")
    await scene.be(Role.DESK)
    return Sent("/desk/returned", "/desk/returned", {"session": str(scene.city.session_ids[0]), **scene.of(1)})


async def confirm_tie(scene: Scene) -> Sent:
    await scene.be(Role.DESK)
    sides = {
        f"{side}_{part}": scene.of(number)[f"document_{part}"]
        for number, side in enumerate(("carer", "dependant"))
        for part in ("type", "number")
    }
    return Sent("/desk/family", "/desk/family", {**sides, "agreed": "yes", "wish": "confirm"})


async def ask_adult(scene: Scene) -> Sent:
    await scene.be_person()
    return Sent("/me/family/adult", "/me/family/adult", {**scene.of(1), "label": "Aunt", "agreed": "yes"})


async def ask_child(scene: Scene) -> Sent:
    await scene.be_person()
    typed = {"name": "Little One", "born_on": "2020-02-03", "has_document": "no", "agreed": "yes"}
    return Sent("/me/family/child", "/me/family/child", typed)


async def add_own_name(scene: Scene) -> Sent:
    await scene.be_person()
    return Sent("/me/names", "/me/names", {"kind": "former", "name": "Former Name"})


async def hold_place(scene: Scene) -> Sent:
    await scene.be_person()
    address = f"/sessions/{scene.city.session_ids[0]}"
    return Sent(address, f"{address}/hold")


async def ask_correction(scene: Scene) -> Sent:
    await scene.be_person()
    typed = {"about": "name", "hospital": str(scene.city.hospital_ids[0]), "words": "My name is spelled wrongly here"}
    return Sent("/me/requests/correction", "/me/requests/correction", typed)


async def propose_policy(scene: Scene) -> Sent:
    await scene.be(Role.CITY_ADMIN)
    address = "/admin/policies/booking/change"
    return Sent(address, address, {"hold_seconds": "1200", "reason": "Patients asked for more time to confirm"})


CHILD: Final = {"name": "Little One", "born_on": "2020-02-03"}
EVIDENCE: Final = {"evidence": "original_document", "note": SEEN}
ONCE: Final[Mapping[str, tuple[Prepare, ...]]] = {
    "/admin/staff/new": (add_staff,),
    "/admin/staff/{staff_id}/duties": (give_duty,),
    "/admin/hospitals/{hospital_id}/{kinds}": (add_department,),
    "/admin/policies/{name}/change": (propose_policy,),
    "/desk/emergency": (open_emergency,),
    "/desk/people/new": (register_person,),
    "/desk/people/{person}/{change}": (
        change("child", lambda _: CHILD),
        change("document", lambda _: {"document_type": "passport", "document_number": "AB1234567"}),
        change("name", lambda _: {"kind": "former", "name": "Former Name"}),
        change("phone", lambda _: {"phone": "+8613911112222"}),
        change("correction", lambda scene: {**EVIDENCE, **scene.new_document()}),
        change("merger", lambda scene: {**EVIDENCE, "evidence": "both_documents", **scene.of(1)}),
    ),
    "/desk/people/{person}/book": (book_for_found,),
    "/desk/returned": (give_out_returned,),
    "/desk/family": (confirm_tie,),
    "/me/family/adult": (ask_adult,),
    "/me/family/child": (ask_child,),
    "/me/names": (add_own_name,),
    "/me/requests/correction": (ask_correction,),
    "/sessions/{session_id}/hold": (hold_place,),
}

# Only what makes nothing new, or cannot make it twice by its nature.
WHY_NOT: Final[Mapping[str, tuple[str, ...]]] = {
    _SO: (
        "/admin/hospitals/{hospital_id}",
        "/admin/hospitals/{hospital_id}/leave-to-feed",
        "/admin/hospitals/{hospital_id}/{kinds}/{entry_id}",
        "/admin/hospitals/{hospital_id}/{kinds}/{entry_id}/retire",
        "/admin/oidc/{provider_id}/accounts",
        "/admin/oidc/{provider_id}/change",
        "/admin/oidc/{provider_id}/disable",
        "/admin/oidc/{provider_id}/enable",
        "/bookings/{booking_id}/confirm",
        "/desk/check-in",
        "/me/security/passkeys/{passkey_id}",
        "/staff/security/passkeys/{passkey_id}",
        "/staff/duties",
    ),
    _ENDS: (
        "/admin/oidc/{provider_id}/accounts/{staff_id}/unlink",
        "/admin/policies/proposals/{proposal_id}/approve",
        "/admin/policies/proposals/{proposal_id}/refuse",
        "/admin/policies/proposals/{proposal_id}/withdraw",
        "/admin/requests/{request_id}",
        "/admin/reviews/{access_id}",
        "/admin/staff/{staff_id}/duties/{duty_id}/end",
        "/admin/staff/{staff_id}/leave",
        "/bookings/{booking_id}/give-back",
        "/desk/corrections/{correction}/{verb}",
        "/desk/people/{person}/names/remove",
        "/desk/sign-out",
        "/me/email/remove",
        "/me/family/{tie_id}/confirm",
        "/me/family/{tie_id}/end",
        "/me/names/remove",
        "/me/requests/{request_id}/withdraw",
        "/me/security/passkeys/{passkey_id}/remove",
        "/me/security/sessions/end-others",
        "/me/security/sessions/{session_id}/end",
        "/sign-out",
        "/staff/oidc/unlink",
        "/staff/security/passkeys/{passkey_id}/remove",
        "/staff/security/sessions/end-others",
        "/staff/security/sessions/{session_id}/end",
    ),
    _SIGNS_IN: (
        "/desk/sign-in",
        "/me/email/code",
        "/me/family/{tie_id}/code",
        "/me/security/passkeys",
        "/me/security/phone/code",
        "/sign-in/again",
        "/sign-in/choose",
        "/sign-in/code",
        "/sign-in/passkey",
        "/staff/again",
        "/staff/enrol",
        "/staff/oidc/again",
        "/staff/oidc/link",
        "/staff/passkey",
        "/staff/recovery",
        "/staff/second-step",
        "/staff/security/app",
        "/staff/security/change",
        "/staff/security/passkeys",
        "/staff/set-up",
        "/staff/sign-in",
    ),
    _RENEWS: (
        "/admin/staff/{staff_id}/sign-in/{deed}",
        "/me/email",
        "/me/family/{tie_id}/code-again",
        "/me/security/passkeys/options",
        "/me/security/phone",
        "/register",
        "/sign-in",
        "/sign-in/document",
        "/sign-in/passkey/options",
        "/staff/oidc/start",
        "/staff/passkey/options",
        "/staff/security/passkeys/options",
    ),
    _LOOKS: (
        "/admin/oidc/{provider_id}/test",
        "/desk/people",
        "/desk/people/{person}/numbers",
        "/desk/people/{person}/open-child",
        "/me/data/export",
        "/me/data/numbers",
    ),
    "a hospital has one": ("/admin/oidc/new",),
    "a person has one at a time": ("/me/requests/deletion",),
    "the same as a correction that is asked for": ("/me/requests/objection",),
}


def addresses() -> set[str]:
    """Return every address of the pages that takes a form."""
    routes = Litestar(route_handlers=[*HANDLERS]).routes
    return {route.path_format for route in routes if isinstance(route, HTTPRoute) and "POST" in route.methods}


def test_each_form_is_sent_twice_or_it_is_said_why_not() -> None:
    told = [address for listed in WHY_NOT.values() for address in listed]
    assert len(told) == len(set(told))
    assert not set(told) & set(ONCE)
    assert {*told, *ONCE} == addresses()


def cases() -> Iterator[object]:
    """Yield every form that is sent twice."""
    for address, prepared in ONCE.items():
        for number, prepare in enumerate(prepared):
            yield pytest.param(prepare, id=f"{address} {number}".replace(" 0", ""))


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=[Opening(places=5), Opening(hospital=1)], persons=3)


@pytest.fixture
async def scene(world: World, city: City, app: Litestar) -> AsyncIterator[Scene]:
    crew = await make_crew(world, city)
    async with visiting(app) as visitor:
        yield Scene(world, city, crew, visitor)


@pytest.mark.parametrize("prepare", list(cases()))
async def test_what_is_sent_twice_is_done_once(scene: Scene, fresh_database: FreshDatabase, prepare: Prepare) -> None:
    sent = await prepare(scene)
    page = await scene.visitor.open(sent.page)
    fields = {**forms_of(page)[sent.action].fields, **sent.typed}
    untouched = contents(fresh_database, without=AROUND)
    first = await scene.visitor.client.post(sent.action, data=fields)
    assert first.status_code in {200, 303}, re.findall(r'error-message"[^>]*>(.*?)</', first.text, re.DOTALL)
    made = contents(fresh_database, without=AROUND)
    assert made != untouched
    again = await scene.visitor.client.post(sent.action, data=fields)
    assert again.status_code < 500
    assert contents(fresh_database, without=AROUND) == made
