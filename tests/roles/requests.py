"""What people ask about their own data, in the table of actions."""

from typing import Any
from uuid import UUID

from firsthand.audit.model import Caller
from firsthand.booking import deleting
from firsthand.directory.request import actions, answering
from firsthand.platform.access import Permission
from tests.requests import REASONS, asked
from tests.roles.scene import HOUSE, OWN, Scene, Walked, Without


async def make(scene: Scene) -> UUID:
    """Let somebody ask something of this hospital, and return the request."""
    person_id = scene.city.person_ids[await scene.person()]
    return (await asked(scene.world, person_id, hospital_id=scene.here)).id


async def answer(scene: Scene, caller: Caller, request_id: UUID) -> Any:  # noqa: ANN401 - as in the table
    """Grant it."""
    return await answering.answer_request(scene.world, caller, request_id, granted=True, words=REASONS)


ROWS: tuple[Walked | Without, ...] = (
    Walked(answering.list_requests, Permission.ANSWER_REQUESTS,
           lambda s, c, _: answering.list_requests(s.world, c), own=True),
    Walked(answering.read_request, Permission.ANSWER_REQUESTS,
           lambda s, c, made: answering.read_request(s.world, c, made), make),
    Walked(answering.answer_request, Permission.ANSWER_REQUESTS, answer, make),
    Without(answering.count_waiting, "a number on a page; None for one who answers nothing"),
    Without(actions.make_request, OWN),
    Without(actions.ask_deletion, OWN),
    Without(actions.withdraw_request, OWN),
    Without(deleting.delete_account, HOUSE),
    Without(deleting.forget_unseen, HOUSE),
)  # fmt: skip
