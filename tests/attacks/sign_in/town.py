"""Two people with a phone each, a family who share one, and what attacks on their signing in begin with."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx
import psycopg
import pytest

from firsthand.directory.person.asking import Browser
from firsthand.directory.person.model import Choice, Phone, Registration
from firsthand.directory.person.sign_in import enter_code, request_sign_in
from firsthand.identity.code.model import CodeRequested
from firsthand.identity.document.model import Document
from firsthand.identity.session.model import OpenedSession
from firsthand.identity.session.store import open_person_session
from firsthand.platform.clock import ManualClock
from firsthand.platform.world import World
from firsthand.policy.model import SignInPolicy, Version
from firsthand.policy.store import add_version
from tests.conftest import FreshDatabase
from tests.people import ELSEWHERE, HERE, STRANGER, as_owner, audited, said
from tests.soft_passkey import SoftPasskey
from tests.visitor import BASE_URL, Visitor, code_in, forms_of

HOME, AWAY = Browser(HERE), Browser(ELSEWHERE)
SECURITY = "/me/security"
CALM = SignInPolicy(300, 10**9, 10**9, 50, 10**9, 10**9)


@dataclass(frozen=True, slots=True)
class Town:
    """Two people with a phone each, and a family of two who share one."""

    ids: tuple[UUID, ...]
    people: tuple[Registration, ...]

    @property
    def shared(self) -> Phone:
        return self.people[2].phone


NEW = Phone("+8613811112222")


def advance(world: World, by: timedelta = timedelta(milliseconds=1)) -> None:
    assert isinstance(world.clock, ManualClock)
    world.clock.advance(by)


async def last_code(world: World) -> str:
    return code_in((await said(world))[-1])


async def ask(world: World, number: Document | Phone, browser: Browser = HOME) -> tuple[UUID, str]:
    advance(world)
    asked = await request_sign_in(world, STRANGER, number, browser)
    assert isinstance(asked, CodeRequested), asked
    return asked.code_id, await last_code(world)


async def signed_in(world: World, town: Town, number: int = 0) -> OpenedSession:
    async with world.database.transaction() as conn:
        return await open_person_session(conn, world, town.ids[number])


async def be(visitor: Visitor, world: World, town: Town, number: int = 0) -> OpenedSession:
    opened = await signed_in(world, town, number)
    visitor.client.cookies.set("firsthand_session", opened.token, domain="pages.test")
    return opened


def wrong(code: str, shift: int = 1) -> str:
    return f"{(int(code) + shift) % 1_000_000:06}"


def last_line(database: FreshDatabase) -> tuple[object, ...]:
    return audited(database)[-1]


async def sessions_of(database: FreshDatabase) -> int:
    ((count,),) = as_owner(database, "SELECT count(*)::integer FROM identity.session")
    assert isinstance(count, int)
    return count


async def offered(world: World, town: Town) -> Choice:
    code_id, code = await ask(world, town.shared)
    choice = await enter_code(world, STRANGER, code_id, code, HOME)
    assert isinstance(choice, Choice)
    assert len(choice.names) == 2
    return choice


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Write down every statement that is run."""
    run: list[str] = []
    execute = psycopg.AsyncConnection.execute

    async def watched(self: Any, query: Any, *given: Any, **named: Any) -> Any:  # noqa: ANN401 - psycopg's own types
        run.append(str(query))
        return await execute(self, query, *given, **named)

    monkeypatch.setattr(psycopg.AsyncConnection, "execute", watched)
    yield run
    monkeypatch.setattr(psycopg.AsyncConnection, "execute", execute)


async def csrf_of(visitor: Visitor, address: str = "/sign-in") -> str:
    page = await visitor.open(address)
    return next(form.fields["csrf"] for form in forms_of(page).values() if "csrf" in form.fields)


async def post_json(visitor: Visitor, address: str, content: Mapping[str, Any]) -> httpx.Response:
    return await visitor.client.post(address, json=content)


async def own_passkey(visitor: Visitor, world: World, town: Town, number: int = 0, *, count: int = 0) -> SoftPasskey:
    """Sign the visitor in, add a passkey by the pages, and sign him out."""
    await be(visitor, world, town, number)
    soft = SoftPasskey(BASE_URL, f"device {number}".encode(), count=count)
    csrf = await csrf_of(visitor, f"{SECURITY}/passkeys/add")
    begun = (await post_json(visitor, f"{SECURITY}/passkeys/options", {"csrf": csrf})).json()
    made = {"csrf": csrf, "id": begun["id"], "name": "phone", "credential": soft.make(json.dumps(begun["options"]))}
    added = await post_json(visitor, f"{SECURITY}/passkeys", made)
    assert added.json() == {"location": SECURITY}
    visitor.client.cookies.clear()
    return soft


async def begin(visitor: Visitor) -> tuple[str, str, str]:
    csrf = await csrf_of(visitor)
    begun = (await post_json(visitor, "/sign-in/passkey/options", {"csrf": csrf})).json()
    return csrf, begun["id"], json.dumps(begun["options"])


async def end(visitor: Visitor, csrf: str, challenge: str, credential: str, **more: str) -> httpx.Response:
    sent = {"csrf": csrf, "id": challenge, "credential": credential, **more}
    return await post_json(visitor, "/sign-in/passkey", sent)


def is_refused(answer: httpx.Response, reason: str) -> bool:
    cookies = answer.headers.get_list("set-cookie")
    return answer.json().get("reason") == reason and not any("firsthand_session=" in one for one in cookies)


async def sign_in_by_phone(visitor: Visitor, world: World, town: Town, **more: str) -> httpx.Response:
    await visitor.open("/sign-in?" + urlencode(more))
    advance(world)
    await visitor.send("/sign-in", {"phone": town.people[0].phone})
    return await visitor.send("/sign-in/code", {"code": await last_code(world)})


async def rule(world: World, policy: SignInPolicy) -> None:
    async with world.database.transaction() as conn:
        await add_version(conn, Version(world.clock.now(), policy, "a test"))
