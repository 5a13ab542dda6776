"""What the whole house waits for, read for each scrape of /metrics."""

from firsthand.audit.store import read_tail
from firsthand.messages.store import read_backlog
from firsthand.platform.metrics import HouseFigures
from firsthand.platform.outbox import count_waiting
from firsthand.platform.world import World


async def read_figures(world: World) -> HouseFigures:
    """Return the figures of this instant. Raises psycopg.Error and PoolTimeout when the database does not answer."""
    now = world.clock.now()
    async with world.database.connection() as conn:
        tail, backlog = await read_tail(conn), await read_backlog(conn)
        return HouseFigures(
            outbox_waiting=await count_waiting(conn),
            unsealed_lines=tail.lines,
            unsealed_tail_seconds=tail.age(now).total_seconds(),
            messages_queued=backlog.queued,
            messages_oldest_seconds=(now - backlog.oldest_at).total_seconds() if backlog.oldest_at else 0.0,
        )
