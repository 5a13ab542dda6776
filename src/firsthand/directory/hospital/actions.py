"""Looking at the city's hospitals."""

from firsthand.directory.hospital import store
from firsthand.directory.hospital.model import StoredHospital
from firsthand.platform.world import World


async def list_hospitals(world: World) -> list[StoredHospital]:
    """Return every hospital of the city, by name."""
    async with world.database.connection() as conn:
        return await store.list_hospitals(conn)
