"""The room's SQL for writing lines. The application's role may insert lines and nothing else here."""

from collections.abc import Sequence
from typing import LiteralString

import msgspec

from firsthand.audit.model import Line
from firsthand.platform.database import Connection

_APPEND: LiteralString = """
INSERT INTO audit.line (at, actor_kind, actor_id, channel, request_id, action, outcome,
                        hospital_id, subject_id, person_id, purpose, detail)
SELECT * FROM unnest(%s::timestamptz[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::jsonb[])
"""


async def append(conn: Connection, lines: Sequence[Line]) -> None:
    """Write `lines`, in order, in the transaction of `conn`: they stand or fall with what they record."""
    if not lines:
        return
    await conn.execute(
        _APPEND,
        (
            [line.at for line in lines],
            [line.caller.kind for line in lines],
            [line.caller.id for line in lines],
            [line.caller.channel for line in lines],
            [line.caller.request_id for line in lines],
            [line.action for line in lines],
            [line.outcome for line in lines],
            [line.hospital_id for line in lines],
            [line.subject_id for line in lines],
            [line.person_id for line in lines],
            [line.purpose for line in lines],
            [msgspec.json.encode(line.detail).decode() for line in lines],
        ),
    )
