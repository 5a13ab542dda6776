"""From an empty demo database to the end of the play: the one function that the command and the tests call."""

import random
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.audit.verify import verify
from firsthand.channels.demo.cast import DEMO_PASSWORD, Cast, DemoError, gather_cast
from firsthand.channels.demo.chores import Chores, Stage
from firsthand.channels.demo.crew import Rounds, open_posts
from firsthand.channels.demo.model import DeskSignIn, Guest, Outcome, Tally
from firsthand.channels.demo.people import registration_of
from firsthand.channels.demo.plan import Days, plan_family_visits, plan_visits
from firsthand.channels.demo.play import Acknowledge, Appointment, Play, Progress
from firsthand.channels.feeds.importing import FeedRead
from firsthand.directory.hospital.actions import list_hospitals
from firsthand.platform.database import Database
from firsthand.platform.deployment import DeploymentKind, read_kind
from firsthand.platform.world import World
from firsthand.release.actions import search_offers
from firsthand.release.model import OfferSearch

SPAN: Final = timedelta(days=9)
"""How long before the present the play begins. Its first sessions are two to eight days old at the end."""

_ARRIVAL_OPENS: Final = timedelta(hours=2)
_BOOKABLE_AHEAD: Final = timedelta(minutes=30)
_GUESTS_OF_A_KIND: Final = 2


@dataclass(frozen=True, slots=True)
class Script:
    """What is played. time_zone: an IANA name. seed: the same one at the same instant plays the same."""

    read: FeedRead
    time_zone: str
    people: int
    seed: int


async def stage_demo(stage: Stage, script: Script, *, progress: Progress, acknowledge: Acknowledge) -> Outcome:
    """Play the demo on an empty demo database, from where the clock stands to SPAN later, and check the record.

    Raises DemoError, and psycopg.Error when the database fails: then the next demo begins anew.
    """
    await _require_demo(stage.world)
    began = time.monotonic()
    zone = ZoneInfo(script.time_zone)
    days = Days(stage.clock.now(), stage.clock.now() + SPAN, zone)
    first_day = days.start.astimezone(zone).date() + timedelta(days=1)
    cast = await gather_cast(stage.world, script.read, script.people, first_day)
    posts = await open_posts(stage.world, await list_hospitals(stage.world))
    # Repeatable on purpose, and nothing that anybody could gain by foreseeing.
    chance = random.Random(script.seed)  # noqa: S311
    visits = plan_visits(chance, days, cast.offers, script.people)
    visits += plan_family_visits(chance, days, cast.offers, cast.families)
    chores = Chores(stage, Tally())
    rounds = Rounds(stage.world, posts, next(iter(cast.desks.values())).caller, (days.start, days.end))
    play = Play(stage.world, stage.clock, days, cast, chores, rounds, acknowledge)
    await play.run(visits, chance, progress)
    await chores.seal()
    lines, sealed = await read_record(stage.audit, stage.checkpoints, days.end)
    return Outcome(
        locations=cast.report.hospitals,
        schedules=cast.report.schedules,
        slots=cast.report.sessions,
        places=cast.report.places,
        people=len(cast.person_ids),
        booked=play.tally.booked,
        returned=play.tally.returned,
        arrived=play.tally.arrived,
        no_show=play.tally.no_show,
        audit_lines=lines,
        sealed=sealed,
        at_desk=play.tally.at_desk,
        booked_for_others=play.tally.booked_for_others,
        ties=len(cast.families),
        late=play.tally.late,
        held_expired=play.tally.held_expired,
        ahead=play.tally.ahead,
        bookable=await _bookable(stage.world, days.end),
        messages=play.tally.messages,
        emergencies=play.tally.emergencies,
        emergencies_reviewed=play.tally.emergencies_reviewed,
        refused={action: dict(sorted(reasons.items())) for action, reasons in sorted(play.tally.refused.items())},
        feed=cast.report.feed,
        time_zone=script.time_zone,
        from_day=min(offer.day for offer in cast.offers).isoformat(),
        until_day=max(offer.day for offer in cast.offers).isoformat(),
        seed=script.seed,
        played_at=days.end.isoformat(),
        seconds=round(time.monotonic() - began, 1),
        guests=_guests(play, cast, days),
        desks=tuple(DeskSignIn(desk.hospital_name, desk.username) for desk in cast.desks.values()),
        staff=tuple(post.sign_in for post in posts.values()),
        desk_password=DEMO_PASSWORD,
    )


async def read_record(audit: Database, checkpoints: CheckpointFile, now: datetime) -> tuple[int, int]:
    """Check the whole record, and return how many lines it has, and how many are sealed. Raises DemoError."""
    verdict = await verify(audit, checkpoints=checkpoints, keys=checkpoints.keys(), now=now)
    if not verdict.is_sound:
        raise DemoError("The record of the demo is not whole: look at it with `firsthand audit verify`.")
    return verdict.lines + verdict.tail.lines, verdict.lines


async def _require_demo(world: World) -> None:
    """Let the play go on in a demo's database alone: its accounts have a password that everybody knows."""
    async with world.database.connection() as conn:
        if await read_kind(conn) is not DeploymentKind.DEMO:
            raise DemoError("This database is not a demo's: nothing is played in it.")


async def _bookable(world: World, now: datetime) -> int:
    """Return how many places anybody could take now."""
    page = await search_offers(world, OfferSearch(ends_after=now + _BOOKABLE_AHEAD, limit=10_000))
    return sum(offer.open_count for offer in page.offers)


def _guests(play: Play, cast: Cast, days: Days) -> tuple[Guest, ...]:
    """Choose a few people to sign in as: expected at a desk today, with an appointment ahead, and with none."""
    now = days.end
    today = now.astimezone(days.time_zone).date()
    # One person once, with his next appointment.
    ahead = {
        appointment.person: appointment
        for appointment in sorted(play.expected.values(), key=lambda a: (a.expected_at, a.code), reverse=True)
        if appointment.offer.ends_at > now
    }
    by_time = sorted(ahead.values(), key=lambda appointment: (appointment.expected_at, appointment.code))
    at_desk = [appointment for appointment in by_time if appointment.offer.day == today]
    later = [appointment for appointment in by_time if appointment.offer.day > today + timedelta(days=1)]
    idle = [person for person in range(len(cast.person_ids)) if person not in ahead]
    return (
        *(_expected(appointment, cast, now) for appointment in at_desk[:_GUESTS_OF_A_KIND]),
        *(_guest(a.person, f"has an appointment on {a.offer.day}") for a in later[:_GUESTS_OF_A_KIND]),
        *(_guest(person, "has no appointment ahead") for person in idle[-1:]),
    )


def _expected(appointment: Appointment, cast: Cast, now: datetime) -> Guest:
    offer, desk = appointment.offer, cast.desks[appointment.offer.hospital_id]
    opens = offer.starts_at - _ARRIVAL_OPENS
    local = opens.astimezone(ZoneInfo(offer.time_zone))
    when = "now" if opens <= now else f"today from {local:%H:%M}"
    guest = _guest(appointment.person, f"is expected at {desk.username} {when}")
    return replace(guest, code=appointment.code)


def _guest(person: int, has: str) -> Guest:
    registration = registration_of(person + 1)
    return Guest(registration.name, registration.document.type, registration.document.number, registration.phone, has)
