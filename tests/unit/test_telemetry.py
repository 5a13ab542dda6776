"""Logs: what is personal or secret does not get into them."""

import io
import json
import logging
import sys

import psycopg
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from firsthand.platform.settings import Settings
from firsthand.platform.telemetry import MASK, bound_contextvars, configure_logging, mask_private


@pytest.fixture
def log_lines(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What is logged in the test, one JSON object a line."""
    lines = io.StringIO()
    root = logging.getLogger()
    monkeypatch.setattr(sys, "stderr", lines)
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)
    configure_logging(Settings.read({"HOME": "/"}))
    return lines


def only(lines: io.StringIO) -> dict[str, object]:
    (line,) = lines.getvalue().splitlines()
    found: dict[str, object] = json.loads(line)
    return found


def test_a_line_has_the_requests_id(log_lines: io.StringIO) -> None:
    with bound_contextvars(request_id="r-1"):
        structlog.get_logger("firsthand.booking").info("place_taken", number=7, session_id="s-1")
    line = only(log_lines)
    assert line["request_id"] == "r-1"
    assert line["event"] == "place_taken"
    assert line["number"] == MASK
    assert line["session_id"] == "s-1"
    assert line["level"] == "info"


def test_libraries_speak_through_the_same_processors(log_lines: io.StringIO) -> None:
    logging.getLogger("some.library").warning("seen %s", "11010119900307123X")
    line = only(log_lines)
    assert line["event"] == f"seen {MASK}"
    assert line["logger"] == "some.library"


def test_an_error_does_not_show_the_row(log_lines: io.StringIO) -> None:
    shown = "duplicate key\nDETAIL: Key (phone)=(+8613800000001) exists."
    try:
        raise psycopg.errors.UniqueViolation(shown)
    except psycopg.Error:
        structlog.get_logger("firsthand").exception("failed")
    text = str(only(log_lines)["exception"])
    assert "duplicate key" in text
    assert "13800000001" not in text


def test_what_is_below_the_level_is_not_logged(log_lines: io.StringIO) -> None:
    structlog.get_logger("firsthand").debug("detail")
    logging.getLogger("procrastinate.worker").info("Starting job")
    assert log_lines.getvalue() == ""


@given(
    st.sampled_from(["name", "phone", "code", "password", "token", "dsn", "number", "body", "address", "username"]),
    st.sampled_from(["", "patient_", "new_", "X-"]),
    st.text(min_size=4),
)
def test_private_facts_are_masked_at_any_depth(word: str, prefix: str, value: str) -> None:
    name = word if word in {"name", "code", "username"} else prefix + word
    masked = mask_private(None, "info", {"event": "x", name: value, "inner": [{name.upper(): value}]})
    assert masked == {"event": "x", name: MASK, "inner": [{name.upper(): MASK}]}


@pytest.mark.parametrize("name", ["task_name", "status_code", "logger", "route", "request_id", "reason"])
def test_what_says_nothing_of_anybody_stays(name: str) -> None:
    assert mask_private(None, "info", {name: "as it is"}) == {name: "as it is"}
