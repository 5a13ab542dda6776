"""The command `firsthand`: one small file for each of its commands."""

import importlib.metadata
import sys
from typing import Annotated, Final

import typer

from firsthand.channels.cli import audit, bench, demo, feed, keys, migrate, serve, staff, worker
from firsthand.channels.demo.cast import DemoError
from firsthand.channels.opening import OpeningError
from firsthand.platform.database import Unavailable
from firsthand.platform.keys import KeyringError
from firsthand.platform.migrate import MigrationError
from firsthand.platform.postgres import PostgresError
from firsthand.platform.settings import SettingsError

# Failures that an operator can do something about: said in one line, without a traceback.
EXPECTED: Final = (
    DemoError,
    SettingsError,
    OpeningError,
    PostgresError,
    MigrationError,
    KeyringError,
    Unavailable,
)

app = typer.Typer(
    help="Hospital appointments that stay with the person who booked them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("migrate")(migrate.migrate)
app.command("demo")(demo.demo)
app.add_typer(audit.app, name="audit")
app.add_typer(bench.app, name="bench")
app.add_typer(feed.app, name="feed")
app.add_typer(keys.app, name="keys")
app.add_typer(staff.app, name="staff")


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer hands the option's value over so
    if wanted:
        typer.echo(f"firsthand {importlib.metadata.version('firsthand')}")
        raise typer.Exit


@app.callback()
def _options(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Say the version, and end.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Hospital appointments that stay with the person who booked them.

    Settings are environment variables: see docs/settings.md.
    """


def run() -> None:
    """Run the command of this process's arguments. Exit status: 0 done, 1 failed, 2 called in the wrong way."""
    try:
        app()
    except EXPECTED as error:
        sys.stderr.write(f"firsthand: {' '.join(str(error).split())}\n")
        sys.exit(1)


if __name__ == "__main__":
    run()
