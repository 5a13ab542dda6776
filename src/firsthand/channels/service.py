"""What every request of the web server shares: the world, and the gatherers in front of its hot actions."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from firsthand.booking.actions import confirm_bookings, give_back_bookings
from firsthand.booking.model import Booked, ChangeRequest, GivenBack, Held, Refused, TakeRequest
from firsthand.booking.taking import take_places
from firsthand.channels.kinds import Kinds
from firsthand.identity.oidc.remote import Remote
from firsthand.identity.oidc.web import Web
from firsthand.identity.session.actions import find_sessions
from firsthand.identity.session.model import SignedIn
from firsthand.messages.senders.opening import read_report_key
from firsthand.platform.deployment import DeploymentKind, read_kind
from firsthand.platform.gather import Gather
from firsthand.platform.metrics import GatherWatch
from firsthand.platform.settings import Settings
from firsthand.platform.world import World

COUNT_EVERY_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Service:
    """One web process. demo: whether the database was made for the demo; nothing else can say so.

    kinds: the kinds of documents that are accepted besides the built-in ones. report_key: with which the SMS gateway
    signs its reports; None where none is taken. providers: hospitals' own sign-ins, as this process knows them.
    """

    world: World
    settings: Settings
    demo: bool
    kinds: Kinds
    take: Gather[TakeRequest, Held | Refused]
    confirm: Gather[ChangeRequest, Booked | Refused]
    give_back: Gather[ChangeRequest, GivenBack | Refused]
    sign_in: Gather[bytes, SignedIn | None]
    watches: tuple[GatherWatch, ...]
    report_key: bytes | None = field(repr=False)
    providers: Remote

    def carry_over_counts(self) -> None:
        """Carry what the gatherers counted over to the metrics."""
        for watch in self.watches:
            watch.carry_over()


@asynccontextmanager
async def open_service(world: World, settings: Settings) -> AsyncIterator[Service]:
    """Put gatherers in front of the hot actions; at the end, finish everything that was asked."""
    report_key = read_report_key(settings)
    async with world.database.connection() as conn:
        kind = await read_kind(conn)
    kinds = Kinds(world)
    await kinds.refresh()
    gathers: tuple[Gather[Any, Any], ...] = (
        take := Gather[TakeRequest, Held | Refused](lambda requests: take_places(world, requests)),
        confirm := Gather[ChangeRequest, Booked | Refused](lambda requests: confirm_bookings(world, requests)),
        give_back := Gather[ChangeRequest, GivenBack | Refused](lambda requests: give_back_bookings(world, requests)),
        sign_in := Gather[bytes, SignedIn | None](lambda hashes: find_sessions(world, hashes), wait_seconds=0.0),
    )
    names = ("take", "confirm", "give_back", "sign_in")
    service = Service(
        world=world,
        settings=settings,
        demo=kind is DeploymentKind.DEMO,
        kinds=kinds,
        take=take,
        confirm=confirm,
        give_back=give_back,
        sign_in=sign_in,
        watches=tuple(GatherWatch(name, gather.counts) for name, gather in zip(names, gathers, strict=True)),
        report_key=report_key,
        providers=Remote(Web(settings.oidc_networks, plain_loopback=kind is DeploymentKind.DEMO)),
    )
    chores = [asyncio.create_task(_keep_counting(service)), asyncio.create_task(kinds.keep_fresh())]
    try:
        yield service
    finally:
        for chore in chores:
            chore.cancel()
        for gather in gathers:
            await gather.close()


async def _keep_counting(service: Service) -> None:
    # A scrape reaches one process of several: each carries its counts over by itself.
    while True:
        await asyncio.sleep(COUNT_EVERY_SECONDS)
        service.carry_over_counts()
