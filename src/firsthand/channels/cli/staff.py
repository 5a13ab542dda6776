"""`firsthand staff add` and `firsthand staff reset`."""

import getpass
import sys
from collections.abc import Mapping
from typing import Annotated, Final
from uuid import UUID

import typer

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.cli.output import AsJson, fail, give, read_settings, say
from firsthand.channels.opening import run_in_world
from firsthand.directory.staff.actions import add_staff
from firsthand.directory.staff.model import Reason, Refused, Staff
from firsthand.directory.staff_sign_in.model import Refused as SignInRefused
from firsthand.directory.staff_sign_in.resets import make_enrolment_link_for
from firsthand.identity.reset.model import Link
from firsthand.platform.access import Role
from firsthand.platform.world import World

app = typer.Typer(help="Who works at a hospital.", no_args_is_help=True)

_WORDS: Final[Mapping[Reason, str]] = {
    Reason.USERNAME_INVALID: "A username has 3 to 64 of the characters a-z, 0-9, dot, dash and underscore.",
    Reason.USERNAME_TAKEN: "Somebody has this username already: choose another.",
    Reason.DISPLAY_NAME_INVALID: "A name has 1 to 100 visible characters, and no spaces around them.",
    Reason.PASSWORD_UNACCEPTABLE: "A password has 12 characters or more, not all alike, and not the username in it.",
    Reason.PASSWORD_GUESSABLE: "This password is easy to guess. Take four words that do not belong together.",
    Reason.HOSPITAL_UNKNOWN: "There is no hospital with this id: import its feed first.",
    Reason.STAFF_UNKNOWN: "There is nobody with this id.",
}


@app.callback()
def _staff() -> None:
    """Who works at a hospital."""


@app.command()
def add(
    username: Annotated[str, typer.Argument(help="What he signs in with.")],
    *,
    hospital: Annotated[
        UUID | None, typer.Option(help="The id of the hospital where he works; none for the roles of the city.")
    ] = None,
    name: Annotated[str, typer.Option(help="The name that colleagues see.")],
    role: Annotated[Role, typer.Option(help="What he may do.")] = Role.DESK,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input, up to the line's end.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add a member of staff. Asks for a first password.

    Example: `firsthand staff add li.desk --hospital 0190b2c4-0000-7000-8000-000000000001 --name 'Li, front desk'`
    """
    settings = read_settings()
    password = _password(from_stdin=password_stdin)
    caller = Caller(ActorKind.SYSTEM, None, Channel.CLI, "cli-staff-add")

    async def work(world: World) -> Staff | Refused:
        return await add_staff(
            world, caller, hospital, username=username, display_name=name, role=role, password=password
        )

    answer = run_in_world(settings, work)
    if isinstance(answer, Refused):
        fail(_WORDS[answer.reason])
    say(f"{answer.username} can sign in now. The first time, an app is set up.", as_json=as_json)
    give(
        {
            "id": str(answer.id),
            "username": answer.username,
            "hospital": str(answer.hospital_id) if answer.hospital_id else None,
        },
        as_json=as_json,
    )


@app.command()
def reset(
    username: Annotated[str, typer.Argument(help="Whose sign-in is to be set up anew.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Print a link by which somebody chooses a password and sets up his app: once, within an hour. Hand it over.

    Nothing changes until the link is used; then everything by which he signed in before ends.

    Example: `firsthand staff reset li.desk`
    """
    settings = read_settings()
    caller = Caller(ActorKind.SYSTEM, None, Channel.CLI, "cli-staff-reset")

    async def work(world: World) -> Link | SignInRefused:
        return await make_enrolment_link_for(world, caller, username)

    answer = run_in_world(settings, work)
    if isinstance(answer, SignInRefused):
        fail("There is nobody at work with this username.")
    address = f"{settings.base_url}/staff/set-up?link={answer.token}"
    say(address, as_json=as_json)
    give({"address": address, "expires_at": answer.expires_at.isoformat()}, as_json=as_json)


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        fail("There is no terminal to ask for a password at: give it with --password-stdin.")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        fail("The two passwords differ.")
    return password
