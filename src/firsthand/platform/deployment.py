"""What the database is for, as it was said once when it was made."""

from enum import StrEnum
from typing import LiteralString

from firsthand.platform.database import Connection

_KIND: LiteralString = "SELECT kind FROM platform.deployment"


class DeploymentKind(StrEnum):
    """LIVE serves patients. DEMO shows itself: its messages can be read on a page, its clock may be simulated."""

    LIVE = "live"
    DEMO = "demo"


async def read_kind(conn: Connection) -> DeploymentKind:
    """Return what the database is for. One that does not say is treated as live, where less is allowed."""
    row = await (await conn.execute(_KIND)).fetchone()
    return DeploymentKind(row[0]) if row else DeploymentKind.LIVE
