"""Who and what is on stage: the feed with its dates moved, the people, and a clerk for each hospital's desk."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.demo.families import make_families
from firsthand.channels.demo.model import Family
from firsthand.channels.demo.people import registration_of
from firsthand.channels.feeds.importing import FeedOptions, FeedRead, read_feed
from firsthand.channels.feeds.problem import Rejected
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.directory.person.actions import register_people
from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Staff
from firsthand.platform.access import Role
from firsthand.platform.world import World
from firsthand.release.actions import search_offers
from firsthand.release.model import Offer, OfferSearch
from firsthand.release.publication.actions import import_publication
from firsthand.release.publication.model import Refused, Report
from firsthand.release.publication.rules import moved, weeks_until

SYSTEM: Final = Caller(ActorKind.SYSTEM, None, Channel.CLI, "demo")
# Demo accounts stand in demo databases alone; everybody may know this.
DEMO_PASSWORD: Final = "paper lantern orchard"  # noqa: S105

_PEOPLE_AT_ONCE: Final = 500
_OFFERS_AT_ONCE: Final = 1_000
# The public example of the format lies in Massachusetts and does not say so.
_KNOWN_ZONES: Final = {
    "https://raw.githubusercontent.com/smart-on-fhir/smart-scheduling-links/master/examples/$bulk-publish": (
        "America/New_York"
    )
}


class DemoError(Exception):
    """The demo cannot be played. The message says why and what to do, in one line."""


@dataclass(frozen=True, slots=True)
class Desk:
    """A hospital's desk: who works there, and how he signs in."""

    hospital_name: str
    username: str
    caller: Caller


@dataclass(frozen=True, slots=True)
class Cast:
    """Everything that the play is played with. person_ids: by place in the list; their numbers go from 1."""

    report: Report
    offers: tuple[Offer, ...]
    person_ids: tuple[UUID, ...]
    desks: Mapping[UUID, Desk]
    families: tuple[Family, ...]


async def read_demo_feed(where: str, time_zone: str | None, fallback: str) -> tuple[FeedRead, str]:
    """Read the feed at `where`, and return it with the zone of its hospitals.

    time_zone: what somebody asked for; None: the feed's own where it is known, else `fallback`. Raises DemoError.
    """
    read = await read_feed(where, FeedOptions(time_zone or fallback))
    if isinstance(read, FeedRead) and time_zone is None and (known := _KNOWN_ZONES.get(read.publication.feed)):
        read, fallback = await read_feed(where, FeedOptions(known)), known
    if isinstance(read, Rejected):
        more = len(read.problems) - 1
        raise DemoError(f"{read.problems[0]}" + (f" (and {more} more)" if more else ""))
    if not read.publication.sessions:
        raise DemoError(f"{where} offers no sessions: choose another feed.")
    return read, time_zone or fallback


async def gather_cast(world: World, read: FeedRead, people: int, first_day: date) -> Cast:
    """Import the feed with its dates moved by whole weeks to `first_day` or after, register people, add clerks."""
    weeks = weeks_until(read.publication, first_day)
    report = await import_publication(world, SYSTEM, moved(read.publication, weeks=weeks))
    if isinstance(report, Refused):
        raise DemoError(f"The feed was not imported: {report.words}.")
    person_ids: list[UUID] = []
    for first in range(1, people + 1, _PEOPLE_AT_ONCE):
        chunk = [registration_of(number) for number in range(first, min(first + _PEOPLE_AT_ONCE, people + 1))]
        answers = await register_people(world, SYSTEM, chunk)
        person_ids += [answer for answer in answers if isinstance(answer, UUID)]
    if len(person_ids) != people:
        raise DemoError("Some of the demo's people are known here already: play it in a folder of its own.")
    everybody = tuple(person_ids)
    families = await make_families(world, everybody)
    return Cast(report, await _all_offers(world), everybody, await _open_desks(world), families)


async def _all_offers(world: World) -> tuple[Offer, ...]:
    search = OfferSearch(ends_after=world.clock.now(), limit=_OFFERS_AT_ONCE)
    offers: list[Offer] = []
    while True:
        page = await search_offers(world, replace(search, offset=len(offers)))
        offers += page.offers
        if not page.offers or len(offers) >= page.total:
            return tuple(offers)


async def _open_desks(world: World) -> dict[UUID, Desk]:
    hospitals = await list_hospitals(world)
    staff = await asyncio.gather(
        *(
            add_staff(
                world,
                SYSTEM,
                stored.id,
                username=f"desk{number}",
                display_name=f"服务台 Desk {number}",
                role=Role.DESK,
                password=DEMO_PASSWORD,
            )
            for number, stored in enumerate(hospitals, start=1)
        )
    )
    desks = {}
    for stored, member in zip(hospitals, staff, strict=True):
        if not isinstance(member, Staff):
            raise DemoError(f"The desk of {stored.hospital.name} could not be opened: {member.reason}.")
        caller = Caller(ActorKind.STAFF, member.id, Channel.DESK, "demo", stored.id, Role.DESK)
        desks[stored.id] = Desk(stored.hospital.name, member.username, caller)
    return desks
