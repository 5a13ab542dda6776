"""The API keeps to its own description: schemathesis sends what the description allows, and what it does not.

The application runs in this process on a real database. Half of the ids, documents and codes that are generated are
replaced by ones that there are, so that requests are not only refused.
"""

import itertools
import os
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from litestar import Litestar
from schemathesis import AuthContext, Case
from schemathesis.checks import CheckFunction
from schemathesis.core.result import Ok
from schemathesis.python.asgi import get_client, shutdown_lifespans
from schemathesis.specs.openapi.checks import positive_data_acceptance
from schemathesis.specs.openapi.schemas import OpenApiSchema

from firsthand.booking.actions import confirm_bookings
from firsthand.booking.model import Booked
from firsthand.channels.app import create_app
from firsthand.directory.counter.finding import find_by_document
from firsthand.identity.session.actions import find_sessions
from firsthand.platform.chance import SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.crypto import make_keyring, token_hash
from firsthand.platform.database import Database
from firsthand.platform.postgres import EmbeddedServer, Role
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from tests.api_client import SETTINGS, sign_in_everybody
from tests.city import NO_CAPS, City, Opening, hold, make_city, set_policy
from tests.conftest import START, copied_database
from tests.families import asked

# Limits count attempts in ten minutes: at this pace they are reached, and not only reached. All requests together take
# less than the ten hours of a clerk's session: they were 1,800 when this was written.
STEP = timedelta(seconds=12)
BOOKED = 6
TAKERS = 8
CLERK = {"username": "desk0", "password": "violet harbour lantern"}
PLACEHOLDER = "Bearer somebody"
# What is refused for what it says is no fault of the description.
MAY_BE_REFUSED: list[CheckFunction] = [positive_data_acceptance]
# Only a code from a message opens the first ones, only a gateway's signature another, and only a sign-in of the last
# ten minutes gives the file; there is none of these here.
NEVER_GRANTED = {
    "POST /api/v1/tokens",
    "POST /api/v1/tokens/chosen",
    "POST /api/v1/message-reports",
    "GET /api/v1/me/data",
    "POST /api/v1/ties/{tie_id}/code",
}
# Who ends sessions, by the address that ends them: somebody else each time.
ENDERS = {"/tokens/current": 0, "/sign-ins/others": 1}
ENDER = 2
# So many people stand at the counter.
STANDING = 3


class House:
    """The application with a city in it, opened by its own lifespan in the event loop of whoever runs it.

    schemathesis opens and closes it for each operation; the city stays.
    """

    def __init__(self) -> None:
        """Be closed: `conninfo` is to name a migrated, empty database before it is opened."""
        self.conninfo = ""
        self._clock, self._chance, self._keyring = ManualClock(START), SeededChance(1), make_keyring()
        self._app: Litestar | None = None
        self.city: City | None = None
        self.persons: tuple[str, ...] = ()
        self.desks: tuple[str, ...] = ()
        self.held: list[str] = []
        self.codes: list[str] = []
        self.sign_in_id = ""
        self.to_confirm, self.to_end = "", ""
        self._keys, self._requests = itertools.count(), itertools.count()
        self._hashes: list[bytes] = []
        self.seen: defaultdict[str, set[int]] = defaultdict(set)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - two libraries' own types
        """Open and close, or let some time pass and answer."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        self._clock.advance(STEP)
        assert self._app is not None
        # Everybody is there all the time: no session is left alone.
        if next(self._requests) % 50 == 0:
            await self._be_there(self._app.state.service.world)
        await self._app(self._signed_in(scope), receive, send)

    async def _live(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - Litestar's own
        world = self._world()
        await world.database.open()
        if self.city is None:
            self.city = await self._settle(world)
            self.persons, self.desks = await sign_in_everybody(world, self.city)
            self._hashes = [token_hash(token) for token in (*self.persons, *self.desks)]
            found = (await find_sessions(world, self._hashes))[ENDER]
            assert found is not None
            self.sign_in_id = str(found.session_id)
        self._app = create_app(world, SETTINGS)
        await self._app(scope, receive, send)
        await world.database.close()

    async def _be_there(self, world: World) -> None:
        """Keep everybody's session in use, and let the clerk have found the people who stand at the counter."""
        assert self.city is not None
        await find_sessions(world, self._hashes)
        scope = HospitalScope(self.city.hospital_ids[0])
        for document in self.city.documents[:STANDING]:
            await find_by_document(world, self.city.desk(), scope, document)

    async def _settle(self, world: World) -> City:
        await set_policy(world, replace(NO_CAPS, hold_seconds=86_400))
        city = await make_city(world, sessions=[Opening(places=1000, day=0, hours=14)], persons=BOOKED + TAKERS)
        for person in range(BOOKED + TAKERS):
            held = await hold(world, city, person)
            if person < BOOKED:
                (booked,) = await confirm_bookings(world, [city.change(person, held.booking_id)])
                assert isinstance(booked, Booked)
                self.codes.append(booked.code)
            else:
                self.held.append(str(held.booking_id))
        last = BOOKED + TAKERS - 1
        self.to_confirm = str(await asked(world, city, 0, last))
        self.to_end = str(await asked(world, city, last, 0))
        return city

    def _world(self) -> World:
        return World(Database(self.conninfo, connections_max=4), self._clock, self._chance, self._keyring)

    def described(self) -> OpenApiSchema:
        """Return what the API says of itself, for which nothing needs to be open."""
        found = schemathesis.openapi.from_dict(create_app(self._world(), SETTINGS).openapi_schema.to_schema())
        found.app = self
        return found

    def _signed_in(self, scope: Any) -> Any:  # noqa: ANN401 - an ASGI scope
        """Let somebody be somebody who may send this request."""
        path, headers = scope["path"], dict(scope["headers"])
        if headers.get(b"authorization") != PLACEHOLDER.encode():
            return scope
        token = self.desks[0] if "/desk/" in path else self.persons[-1]
        if path.endswith("/ties/children"):
            token = self.persons[1]  # the other has asked as often as he may
        if scope["method"] == "DELETE":
            token = self.persons[next((who for end, who in ENDERS.items() if path.endswith(end)), ENDER)]
        for number, booking_id in enumerate(self.held):
            if booking_id in path:
                token = self.persons[BOOKED + number]
        return {**scope, "headers": [*(headers | {b"authorization": f"Bearer {token}".encode()}).items()]}

    def make_real(self, case: Case[Any]) -> None:
        """Let a request that could be granted speak of what there is: until one was, and then every other one."""
        number = self._choice(case)
        granted = min(self.seen[case.operation.label], default=500) < 300
        if (
            (granted and number % 2)
            or case.meta is None
            or not case.meta.generation.mode.is_positive
            or self.city is None
        ):
            return
        number >>= 1
        # What is confirmed cannot be given back once its session has begun: so some holds are left for that.
        keeps = 0 if case.path.endswith("/return") else TAKERS // 2
        document = self.city.documents[number % BOOKED]
        named = {"document_type": document.type, "document_number": document.number}
        known = {
            **named,
            **CLERK,
            "booking_id": self.held[keeps + number % (TAKERS // 2)],
            "session_id": str(self.city.session_ids[0]),
            "pool": "open",
            "name": "Li",
            "phone": "+8613800000000",
            "language": "en",
            "code": self.codes[number % BOOKED],
            "sign_in_id": self.sign_in_id,
            "label": "Aunt",
            "tie_id": self.to_end if case.path.endswith("/end") else self.to_confirm,
            "person_id": str(self.city.person_ids[number % STANDING]),
        }
        for part in (case.body, case.path_parameters):
            if isinstance(part, dict):
                part.update({name: known[name] for name in part.keys() & known.keys()})
        if isinstance(case.body, dict) and "document_type" in case.body:
            case.body.update(named)
        if case.path.endswith("/desk/people") and isinstance(case.body, dict):
            newcomer = {"document_type": "passport", "document_number": f"N{next(self._keys):07}"}
            case.body.update({**newcomer, "born_on": None})
        if case.path.endswith("/desk/people/found") and isinstance(case.body, dict):
            case.body.update({"name": None, "born_on": None})
        if case.path.endswith("/ties/children") and isinstance(case.body, dict):
            case.body.update({"document_type": None, "document_number": None, "born_on": "2020-02-29"})
        if case.path.endswith("/bookings") and isinstance(case.body, dict):
            case.body.update(dict.fromkeys(case.body.keys() & {"patient_id", "payer_id"}))
        if case.path.endswith("/sign-in-codes"):
            case.body = {"phone": known["phone"]}
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = f"real {next(self._keys)}"

    def _choice(self, case: Case[Any]) -> int:
        """Return a number that goes with a request, so that a run can be repeated."""
        return zlib.crc32(repr((case.body, case.path_parameters, case.query)).encode("utf-8", "replace"))


HOUSE = House()
schema = HOUSE.described()


@schema.auth(refresh_interval=None)
class SignIn:
    """What schemathesis signs in with, where it does not want to be refused."""

    def get(self, _case: Case[Any], _context: AuthContext) -> str:
        """Return what stands for a token."""
        return PLACEHOLDER

    def set(self, case: Case[Any], data: str, _context: AuthContext) -> None:
        """Add it."""
        case.headers["Authorization"] = data


@pytest.fixture(scope="module")
def house(server: EmbeddedServer) -> Iterator[House]:
    """One house for the whole file. At its end, each operation that was tried must have been granted at least once."""
    with copied_database(server) as fresh:
        HOUSE.conninfo = fresh.dsn(Role.APP)
        with get_client(HOUSE):  # which makes the city
            yield HOUSE
        shutdown_lifespans()
    granted = {operation for operation, statuses in HOUSE.seen.items() if min(statuses) < 300}
    assert HOUSE.seen.keys() - granted <= NEVER_GRANTED, {
        name: HOUSE.seen[name] for name in HOUSE.seen.keys() - granted
    }


def keeping_to(label: str) -> Callable[..., Any]:
    """Return the test of one operation. In CI every run sends the same; elsewhere each sends something new."""

    @schema.include(name=label).parametrize()
    @settings(
        max_examples=10,
        derandomize="CI" in os.environ,
        deadline=None,
        print_blob=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def keeps_to_its_description(case: Case[Any], house: House) -> None:
        house.make_real(case)
        response = case.call()
        if case.method == case.operation.method.upper():
            house.seen[case.operation.label].add(response.status_code)
        case.validate_response(response, excluded_checks=MAY_BE_REFUSED)

    return cast("Callable[..., Any]", keeps_to_its_description)


# One test by name for each operation: xdist tells tests apart by their names alone, and would run the first only.
LABELS = [found.ok().label for found in schema.get_all_operations() if isinstance(found, Ok)]
vars().update({f"test_{label}": keeping_to(label) for label in LABELS})


def test_every_operation_is_tested() -> None:
    assert len(LABELS) == len(set(LABELS)) == 35
