"""Whether a member's new password is one that others would think of too: by his own name and his hospital's besides."""

from firsthand.directory.hospital.store import read_names
from firsthand.directory.staff.model import Staff
from firsthand.identity.password import rules
from firsthand.identity.password.hashing import hashing
from firsthand.platform.world import World


async def flaw_of(world: World, staff: Staff, password: str) -> rules.Flaw | None:
    """Return why a new password of a member will not do, or None. Raises Overloaded, as hashing does."""
    async with world.database.connection() as conn:
        hospitals = await read_names(conn, [staff.hospital_id] if staff.hospital_id else [])
    words = (staff.display_name, *hospitals.values())
    return await hashing.run(rules.flaw_of, password, username=staff.username, words=words)
