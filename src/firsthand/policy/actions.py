"""Reading the policy in force, for the actions of the rooms below."""

from datetime import datetime

from firsthand.platform.database import Connection
from firsthand.policy import rules, store
from firsthand.policy.model import Body


class PolicyMissingError(Exception):
    """No version of a policy is in force. The shipped migrations always leave one."""


async def read_in_force(conn: Connection, kind: type[Body], *, at: datetime) -> Body:
    """Return the policy of this kind in force at an aware instant. Raises PolicyMissingError."""
    body = rules.in_force(await store.read_versions(conn, kind), at=at)
    if body is None:
        message = f"no {kind.__name__} is in force at {at}: add a version to policy.version"
        raise PolicyMissingError(message)
    return body
