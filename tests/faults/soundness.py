"""What must hold once a house has settled, whatever was killed: nothing acknowledged is lost, nothing is done twice."""

from collections.abc import Sequence
from datetime import UTC, datetime

from firsthand.audit.verify import verify
from firsthand.channels.opening import checkpoint_file, open_audit_database, open_world
from tests.city import assert_consistent
from tests.deployment import wait_until
from tests.faults.house import House
from tests.faults.traffic import Ledger

BOOKINGS = "SELECT id::text, session_id::text, holder_id::text, state, code FROM booking.booking"
NUMBERS = "SELECT booking.id::text, place.number FROM booking.booking JOIN release.place ON place.id = place_id"
MESSAGES = "SELECT event_key, template FROM messages.message WHERE event_key LIKE 'booking%'"
LEFT = "SELECT (SELECT count(*) FROM platform.outbox) + (SELECT count(*) FROM jobs.procrastinate_jobs)"
FAILED = "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status IN ('failed', 'aborted', 'cancelled')"
HELD = "SELECT count(*) FROM booking.booking WHERE state = 'held'"
UNSEALED = "SELECT lines FROM audit.unsealed"
# As if so much time had passed: the holds have run out, and workers that do not speak are taken for dead.
TIME_PASSES = (
    "UPDATE booking.booking SET held_until = now() - interval '1 second' WHERE state = 'held'",
    "UPDATE jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 hour'",
)


def settle(house: House) -> None:
    """Let time pass and a worker work off what is left. No other worker runs."""
    with house.owner() as conn:
        for statement in TIME_PASSES:
            conn.execute(statement.encode())
    worker = house.start("worker")
    wait_until(lambda: house.count(LEFT) == 0 and house.count(HELD) == 0 and house.count(UNSEALED) == 0)
    assert house.count(FAILED) == 0
    assert worker.stop() == 0, worker.log.read_text()
    assert house.count(UNSEALED) == 0


async def assert_sound(house: House, ledger: Ledger) -> None:
    """Check the settled house against what was acknowledged."""
    taken, confirmed, returned = (ledger.done(verb) for verb in ("take", "confirm", "give_back"))
    _assert_bookings(house, ledger)
    async with open_world(house.settings) as world:
        await assert_consistent(world)
    expired = taken.keys() - confirmed.keys()
    assert _done_lines(house, "booking.take") == sorted(taken)
    assert _done_lines(house, "booking.confirm") == sorted(confirmed)
    assert _done_lines(house, "booking.give_back") == sorted(returned)
    assert _done_lines(house, "booking.expire") == sorted(expired)
    told = [f"booking_confirmed:{booking_id}" for booking_id in confirmed]
    told += [f"booking_given_back:{booking_id}" for booking_id in returned]
    assert sorted(str(event_key) for event_key, _ in house.ask(MESSAGES)) == sorted(told)
    await _assert_record_whole(house)


def _assert_bookings(house: House, ledger: Ledger) -> None:
    """Check that the bookings are those that were acknowledged, each as it was last acknowledged, and no others."""
    taken, confirmed, returned = (ledger.done(verb) for verb in ("take", "confirm", "give_back"))
    rows = {str(booking_id): rest for booking_id, *rest in house.ask(BOOKINGS)}
    numbers = {str(booking_id): number for booking_id, number in house.ask(NUMBERS)}
    assert rows.keys() == taken.keys()
    for booking_id, (asked, held) in taken.items():
        session_id, holder_id, state, code = rows[booking_id]
        assert session_id == str(house.people.sessions[asked.day]) == held["session_id"]
        assert holder_id == str(house.people.ids[asked.person])
        assert numbers[booking_id] == held["number"]
        assert state == ("given_back" if booking_id in returned else "booked" if booking_id in confirmed else "expired")
        if booking_id in confirmed:
            assert code == confirmed[booking_id][1]["code"]


def _done_lines(house: House, action: str) -> Sequence[object]:
    """Return the bookings that the record says this was done to, one for each line."""
    rows = house.ask(f"SELECT subject_id::text FROM audit.line WHERE action = '{action}' AND outcome = 'done'")
    return sorted(str(booking_id) for (booking_id,) in rows)


async def _assert_record_whole(house: House) -> None:
    checkpoints = checkpoint_file(house.settings)
    async with open_audit_database(house.settings) as audit:
        verdict = await verify(audit, checkpoints=checkpoints, keys=checkpoints.keys(), now=datetime.now(UTC))
    assert verdict.is_sound, verdict
    assert verdict.lines == house.count("SELECT count(*) FROM audit.line")
