"""What the worker would do meanwhile: messages, holds that run out, who did not come, and the sealing of the record.

The play does it on its own clock, through the worker's own actions; a real worker would do it on the machine's.
"""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from firsthand.arrival.actions import mark_no_shows
from firsthand.audit.actions import NotSealed, seal_lines
from firsthand.audit.checkpoint import Signer
from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.booking.actions import TELL_TASK, expire_holds
from firsthand.booking.telling import tell_patient
from firsthand.channels.demo.cast import DemoError
from firsthand.channels.demo.model import Tally
from firsthand.messages.actions import DemoSender, send_message
from firsthand.messages.model import State, Template
from firsthand.platform.clock import ManualClock
from firsthand.platform.database import Database
from firsthand.platform.outbox import Task, drain
from firsthand.platform.world import World

# As many as find a connection at once: more would only wait for one.
AT_ONCE: Final = 8

_ROWS_MAX: Final = 1_000
_WORKER: Final = Caller(ActorKind.SYSTEM, None, Channel.WORKER, "demo")


@dataclass(frozen=True, slots=True)
class Stage:
    """What the play is played on. world: with `clock` in it. audit: the database as the sealer sees it."""

    world: World
    clock: ManualClock
    audit: Database
    signer: Signer
    checkpoints: CheckpointFile


class Chores:
    """Does what falls due at the instant where the clock stands, and counts it."""

    def __init__(self, stage: Stage, tally: Tally) -> None:
        """Work on `stage`, and count in `tally`."""
        self.tally = tally
        self._stage = stage
        self._world = stage.world
        self._sender = DemoSender()

    async def end_holds(self) -> None:
        """End the holds whose time is over."""
        while ended := await expire_holds(self._world, _WORKER, limit=_ROWS_MAX):
            self.tally.held_expired += ended

    async def settle_no_shows(self) -> None:
        """Settle who did not come."""
        while settled := await mark_no_shows(self._world, _WORKER, limit=_ROWS_MAX):
            self.tally.no_show += settled

    async def work_off_outbox(self) -> None:
        """Do the jobs that actions left behind, and those that these leave behind, until none is left."""
        at_once = asyncio.Semaphore(AT_ONCE)

        async def work(task: Task) -> None:
            async with at_once:
                await self._work(task)

        while tasks := await self._drained():
            await asyncio.gather(*(work(task) for task in tasks))

    async def seal(self) -> int:
        """Seal what can be sealed, and return how many lines the record has. Raises DemoError."""
        stage = self._stage
        sealed = await seal_lines(stage.audit, clock=stage.clock, signer=stage.signer, checkpoints=stage.checkpoints)
        if isinstance(sealed, NotSealed):
            raise DemoError(f"The record was not sealed: {sealed.explanation}.")
        return sealed.size

    async def _drained(self) -> list[Task]:
        async with self._world.database.transaction() as conn:
            return await drain(conn, limit=_ROWS_MAX)

    async def _work(self, task: Task) -> None:
        if task.name == TELL_TASK:
            booking_id, event = str(task.arguments["booking_id"]), str(task.arguments["event"])
            await tell_patient(self._world, _WORKER, UUID(booking_id), Template(event))
            return
        message_id = UUID(str(task.arguments["message_id"]))
        if await send_message(self._world, _WORKER, message_id, self._sender) is State.SENT:
            self.tally.messages += 1
