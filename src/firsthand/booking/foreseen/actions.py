"""Counting what a change of a policy would touch, for the page on which somebody decides on it."""

from datetime import date, datetime

from firsthand.booking.foreseen import store
from firsthand.booking.foreseen.model import Question, Touched, What
from firsthand.booking.foreseen.rules import questions_about
from firsthand.directory.family.store import count_beyond
from firsthand.identity.document.store import count_of_type
from firsthand.platform.database import Connection, Unavailable
from firsthand.platform.world import World
from firsthand.policy.model import Policy


async def foresee(world: World, before: Policy, after: Policy, *, today: date) -> tuple[Touched, ...]:
    """Return how many people, ties or documents are now beyond what a policy would allow. It names nobody.

    today: the first day that counts, in the city's time zone. What takes too long to be counted has no number.
    """
    now = world.clock.now()
    return tuple([await _answer(world, question, today, now) for question in questions_about(before, after)])


async def _answer(world: World, question: Question, today: date, now: datetime) -> Touched:
    name = question.cap.name if question.cap else question.kind
    try:
        async with world.database.transaction() as conn:
            await store.be_quick(conn)
            return Touched(question.what, name, await _count(conn, question, today, now))
    except Unavailable:
        return Touched(question.what, name, None)


async def _count(conn: Connection, question: Question, today: date, now: datetime) -> int:
    if question.cap is not None:
        return await store.count_patients(conn, question.cap, first=today, now=now)
    match question.what:
        case What.HOLDERS:
            return await store.count_holders(conn, question.most, now=now)
        case What.DOCUMENTS:
            return await count_of_type(conn, question.kind)
        case _:
            return await count_beyond(conn, question.most, of_carers=question.what is What.CARERS)
