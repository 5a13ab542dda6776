"""`firsthand keys rotate` and `firsthand keys status`."""

import asyncio
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from firsthand.audit.model import DONE, ActorKind, Caller, Channel, Line
from firsthand.audit.store import append
from firsthand.channels.cli.output import AsJson, fail, give, read_settings, say
from firsthand.channels.opening import keyring_file, reach_database
from firsthand.platform.database import connect
from firsthand.platform.keys import KeyringFile
from firsthand.platform.keys.rotation import Progress, Rotation
from firsthand.platform.keys.rotation import rotate as rotate_keys
from firsthand.platform.sealed import count_values
from firsthand.platform.settings import Settings

app = typer.Typer(help="The keys that seal what names people.", no_args_is_help=True)

_CALLER: Final = Caller(ActorKind.SYSTEM, None, Channel.CLI, "cli-keys")


@app.callback()
def _keys() -> None:
    """The keys that seal what names people."""


@app.command()
def rotate(
    *,
    retire: Annotated[
        bool,
        typer.Option(
            "--retire", help="Remove the older keys that no value needs. Only when every machine has the new file."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a fresh sealing key in force and bring every value under it, while the city works.

    Wherever it is broken off, run it again: it goes on. Back up the folder of keys before and after. A copy of the
    database that is older than a removed key needs the keys of its own day.

    Example: `FIRSTHAND_DATABASE_OWNER=postgresql://firsthand_owner@db/firsthand firsthand keys rotate`
    """
    settings = read_settings()
    with _bar() as progress:
        done = asyncio.run(_rotate(settings, progress, retire=retire))
    verb = "A fresh key is in force" if done.fresh else "The rotation that was broken off is finished"
    say(f"{verb}: {done.current.hex()}. Values rewrapped: {done.rewrapped}.", as_json=as_json)
    if done.retired:
        say(f"Removed: {', '.join(key_id.hex() for key_id in done.retired)}.", as_json=as_json)
    give(
        {
            "current": done.current.hex(),
            "fresh": done.fresh,
            "rewrapped": done.rewrapped,
            "unreadable": done.unreadable,
            "retired": [key_id.hex() for key_id in done.retired],
        },
        as_json=as_json,
    )
    if done.unreadable:
        fail(f"{done.unreadable} values open with no key of the keyring. No key was removed; `firsthand keys status`.")


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Say which keys there are, and how many values stand under each.

    Example: `firsthand keys status --json`
    """
    settings = read_settings()
    counts = asyncio.run(_count(settings))
    keys = keyring_file(settings).read()
    under: dict[str, int] = {key_id.hex(): 0 for key_id in keys.sealing_keys}
    for column in counts.values():
        for key_id, number in column.items():
            under[key_id] = under.get(key_id, 0) + number
    for key_id, number in under.items():
        state = "current" if key_id == keys.current_key_id.hex() else "older"
        known = state if bytes.fromhex(key_id) in keys.sealing_keys else "NOT IN THE KEYRING"
        say(f"{key_id}  {known}  {number} values", as_json=as_json)
    give({"current": keys.current_key_id.hex(), "keys": under, "columns": counts}, as_json=as_json)


@app.command()
def wrap(*, as_json: AsJson = False) -> None:
    """Give the keyring, which lies open in its file, into the keeping of the key management service of the settings.

    Destroy the copies of the open file afterwards, once a backup of the wrapped one and of the service's key is safe.

    Example: `firsthand keys wrap`
    """
    settings = read_settings()
    if settings.keys_kms_url is None:
        fail("Set FIRSTHAND_KEYS_KMS_URL and FIRSTHAND_KEYS_KMS_TOKEN_FILE first.")
    keyring_file(settings).replace(KeyringFile(settings.keys).read())
    say(f"The key management service at {settings.keys_kms_url} keeps the keyring now.", as_json=as_json)
    give({"custodian": "kms", "url": settings.keys_kms_url}, as_json=as_json)


async def _rotate(settings: Settings, progress: Progress, *, retire: bool) -> Rotation:
    with reach_database(settings) as logins:
        async with connect(logins.owner) as conn:
            done = await rotate_keys(conn, keyring_file(settings), retire=retire, progress=progress)
            detail = {"rewrapped": done.rewrapped, "unreadable": done.unreadable, "removed": len(done.retired)}
            await append(conn, [Line(datetime.now(UTC), _CALLER, "keys.rotate", DONE, detail=detail)])
            return done


async def _count(settings: Settings) -> Mapping[str, Mapping[str, int]]:
    with reach_database(settings) as logins:
        async with connect(logins.owner) as conn:
            counts = await count_values(conn)
    return {
        name: {key_id.hex(): number for key_id, number in column.items()} for name, column in counts.items() if column
    }


@contextmanager
def _bar() -> Iterator[Progress]:
    with Bar(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("Rewrapping values", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
