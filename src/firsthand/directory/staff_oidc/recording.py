"""Who may settle a provider, and the audit lines about providers and their accounts."""

from uuid import UUID

from firsthand.audit.model import DONE, Caller, Line
from firsthand.audit.store import append
from firsthand.directory.staff_oidc.model import Reason, Refused
from firsthand.identity.oidc.model import Provider, Why
from firsthand.platform.access import Permission
from firsthand.platform.database import Connection
from firsthand.platform.world import World


def may_settle(caller: Caller, hospital_id: UUID | None) -> bool:
    """Say whether the caller may settle the own sign-in of a hospital, or of the city (None)."""
    if hospital_id is None:
        return caller.may(Permission.MANAGE_CITY_STAFF, at=None)
    return caller.may(Permission.MANAGE_HOSPITAL_STAFF, at=hospital_id)


def line(
    world: World,
    caller: Caller,
    action: str,
    outcome: str = DONE,
    *,
    provider: Provider | None = None,
    about: UUID | None = None,
    why: Why | None = None,
    method: str = "",
) -> Line:
    """Return the audit line of something about a provider. about: the member of staff, or an id that is not known."""
    named = {"provider": str(provider.id)} if provider is not None else {}
    detail = {**named, **({"why": why.value} if why else {}), **({"method": str(method)} if method else {})}
    return Line(
        at=world.clock.now(),
        caller=caller,
        action=action,
        outcome=outcome,
        hospital_id=provider.hospital_id if provider else None,
        subject_id=about or (provider.id if provider else None),
        detail=detail,
    )


async def refuse(
    conn: Connection,
    world: World,
    caller: Caller,
    action: str,
    reason: Reason,
    *,
    provider: Provider | None = None,
    about: UUID | None = None,
    why: Why | None = None,
) -> Refused:
    """Refuse, with the audit line."""
    await append(conn, [line(world, caller, action, reason, provider=provider, about=about, why=why)])
    return Refused(reason, why)
