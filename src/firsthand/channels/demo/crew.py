"""Staff of every role besides the desks: who there is, and what they do meanwhile.

Each is added by the ordinary action. They stand in demo databases alone, where a password is enough to sign in; the
auditor has a second factor besides, so that one can be tried.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.demo.cast import DEMO_PASSWORD, SYSTEM, DemoError
from firsthand.channels.demo.model import StaffSignIn, Tally
from firsthand.channels.demo.people import registration_of
from firsthand.directory.emergency.actions import open_record, review_access
from firsthand.directory.emergency.model import Access, Wanted
from firsthand.directory.hospital.model import StoredHospital
from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.duties import give_duty
from firsthand.directory.staff.model import Duty, Staff
from firsthand.directory.staff_sign_in.actions import sign_in_staff
from firsthand.directory.staff_sign_in.model import Refused, Typed
from firsthand.directory.staff_sign_in.own import begin_own_app, set_up_own_app
from firsthand.identity.session.model import OpenedSession
from firsthand.identity.totp.rules import code_at, spelled, step_at
from firsthand.platform.access import Role
from firsthand.platform.world import World

_ADDRESS: Final = "192.0.2.1"  # of a network that is kept for examples (RFC 5737)
# Whose records are opened, by number in the list of people.
_FOUND_AT_THE_STOP, _FOUND_AT_THE_DOOR = 7, 8
_IN_THE_MIDDLE: Final = timedelta(days=4)
_REVIEWED_AFTER: Final = timedelta(hours=6)
_BEFORE_THE_END: Final = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Post:
    """One member of staff in his role. sign_in: as what and how. caller: as whom he acts."""

    sign_in: StaffSignIn
    caller: Caller
    staff_id: UUID


async def open_posts(world: World, hospitals: Sequence[StoredHospital]) -> dict[str, Post]:
    """Add an officer, a supervisor and an administrator of the first hospital, and the city's own staff, by username.

    The supervisor begins as a clerk of the second hospital: `Rounds` promotes him. Raises DemoError.
    """
    first, second = hospitals[0], hospitals[1 % len(hospitals)]
    supervisor = await _add(world, "supervisor1", "主管 Supervisor 1", Role.DESK, second)
    auditor = await _add(world, "auditor1", "审计员 Auditor 1", Role.AUDITOR)
    posts = [
        await _add(world, "officer1", "办案人员 Officer 1", Role.OFFICER, first),
        _post(supervisor.staff_id, "supervisor1", Role.SUPERVISOR, first),
        await _add(world, "admin1", "医院管理员 Administrator 1", Role.HOSPITAL_ADMIN, first),
        await _add(world, "city1", "城市管理员 City administrator 1", Role.CITY_ADMIN),
        await _add(world, "city2", "城市管理员 City administrator 2", Role.CITY_ADMIN),
        await _add(world, "authority1", "主管机关 Authority 1", Role.AUTHORITY),
        replace(auditor, sign_in=replace(auditor.sign_in, app_secret=await _set_up_app(world, auditor))),
    ]
    return {post.sign_in.username: post for post in posts}


class Rounds:
    """What staff besides the desks do while the city lives: a duty is given, two emergencies, a review of the first."""

    def __init__(self, world: World, posts: dict[str, Post], desk: Caller, days: tuple[datetime, datetime]) -> None:
        """Plan what is done. desk: a clerk of the first hospital. days: the play's first and last instant."""
        self._world, self._posts, self._desk = world, posts, desk
        middle, late = days[0] + _IN_THE_MIDDLE, days[1] - _BEFORE_THE_END
        self._opened: list[UUID] = []
        self._due: list[tuple[datetime, Callable[[Tally], Awaitable[None]]]] = [
            (days[0], self._promote),
            (middle, self._find_somebody),
            (middle + _REVIEWED_AFTER, self._review),
            (late, self._find_another),
        ]

    async def go(self, tally: Tally) -> None:
        """Do what is due by now, and count it."""
        now = self._world.clock.now()
        while self._due and self._due[0][0] <= now:
            _, deed = self._due.pop(0)
            await deed(tally)

    async def _promote(self, _tally: Tally) -> None:
        # Not at the instant of his first duty: staff sign in to the newest.
        post = self._posts["supervisor1"]
        given = await give_duty(
            self._world, self._posts["city1"].caller, post.staff_id, Role.SUPERVISOR, post.caller.hospital_id
        )
        if not isinstance(given, Duty):
            raise DemoError(f"{post.sign_in.username} could not be given a duty: {given.reason}.")

    async def _find_somebody(self, tally: Tally) -> None:
        words = "救护车从公交站送来，神志不清，身上没有证件，需要联系家属"
        await self._open(self._desk, _FOUND_AT_THE_STOP, words, tally)

    async def _find_another(self, tally: Tally) -> None:
        words = "Collapsed at the entrance and cannot speak; a phone was found, looking for relatives"
        await self._open(self._posts["officer1"].caller, _FOUND_AT_THE_DOOR, words, tally)

    async def _open(self, caller: Caller, person: int, words: str, tally: Tally) -> None:
        answer = await open_record(self._world, caller, Wanted(registration_of(person).phone), words)
        if isinstance(answer, Access):
            self._opened.append(answer.id)
            tally.emergencies += 1
        else:
            tally.refuse("open_emergency", answer.reason.value)

    async def _review(self, tally: Tally) -> None:
        caller = self._posts["supervisor1"].caller
        for access_id in self._opened:
            answer = await review_access(
                self._world, caller, access_id, justified=True, words="与急诊记录相符，已联系到家属"
            )
            tally.emergencies_reviewed += isinstance(answer, Access)


async def _add(
    world: World, username: str, display_name: str, role: Role, hospital: StoredHospital | None = None
) -> Post:
    added = await add_staff(
        world,
        SYSTEM,
        hospital.id if hospital else None,
        username=username,
        display_name=display_name,
        role=role,
        password=DEMO_PASSWORD,
    )
    if not isinstance(added, Staff):
        raise DemoError(f"{username} could not be added to the demo's staff: {added.reason}.")
    return _post(added.id, username, role, hospital)


async def _set_up_app(world: World, post: Post) -> str:
    """Let a member set an authenticator app up, as on his own page, and return its secret as it is typed into one."""
    username = post.sign_in.username
    session = await sign_in_staff(world, post.caller, Typed(username, DEMO_PASSWORD, _ADDRESS))
    if not isinstance(session, OpenedSession):
        raise DemoError(f"{username} cannot sign in by a password alone: is this a demo's database?")
    holder = session.signed_in.token_hash
    enrolment = await begin_own_app(world, post.caller, holder, DEMO_PASSWORD)
    if isinstance(enrolment, Refused):
        raise DemoError(f"{username} could not set an app up: {enrolment.reason}.")
    code = code_at(enrolment.secret, step_at(world.clock.now()))
    enrolled = await set_up_own_app(world, post.caller, holder, code)
    if isinstance(enrolled, Refused):
        raise DemoError(f"{username} could not set an app up: {enrolled.reason}.")
    return spelled(enrolment.secret)


def _post(staff_id: UUID, username: str, role: Role, hospital: StoredHospital | None) -> Post:
    caller = Caller(ActorKind.STAFF, staff_id, Channel.WEB, "demo", hospital.id if hospital else None, role)
    return Post(StaffSignIn(role.value, hospital.hospital.name if hospital else "", username), caller, staff_id)
