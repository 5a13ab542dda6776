"""A city whose first hospital has a sign-in of its own, and what people in it do, for the tests of that sign-in."""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.staff_oidc import linking, providers
from firsthand.directory.staff_oidc.model import Typed
from firsthand.identity.oidc.remote import Remote
from firsthand.identity.oidc.web import Web
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.city import SYSTEM, City
from tests.oidc_provider import CLIENT, SECRET, OidcProvider
from tests.visitor import BASE_URL, Visitor, forms_of


def typed(provider: OidcProvider, **other: object) -> Typed:
    """Return how an administrator settles this provider."""
    values: dict[str, object] = {
        "issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET, "claim": "sub", "acr": "",
        "amr": "mfa", "algorithms": frozenset({"RS256"}), **other,
    }  # fmt: skip
    return Typed(**values)  # type: ignore[arg-type]  # by their names


def asking() -> Remote:
    """Return the providers as a process of a demo knows them."""
    return Remote(Web(plain_loopback=True))


def admin_of(city: City, hospital: int | None = 0, staff_id: UUID | None = None) -> Caller:
    """Return the administrator of a hospital, or of the city (None); he is none of its clerks."""
    where = None if hospital is None else city.hospital_ids[hospital]
    role = Role.CITY_ADMIN if hospital is None else Role.HOSPITAL_ADMIN
    return Caller(ActorKind.STAFF, staff_id or city.staff_ids[-1], Channel.WEB, "test", where, role)


async def settle(world: World, city: City, provider: OidcProvider, hospital: int | None = 0, **other: object) -> UUID:
    """Let the operator settle a hospital's own sign-in, try it and let staff use it."""
    where = None if hospital is None else city.hospital_ids[hospital]
    remote = asking()
    added = await providers.add_provider(world, SYSTEM, remote, where, typed(provider, **other))
    assert isinstance(added, UUID), added
    assert await providers.test_provider(world, SYSTEM, remote, added) is None
    assert await providers.enable_provider(world, SYSTEM, added) is None
    return added


async def link(world: World, provider_id: UUID, username: str = "desk0", subject: str = "staff-0001") -> None:
    """Let the operator link an account."""
    assert await linking.link_account(world, SYSTEM, provider_id, username=username, subject=subject) is None


@dataclass(slots=True)
class Traveller:
    """Somebody whose browser goes to a provider and comes back."""

    visitor: Visitor
    going: httpx.Response = field(default_factory=lambda: httpx.Response(204))

    async def leave(self, provider_id: UUID, *, leads_to: str = "") -> str:
        """Press the provider's button on the sign-in page, and return the address that the browser is led to."""
        await self.visitor.open(f"/desk/sign-in?next={leads_to}")
        fields = {**forms_of(self.visitor.page)["/staff/oidc/start"].fields, "provider": str(provider_id)}
        return await self.post("/staff/oidc/start", fields)

    async def post(self, action: str, fields: dict[str, str]) -> str:
        """Send a form that leads out, and return where to; "" where it does not."""
        self.going = self.visitor.page = await self.visitor.client.post(action, data=fields)
        return str(self.going.headers.get("refresh", "")).removeprefix("0;url=")

    async def come_back(self, address: str) -> httpx.Response:
        """Follow the browser back, and on to where it is led."""
        assert address.startswith(BASE_URL), address
        return await self.visitor.open(address)

    async def sign_in(self, provider: OidcProvider, provider_id: UUID, *, leads_to: str = "") -> httpx.Response:
        """Sign in through a provider."""
        return await self.come_back(provider.sign_in(await self.leave(provider_id, leads_to=leads_to)))


def asked_of(address: str) -> dict[str, str]:
    """Return what a provider is asked by an address."""
    return dict(parse_qsl(urlsplit(address).query))
