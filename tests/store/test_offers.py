"""Finding sessions, and what is left of them."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

from firsthand.booking.actions import give_back_bookings
from firsthand.booking.taking import take_places
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Connection
from firsthand.platform.world import World
from firsthand.release.model import OfferPage, OfferSearch, Pool, SessionStatus
from firsthand.release.store import (
    read_facts,
    read_offers,
    read_offers_of_day,
    read_offers_with_returns,
    return_places,
    search_offers,
)
from firsthand.release.store import take_places as take_out
from tests.city import NO_CAPS, City, Opening, hold, make_city, place_states, publish, set_policy
from tests.conftest import START

OPENINGS = (
    Opening(2, day=2, hour=9, department="Cardiology"),
    Opening(2, day=1, hour=14),
    Opening(2, day=1, hour=9),
    Opening(2, day=1, hour=10, hospital=1, department=None),
    Opening(2, day=3, status=SessionStatus.CLOSED),
    Opening(2, day=4, hospital=1, department="Heart 100%"),
)


async def found(world: World, search: OfferSearch) -> OfferPage:
    async with world.database.transaction() as conn:
        return await search_offers(conn, search)


def sessions_of(city: City, page: OfferPage) -> list[int]:
    """Return the numbers of the sessions that were found, in order."""
    return [city.session_ids.index(offer.session_id) for offer in page.offers]


async def test_a_search_is_narrowed_and_the_soonest_comes_first(world: World) -> None:
    city = await make_city(world, sessions=OPENINGS)
    everything = OfferSearch(ends_after=START)
    for search, expected in (
        (everything, [2, 3, 1, 0, 4, 5]),
        (replace(everything, day_from=date(2026, 3, 4)), [0, 4, 5]),
        (replace(everything, day_until=date(2026, 3, 3)), [2, 3, 1]),
        (replace(everything, day_from=date(2026, 3, 4), day_until=date(2026, 3, 4)), [0]),
        (replace(everything, text="cardio"), [0]),
        (replace(everything, text="HOSPITAL 1"), [3, 5]),
        (replace(everything, text="100%"), [5]),
        (replace(everything, text="%"), [5]),
        (replace(everything, text="no such thing"), []),
        (OfferSearch(ends_after=START + timedelta(days=1, hours=5)), [1, 0, 4, 5]),
    ):
        page = await found(world, search)
        assert (sessions_of(city, page), page.total) == (expected, len(expected)), search


async def test_pages_follow_one_another_and_know_how_many_there_are(world: World) -> None:
    city = await make_city(world, sessions=OPENINGS)
    search = OfferSearch(ends_after=START, limit=4)
    pages = [await found(world, replace(search, offset=offset)) for offset in (0, 4, 8)]
    assert [number for page in pages for number in sessions_of(city, page)] == [2, 3, 1, 0, 4, 5]
    assert [page.total for page in pages] == [6, 6, 6]
    own = await found(world, replace(search, hospital_id=city.hospital_ids[1]))
    assert sessions_of(city, own) == [3, 5]


async def looks_at_places(conn: Connection) -> int:
    """Return how often this connection has looked at places so far."""
    query = "SELECT seq_scan + idx_scan FROM pg_stat_xact_user_tables WHERE relid = 'release.place'::regclass"
    row = await (await conn.execute(query)).fetchone()
    return int(row[0]) if row else 0


async def test_places_are_counted_for_the_sessions_of_the_page_alone(world: World) -> None:
    await make_city(world, sessions=9)
    async with world.database.transaction() as conn:
        before = await looks_at_places(conn)
        page = await search_offers(conn, OfferSearch(ends_after=START, limit=2, offset=6))
        # The open and the returned ones of each session.
        assert await looks_at_places(conn) - before == 2 * 2
    assert (len(page.offers), page.total) == (2, 9)


async def test_an_offer_tells_what_is_left_and_the_desk_what_was_returned(world: World) -> None:
    await set_policy(world, NO_CAPS)
    city = await make_city(world, sessions=OPENINGS, persons=2)
    held = await hold(world, city, 0, 1)
    await take_places(world, [city.take(1, 1)])
    await give_back_bookings(world, [city.change(0, held.booking_id)])
    async with world.database.transaction() as conn:
        offer = (await read_offers(conn, [city.session_ids[1], uuid4()]))[city.session_ids[1]]
        of_day = await read_offers_of_day(conn, city.hospital_ids[0], date(2026, 3, 3))
        returned = await read_offers_with_returns(conn, city.hospital_ids[0], ends_after=START, limit=5)
        elsewhere = await read_offers_with_returns(conn, city.hospital_ids[1], ends_after=START, limit=5)
        over = await read_offers_with_returns(conn, city.hospital_ids[0], ends_after=offer.ends_at, limit=5)
    assert (offer.open_count, offer.returned_count, offer.capacity) == (0, 1, 2)
    assert (offer.hospital_name, offer.department_name, offer.doctor_name) == ("Hospital 0", "Dermatology", None)
    assert [one.session_id for one in of_day] == [city.session_ids[2], city.session_ids[1]]
    assert returned == [offer]
    assert elsewhere == over == []


async def test_a_withdrawn_session_is_not_found_but_can_be_looked_up(world: World, clock: ManualClock) -> None:
    city = await make_city(world)
    clock.advance(timedelta(minutes=1))
    await publish(world, [Opening(status=SessionStatus.WITHDRAWN)])
    assert (await found(world, OfferSearch(ends_after=START))).total == 0
    async with world.database.transaction() as conn:
        offers = await read_offers(conn, city.session_ids)
        facts = await read_facts(conn, [*city.session_ids, uuid4()])
    assert [offer.status for offer in offers.values()] == [SessionStatus.WITHDRAWN]
    assert [fact.status for fact in facts.values()] == [SessionStatus.WITHDRAWN]


async def test_the_lowest_numbers_go_first_and_a_place_is_returned_once(world: World) -> None:
    city = await make_city(world, sessions=2, places=3)
    one, other = city.session_ids
    async with world.database.transaction() as conn:
        assert await take_out(conn, {}, Pool.OPEN) == {}
        taken = await take_out(conn, {one: 2, other: 9, uuid4(): 1}, Pool.OPEN)
        assert {session: [number for _, number in places] for session, places in taken.items()} == {
            one: [1, 2],
            other: [1, 2, 3],
        }
        first = taken[one][0][0]
        assert [await return_places(conn, ids) for ids in ([first, first], [first], [])] == [1, 0, 0]
        assert await take_out(conn, {one: 5}, Pool.RETURNED) == {one: [(first, 1)]}
    assert await place_states(world, one) == {"taken": 2, "open": 1}
