"""`firsthand migrate`."""

import asyncio

from firsthand.channels.cli.output import AsJson, give, read_settings, say
from firsthand.channels.opening import prepare, reach_database
from firsthand.platform.deployment import DeploymentKind


def migrate(*, as_json: AsJson = False) -> None:
    """Bring the database to this version. Makes it, and its keys, the first time.

    Does nothing where nothing is to be done. Back up the keys (FIRSTHAND_KEYS): the data cannot be opened without.

    Example: `FIRSTHAND_DATABASE_OWNER=postgresql://firsthand_owner@db/firsthand firsthand migrate`
    """
    settings = read_settings()
    with reach_database(settings) as logins:
        applied = asyncio.run(prepare(settings, logins, DeploymentKind.LIVE))
    for name in applied:
        say(f"applied {name}", as_json=as_json)
    say(f"The database is ready. Its keys are in {settings.keys}.", as_json=as_json)
    give({"applied": applied, "keys": str(settings.keys)}, as_json=as_json)
