"""Reading an ID token: whose signature it bears, and whether it answers what was asked. Pure but for the libraries.

The signature is `joserfc`'s, the claims are `authlib`'s; what is here is what they leave to their caller: which key and
algorithm may be used, and what was asked of the provider. Source: OpenID Connect Core 1.0, section 3.1.3.7; RFC 8725.
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, JoseError
from joserfc.jwk import JWKRegistry, KeySet

from firsthand.identity.oidc.model import ATTEMPT_VALID_FOR, LEEWAY, Account, Algorithm, Expected, Why
from firsthand.identity.oidc.rules import is_plain
from firsthand.platform.crypto import token_hash

_KEY_TYPES: Final = {Algorithm.RS256: "RSA", Algorithm.PS256: "RSA", Algorithm.ES256: "EC"}
# Of a key only these are taken: no private part, and nothing that leads to a certificate elsewhere.
_PUBLIC: Final = {"RSA": ("kty", "kid", "n", "e"), "EC": ("kty", "kid", "crv", "x", "y")}
_KEYS_MAX: Final = 50
_RSA_BYTES_MIN: Final = 256
_TOKEN_CHARACTERS_MAX: Final = 32_768
_UNREADABLE: Final = (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError)
_WHY: Final[Mapping[str, Why]] = {
    "iss": Why.ISSUER,
    "sub": Why.SUBJECT,
    "aud": Why.AUDIENCE,
    "azp": Why.PARTY,
    "exp": Why.EXPIRED,
    "iat": Why.TIME,
    "nbf": Why.TIME,
    "at_hash": Why.ACCESS_TOKEN,
    "auth_time": Why.AUTH_TIME,
    "amr": Why.STRENGTH,
}


def read_keys(document: Mapping[str, Any]) -> KeySet | None:
    """Return the keys of a JWK set that may sign, or None where there is none. Those of other kinds are left out."""
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > _KEYS_MAX:
        return None
    keys = []
    for data in listed:
        if not isinstance(data, dict) or not _may_sign(data):
            continue
        try:
            keys.append(JWKRegistry.import_key({name: data[name] for name in _PUBLIC[data["kty"]] if name in data}))
        except _UNREADABLE:
            continue
    return KeySet(keys) if keys else None


def read_token(id_token: str, keys: KeySet, expected: Expected, *, now: datetime) -> Account | Why:
    """Return whose account an ID token names, or what is wrong with it. now: an aware instant."""
    if len(id_token) > _TOKEN_CHARACTERS_MAX:
        return Why.TOKEN
    try:
        header = jws.extract_compact(id_token.encode()).headers()
    except _UNREADABLE:
        return Why.TOKEN
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in expected.terms.algorithms:
        return Why.ALGORITHM
    kind = _KEY_TYPES[Algorithm(algorithm)]
    fitting = [key for key in keys if key.key_type == kind and (kid is None or key.kid == kid)]
    if len(fitting) != 1:
        return Why.KEY_UNKNOWN
    registry = jws.JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        claims = jwt.decode(id_token, fitting[0], algorithms=[algorithm], registry=registry).claims
    except BadSignatureError:
        return Why.SIGNATURE
    except _UNREADABLE:
        return Why.TOKEN
    return check_claims(claims, header, expected, now=now)


def check_claims(
    claims: Mapping[str, Any], header: Mapping[str, Any], expected: Expected, *, now: datetime
) -> Account | Why:
    """Return whose account the claims of a token with a right signature name, or which of them is wrong."""
    terms = expected.terms
    token = CodeIDToken(
        dict(claims),
        dict(header),
        options={
            "iss": {"essential": True, "value": terms.issuer},
            "aud": {"essential": True, "value": terms.client_id},
        },
        params={"client_id": terms.client_id, "access_token": expected.access_token, "max_age": 1},
    )
    try:
        token.validate(now=int(now.timestamp()), leeway=int(LEEWAY.total_seconds()))
    except ExpiredTokenError:
        return Why.EXPIRED
    except JoseError as error:
        return _WHY.get(getattr(error, "claim", ""), Why.TOKEN)
    except _UNREADABLE:
        return Why.TOKEN
    proved_at, issued_at = _instant(claims.get("auth_time")), _instant(claims.get("iat"))
    if issued_at is None or now - issued_at > ATTEMPT_VALID_FOR + LEEWAY:
        return Why.TIME
    if not _is_nonce(claims.get("nonce"), expected.nonce_hash):
        return Why.NONCE
    if proved_at is None or not expected.proved_after - LEEWAY <= proved_at <= now + LEEWAY:
        return Why.AUTH_TIME
    if not is_strong(claims, expected):
        return Why.STRENGTH
    sub = claims.get("sub")
    if not isinstance(sub, str) or not is_plain(sub):
        return Why.SUBJECT
    return _account(claims, terms.claim, sub, min(proved_at, now))


def is_strong(claims: Mapping[str, Any], expected: Expected) -> bool:
    """Say whether a provider vouches for a proof as strong as was settled: one of the acr, and each of the amr."""
    terms, amr = expected.terms, claims.get("amr", [])
    if terms.acr and claims.get("acr") not in terms.acr:
        return False
    return isinstance(amr, list) and all(wanted in amr for wanted in terms.amr)


def _account(claims: Mapping[str, Any], claim: str, sub: str, proved_at: datetime) -> Account | Why:
    if claim == "sub":
        return Account(sub, sub, proved_at)
    if claim not in claims:
        return Account(sub, None, proved_at)
    named = claims[claim]
    return Account(sub, named, proved_at) if isinstance(named, str) and is_plain(named) else Why.CLAIM


def _may_sign(data: Mapping[str, Any]) -> bool:
    """Say whether a key of a set is one that signs, of a kind and length that will do."""
    if data.get("use", "sig") != "sig" or ("kid" in data and not isinstance(data["kid"], str)):
        return False
    match data.get("kty"):
        case "RSA":
            modulus = data.get("n")
            return isinstance(modulus, str) and len(_decoded(modulus)) >= _RSA_BYTES_MIN
        case "EC":
            return data.get("crv") == "P-256"
        case _:
            return False


def _decoded(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)).lstrip(b"\0")
    except ValueError:
        return b""


def _is_nonce(said: object, wanted: bytes) -> bool:
    return isinstance(said, str) and hmac.compare_digest(token_hash(said), wanted)


def _instant(said: object) -> datetime | None:
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=said)
    except (OverflowError, ValueError):
        return None
