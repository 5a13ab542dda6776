"""A hospital's own sign-in on this machine, for tests: a small real OpenID Connect provider that can misbehave.

It speaks over real sockets, signs real ID tokens, and is as strict as a good one is: a code is good once, for the
client that asked, with its PKCE verifier and the same redirect address. What a test sets in `Wrong` it does instead.
"""

import asyncio
import base64
import hashlib
import html
import json
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "firsthand at the hospital", "oranges & lemons: 5%"
AMR = ["pwd", "mfa"]

Key = RSAKey | ECKey
_KEYS: dict[str, Key] = {}


def key_named(kid: str, *, kind: str = "RSA") -> Key:
    """Return the key with this name, the same one in every test of a process: making one takes a while."""
    if kid not in _KEYS:
        made: Key = (
            RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})
            if kind == "RSA"
            else ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})
        )
        _KEYS[kid] = made
    return _KEYS[kid]


@dataclass
class Wrong:
    """What a provider does otherwise than it should. None in `metadata` and `claims` leaves a member out.

    answers: a whole response after "HTTP/1.1 ", by path. silent: paths that are never answered. sign: makes the token.
    """

    metadata: dict[str, object] = field(default_factory=dict)
    claims: dict[str, object] = field(default_factory=dict)
    header: dict[str, object] = field(default_factory=dict)
    response: dict[str, str | None] = field(default_factory=dict)
    userinfo: dict[str, object] = field(default_factory=dict)
    answers: dict[str, bytes] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    sign: Callable[[dict[str, Any], dict[str, Any]], str] | None = None


@dataclass
class Grant:
    """A code that was given, and what it was asked for by."""

    asked: dict[str, str]
    sub: str
    used: bool = False


@dataclass
class Heard:
    """One request."""

    method: str
    path: str
    fields: dict[str, str]
    headers: dict[str, str]


@dataclass
class OidcProvider:
    """One provider. sub: who signs in there. signing: by which of `keys`. code_characters: at least so many."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sub: str = "staff-0001"
    keys: list[str] = field(default_factory=lambda: ["key-1"])
    signing: str = "key-1"
    algorithm: str = "RS256"
    wrong: Wrong = field(default_factory=Wrong)
    grants: dict[str, Grant] = field(default_factory=dict)
    heard: list[Heard] = field(default_factory=list)
    code_characters: int = 0
    port: int = 0

    @property
    def issuer(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def asks(self, path: str) -> int:
        """Return how often a path was asked for."""
        return sum(heard.path == path for heard in self.heard)

    def sign_in(self, address: str) -> str:
        """Sign somebody in who was sent to `address`, and return the address that his browser is sent back to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        code = secrets.token_urlsafe(24).ljust(self.code_characters, "~")
        self.grants[code] = Grant(asked, self.sub)
        said: dict[str, str | None] = {"code": code, "state": asked["state"], "iss": self.issuer}
        return self._back(asked, said | self.wrong.response)

    def refuse(self, address: str, error: str = "access_denied", **more: str) -> str:
        """Refuse somebody who was sent to `address`, and return the address that his browser is sent back to."""
        asked = dict(parse_qsl(urlsplit(address).query))
        return self._back(asked, {"error": error, "state": asked["state"], "iss": self.issuer, **more})

    def token(self, grant: Grant, **more: object) -> str:
        """Return the ID token for a grant."""
        now = int(self.now().timestamp())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "sub": grant.sub,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "auth_time": now,
            "nonce": grant.asked.get("nonce"),
            "amr": AMR,
            **more,
            **self.wrong.claims,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        header: dict[str, Any] = {"alg": self.algorithm, "kid": self.signing, **self.wrong.header}
        header = {name: value for name, value in header.items() if value is not None}
        if self.wrong.sign is not None:
            return self.wrong.sign(header, claims)
        return jwt.encode(header, claims, key_named(self.signing), algorithms=[self.algorithm])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one request and answer it."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            method, target = head[0].split()[:2]
            parts = urlsplit(target)
            fields = dict(parse_qsl(parts.query) + parse_qsl(body.decode()))
            self.heard.append(Heard(method, parts.path, fields, headers))
            if parts.path in self.wrong.silent:
                await reader.read()  # until the other side gives up
                return
            writer.write(b"HTTP/1.1 " + self._answer(self.heard[-1]))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def _answer(self, heard: Heard) -> bytes:
        if heard.path in self.wrong.answers:
            return self.wrong.answers[heard.path]
        match heard.path:
            case "/.well-known/openid-configuration":
                return reply("200 OK", self._metadata())
            case "/keys":
                return reply("200 OK", {"keys": [key_named(kid).as_dict(private=False) for kid in self.keys]})
            case "/token":
                return self._exchange(heard)
            case "/userinfo":
                return reply("200 OK", {"sub": self.sub, **self.wrong.userinfo})
            case "/authorize":
                return self._page(heard)
            case "/end":
                return _leading(heard.fields.get("post_logout_redirect_uri", "/"))
        return reply("404 Not Found", {})

    def _metadata(self) -> dict[str, object]:
        said: dict[str, object] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "end_session_endpoint": f"{self.issuer}/end",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "PS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
            **self.wrong.metadata,
        }
        return {name: value for name, value in said.items() if value is not None}

    def _exchange(self, heard: Heard) -> bytes:
        grant, fields = self.grants.get(heard.fields.get("code", "")), heard.fields
        if not self._is_client(heard):
            return reply("401 Unauthorized", {"error": "invalid_client"})
        if grant is None or grant.used or fields.get("redirect_uri") != grant.asked["redirect_uri"]:
            return reply("400 Bad Request", {"error": "invalid_grant"})
        grant.used = True
        proof = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(proof).rstrip(b"=").decode() != grant.asked["code_challenge"]:
            return reply("400 Bad Request", {"error": "invalid_grant", "error_description": "PKCE"})
        said = {"access_token": "at-1", "token_type": "Bearer", "expires_in": 300, "id_token": self.token(grant)}
        return reply("200 OK", said)

    def _is_client(self, heard: Heard) -> bool:
        if heard.fields.get("client_id"):
            return (heard.fields["client_id"], heard.fields.get("client_secret")) == (CLIENT, SECRET)
        scheme, _, encoded = heard.headers.get("authorization", "").partition(" ")
        name, _, secret = base64.b64decode(encoded or "").decode().partition(":")
        return scheme == "Basic" and (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET)

    def _page(self, heard: Heard) -> bytes:
        """Show a form to sign in by, and lead whoever sends it back."""
        if heard.method == "POST":
            return _leading(self.sign_in(f"/authorize?{urlencode(heard.fields)}"))
        kept = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in heard.fields.items()
        )
        form = f'<form action="/authorize" method="post">{kept}<button>Sign in as {self.sub}</button></form>'
        page = f'<!doctype html><html lang="en"><title>The hospital</title><h1>The hospital</h1>{form}</html>'
        return reply("200 OK", page.encode(), kind="text/html; charset=utf-8")

    def _back(self, asked: dict[str, str], said: dict[str, str | None]) -> str:
        query = urlencode({name: value for name, value in said.items() if value is not None})
        return f"{asked['redirect_uri']}?{query}"


def reply(status: str, said: object, *, kind: str = "application/json", headers: tuple[str, ...] = ()) -> bytes:
    """Return an answer with a status and a body: bytes, or what is written as JSON."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    lines = [status, *headers, f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _leading(address: str) -> bytes:
    return reply("303 See Other", b"", kind="text/plain", headers=(f"Location: {address}",))


@asynccontextmanager
async def open_provider(provider: OidcProvider) -> AsyncIterator[OidcProvider]:
    """Serve a provider for the block."""
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.port = server.sockets[0].getsockname()[1]
    async with server:
        yield provider


@contextmanager
def provider_beside(provider: OidcProvider) -> Iterator[OidcProvider]:
    """Serve a provider in a thread of its own for the block, for tests that wait without a loop."""
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with open_provider(provider):
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    ready.wait()
    try:
        yield provider
    finally:
        over.set()
        thread.join()
