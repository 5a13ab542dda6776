"""The command as an operator runs it, on a real database."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firsthand.channels.cli.main import app
from firsthand.platform.crypto import make_keyring
from firsthand.platform.keys import save_keyring
from firsthand.platform.postgres import Role
from tests import feed_samples as samples
from tests.conftest import FreshDatabase


@pytest.fixture
def runner(fresh_database: FreshDatabase, tmp_path: Path) -> CliRunner:
    save_keyring(make_keyring(), tmp_path / "data" / "keys")
    env = {"FIRSTHAND_DATABASE": fresh_database.dsn(Role.APP), "FIRSTHAND_DATA_DIR": str(tmp_path / "data")}
    return CliRunner(env=env)


def test_an_import_is_told_and_a_second_one_says_so(runner: CliRunner, tmp_path: Path) -> None:
    where = samples.write_feed(tmp_path / "feed")
    first = runner.invoke(app, ["feed", "import", where])
    assert first.exit_code == 0, first.output
    assert "1 locations, 1 schedules, 2 sessions, 15 places" in first.stdout
    assert "places: 15 added, 0 restored, 0 withdrawn" in first.stdout
    second = runner.invoke(app, ["feed", "import", where, "--json"])
    facts = json.loads(second.stdout.splitlines()[-1])
    assert (facts["imported"], facts["unchanged"], facts["sessions"], facts["places"]) == (True, True, 2, 15)


def test_what_is_left_out_is_told(runner: CliRunner, tmp_path: Path) -> None:
    where = samples.write_feed(tmp_path / "feed")
    (tmp_path / "feed" / "slots.ndjson").unlink()
    told = runner.invoke(app, ["feed", "import", where])
    assert "Listed but not there: slots.ndjson" in told.stdout


def test_problems_are_printed_and_nothing_is_imported(runner: CliRunner, tmp_path: Path) -> None:
    where = samples.write_feed(tmp_path / "feed", slots_raw=samples.lines(samples.slot()) + b"{\n")
    told = runner.invoke(app, ["feed", "import", where, "--json"])
    assert told.exit_code == 1
    assert "slots.ndjson:2: is not JSON" in told.stderr
    assert "Nothing was imported: 1 problem(s)." in told.stderr
    facts = json.loads(told.stdout.splitlines()[-1])
    assert facts["imported"] is False
    assert facts["problems"][0]["line"] == 2


def test_an_older_publication_is_refused_with_words(runner: CliRunner, tmp_path: Path) -> None:
    where = samples.write_feed(tmp_path / "feed")
    runner.invoke(app, ["feed", "import", where])
    older = json.dumps(samples.manifest("2026-02-01T00:00:00Z")).encode()
    told = runner.invoke(app, ["feed", "import", samples.write_feed(tmp_path / "feed", manifest_raw=older)])
    assert told.exit_code == 1
    assert "is older than the one already imported" in told.stderr


def test_a_timetable_with_its_own_name_zone_and_currency(runner: CliRunner, tmp_path: Path) -> None:
    file = tmp_path / "week.csv"
    file.write_text("医院,日期,时段,名额,费用\n人民医院,2026-03-09,上午,8,50\n", "gb18030")
    arguments = ["feed", "import", str(file), "--name", "clinic", "--time-zone", "UTC", "--currency", "HKD", "--json"]
    told = runner.invoke(app, arguments)
    facts = json.loads(told.stdout.splitlines()[-1])
    assert (facts["feed"], facts["encoding"], facts["places"]) == ("clinic", "gb18030", 8)
    people = runner.invoke(app, ["feed", "import", str(file), "--name", "other"])
    assert "The file was read as gb18030." in people.stdout
