"""The play on a demo's own deployment: its settings, its feed, its database, and the clock that only a demo has."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from firsthand.channels.demo.cast import read_demo_feed
from firsthand.channels.demo.chores import Stage
from firsthand.channels.demo.feed import TIME_ZONE, write_feed
from firsthand.channels.demo.model import Outcome
from firsthand.channels.demo.play import Acknowledge, Progress
from firsthand.channels.demo.staging import SPAN, Script, stage_demo
from firsthand.channels.opening import (
    Logins,
    checkpoint_file,
    load_signer,
    open_audit_database,
    open_world,
    prepare,
)
from firsthand.platform.chance import SeededChance
from firsthand.platform.clock import ManualClock
from firsthand.platform.deployment import DeploymentKind
from firsthand.platform.settings import Settings

# The demo has a server, keys and checkpoints of its own, whatever the environment says of a live deployment.
_OF_LIVE_DEPLOYMENTS: Final = (
    "FIRSTHAND_DATABASE",
    "FIRSTHAND_DATABASE_OWNER",
    "FIRSTHAND_DATABASE_AUDIT",
    "FIRSTHAND_KEYS",
    "FIRSTHAND_CHECKPOINTS",
)
_DATA: Final = "FIRSTHAND_DATA"
_FEED_IN_DATA: Final = "smart-scheduling-links"


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be played. feed: where it is; None: the usual one. time_zone: None: the feed's own."""

    feed: str | None
    time_zone: str | None
    people: int
    seed: int


def demo_environment(environment: Mapping[str, str], data_dir: Path | None) -> dict[str, str]:
    """Return the environment of a demo: in `data_dir`, or beside the data directory of this machine's deployment.

    Raises SettingsError.
    """
    own = {name: text for name, text in environment.items() if name not in _OF_LIVE_DEPLOYMENTS}
    folder = data_dir.resolve() if data_dir else Path(f"{Settings.read(own).data_dir}-demo")
    # Each request of a visitor would be a line in the terminal where the sign-ins stand.
    return (
        {"FIRSTHAND_LOG_LEVEL": "warning", "FIRSTHAND_LOG_FORMAT": "console"}
        | own
        | {"FIRSTHAND_DATA_DIR": str(folder)}
    )


async def play_demo(
    settings: Settings, logins: Logins, wish: Wish, *, progress: Progress, acknowledge: Acknowledge
) -> Outcome:
    """Play on an empty database, from SPAN ago up to this very moment.

    Raises DemoError; OpeningError, MigrationError or KeyringError when the deployment cannot be opened; and
    psycopg.Error when the database fails meanwhile.
    """
    with _feed_at(wish) as (where, fallback):
        read, time_zone = await read_demo_feed(where, wish.time_zone, fallback)
    await prepare(settings, logins, DeploymentKind.DEMO)
    clock = ManualClock(datetime.now(UTC) - SPAN)
    async with (
        open_world(
            settings, kind=DeploymentKind.DEMO, clock=clock, chance=SeededChance(wish.seed), logins=logins
        ) as world,
        open_audit_database(settings, logins=logins) as audit,
    ):
        stage = Stage(world, clock, audit, load_signer(settings), checkpoint_file(settings))
        script = Script(read, time_zone, wish.people, wish.seed)
        return await stage_demo(stage, script, progress=progress, acknowledge=acknowledge)


@contextmanager
def _feed_at(wish: Wish) -> Iterator[tuple[str, str]]:
    """Give where the feed is, and the zone to fall back on when nobody knows it."""
    data = os.environ.get(_DATA)
    if wish.feed:
        yield wish.feed, TIME_ZONE
    elif data:
        yield str(Path(data) / _FEED_IN_DATA), TIME_ZONE
    else:
        with tempfile.TemporaryDirectory(prefix="firsthand-feed-") as folder:
            write_feed(Path(folder))
            yield folder, TIME_ZONE
