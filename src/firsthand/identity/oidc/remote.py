"""What providers say: of themselves, kept for an hour, and in exchange for a code.

Everybody who waits for the same provider waits for one question to it. What could not be answered is not kept.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote_plus

from authlib.oauth2.auth import ClientAuth  # type: ignore[import-untyped]
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]
    prepare_grant_uri,
    prepare_token_request,
)
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc.jwk import KeySet

from firsthand.identity.oidc.model import PROOF_VALID_FOR, Account, Expected, Metadata, Provider, Secrets, Why
from firsthand.identity.oidc.rules import is_plain, read_metadata
from firsthand.identity.oidc.tokens import read_keys, read_token
from firsthand.identity.oidc.web import Web

KEPT_FOR: Final = timedelta(hours=1)
# A token with a key that is not known lets the keys be asked for anew, this seldom.
KEYS_EVERY: Final = timedelta(minutes=1)
_OK: Final = 200
_BEARER_CHARACTERS_MAX: Final = 16_384

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a code was exchanged for."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Kept:
    value: Any
    at: datetime


class Remote:
    """The providers, as one process knows them."""

    def __init__(self, web: Web) -> None:
        """Ask over `web`."""
        self.web: Final = web
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._under_way: dict[tuple[str, str], asyncio.Task[Any]] = {}

    async def describe(self, provider: Provider, *, now: datetime, anew: bool = False) -> Metadata | Why:
        """Return what a provider says of itself, or why that will not do. anew: whatever is kept."""
        terms, loopback = provider.terms, self.web.plain_loopback

        async def ask() -> Metadata | Why:
            answer = await self.web.ask(f"{terms.issuer.rstrip('/')}/.well-known/openid-configuration")
            if isinstance(answer, Why):
                return answer
            if answer.status != _OK:
                return Why.STATUS
            return read_metadata(answer.said, terms.issuer, terms.algorithms, plain_loopback=loopback)

        kept_as = ("metadata", f"{terms.issuer} {','.join(terms.algorithms)}")
        return await self._kept_or(kept_as, ask, now=now, kept_for=timedelta(0) if anew else KEPT_FOR)

    async def keys(
        self, metadata: Metadata, *, now: datetime, kept_for: timedelta = KEPT_FOR, anew: bool = False
    ) -> KeySet | Why:
        """Return the keys by which a provider signs, or why there are none."""

        async def ask() -> KeySet | Why:
            answer = await self.web.ask(metadata.jwks_uri)
            if isinstance(answer, Why):
                return answer
            if answer.status != _OK:
                return Why.STATUS
            return read_keys(answer.said) or Why.KEYS

        return await self._kept_or(
            ("keys", metadata.jwks_uri), ask, now=now, kept_for=timedelta(0) if anew else kept_for
        )

    async def exchange(
        self, provider: Provider, metadata: Metadata, *, code: str, verifier: str, back: str
    ) -> Tokens | Why:
        """Return what a provider gives for a code, or why it gives nothing. back: where the code was sent to."""
        body = prepare_token_request("authorization_code", "", code=code, redirect_uri=back, code_verifier=verifier)
        name, secret = provider.terms.client_id, provider.client_secret
        if metadata.secret_in_body:
            client = ClientAuth(name, secret, "client_secret_post")
        else:  # Source: RFC 6749, section 2.3.1: encoded as in a form, before it is encoded for the header
            client = ClientAuth(quote_plus(name), quote_plus(secret), "client_secret_basic")
        _, headers, body = client.prepare("POST", metadata.token_endpoint, {}, body)
        answer = await self.web.ask(metadata.token_endpoint, headers=headers, body=body)
        if isinstance(answer, Why):
            return answer
        id_token, access_token = answer.said.get("id_token"), answer.said.get("access_token", "")
        if answer.status != _OK or not isinstance(id_token, str) or not isinstance(access_token, str):
            return Why.EXCHANGE
        return Tokens(id_token, access_token)

    async def identify(self, metadata: Metadata, tokens: Tokens, expected: Expected, *, now: datetime) -> Account | Why:
        """Return whose account a provider's tokens name, or what is wrong with them."""
        account: Account | Why = Why.KEY_UNKNOWN
        for kept_for in (KEPT_FOR, KEYS_EVERY):
            keys = await self.keys(metadata, now=now, kept_for=kept_for)
            if isinstance(keys, Why):
                return keys
            account = read_token(tokens.id_token, keys, expected, now=now)
            if account is not Why.KEY_UNKNOWN:
                break
        if isinstance(account, Why) or account.subject is not None:
            return account
        return await self._ask_userinfo(metadata, account, expected)

    async def _ask_userinfo(self, metadata: Metadata, account: Account, expected: Expected) -> Account | Why:
        """Ask for the claim that the ID token leaves out. Source: OpenID Connect Core 1.0, section 5.3.2."""
        token = expected.access_token
        if not metadata.userinfo_endpoint or not (token.isascii() and token.isprintable() and token):
            return Why.CLAIM
        if len(token) > _BEARER_CHARACTERS_MAX:
            return Why.CLAIM
        answer = await self.web.ask(metadata.userinfo_endpoint, headers={"Authorization": f"Bearer {token}"})
        if isinstance(answer, Why):
            return answer
        if answer.status != _OK or answer.said.get("sub") != account.sub:
            return Why.USERINFO
        named = answer.said.get(expected.terms.claim)
        if not isinstance(named, str) or not is_plain(named):
            return Why.CLAIM
        return Account(account.sub, named, account.proved_at)

    async def _kept_or(
        self,
        kept_as: tuple[str, str],
        ask: Callable[[], Awaitable[Result | Why]],
        *,
        now: datetime,
        kept_for: timedelta,
    ) -> Result | Why:
        kept = self._kept.get(kept_as)
        if kept is not None and timedelta(0) <= now - kept.at < kept_for:
            return kept.value  # type: ignore[no-any-return]  # kept under a name of its own kind

        async def asked() -> Result | Why:
            try:
                value = await ask()
                if not isinstance(value, Why):
                    self._kept[kept_as] = _Kept(value, now)
                return value
            finally:
                self._under_way.pop(kept_as, None)

        task = self._under_way.get(kept_as)
        if task is None:
            task = self._under_way[kept_as] = asyncio.create_task(asked())
        # Whoever gives up waiting does not end it for the others.
        return await asyncio.shield(task)


def authorization_address(provider: Provider, metadata: Metadata, secrets: Secrets, *, back: str, again: bool) -> str:
    """Return where a browser is sent to prove at a provider who its owner is. again: even if he just has."""
    terms = provider.terms
    asked = {"acr_values": " ".join(terms.acr)} if terms.acr else {}
    if again:
        asked["prompt"] = "login"
    address: str = prepare_grant_uri(
        metadata.authorization_endpoint,
        client_id=terms.client_id,
        response_type="code",
        redirect_uri=back,
        scope="openid" if terms.claim == "sub" else "openid profile",
        state=secrets.state,
        nonce=secrets.nonce,
        code_challenge=create_s256_code_challenge(secrets.verifier),
        code_challenge_method="S256",
        max_age="0" if again else str(int(PROOF_VALID_FOR.total_seconds())),
        **asked,
    )
    return address
