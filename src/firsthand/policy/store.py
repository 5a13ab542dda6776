"""The room's SQL."""

from typing import LiteralString

import msgspec

from firsthand.platform.database import Connection
from firsthand.policy.fields import FORMS
from firsthand.policy.model import Body, Policy, Version

_VERSIONS: LiteralString = "SELECT effective_from, body, source FROM policy.version WHERE name = %s"
_ADD: LiteralString = """
INSERT INTO policy.version (name, effective_from, body, source) VALUES (%s, %s, %s::jsonb, %s)
"""

_NAMES: dict[type[Policy], str] = {form.kind: name for name, form in FORMS.items()}


async def read_versions(conn: Connection, kind: type[Body]) -> list[Version[Body]]:
    """Return every version of the policy of this kind, in no order."""
    rows = await (await conn.execute(_VERSIONS, (_NAMES[kind],))).fetchall()
    return [Version(effective_from, msgspec.convert(body, kind), source) for effective_from, body, source in rows]


async def add_version(conn: Connection, version: Version[Body]) -> None:
    """Add a version. What was in force before it begins stays readable, and is never changed."""
    body = msgspec.json.encode(version.body).decode()
    await conn.execute(_ADD, (_NAMES[type(version.body)], version.effective_from, body, version.source))
