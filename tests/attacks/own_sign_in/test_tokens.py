"""Attacks by the token that a provider gives: forged, changed, of somebody else or of another time.

Each is refused and recorded, and opens nothing.
"""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from firsthand.platform.clock import ManualClock
from tests.attacks.own_sign_in.watching import EVIL, refused, sessions
from tests.conftest import FreshDatabase
from tests.oidc_provider import OidcProvider, Wrong, key_named, reply
from tests.oidc_scene import Traveller

Change = Callable[[OidcProvider], None]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    head = header | {"alg": "none"}
    return f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}."


def by_public_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign by HS256 with the public key, which everybody knows, as the shared secret."""
    pem = key_named("key-1").as_pem(private=False)
    head = header | {"alg": "HS256"}
    signing = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
    return f"{signing}.{b64(hmac.digest(pem, signing.encode(), 'sha256'))}"


def by_foreign_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return jwt.encode(header, claims, key_named("evil-key"), algorithms=["RS256"])


def with_own_key(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign by a key of one's own, and say in the header where it is to be found."""
    head = header | {"jku": f"{EVIL}/keys", "x5u": f"{EVIL}/certificate"}
    return jwt.encode(head, claims, key_named("evil-key"), algorithms=["RS256"])


def with_key_in_it(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Sign by a key of one's own, and bring it along in the header."""
    public = key_named("evil-ec", kind="EC").as_dict(private=False)
    head = header | {"alg": "RS256", "jwk": public}
    return jwt.encode(head, claims, key_named("evil-key"), algorithms=["RS256"])


def tampered(header: dict[str, Any], claims: dict[str, Any]) -> str:
    head, _, signature = jwt.encode(header, claims, key_named("key-1")).split(".")
    return f"{head}.{b64(json.dumps(claims | {'sub': 'staff-0002'}).encode())}.{signature}"


def must_understand(header: dict[str, Any], claims: dict[str, Any]) -> str:
    head = b64(json.dumps(header | {"crit": ["exp"], "exp": 1}).encode())
    body = b64(json.dumps(claims).encode())
    _, _, signature = jwt.encode(header, claims, key_named("key-1")).split(".")
    return f"{head}.{body}.{signature}"


def said(**claims: object) -> Change:
    def change(provider: OidcProvider) -> None:
        provider.wrong.claims = dict(claims)

    return change


def headed(**header: object) -> Change:
    def change(provider: OidcProvider) -> None:
        provider.wrong.header = dict(header)

    return change


def signed(sign: Callable[[dict[str, Any], dict[str, Any]], str]) -> Change:
    def change(provider: OidcProvider) -> None:
        provider.wrong.sign = sign

    return change


def later(**seconds: int) -> Change:
    """Let times of the token be some seconds from now."""

    def change(provider: OidcProvider) -> None:
        now = int(provider.now().timestamp())
        provider.wrong.claims = {name: now + shift for name, shift in seconds.items()}

    return change


def by_other_algorithm(provider: OidcProvider) -> None:
    key_named("ec-1", kind="EC")
    provider.keys, provider.signing, provider.algorithm = ["key-1", "ec-1"], "ec-1", "ES256"


def with_key_for_encryption(provider: OidcProvider) -> None:
    keys = [key_named("key-1").as_dict(private=False) | {"use": "enc"}]
    provider.wrong.answers["/keys"] = reply("200 OK", {"keys": keys})


def with_two_keys_of_one_name(provider: OidcProvider) -> None:
    keys = [key_named(name).as_dict(private=False) | {"kid": "key-1"} for name in ("key-1", "evil-key")]
    provider.wrong.answers["/keys"] = reply("200 OK", {"keys": keys})


TOKENS: dict[str, tuple[Change, str]] = {
    "not signed": (signed(unsigned), "algorithm"),
    "signed by the public key": (signed(by_public_key), "algorithm"),
    "signed by a foreign key": (signed(by_foreign_key), "signature"),
    "signed by a key that it leads to": (signed(with_own_key), "signature"),
    "signed by a key that stands in it": (signed(with_key_in_it), "signature"),
    "changed after it was signed": (signed(tampered), "signature"),
    "signed by an algorithm that was not settled": (by_other_algorithm, "algorithm"),
    "a key that does not exist": (headed(kid="key-9"), "key_unknown"),
    "a key's name that is a path": (headed(kid="../../../../etc/passwd"), "key_unknown"),
    "a key's name that is a statement": (headed(kid="x' UNION SELECT 'key"), "key_unknown"),
    "a key that encrypts": (with_key_for_encryption, "keys"),
    "two keys of one name": (with_two_keys_of_one_name, "key_unknown"),
    "a header that must be understood": (signed(must_understand), "token_unreadable"),
    "no token at all": (signed(lambda _h, _c: "not.a.token"), "token_unreadable"),
    "an encrypted one": (signed(lambda _h, _c: "e30.e30.e30.e30.e30"), "token_unreadable"),
    "an enormous one": (signed(lambda _h, _c: "e30." + "A" * 40_000 + "."), "token_unreadable"),
    "of another issuer": (said(iss=EVIL), "issuer"),
    "of an issuer that looks alike": (lambda p: said(iss=f"{p.issuer}/")(p), "issuer"),
    "of no issuer": (said(iss=None), "issuer"),
    "for another client": (said(aud="another"), "audience"),
    "for nobody": (said(aud=None), "audience"),
    "for several, and of no party": (said(aud=["firsthand at the hospital", "another"]), "authorized_party"),
    "asked for by another party": (said(azp="another"), "authorized_party"),
    "run out": (later(exp=-61, iat=-100), "expired"),
    "without an end": (said(exp=None), "expired"),
    "with an end that is no time": (said(exp="never"), "expired"),
    "with an end that is no number": (said(exp=float("nan")), "expired"),
    "issued in the future": (later(iat=61), "time"),
    "issued long ago": (later(iat=-700), "time"),
    "not yet to be used": (later(nbf=61), "time"),
    "for another attempt": (said(nonce="another"), "nonce"),
    "for no attempt": (said(nonce=None), "nonce"),
    "a nonce that is a list": (said(nonce=["a"]), "nonce"),
    "proved at no time": (said(auth_time=None), "auth_time"),
    "proved too long ago": (later(auth_time=-36_100), "auth_time"),
    "proved in the future": (later(auth_time=61), "auth_time"),
    "proved when nobody lived": (said(auth_time=-1e300), "auth_time"),
    "by a password alone": (said(amr=["pwd"]), "strength"),
    "by nothing that it says": (said(amr=None), "strength"),
    "by a text in which the value stands": (said(amr="mfa pwd"), "strength"),
    "with another access token": (said(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "access_token"),
    "of nobody": (said(sub=None), "subject"),
    "of a number": (said(sub=1), "subject"),
    "of an empty name": (said(sub=""), "subject"),
    "of a name with a line in it": (said(sub="staff-0001\n"), "subject"),
    "of a name without an end": (said(sub="s" * 256), "subject"),
}


@pytest.mark.parametrize("name", TOKENS)
async def test_a_token_that_proves_nothing_opens_nothing(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase, name: str
) -> None:
    change, why = TOKENS[name]
    address = await traveller.leave(provider_id)
    change(provider)
    page = await traveller.come_back(provider.sign_in(address))
    reason = "provider_down" if why == "keys" else "answer_wrong"
    assert page.status_code == (409 if why == "keys" else 401)
    refused(fresh_database, reason, why)


async def test_a_weak_key_is_no_key(
    provider: OidcProvider, provider_id: UUID, traveller: Traveller, fresh_database: FreshDatabase
) -> None:
    modulus = b64((1 << 1023 | 1).to_bytes(128))
    keys = [{"kty": "RSA", "kid": "key-1", "n": modulus, "e": "AQAB"}]
    provider.wrong.answers["/keys"] = reply("200 OK", {"keys": keys})
    await traveller.sign_in(provider, provider_id)
    refused(fresh_database, "provider_down", "keys")
    assert isinstance(key_named("key-1"), RSAKey)


async def test_new_keys_are_taken_up_and_a_flood_of_unknown_ones_asks_for_them_seldom(
    provider: OidcProvider,
    provider_id: UUID,
    traveller: Traveller,
    clock: ManualClock,
    fresh_database: FreshDatabase,
) -> None:
    assert (await traveller.sign_in(provider, provider_id)).url.path == "/staff/oidc"
    asked = provider.asks("/keys")
    await traveller.visitor.client.post("/sign-out", data={"csrf": "x"})
    traveller.visitor.client.cookies.clear()
    clock.advance(timedelta(minutes=2))
    provider.keys, provider.signing = ["key-2"], "key-2"
    assert (await traveller.sign_in(provider, provider_id)).status_code == 200
    assert provider.asks("/keys") == asked + 1
    provider.wrong = Wrong(header={"kid": "key-9"})
    for _ in range(10):
        traveller.visitor.client.cookies.clear()
        assert (await traveller.sign_in(provider, provider_id)).status_code == 401
    assert provider.asks("/keys") == asked + 1
    assert sessions(fresh_database) == 2
