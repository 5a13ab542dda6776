"""The page from which a person reaches what is his own."""

import pytest
from litestar import Litestar

from firsthand.platform.world import World
from tests.city import City, Opening, make_city
from tests.visitor import visiting

LEADS_TO = ("/me/data", "/me/family", "/me/security", "/me/email", "/me/names", "/me/requests")


@pytest.fixture
async def city(world: World) -> City:
    return await make_city(world, sessions=(Opening(places=1),), persons=1)


async def test_a_person_reaches_all_of_his_own_from_one_page(app: Litestar, world: World, city: City) -> None:
    async with visiting(app) as person:
        await person.sign_in(world, city.documents[0])
        page = await person.open("/me")
        assert page.status_code == 200
        assert '<a href="/me" aria-current="page">' in page.text
        for address in LEADS_TO:
            assert f'<a href="{address}"' in page.text
            assert (await person.open(address)).status_code == 200


async def test_strangers_are_sent_to_sign_in_and_staff_may_not(app: Litestar, city: City) -> None:
    assert city.person_ids
    async with visiting(app) as stranger:
        sent = await stranger.client.get("/me", follow_redirects=False)
        assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=/me")
        assert 'href="/me"' not in (await stranger.open("/")).text
    async with visiting(app) as clerk:
        await clerk.sign_in_at_desk()
        refused = await clerk.open("/me")
        assert refused.status_code == 403
        assert 'href="/me"' not in refused.text
