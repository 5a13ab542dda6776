"""Asking axe what is wrong with a page."""

import json
from pathlib import Path

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_name("axe.min.js").read_text("utf-8")
# A page that never answers fails the test instead of stopping the run.
ASK = (
    "Promise.race([axe.run(document, {resultTypes: ['violations']}),"
    " new Promise((_, fail) => setTimeout(fail, 60000, 'axe gave no answer'))]).then(found =>"
    " JSON.stringify(found.violations.map("
    "rule => [rule.id, rule.nodes.map(node => node.html + ': ' + node.failureSummary)])))"
)


def violations(tab: Page) -> list[list[object]]:
    """Return each rule that a page breaks, with where.

    Through the debugger, so that the page's own policy stays in force while axe looks, also where no script may run.
    """
    debugger = tab.context.new_cdp_session(tab)
    debugger.send("Runtime.evaluate", {"expression": SCRIPT})
    answer = debugger.send("Runtime.evaluate", {"expression": ASK, "awaitPromise": True, "returnByValue": True})
    debugger.detach()
    assert "value" in answer["result"], answer
    found: list[list[object]] = json.loads(answer["result"]["value"])
    return found
