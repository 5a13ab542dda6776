"""What a command says: to people on standard error and standard output, to programs as one JSON object."""

import os
import sys
from collections.abc import Mapping
from typing import Annotated, NoReturn

import msgspec
import typer
from rich.console import Console

from firsthand.platform.settings import Settings
from firsthand.platform.telemetry import configure_logging

AsJson = Annotated[bool, typer.Option("--json", help="End with one JSON object on standard output.")]

people = Console(highlight=False, soft_wrap=True)


def read_settings() -> Settings:
    """Return the settings of this process, and log by them. Raises SettingsError."""
    settings = Settings.read(os.environ)
    configure_logging(settings)
    return settings


def say(line: str, *, as_json: bool) -> None:
    """Say a line to people; not where a program reads along."""
    if not as_json:
        people.print(line, markup=False)


def give(facts: Mapping[str, object], *, as_json: bool) -> None:
    """End with the facts as one JSON object, where a program asked for it."""
    if as_json:
        sys.stdout.write(msgspec.json.encode(facts).decode() + "\n")
        sys.stdout.flush()


def fail(message: str) -> NoReturn:
    """End with exit status 1 and one line that says what to do."""
    sys.stderr.write(f"firsthand: {' '.join(message.split())}\n")
    raise typer.Exit(1)
