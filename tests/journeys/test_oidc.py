"""A hospital settles its own sign-in, and its staff come in by it: in a browser, with a provider on another site."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from playwright.sync_api import expect

from firsthand.directory.staff_oidc import providers
from firsthand.platform.access import Role
from firsthand.platform.world import World
from tests.journeys.hiring import hire
from tests.journeys.test_admin import sign_in
from tests.journeys.town import hospital_name, words_of
from tests.journeys.walk import Walk
from tests.oidc_provider import CLIENT, SECRET, OidcProvider, provider_beside
from tests.people import SYSTEM

pytestmark = pytest.mark.browser


@pytest.fixture
def provider() -> Iterator[OidcProvider]:
    """The hospital's own, at an address that is another site for the browser."""
    with provider_beside(OidcProvider()) as opened:
        yield opened


def test_a_hospital_settles_its_own_sign_in_and_its_staff_come_in_by_it(walk: Walk, provider: OidcProvider) -> None:
    number = walk.look.hospital
    hire(walk, f"settler{number}", Role.HOSPITAL_ADMIN)
    hire(walk, f"comer{number}", Role.DESK)
    sign_in(walk, f"settler{number}")
    walk.open("/admin/oidc")
    walk.reads("There is none yet")
    walk.examine("oidc-none")
    settle(walk, provider)
    try_it(walk, provider)
    link(walk, provider, f"comer{number}")
    walk.tab.get_by_role("button", name=walk.say("Sign out"), exact=True).click()
    come_in(walk, provider)
    show_anew(walk, provider)
    leave(walk, provider)
    come_in_vain(walk, provider)
    walk.served.do(lambda world: disable(world, walk.town.hospitals[number]))
    walk.open("/desk/sign-in")
    expect(walk.button(hospital_name(walk.look))).to_have_count(0)


def settle(walk: Walk, provider: OidcProvider) -> None:
    walk.button("Add one").click()
    walk.arrive("Add an own sign-in")
    walk.examine("oidc-new")
    walk.button("Save").click()
    expect(walk.tab.locator(".nhsuk-error-summary")).to_be_focused()
    walk.examine("oidc-new-empty")
    walk.box("Address of the provider (issuer)").fill(provider.issuer)
    walk.box("Client id").fill(CLIENT)
    walk.box("Client secret").fill(SECRET)
    walk.box("Strength: amr, all of").fill("mfa")
    walk.button("Save").click()
    walk.arrive("Own sign-in")
    walk.reads("It is saved. Try the connection, then let staff use it")
    walk.examine("oidc-saved")


def try_it(walk: Walk, provider: OidcProvider) -> None:
    walk.button("Let staff use it").click()
    walk.reads("Try the connection first. What was changed has to be tried again")
    provider.wrong.metadata = {"issuer": "https://another.example"}
    walk.button("Try the connection").click()
    walk.reads("It calls itself by another address than the one that is entered here")
    walk.examine("oidc-tried-in-vain")
    provider.wrong.metadata = {}
    walk.button("Try the connection").click()
    walk.reads("The provider answers as it should")
    walk.button("Let staff use it").click()
    walk.reads("Staff can sign in by it from now on")
    walk.examine("oidc-in-use")
    walk.button("Let nobody use it").click()
    walk.arrive("Let nobody sign in by it?")
    walk.examine("oidc-disable")
    walk.link("Keep it in use").click()
    walk.link("Change the own sign-in").click()
    walk.arrive("Change the own sign-in")
    expect(walk.box("Client secret")).to_have_value("")
    walk.examine("oidc-change")
    walk.link("Leave it as it is").click()


def link(walk: Walk, provider: OidcProvider, username: str) -> None:
    walk.box("User name").fill("nobody.at.all")
    walk.box("Account at the provider").fill(provider.sub)
    walk.button("Link").click()
    walk.reads("Nobody with a duty there has this user name")
    walk.box("User name").fill(username)
    walk.button("Link").click()
    walk.reads("The account is linked")
    expect(walk.tab.get_by_role("main")).to_contain_text(f"{words_of(walk.look).doctors[1]}: {provider.sub}")
    walk.examine("oidc-linked")


def come_in(walk: Walk, provider: OidcProvider) -> None:
    walk.open("/desk/sign-in?next=/desk/people")
    walk.examine("oidc-sign-in")
    walk.button(hospital_name(walk.look)).click()
    at_the_provider(walk, provider)
    walk.arrive("Your accounts at hospitals")  # somebody else linked him, so he sees that first
    walk.reads("New: if it is not yours, tell your hospital at once.")
    walk.examine("oidc-own-new")
    walk.open("/staff/security")
    walk.reads("Signed in through the hospital")
    walk.link("Your accounts at hospitals").click()
    walk.arrive("Your accounts at hospitals")


def show_anew(walk: Walk, provider: OidcProvider) -> None:
    walk.open("/staff/oidc/again?next=/staff/oidc")
    walk.arrive("Show once more that it is you")
    walk.examine("oidc-again")
    walk.tab.get_by_role("main").get_by_role("button").click()
    at_the_provider(walk, provider)
    walk.arrive("Your accounts at hospitals")
    walk.reads("You are signed in")


def leave(walk: Walk, provider: OidcProvider) -> None:
    walk.tab.get_by_role("button", name=walk.say("Sign out"), exact=True).click()
    walk.arrive("You are signed out here")
    walk.examine("oidc-end")
    walk.button("Sign out there too").click()
    walk.arrive("Sign in at the desk")
    assert provider.asks("/end") == 1


def come_in_vain(walk: Walk, provider: OidcProvider) -> None:
    provider.sub = "somebody-else"
    walk.button(hospital_name(walk.look)).click()
    at_the_provider(walk, provider)
    walk.arrive("That did not work")
    walk.examine("oidc-failed")
    walk.button("Begin again").click()
    walk.arrive("Sign in at the desk")


def at_the_provider(walk: Walk, provider: OidcProvider) -> None:
    """Sign in there, having been led there without a further click."""
    walk.tab.wait_for_url(f"{provider.issuer}/**")
    walk.tab.get_by_role("button", name=f"Sign in as {provider.sub}").click()
    walk.tab.wait_for_url(f"{walk.served.address}/**")


async def disable(world: World, hospital_id: UUID) -> None:
    """Let nobody sign in by a hospital's own sign-in any more."""
    found = await providers.list_providers(world, SYSTEM)
    assert isinstance(found, list)
    (mine,) = [one for one in found if one.hospital_id == hospital_id]
    assert await providers.disable_provider(world, SYSTEM, mine.id) is None
