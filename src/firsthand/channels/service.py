"""What every request of the web server shares: the world, and the gatherers in front of its hot actions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.model import Booked, ChangeRequest, GivenBack, Held, Refused, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import SignedIn
from firsthand.platform.deployment import DeploymentKind, read_kind
from firsthand.platform.gather import Gather
from firsthand.platform.settings import Settings
from firsthand.platform.world import World


@dataclass(frozen=True, slots=True)
class Service:
    """One web process. demo: whether the database was made for the demo; nothing else can say so."""

    world: World
    settings: Settings
    demo: bool
    take: Gather[TakeRequest, Held | Refused]
    confirm: Gather[ChangeRequest, Booked | Refused]
    give_back: Gather[ChangeRequest, GivenBack | Refused]
    sign_in: Gather[bytes, SignedIn | None]


@asynccontextmanager
async def open_service(world: World, settings: Settings) -> AsyncIterator[Service]:
    """Put gatherers in front of the hot actions; at the end, finish everything that was asked."""
    async with world.database.connection() as conn:
        kind = await read_kind(conn)
    service = Service(
        world=world,
        settings=settings,
        demo=kind is DeploymentKind.DEMO,
        take=Gather(lambda requests: take_places(world, requests)),
        confirm=Gather(lambda requests: confirm_bookings(world, requests)),
        give_back=Gather(lambda requests: give_back_bookings(world, requests)),
        sign_in=Gather(lambda hashes: find_sessions(world, hashes), wait_seconds=0.0),
    )
    try:
        yield service
    finally:
        for gather in (service.take, service.confirm, service.give_back, service.sign_in):
            await gather.close()
