"""Finding a session and looking at it, for somebody who is not signed in."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from litestar import Litestar

from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from firsthand.release.model import SessionStatus
from tests.city import NO_CAPS, City, Opening, hold, make_city, publish, set_policy
from tests.visitor import Visitor, visiting

OPENINGS = (
    Opening(day=1, department="Cardiology"),
    Opening(places=1, day=2),
    Opening(day=2, status=SessionStatus.CLOSED, hour=14),
    Opening(day=40),
    Opening(day=3, hospital=1, department=None),
)


@pytest.fixture
async def city(world: World) -> City:
    made = await make_city(world, sessions=OPENINGS, persons=2)
    await set_policy(world, NO_CAPS)
    await hold(world, made, person=1, session=1)
    return made


@pytest.fixture
async def visitor(app: Litestar) -> AsyncIterator[Visitor]:
    async with visiting(app) as one:
        yield one


async def test_the_first_page_lists_sessions_by_day_with_what_is_left(visitor: Visitor) -> None:
    page = await visitor.open("/")
    assert page.status_code == 200
    assert re.findall(r'<h2 class="fh-day[^>]*>([^<]+)<', page.text) == [
        "Tuesday 3 March",
        "Wednesday 4 March",
        "Thursday 5 March",
        "Saturday 11 April",
    ]
    assert "5 sessions found" in page.text
    places = re.findall(r'fh-places[^>]*">([^<]+)<', page.text)
    assert places == ["Places left: 10", "Full", "Closed", "Places left: 10", "Not open yet"]


async def test_the_search_narrows_the_list(visitor: Visitor) -> None:
    cases = {"text=cardio": 1, "text=%E5%BF%83": 0, "from=2026-03-04": 4, "to=2026-03-04": 3, "text=": 5}
    for query, found in cases.items():
        page = await visitor.open(f"/?{query}")
        assert len(re.findall('class="fh-session__name"', page.text)) == found, query


async def test_a_hospital_can_be_chosen_and_stays_chosen(visitor: Visitor, city: City) -> None:
    page = await visitor.open(f"/?hospital={city.hospital_ids[1]}")
    assert "1 session found" in page.text
    assert f'value="{city.hospital_ids[1]}" selected' in page.text


async def test_a_senseless_search_is_told_at_its_field(visitor: Visitor) -> None:
    cases = {
        "hospital=x": "Choose a hospital from the list",
        "hospital=00000000-0000-0000-0000-000000000001": "Choose a hospital from the list",
        "from=tomorrow": "Enter a day as year-month-day",
        "to=2026-13-01": "Enter a day as year-month-day",
        "to=20260304": "Enter a day as year-month-day",
        "from=2026-03-05&to=2026-03-04": "The last day must not be before the first",
        "text=" + "x" * 101: "Search with fewer words",
    }
    for query, told in cases.items():
        page = await visitor.open(f"/?{query}")
        assert page.status_code == 200, query
        assert told in page.text, query
        assert "fh-session__name" not in page.text, query


async def test_a_page_beyond_the_last_leads_to_the_last(visitor: Visitor) -> None:
    page = await visitor.open("/?page=9999&text=dermatology")
    assert str(page.url).endswith("/?text=dermatology&page=1")
    assert "3 sessions found" in page.text


async def test_many_sessions_are_paged(world: World, visitor: Visitor, clock: ManualClock) -> None:
    clock.advance(timedelta(hours=1))
    await publish(world, [Opening(day=1 + number % 20) for number in range(45)])
    first = await visitor.open("/")
    assert "Page 1 of 3" in first.text
    last = await visitor.open("/?page=3")
    assert len(re.findall('class="fh-session__name"', last.text)) == 5
    assert 'rel="next"' not in last.text


async def test_a_session_says_whether_it_can_be_booked(visitor: Visitor, city: City) -> None:
    cases = (
        (0, "Sign in to hold a place"),
        (1, "Every place is taken"),
        (2, "no longer takes bookings"),
        (3, "can be booked from Saturday 14 March"),
    )
    for session, says in cases:
        page = await visitor.open(f"/sessions/{city.session_ids[session]}")
        assert page.status_code == 200, says
        assert says in " ".join(page.text.split())


async def test_a_session_that_there_is_not_is_not_found(visitor: Visitor) -> None:
    for address in ("/sessions/00000000-0000-0000-0000-000000000001", "/sessions/x", "/nowhere"):
        page = await visitor.open(address)
        assert page.status_code == 404
        assert "We cannot find that page" in page.text


async def test_an_error_page_is_there_in_the_other_language_and_leads_nowhere_else(visitor: Visitor) -> None:
    for asked, linked in (("/nowhere", "/nowhere"), ("//evil.example/x", "/"), ("/%22%3E", "/%22%3E")):
        answer = await visitor.client.get(f"http://pages.test{asked}")
        assert answer.status_code == 404
        assert f'href="{linked}?lang=zh-Hans"' in answer.text, asked


async def test_a_session_that_is_withdrawn_is_shown_as_closed(
    world: World, visitor: Visitor, city: City, clock: ManualClock
) -> None:
    clock.advance(timedelta(hours=1))
    await publish(world, [replace(OPENINGS[0], day=9)])
    page = await visitor.open(f"/sessions/{city.session_ids[4]}")
    assert "no longer takes bookings" in page.text


async def test_the_language_is_the_browsers_until_one_is_chosen_and_then_stays(visitor: Visitor) -> None:
    chinese = await visitor.open("/about", {"accept-language": "fr, zh-CN;q=0.9, en;q=0.5"})
    assert '<html lang="zh-Hans">' in chinese.text
    assert chinese.headers["content-language"] == "zh-Hans"
    neither = await visitor.open("/about", {"accept-language": "fr"})
    assert '<html lang="zh-Hans">' in neither.text
    english = await visitor.open("/about?lang=en", {"accept-language": "zh"})
    assert '<html lang="en">' in english.text
    assert '<html lang="en">' in (await visitor.open("/about", {"accept-language": "zh"})).text
    assert '<html lang="en">' in (await visitor.open("/nowhere", {"accept-language": "zh"})).text
    assert '<html lang="en">' in (await visitor.open("/about?lang=xx", {"accept-language": "zh"})).text
    assert {"Accept-Language", "Cookie"} <= set(english.headers["vary"].split(", "))


async def test_changing_the_language_keeps_the_search(visitor: Visitor) -> None:
    page = await visitor.open("/?text=cardio&from=2026-03-03")
    assert 'href="/?text=cardio&amp;from=2026-03-03&amp;lang=zh-Hans"' in page.text


async def test_pages_carry_the_headers_that_keep_browsers_safe(visitor: Visitor) -> None:
    for address in ("/", "/sign-in", "/nowhere"):
        headers = (await visitor.open(address)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=()" in headers["permissions-policy"]
        assert headers["cache-control"] == "private, no-cache"


async def test_no_page_has_anything_that_the_policy_forbids(visitor: Visitor, city: City) -> None:
    for address in ("/", f"/sessions/{city.session_ids[0]}", "/sign-in", "/register", "/about", "/demo/outbox", "/x"):
        page = await visitor.open(address)
        assert not re.search(
            r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|https?://(?!\S*\brel=)[^\"]*\.js", page.text
        )


async def test_whoever_only_looks_around_gets_no_cookie(visitor: Visitor, city: City) -> None:
    for address in ("/", "/about", f"/sessions/{city.session_ids[0]}", "/nowhere"):
        assert "set-cookie" not in (await visitor.open(address)).headers


async def test_built_files_are_kept_for_ever_under_their_marks(visitor: Visitor) -> None:
    page = await visitor.open("/")
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert {file.split("?")[0] for file in files} >= {
        "/static/firsthand.css",
        "/static/firsthand.js",
        "/static/mark.svg",
    }
    for file in files:
        answer = await visitor.open(file)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    for missing in (
        "/static/nothing.css",
        "/static/../words.py",
        "/static/%2e%2e/words.py",
        "/static/%00",
        "/static/firsthand.css%00.html",
        f"/static/{'a' * 300}",
        "/static/%E4%B8%AD.css",
    ):
        assert (await visitor.open(missing)).status_code == 404


async def test_the_page_about_it_tells_the_time_of_a_hold(visitor: Visitor) -> None:
    for language, told in (("zh-Hans", "15 分钟"), ("en", "15 minutes")):
        page = await visitor.open("/about", {"accept-language": language})
        assert page.status_code == 200
        assert told in page.text
