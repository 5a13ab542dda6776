"""Staff sign in in a browser: by password and app, by passkey; look after their sign-in; and are helped by others."""

import base64
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import expect

from firsthand.directory.staff.duties import read_duties, session_of
from firsthand.identity.session.store import open_staff_session
from firsthand.identity.totp.rules import code_at, step_at
from firsthand.platform.access import Role
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from tests.journeys.hiring import hire
from tests.journeys.served import Served
from tests.journeys.test_sign_in import Device, guarded, sign_out
from tests.journeys.town import CROSSED, PASSWORD, Look
from tests.journeys.walk import Walk, Watch, walking

pytestmark = pytest.mark.browser

NEW = "marble saddle orchard"


def sign_in(walk: Walk, username: str, password: str = PASSWORD, *, leads_to: str = "") -> None:
    walk.open(f"/desk/sign-in?next={leads_to}")
    walk.arrive("Sign in at the desk")
    walk.box("User name").fill(username)
    walk.box("Password").fill(password)
    walk.button("Sign in").click()


def secret_of(walk: Walk) -> bytes:
    """Return the secret that the page of a new app shows."""
    text = walk.tab.locator(".fh-card strong").first.inner_text().replace(" ", "")
    return base64.b32decode(text + "=" * (-len(text) % 8))


class App:
    """An authenticator app: each of its codes is new, though the journey takes less than half a minute."""

    def __init__(self, secret: bytes) -> None:
        """Hold a secret, of which no code was used."""
        self._secret = secret
        self._used = 0

    def code(self) -> str:
        """Return the code of now, or of the next half minute where that one was used."""
        step = max(step_at(datetime.now(UTC)), self._used + 1)
        self._used = step
        return code_at(self._secret, step)


def set_up_app(walk: Walk) -> tuple[App, list[str]]:
    """Set up the app that the page shows; return it and the recovery codes."""
    walk.arrive("Set up your app")
    walk.examine("staff-enrol")
    app = App(secret_of(walk))
    walk.box("Six-digit code").fill("000000")
    walk.button("Continue").click()
    walk.reads("That code is not right, or was used before. Wait for the next one")
    walk.examine("staff-enrol-wrong")
    walk.box("Six-digit code").fill(app.code())
    walk.button("Continue").click()
    walk.arrive("Your recovery codes")
    walk.examine("staff-codes")
    return app, walk.tab.locator(".fh-codes li").all_inner_texts()


def test_a_link_leads_to_a_new_sign_in(served: Served, browser: Chromium, watch: Watch, walk: Walk) -> None:
    number = walk.look.hospital
    member = hire(walk, f"linked{number}", Role.DESK)
    walk.be(walk.served.sign_in_staff(hire(walk, f"linker{number}", Role.HOSPITAL_ADMIN)))
    walk.open(f"/admin/staff/{member}")
    walk.examine("admin-staff-one-sign-in")
    walk.tab.get_by_role("main").get_by_role("button", name=walk.say("Make a link to set it up anew")).click()
    walk.arrive("Make a link to set up the sign-in?")
    walk.examine("admin-link")
    walk.button("Make the link").click()
    walk.arrive("The link")
    walk.examine("admin-link-made")
    link = walk.tab.locator(".fh-secret").inner_text()
    with walking(served, browser, walk.look, watch) as members:
        members.open(link.removeprefix(served.address))
        members.arrive("Choose your password")
        members.examine("staff-set-up")
        for password in ("appointment123", NEW):
            members.box("New password").fill(password)
            members.box("The same again").fill(password)
            members.button("Continue").click()
            if password != NEW:
                members.reads(
                    "This password is easy to guess: it is a common one, follows a pattern, or is made of names and"
                    " words of your work. Choose another: four words that do not belong together are good"
                )
                members.examine("staff-set-up-guessable")
        app, codes = set_up_app(members)
        assert len(codes) == 10
        members.tab.get_by_role("main").get_by_role("button", name=members.say("I have kept them")).click()
        members.tab.wait_for_url("**/desk")
        sign_out(members)
        sign_in_by_app(members, f"linked{number}", app)
        sign_in_by_recovery_code(members, f"linked{number}", codes[0])
        members.open(link.removeprefix(served.address))
        members.reads("This link was used or has run out. Ask your administrator for a new one")
        members.examine("staff-set-up-spent")


def sign_in_by_app(walk: Walk, username: str, app: App) -> None:
    """Sign in by password and app: what the administrator did is told before anything else."""
    sign_in(walk, username, NEW)
    walk.arrive("Enter the code of your app")
    walk.examine("staff-second-step")
    walk.box("Six-digit code").fill("000000")
    walk.button("Continue").click()
    walk.reads("That code is not right, or was used before. Wait for the next one")
    walk.examine("staff-second-step-wrong")
    walk.box("Six-digit code").fill(app.code())
    walk.button("Continue").click()
    walk.arrive("Your sign-in")
    walk.reads("A link to set up the sign-in was made")
    walk.examine("staff-security-news")
    sign_out(walk)


def sign_in_by_recovery_code(walk: Walk, username: str, code: str) -> None:
    """Sign in by password and a recovery code."""
    sign_in(walk, username, NEW)
    walk.arrive("Enter the code of your app")
    walk.link("Use a recovery code").click()
    walk.arrive("Use a recovery code")
    walk.examine("staff-recovery")
    walk.box("Recovery code").fill("ABCDE-FGHJK")
    walk.button("Continue").click()
    walk.examine("staff-recovery-wrong")
    walk.box("Recovery code").fill(code)
    walk.button("Continue").click()
    walk.arrive("Your sign-in")
    walk.reads("A recovery code was used to sign in")
    sign_out(walk)


def test_a_member_adds_a_passkey_and_signs_in_with_it(walk: Walk) -> None:
    username = f"passkey{walk.look.hospital}"
    hire(walk, username, Role.DESK)
    sign_in(walk, username)
    walk.tab.wait_for_url("**/desk")
    walk.link("My account").click()
    walk.arrive("Your sign-in")
    walk.reads("You have no passkey yet.")
    walk.examine("staff-security")
    device = Device(walk)
    walk.tab.get_by_role("button", name=walk.say("Add a passkey")).click()
    walk.arrive("Add a passkey")
    walk.examine("staff-passkey-add")
    walk.box("Name of this device").fill("窗口电脑 1")
    with device.touched():
        walk.button("Add a passkey").click()
        walk.arrive("Your sign-in")
    walk.reads("Your passkey is added. You can sign in with it from now on")
    walk.reads("A passkey was added")
    walk.examine("staff-security-passkey")
    sign_out(walk)
    walk.arrive("Sign in at the desk")
    walk.examine("staff-sign-in")
    with device.touched():
        walk.button("Use a passkey").click()
        walk.tab.wait_for_url("**/desk")
    walk.open("/staff/security")
    walk.reads("Signed in by a passkey")
    walk.link(walk.say("Rename or remove %(name)s", name="窗口电脑 1")).click()
    walk.arrive("Passkey")
    walk.examine("staff-passkey")
    walk.link("Remove this passkey").click()
    walk.arrive("Remove this passkey?")
    walk.examine("staff-passkey-remove")
    walk.button("Yes, remove it").click()
    walk.arrive("Your sign-in")
    walk.reads("A passkey was removed")


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_a_member_changes_his_password_and_sets_up_an_app(walk: Walk) -> None:
    username = f"changer{walk.look.hospital}"
    staff_id = hire(walk, username, Role.DESK)
    walk.be(walk.served.sign_in_staff(staff_id))
    walk.open("/staff/security")
    fill_passwords(walk, "not the password", NEW)
    walk.button("Change the password").click()
    walk.reads("That is not your password")
    walk.examine("staff-security-wrong")
    fill_passwords(walk, PASSWORD, f"{username} is my name")
    walk.button("Change the password").click()
    walk.reads("A password has 12 characters or more, not all alike, and not the user name in it")
    fill_passwords(walk, PASSWORD, NEW)
    walk.button("Change the password").click()
    walk.reads("Your password is changed. Everywhere else you are signed out")
    walk.box("Your password now").fill(NEW)
    walk.button("Set up an app").click()
    app, codes = set_up_app(walk)
    printed(walk, codes)
    walk.tab.get_by_role("main").get_by_role("button", name=walk.say("I have kept them")).click()
    walk.arrive("Your sign-in")
    walk.reads("Set up.")
    walk.box("Your password now").fill(NEW)
    walk.button("Make new recovery codes").click()
    walk.arrive("Your recovery codes")
    assert set(walk.tab.locator(".fh-codes li").all_inner_texts()).isdisjoint(codes)
    assert app.code()


def fill_passwords(walk: Walk, current: str, new: str) -> None:
    walk.box("Your password now").fill(current)
    walk.box("New password").fill(new)
    walk.box("The same again").fill(new)


def printed(walk: Walk, codes: list[str]) -> None:
    """Print the page: on paper there are the codes, and nothing to press."""
    walk.tab.evaluate("window.print = () => { window.printed = true }")
    walk.button("Print this page").click()
    assert walk.tab.evaluate("window.printed") is True
    walk.tab.emulate_media(media="print")
    assert [code for code in codes if walk.tab.get_by_text(code).is_visible()] == codes
    assert not walk.tab.locator(".fh-header").is_visible()
    assert walk.tab.get_by_role("button").filter(visible=True).count() == 0
    walk.tab.emulate_media(media="screen")


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_a_member_sees_where_he_is_signed_in_and_signs_the_others_out(walk: Walk) -> None:
    staff_id = hire(walk, f"devices{walk.look.hospital}", Role.SUPERVISOR)
    walk.be(walk.served.sign_in_staff(staff_id))

    async def others(world: World) -> None:
        (duty,) = await read_duties(world, staff_id)
        async with world.database.transaction() as conn:
            for device in ("Edge, Windows", "Firefox, Linux", ""):
                await open_staff_session(conn, world, session_of(duty), device=device)

    walk.served.do(others)
    walk.open("/staff/security")
    walk.reads("Supervisor")
    walk.examine("staff-security-devices")
    row = walk.tab.locator("li.fh-card").filter(has_text="Edge, Windows")
    row.get_by_role("button", name=walk.say("Sign this device out")).click()
    walk.reads("That device is signed out")
    expect(row).to_have_count(0)
    walk.button("Sign out all other devices").click()
    walk.reads("All other devices are signed out")
    expect(walk.tab.locator("li.fh-card")).to_have_count(1)


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_a_member_shows_again_who_he_is_before_he_adds_a_passkey(walk: Walk) -> None:
    staff_id = hire(walk, f"again{walk.look.hospital}", Role.DESK)
    walk.be(signed_in_long_ago(walk, staff_id))
    walk.open("/staff/security/passkeys/add")
    walk.arrive("Show once more that it is you")
    walk.examine("staff-again")
    walk.box("Password").fill("not the password")
    walk.button("Continue").click()
    walk.reads("That is not your password")
    walk.examine("staff-again-wrong")
    walk.box("Password").fill(PASSWORD)
    walk.button("Continue").click()
    walk.arrive("Add a passkey")


def signed_in_long_ago(walk: Walk, staff_id: UUID) -> str:
    """Open a session as of 20 minutes ago, and return its token."""
    (duty,) = walk.served.do(lambda world: read_duties(world, staff_id))

    async def opened(world: World) -> str:
        async with world.database.transaction() as conn:
            return (await open_staff_session(conn, world, session_of(duty))).token

    return walk.served.do(opened, clock=ManualClock(datetime.now(UTC) - timedelta(minutes=20)))


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_an_administrator_takes_away_and_the_auditor_reads_of_it(walk: Walk) -> None:
    number = walk.look.hospital
    member = hire(walk, f"helped{number}", Role.DESK)
    walk.be(walk.served.sign_in_staff(member))
    walk.open("/staff/security")
    walk.box("Your password now").fill(PASSWORD)
    walk.button("Set up an app").click()
    set_up_app(walk)
    walk.be(walk.served.sign_in_staff(hire(walk, f"helper{number}", Role.HOSPITAL_ADMIN)))
    for button, title, yes, told in (
        ("End every session", "End every session?", "Yes, end them", "Every session has ended"),
        (
            "Take the second factor away",
            "Take the second factor away?",
            "Yes, take it away",
            "The second factor is taken away, and every session has ended",
        ),
    ):
        walk.open(f"/admin/staff/{member}")
        walk.tab.get_by_role("main").get_by_role("button", name=walk.say(button)).click()
        walk.arrive(title)
        walk.examine(f"admin-{re.sub('[^a-z]+', '-', button.lower())}")
        walk.button(yes).click()
        walk.reads(told)
    walk.reads("No authenticator app")
    walk.examine("admin-staff-one-helped")
    walk.be(walk.served.sign_in_staff(hire(walk, f"reader{number}", Role.AUDITOR)))
    walk.open("/admin/sign-ins")
    walk.arrive("Sign-ins of staff")
    walk.reads("The second factor was taken away")
    walk.examine("admin-sign-ins")


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_under_attack_the_page_does_the_work(walk: Walk) -> None:
    username = f"attacked{walk.look.hospital}"
    hire(walk, username, Role.DESK)
    with guarded(walk):
        walk.open("/desk/sign-in")
        walk.examine("staff-sign-in-guarded")
        sign_in(walk, username)
        walk.tab.wait_for_url("**/desk")


@pytest.mark.parametrize("look", CROSSED, ids=str)
def test_without_scripts_the_password_is_the_way(served: Served, browser: Chromium, watch: Watch, look: Look) -> None:
    with walking(served, browser, look, watch, scripts=False) as walk:
        username = f"scriptless{look.hospital}"
        hire(walk, username, Role.DESK)
        sign_in(walk, username)
        walk.tab.wait_for_url("**/desk")
        walk.open("/staff/security/passkeys/add")
        walk.reads(
            "This browser cannot make a passkey here: it needs scripts, and a secure connection. "
            "Your password and your app remain the way."
        )
        with guarded(walk):
            sign_out(walk)
            walk.arrive("Sign in at the desk")
            expect(walk.tab.locator("noscript p")).to_be_visible()
            expect(walk.tab.locator("noscript p")).to_have_text(
                walk.say(
                    "This needs scripts. Without them, use a browser in which you signed in before, or try again later."
                )
            )
