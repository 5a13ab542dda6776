"""The SQL of the messages to one person, for himself."""

from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID

from firsthand.messages.model import Template
from firsthand.messages.rules import CODES
from firsthand.platform.crypto import Keyring
from firsthand.platform.database import Connection
from firsthand.platform.scope import PersonScope
from firsthand.policy.held import Rows, rows_of

_MESSAGE: LiteralString = (
    "template way language state made_at due_at expires_at attempts tried_at last_error sent_at settled_at address body"
)
_READ: LiteralString = """
SELECT id, template, way, language, state, made_at, due_at, expires_at, attempts, tried_at, last_error, sent_at,
       settled_at, address, body
FROM messages.message WHERE person_id = ANY(%s) AND state <> 'discarded' ORDER BY made_at DESC, id DESC
"""
_ADDRESS, _BODY = "messages.message.address", "messages.message.body"


async def read_rows(conn: Connection, keyring: Keyring, _scope: PersonScope, person_ids: Sequence[UUID]) -> Rows:
    """Return every message to a person. person_ids: each of his records, of which the action has made sure.

    The words of a code are left out: whoever saw them could still use it.
    """
    found = []
    for row_id, template, *rest, address, body in await (await conn.execute(_READ, (list(person_ids),))).fetchall():
        to = keyring.open(address, purpose=_ADDRESS, context=row_id.bytes).decode()
        words = None
        if template not in {code.value for code in CODES}:
            words = keyring.open(body, purpose=_BODY, context=row_id.bytes).decode()
        found.append((Template(template).value, *rest, to, words))
    return {"messages.message": rows_of(_MESSAGE, found)}
