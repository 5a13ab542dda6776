"""People sign in by phone and by passkey, see where they are signed in, and change their phone."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import CDPSession

from firsthand.directory.person.actions import register_people
from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import Phone, Registration
from firsthand.directory.person.sign_in import request_sign_in
from firsthand.identity.session.model import Method
from firsthand.identity.session.store import open_person_session
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from firsthand.policy.model import SignInPolicy, Version
from firsthand.policy.store import add_version
from tests.journeys.served import Served
from tests.journeys.town import Look, Somebody
from tests.journeys.walk import Walk, Watch, walking
from tests.people import STRANGER, SYSTEM, said
from tests.visitor import code_in

pytestmark = pytest.mark.browser

CALM = SignInPolicy(300, 10**9, 10**9, 50, 10**9, 10**9)
_AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
_ASKED = {"options": _AUTHENTICATOR}


class Device:
    """A passkey's device, as Chromium plays one: it is there, and touched, for as long as the test says."""

    def __init__(self, walk: Walk) -> None:
        """Hold no passkey yet."""
        self._walk = walk
        self._passkeys: list[dict[str, object]] = []

    @contextmanager
    def touched(self) -> Iterator[None]:
        """Plug it into the walk's window for the block. What it holds it holds the next time too."""
        session: CDPSession = self._walk.context.new_cdp_session(self._walk.tab)
        session.send("WebAuthn.enable", {"enableUI": False})
        mine = {"authenticatorId": session.send("WebAuthn.addVirtualAuthenticator", _ASKED)["authenticatorId"]}
        for passkey in self._passkeys:
            session.send("WebAuthn.addCredential", mine | {"credential": passkey})
        session.on("WebAuthn.credentialAdded", lambda event: self._passkeys.append(event["credential"]))
        yield
        session.detach()


def registration(walk: Walk, *, phone: Phone | None = None) -> Registration:
    newcomer = walk.town.newcomer(walk.look)
    registered = newcomer if phone is None else replace(newcomer, phone=phone)
    walk.served.do(lambda world: register_people(world, SYSTEM, [registered]))
    return registered


def sign_out(walk: Walk) -> None:
    walk.tab.get_by_role("button", name=walk.say("Sign out"), exact=True).click()


def ask_by_phone(walk: Walk, phone: str) -> None:
    walk.open("/sign-in")
    walk.arrive("Sign in")
    walk.box("Mobile number").fill(phone)
    walk.button("Send me a code").click()
    walk.arrive("Enter the code")


def enter_code(walk: Walk, phone: str) -> None:
    walk.box("Six-digit code").fill(walk.read_code(phone))
    walk.button("Continue").click()


def test_somebody_adds_a_passkey_and_signs_in_with_it(walk: Walk) -> None:
    walk.be_somebody()
    walk.open("/me/security")
    walk.arrive("Sign-in and devices")
    device = Device(walk)
    walk.reads("You have no passkey yet.")
    walk.examine("security")
    walk.tab.get_by_role("button", name=walk.say("Add a passkey")).click()
    walk.arrive("Add a passkey")
    walk.examine("passkey-add")
    walk.button("Add a passkey").click()
    walk.reads("Give the passkey a name of up to 50 characters")
    walk.examine("passkey-add-unnamed")
    walk.box("Name of this device").fill("手机 1")
    with device.touched():
        walk.button("Add a passkey").click()
        walk.arrive("Sign-in and devices")
    walk.reads("Your passkey is added. You can sign in with it from now on")
    walk.examine("security-passkey")
    sign_out(walk)
    walk.open("/sign-in?next=/me/security")
    walk.arrive("Sign in")
    with device.touched():
        walk.button("Use a passkey").click()
        walk.arrive("Sign-in and devices")
    walk.reads("Signed in by a passkey")
    rename_and_remove(walk)


def rename_and_remove(walk: Walk) -> None:
    """Call the passkey something else, and take it away."""
    walk.link(walk.say("Rename or remove %(name)s", name="手机 1")).click()
    walk.arrive("Passkey")
    walk.examine("passkey")
    walk.box("Name").fill("")
    walk.button("Save the name").click()
    walk.reads("Give the passkey a name of up to 50 characters")
    walk.examine("passkey-unnamed")
    walk.box("Name").fill("旧手机")
    walk.button("Save the name").click()
    walk.reads("Your passkey has its new name")
    walk.link(walk.say("Rename or remove %(name)s", name="旧手机")).click()
    walk.link("Remove this passkey").click()
    walk.arrive("Remove this passkey?")
    walk.examine("passkey-remove")
    walk.button("Yes, remove it").click()
    walk.reads("Your passkey is removed")


def test_people_who_share_a_phone_choose_who_signs_in(walk: Walk) -> None:
    first = registration(walk)
    second = registration(walk, phone=first.phone)
    ask_by_phone(walk, first.phone)
    walk.examine("code-phone")
    enter_code(walk, first.phone)
    walk.arrive("Who is signing in?")
    walk.reads(first.name)
    walk.examine("choose")
    walk.box(second.name).check()
    walk.button("Continue").click()
    walk.arrive("My appointments")
    assert second.name in walk.tab.locator(".fh-visitor").inner_text()


def test_another_device_is_signed_out(walk: Walk) -> None:
    person = walk.be_somebody()

    async def opened(world: World) -> None:
        async with world.database.transaction() as conn:
            for device in ("Chrome, Android", "Safari, iPad", ""):
                await open_person_session(conn, world, person.id, method=Method.CODE, device=device)

    walk.served.do(opened)
    walk.open("/me/security")
    walk.arrive("Sign-in and devices")
    walk.examine("security-devices")
    row = walk.tab.locator("li.fh-card").filter(has_text="Safari, iPad")
    row.get_by_role("button", name=walk.say("Sign this device out")).click()
    walk.reads("That device is signed out")
    assert row.count() == 0
    walk.button("Sign out all other devices").click()
    walk.reads("All other devices are signed out")
    assert walk.tab.locator("li.fh-card").count() == 1


def test_a_phone_is_changed_once_one_has_shown_again_who_one_is(walk: Walk) -> None:
    person = walk.served.register(walk.look)
    walk.be(signed_in_long_ago(walk, person))
    walk.open("/me/security/phone")
    walk.arrive("Show once more that it is you")
    walk.examine("again")
    walk.button("Send me a code").click()
    walk.arrive("Enter the code")
    enter_code(walk, person.phone)
    walk.arrive("Change your phone")
    walk.examine("phone")
    new = walk.town.newcomer(walk.look).phone
    walk.box("New mobile number").fill(new)
    walk.button("Send a code to the new number").click()
    walk.arrive("Enter the code from the new number")
    walk.examine("phone-code")
    walk.box("Six-digit code").fill(walk.read_code(new))
    walk.button("Change my phone").click()
    walk.reads("Your phone is changed. Codes and news go there from now on")
    walk.open("/me/security/phone")
    walk.box("New mobile number").fill(person.phone)
    walk.button("Send a code to the new number").click()
    walk.reads("Your phone was changed less than a day ago. Wait until tomorrow, or ask at a hospital's desk")
    walk.examine("phone-cooling")


def test_under_attack_the_page_does_the_work(walk: Walk) -> None:
    known = registration(walk)
    with guarded(walk):
        walk.open("/sign-in")
        walk.examine("sign-in-guarded")
        walk.box("Mobile number").fill(known.phone)
        walk.button("Send me a code").click()
        walk.arrive("Enter the code")
        walk.examine("code-guarded")
        enter_code(walk, known.phone)
        walk.arrive("My appointments")


def test_help_says_what_to_do_when_the_phone_is_lost(walk: Walk) -> None:
    walk.open("/sign-in")
    walk.link("Lost your phone, or cannot sign in?").click()
    walk.arrive("When you cannot sign in")
    walk.examine("sign-in-help")


def signed_in_long_ago(walk: Walk, person: Somebody) -> str:
    """Open a session as of 20 minutes ago, and return its token."""

    async def opened(world: World) -> str:
        async with world.database.transaction() as conn:
            return (await open_person_session(conn, world, person.id)).token

    return walk.served.do(opened, clock=ManualClock(datetime.now(UTC) - timedelta(minutes=20)))


@contextmanager
def guarded(walk: Walk) -> Iterator[None]:
    """Let signing in count as attacked for the block."""

    async def count(world: World, policy: SignInPolicy) -> None:
        async with world.database.transaction() as conn:
            await add_version(conn, Version(world.clock.now(), policy, "a journey"))
        await request_sign_in(world, STRANGER, Phone("+8613900000000"), Browser("192.0.2.1"))

    walk.served.do(lambda world: count(world, replace(CALM, guard_on_requests=1)))
    yield
    walk.served.do(lambda world: count(world, CALM))


def test_without_scripts_a_code_is_the_way(served: Served, browser: Chromium, watch: Watch, look: Look) -> None:
    with walking(served, browser, look, watch, scripts=False) as walk:
        known = registration(walk)
        ask_by_phone(walk, known.phone)
        code = walk.served.do(lambda world: newest_code(world, known.phone))
        walk.box("Six-digit code").fill(code)
        walk.button("Continue").click()
        walk.arrive("My appointments")
        walk.link("Me").click()
        walk.link("Sign-in and devices").click()
        walk.tab.get_by_role("button", name=walk.say("Add a passkey")).click()
        walk.arrive("Add a passkey")
        walk.reads(
            "This browser cannot make a passkey here: it needs scripts, and a secure connection. "
            "A code to your phone remains the way."
        )
        assert not walk.tab.locator("form[data-passkey-add]").is_visible()


async def newest_code(world: World, phone: str) -> str:
    return code_in([one for one in await said(world) if one.address == phone][-1])
