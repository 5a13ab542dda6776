"""A person looks at all that is held on him, sees who looked, and saves a file; a guardian does so for a child."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.directory.counter.finding import find_by_document, read_numbers, read_record
from firsthand.directory.counter.model import Found
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.scope import HospitalScope
from firsthand.platform.world import World
from tests.families import child_of
from tests.journeys.served import Served
from tests.journeys.town import CROSSED, Clinic, Look, Somebody, hospital_name
from tests.journeys.walk import Walk, Watch, walking

pytestmark = pytest.mark.browser


def clerk_looks(walk: Walk, person: Somebody) -> None:
    """Let the clerk of the look's hospital find the person, look at his record and read his numbers."""
    hospital_id = walk.town.hospitals[walk.look.hospital]
    staff_id = walk.town.staff[walk.look.hospital]
    clerk = Caller(ActorKind.STAFF, staff_id, Channel.DESK, "journeys", hospital_id, Role.DESK)

    async def looked(world: World) -> None:
        scope = HospitalScope(hospital_id)
        found = await find_by_document(world, clerk, scope, person.document)
        assert isinstance(found, Found), found
        await read_record(world, clerk, scope, found.person_id)
        await read_numbers(world, clerk, scope, found.person_id)

    walk.served.do(looked)


def save(walk: Walk, folder: Path) -> dict[str, object]:
    """Save the file from its page in both kinds, and return what is in the one for programs."""
    walk.link("Save it all as a file").click()
    walk.arrive("Save it all as a file")
    walk.examine("my-export")
    walk.button("Save the file").click()
    walk.reads("Tick the box, then save the file")
    walk.examine("my-export-unticked")
    walk.tab.get_by_role("checkbox").check()
    with walk.tab.expect_download() as saving:
        walk.button("Save the file").click()
    assert saving.value.suggested_filename.endswith(".html")
    saving.value.save_as(folder / "file.html")
    assert f'<html lang="{walk.look.language}">' in (folder / "file.html").read_text("utf-8")
    walk.tab.get_by_label(walk.say("For a program: JSON")).check()
    walk.tab.get_by_role("checkbox").check()
    with walk.tab.expect_download() as saving:
        walk.button("Save the file").click()
    assert saving.value.suggested_filename.endswith(".json")
    saving.value.save_as(folder / "file.json")
    saved: dict[str, object] = json.loads((folder / "file.json").read_text("utf-8"))
    return saved


def look_around(walk: Walk, folder: Path) -> None:
    """Do everything that the pages of one's own data offer."""
    person = walk.be_somebody()
    walk.open("/me/data/looks")
    walk.arrive("Who looked")
    walk.reads("Nobody looked")
    walk.examine("my-looks-none")
    walk.served.hold(person, walk.town.session(walk.look, Clinic.SKIN_TOMORROW_LATER))
    clerk_looks(walk, person)

    walk.open("/me")
    walk.link("My data").click()
    walk.arrive("My data")
    main = walk.tab.get_by_role("main")
    expect(main).to_contain_text(person.name)
    expect(main).not_to_contain_text(person.document.number)
    walk.examine("my-data")
    walk.button("Show the document numbers").click()
    expect(main).to_contain_text(person.document.number)
    walk.reads("That the numbers were shown is recorded. They are hidden again when you load the page anew.")
    walk.examine("my-data-numbers")

    walk.link("See who looked").click()
    walk.arrive("Who looked")
    for words in ("Read your document numbers", "Looked at your record", "Found you, at the counter or on the phone"):
        walk.reads(words)
    expect(main).to_contain_text(hospital_name(walk.look))
    walk.examine("my-looks")
    walk.link("All that is held").click()

    file = save(walk, folder)
    assert file["language"] == walk.look.language
    assert person.document.number in json.dumps(file)
    walk.open("/me/data/looks")
    walk.reads("Saved a file with all that is held on you")


def test_a_person_sees_what_is_held_and_who_looked_and_saves_it(walk: Walk, tmp_path: Path) -> None:
    look_around(walk, tmp_path)


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_the_same_without_scripts(served: Served, browser: Browser, look: Look, watch: Watch, tmp_path: Path) -> None:
    with walking(served, browser, look, watch, scripts=False) as walk:
        look_around(walk, tmp_path)


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_a_guardian_sees_what_is_held_on_the_child(walk: Walk, tmp_path: Path) -> None:
    guardian = walk.be_somebody()
    two_days_ago = ManualClock(datetime.now(UTC) - timedelta(days=2))
    walk.served.do(lambda world: child_of(world, guardian.id, name="Little Zhang"), clock=two_days_ago)
    walk.open("/me/data")
    walk.tab.get_by_role("link", name="Little Zhang").first.click()
    expect(walk.tab.locator("h1")).to_contain_text("Little Zhang")
    walk.reads("Where the child is signed in, and passkeys: only the child sees them")
    expect(walk.tab.get_by_role("main")).to_contain_text(guardian.name)
    walk.examine("my-data-child")
    walk.link("See who looked").click()
    walk.reads("Looked at all that is held on you")
    walk.examine("my-looks-child")
    walk.link("All that is held").click()
    file = save(walk, tmp_path)
    assert "Little Zhang" in json.dumps(file)
    assert guardian.document.number not in json.dumps(file)
