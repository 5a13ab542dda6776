"""Appointments whose term is over are erased: the check-in first, for it stands on the booking."""

from datetime import datetime

from firsthand.arrival import store
from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.booking import store as bookings
from firsthand.platform.scope import CityScope
from firsthand.platform.world import World

_SCOPE = CityScope("erase appointments whose term is over")


async def erase_appointments(world: World, caller: Caller, *, before: datetime, limit: int) -> int:
    """Erase up to `limit` bookings of sessions that ended before an aware instant, with who came; return how many.

    What a live database refuses to erase (`platform.erasable_before`) stays, and is not counted.
    """
    async with world.database.transaction() as conn:
        due = await bookings.over_before(conn, _SCOPE, before, limit=limit)
        check_ins = await store.erase_check_ins(conn, _SCOPE, due) if due else 0
        erased = await bookings.erase(conn, _SCOPE, due) if due else 0
        if erased:
            line = Line(
                at=world.clock.now(),
                caller=caller,
                action="arrival.erase_appointments",
                outcome=DONE,
                purpose=_SCOPE.purpose,
                detail={"bookings": erased, "check_ins": check_ins},
            )
            await append(conn, [line])
        return erased
