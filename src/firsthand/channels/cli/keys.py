"""`firsthand keys`: status, rotate, prepare, retire, reindex, wrap, unwrap, give-up."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress as Bar

from firsthand.audit.model import DONE, ActorKind, Caller, Channel, Line
from firsthand.audit.store import append
from firsthand.channels.cli.output import AsJson, fail, give, read_settings, say
from firsthand.channels.opening import check, keyring_file, reach_database
from firsthand.directory.indexing.store import INDEXED as OF_DIRECTORY
from firsthand.identity.indexing.store import INDEXED as OF_IDENTITY
from firsthand.platform.crypto import make_keys
from firsthand.platform.database import Connection, connect
from firsthand.platform.keys import KeyringError, KeyringFile, in_force, may_change, read_known, why_wrong
from firsthand.platform.keys.loss import Loss, find_loss, give_up
from firsthand.platform.keys.reindexing import Reindexed, reindex
from firsthand.platform.keys.rotation import Progress, Rotation, prepare_key, retire_older
from firsthand.platform.keys.rotation import rotate as rotate_keys
from firsthand.platform.sealed import count_values
from firsthand.platform.settings import Settings

app = typer.Typer(help="The keys that seal what names people.", no_args_is_help=True)

_CALLER: Final = Caller(ActorKind.SYSTEM, None, Channel.CLI, "cli-keys")
# What is written down of a command that was refused.
_REFUSED: Final = "keyring_refused"


@app.callback()
def _keys() -> None:
    """The keys that seal what names people. What to do when one is lost or known: docs/decisions/0005-keys.md."""


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Say which keys there are, how many values stand under each, and whether the database takes this keyring.

    Example: `firsthand keys status --json`
    """
    settings = read_settings()
    keys = keyring_file(settings).read()
    counts, wrong = asyncio.run(_look(settings))
    under: dict[str, int] = {key_id.hex(): 0 for key_id in keys.sealing_keys}
    for column in counts.values():
        for key_id, number in column.items():
            under[key_id] = under.get(key_id, 0) + number
    prepared = keys.prepared_key_id.hex() if keys.prepared_key_id else None
    for key_id, number in under.items():
        state = "current" if key_id == keys.current_key_id.hex() else "prepared" if key_id == prepared else "older"
        known = state if bytes.fromhex(key_id) in keys.sealing_keys else "NOT IN THE KEYRING"
        say(f"{key_id}  {known}  {number} values", as_json=as_json)
    give(
        {
            "current": keys.current_key_id.hex(),
            "generation": keys.generation,
            "keys": under,
            "columns": counts,
            "wrong": wrong,
        },
        as_json=as_json,
    )
    if wrong:
        fail(f"The database does not take this keyring: {wrong}")


@app.command()
def rotate(
    *,
    retire: Annotated[
        bool,
        typer.Option("--retire", help="Remove the older keys as well. Only where one machine has the keys."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a fresh sealing key in force and bring every value under it, while the city works.

    Wherever it is broken off, run it again: it goes on. Back up the folder of keys before and after. A copy of the
    database that is older than a removed key needs the keys of its own day. On several machines begin with
    `firsthand keys prepare`.

    Example: `FIRSTHAND_DATABASE_OWNER=postgresql://firsthand_owner@db/firsthand firsthand keys rotate --retire`
    """
    settings = read_settings()
    with _bar() as progress:
        done = asyncio.run(_rotate(settings, progress, retire=retire))
    verb = "A fresh key is in force" if done.fresh else "The rotation that was broken off is finished"
    say(f"{verb}: {done.current.hex()}. Values rewrapped: {done.rewrapped}.", as_json=as_json)
    _tell(done, as_json=as_json)


@app.command()
def prepare(*, as_json: AsJson = False) -> None:
    """Put a fresh key into the keyring and leave the older one in force: first step where several machines have keys.

    Copy keyring.json to every machine, and then run `firsthand keys rotate`: each can open what it meets.

    Example: `firsthand keys prepare`
    """
    settings = read_settings()
    prepared = asyncio.run(_prepare(settings))
    say(f"Prepared: {prepared}. Copy {settings.keys / 'keyring.json'} to every machine, and rotate.", as_json=as_json)
    give({"prepared": prepared}, as_json=as_json)


@app.command()
def retire(*, as_json: AsJson = False) -> None:
    """Remove the older keys that no value needs: last step, once every machine has the file that `rotate` wrote.

    Example: `firsthand keys retire`
    """
    settings = read_settings()
    with _bar() as progress:
        done = asyncio.run(_retire(settings, progress))
    if not done.retired:
        say("There is no older key to remove.", as_json=as_json)
    _tell(done, as_json=as_json)


@app.command("reindex")
def reindex_all(*, as_json: AsJson = False) -> None:
    """Put a fresh index key in force and index every document, phone and name by it, while the city stands still.

    Stop every web server and worker first; copy keyring.json to every other machine before they start again. It is done
    in one piece or not at all: broken off, run it again. Staff's recovery codes, and codes that were sent, end with it.

    Example: `firsthand keys reindex`
    """
    settings = read_settings()
    with _bar("Indexing rows") as progress:
        done = asyncio.run(_reindex(settings, progress))
    say(f"A fresh index key is in force. Rows indexed again: {done.rows}. Back up the keys now.", as_json=as_json)
    give({"rows": done.rows, "left": done.left}, as_json=as_json)


@app.command()
def wrap(*, as_json: AsJson = False) -> None:
    """Give the keyring into the keeping of the key management service of the settings, or wrap it anew there.

    Run it again once the service's own key was turned over: the file then stands under its newest version. Destroy
    the copies of an open file afterwards, once a backup of the wrapped one and of the service's key is safe.

    Example: `firsthand keys wrap`
    """
    settings = read_settings()
    if settings.keys_kms_url is None:
        fail("Set FIRSTHAND_KEYS_KMS_URL and FIRSTHAND_KEYS_KMS_TOKEN_FILE first.")
    file = keyring_file(settings)
    again = KeyringFile(settings.keys).is_wrapped()
    file.replace((file if again else KeyringFile(settings.keys)).read())
    done = "has wrapped the keyring anew" if again else "keeps the keyring now"
    say(f"The key management service at {settings.keys_kms_url} {done}.", as_json=as_json)
    give({"custodian": "kms", "url": settings.keys_kms_url, "again": again}, as_json=as_json)


@app.command()
def unwrap(*, as_json: AsJson = False) -> None:
    """Take the keyring back from the key management service: it lies open in its file afterwards.

    Before a service or its key is given up, or changed for another. Then remove FIRSTHAND_KEYS_KMS_URL, or set the
    other service and run `firsthand keys wrap`: until then nothing starts.

    Example: `firsthand keys unwrap`
    """
    settings = read_settings()
    if settings.keys_kms_url is None:
        fail("FIRSTHAND_KEYS_KMS_URL is not set: the keyring lies open already.")
    KeyringFile(settings.keys).replace(keyring_file(settings).read())
    say("The keyring lies open in its file. Remove FIRSTHAND_KEYS_KMS_URL, or wrap it elsewhere.", as_json=as_json)
    give({"custodian": None}, as_json=as_json)


@app.command("give-up")
def give_up_keys(
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Go on without keys that are lost for good. Says first how many values nobody will ever read again.

    Where the file of the keyring is gone, a new one is made. Nothing is deleted: what to do should a backup turn up is
    in docs/decisions/0005-keys.md. Stop every process before, and start them after.

    Example: `firsthand keys give-up`
    """
    settings = read_settings()
    asyncio.run(_give_up(settings, yes=yes, as_json=as_json))


def _tell(done: Rotation, *, as_json: bool) -> None:
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


async def _rotate(settings: Settings, progress: Progress, *, retire: bool) -> Rotation:
    async with _owner(settings, "keys.rotate") as conn:
        done = await rotate_keys(conn, keyring_file(settings), retire=retire, progress=progress)
        await _record(conn, "keys.rotate", DONE, _detail(done))
        return done


async def _retire(settings: Settings, progress: Progress) -> Rotation:
    async with _owner(settings, "keys.retire") as conn:
        done = await retire_older(conn, keyring_file(settings), progress=progress)
        await _record(conn, "keys.retire", DONE, _detail(done))
        return done


async def _reindex(settings: Settings, progress: Progress) -> Reindexed:
    async with _owner(settings, "keys.reindex") as conn:
        tables = (*OF_IDENTITY, *OF_DIRECTORY)
        done = await reindex(conn, keyring_file(settings), tables, progress=lambda rows: progress(rows, None))
        await _record(conn, "keys.reindex", DONE, {"rows": done.rows, "left": done.left})
        return done


async def _prepare(settings: Settings) -> str:
    async with _owner(settings, "keys.prepare") as conn:
        prepared = await prepare_key(conn, keyring_file(settings))
        await _record(conn, "keys.prepare", DONE, {})
        return prepared.hex()


async def _give_up(settings: Settings, *, yes: bool, as_json: bool) -> None:
    file = keyring_file(settings)
    async with _owner(settings, "keys.give_up") as conn:
        is_new = not file.path.exists()
        keys = make_keys() if is_new else in_force(file.read(), await read_known(conn))
        loss = await find_loss(conn, keys)
        values = sum(loss.values.values())
        if loss.is_nothing and not is_new:
            fail("No key is lost: the keyring has all that this database needs.")
        _say_loss(loss, as_json=as_json)
        if not yes and not typer.confirm("Nobody will ever read these again. Go on?", err=True):
            fail("Nothing was done.")
        if is_new:
            file.add(keys)
        await give_up(conn, keys, loss)
        await _record(conn, "keys.give_up", DONE, {"values": values, "index": loss.index_is_lost})
    say(f"The database goes on with the key {keys.current_key_id.hex()}. Back its folder up now.", as_json=as_json)
    give({"current": keys.current_key_id.hex(), "lost": values, "index_lost": loss.index_is_lost}, as_json=as_json)


def _say_loss(loss: Loss, *, as_json: bool) -> None:
    for key_id, number in loss.values.items():
        say(f"{key_id.hex()}  lost  {number} values", as_json=as_json)
    if loss.index_is_lost:
        say("The index key is lost: nobody is found by a document or phone that was written before.", as_json=as_json)


def _detail(done: Rotation) -> dict[str, int]:
    return {"rewrapped": done.rewrapped, "unreadable": done.unreadable, "removed": len(done.retired)}


@asynccontextmanager
async def _owner(settings: Settings, action: str) -> AsyncIterator[Connection]:
    """Connect as the owner of a database of this version, and write down where what is done is refused."""
    with reach_database(settings) as logins:
        await check(logins, None)
        async with connect(logins.owner) as conn:
            if not await may_change(conn):
                fail("Only the owner of the database may do this: set FIRSTHAND_DATABASE_OWNER.")
            try:
                yield conn
            except KeyringError:
                await _record(conn, action, _REFUSED, {})
                raise


async def _record(conn: Connection, action: str, outcome: str, detail: Mapping[str, int]) -> None:
    await append(conn, [Line(datetime.now(UTC), _CALLER, action, outcome, detail=detail)])


async def _look(settings: Settings) -> tuple[Mapping[str, Mapping[str, int]], str | None]:
    """Return how many values of each column stand under each key, and why the database does not take the keyring."""
    async with _owner(settings, "keys.status") as conn:
        counts, known = await count_values(conn), await read_known(conn)
        wrong = why_wrong(in_force(keyring_file(settings).read(), known), known)
    columns = {
        name: {key_id.hex(): number for key_id, number in column.items()} for name, column in counts.items() if column
    }
    return columns, wrong


@contextmanager
def _bar(doing: str = "Rewrapping values") -> Iterator[Progress]:
    with Bar(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(doing, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
