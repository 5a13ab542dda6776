"""Which kinds of documents are accepted now: looked up every few seconds, so that no request has to."""

import asyncio
from typing import Final

import structlog

from firsthand.identity.document.actions import read_kinds
from firsthand.platform.database import Unavailable
from firsthand.platform.world import World
from firsthand.policy.documents import DocumentKind

REFRESH_SECONDS: Final = 10.0

_log = structlog.get_logger(__name__)


class Kinds:
    """The further kinds in force, as one process last read them. The built-in ones are always accepted."""

    def __init__(self, world: World) -> None:
        """Begin with none: call `refresh` before the first request is answered."""
        self._world = world
        self.current: tuple[DocumentKind, ...] = ()

    async def refresh(self) -> None:
        """Read what is in force now."""
        self.current = await read_kinds(self._world)

    async def keep_fresh(self) -> None:
        """Read it again and again. While the database is away, what was read last holds."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.refresh()
            except Unavailable as error:
                _log.warning("document_kinds_not_read", error=type(error).__name__)
