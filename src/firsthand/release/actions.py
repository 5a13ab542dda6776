"""Looking at what is offered. Publishing has its own actions in `publication`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from firsthand.platform.world import World
from firsthand.release import store
from firsthand.release.model import Offer, OfferPage, OfferSearch


async def search_offers(world: World, search: OfferSearch) -> OfferPage:
    """Return one page of the sessions that match, the soonest first."""
    async with world.database.connection() as conn:
        return await store.search_offers(conn, search)


async def read_offers(world: World, session_ids: Sequence[UUID]) -> dict[UUID, Offer]:
    """Return those of the sessions that exist, by id."""
    async with world.database.connection() as conn:
        return await store.read_offers(conn, session_ids)


async def read_returns(world: World, hospital_id: UUID, *, now: datetime, limit: int = 100) -> list[Offer]:
    """Return a hospital's sessions with returned places that its desk can still give out, the soonest first."""
    async with world.database.connection() as conn:
        return await store.read_offers_with_returns(conn, hospital_id, ends_after=now, limit=limit)
