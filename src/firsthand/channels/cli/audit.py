"""`firsthand audit verify`."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from firsthand.audit.checkpoint import VerifyingKey, parse_key
from firsthand.audit.finding import Verdict, report, to_json
from firsthand.audit.verify import verify as verify_record
from firsthand.channels.cli.output import AsJson, fail, give, read_settings, say
from firsthand.channels.opening import checkpoint_file, open_audit_database
from firsthand.platform.settings import Settings

app = typer.Typer(help="The record of who did what.", no_args_is_help=True)

PublicKeys = Annotated[
    Path | None,
    typer.Option(
        "--public-keys",
        help="A copy of the file `public-keys`, kept where no administrator of the servers can change it.",
        exists=True,
        dir_okay=False,
    ),
]


@app.callback()
def _audit() -> None:
    """The record of who did what."""


@app.command()
def verify(*, public_keys: PublicKeys = None, as_json: AsJson = False) -> None:
    """Check the whole record against what was sealed and signed, and name whatever was changed.

    Exit status 0 only when it is whole. The city goes on working meanwhile.

    Example: `firsthand audit verify --public-keys /media/safe/public-keys`
    """
    settings = read_settings()
    try:
        keys = _keys(settings, public_keys)
    except (OSError, ValueError) as error:
        fail(f"The public keys cannot be read: {error}.")
    verdict = asyncio.run(_verify(settings, keys))
    for line in report(verdict):
        say(line, as_json=as_json)
    give(to_json(verdict), as_json=as_json)
    if not verdict.is_sound:
        fail("The record is not whole. Keep everything as it is, and compare it with your copies of the checkpoints.")


def _keys(settings: Settings, public_keys: Path | None) -> list[VerifyingKey]:
    if public_keys is None:
        return list(checkpoint_file(settings).keys())
    return [parse_key(line) for line in public_keys.read_text("utf-8").splitlines() if line.strip()]


async def _verify(settings: Settings, keys: list[VerifyingKey]) -> Verdict:
    async with open_audit_database(settings) as database:
        with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
            lines = bar.add_task("Reading the record", total=None)
            return await verify_record(
                database,
                checkpoints=checkpoint_file(settings),
                keys=keys,
                now=datetime.now(UTC),
                progress=lambda done, total: bar.update(lines, completed=done, total=total),
            )
