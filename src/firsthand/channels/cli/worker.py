"""`firsthand worker`."""

import asyncio

from firsthand.channels.cli.output import AsJson, give, read_settings
from firsthand.channels.worker.running import run_worker


def worker(*, as_json: AsJson = False) -> None:
    """Send messages, seal the audit log, end holds, and do whatever else falls due, until stopped.

    Any number may run at once. SIGTERM or Ctrl-C lets it finish what is in flight; whatever kills it, nothing is
    lost and nothing done twice.

    Example: `firsthand worker`
    """
    asyncio.run(run_worker(read_settings()))
    give({"stopped": True}, as_json=as_json)
