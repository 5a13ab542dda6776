"""What may be settled with a provider, which addresses it may have, and what it must say of itself."""

import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from firsthand.identity.oidc.model import Algorithm, Metadata, Why
from firsthand.platform.addresses import is_loopback

TEXT_CHARACTERS_MAX: Final = 255
_CLAIM: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,100}")
_VALUE: Final = re.compile(r"[!#-\[\]-~]{1,100}")
_VALUES_MAX: Final = 10
_ADDRESS_CHARACTERS_MAX: Final = 1000
# People change them, share them, or are given somebody else's. Source: OpenID Connect Core 1.0, section 5.7.
_UNSTABLE: Final = frozenset(
    {
        "email", "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile",
        "phone_number", "upn", "unique_name",
    }
)  # fmt: skip
# Addresses of the internet that carry one of a network within: what is refused there must not come in here.
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_IPV4_BITS: Final = 0xFFFF_FFFF

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_issuer(text: str, *, plain_loopback: bool) -> str | None:
    """Return an issuer as a provider writes it, or None where it cannot be one.

    https, without a user, a query or a fragment. plain_loopback: http to this machine is as good, for a demo.
    """
    if not is_endpoint(text, plain_loopback=plain_loopback) or len(text) > TEXT_CHARACTERS_MAX:
        return None
    return None if "?" in text else text


def is_endpoint(text: str, *, plain_loopback: bool) -> bool:
    """Say whether this is an address that a browser or this house may be sent to for a provider."""
    parts = _split(text)
    if (
        parts is None
        or not parts.hostname
        or parts.username is not None
        or "#" in text
        or not text.startswith(f"{parts.scheme}:")  # addresses are compared letter by letter, and HTTPS: is another
        or len(text) > _ADDRESS_CHARACTERS_MAX
    ):
        return False
    return parts.scheme == "https" or (plain_loopback and parts.scheme == "http" and is_loopback(parts.hostname))


def is_allowed(address: Address, networks: Sequence[str], *, loopback: bool) -> bool:
    """Say whether a provider may be asked at this address: one of the internet, or of the networks that are listed.

    networks: as `ipaddress.ip_network` reads them. loopback: this machine too, for a demo. Where an address carries
    another one within (mapped, 6to4, Teredo, NAT64), that one counts.
    """
    inner = _inner(address)
    if loopback and inner.is_loopback:
        return True
    if any(inner in ipaddress.ip_network(network) for network in networks):
        return True
    return inner.is_global and not inner.is_multicast


def parse_values(text: str) -> tuple[str, ...] | None:
    """Return the values that an administrator listed with spaces between them, or None where one is none."""
    values = tuple(dict.fromkeys(text.split()))
    fine = len(values) <= _VALUES_MAX and all(_VALUE.fullmatch(value) for value in values)
    return values if fine else None


def is_claim(text: str) -> bool:
    """Say whether a claim can name an account for good: no address, name or phone, which people change."""
    return _CLAIM.fullmatch(text) is not None and text.lower() not in _UNSTABLE


def is_plain(text: str) -> bool:
    """Say whether a text can be a client id, a secret or an account's name: 1 to 255 visible characters of ASCII."""
    return 1 <= len(text) <= TEXT_CHARACTERS_MAX and text.isascii() and text.isprintable() and text == text.strip()


def read_metadata(
    said: Mapping[str, Any], issuer: str, algorithms: Collection[Algorithm], *, plain_loopback: bool
) -> Metadata | Why:
    """Return what a provider says of itself, or why it will not do. Source: OpenID Connect Discovery 1.0, section 3."""
    if said.get("issuer") != issuer:
        return Why.ISSUER
    endpoints = {name: said.get(name, "") for name in (*_NEEDED, *_OPTIONAL)}
    for name, address in endpoints.items():
        given = isinstance(address, str) and is_endpoint(address, plain_loopback=plain_loopback)
        if not given and (address != "" or name in _NEEDED):
            return Why.METADATA
    offered: dict[str, set[str]] = {
        "response_types_supported": {"code"},
        "code_challenge_methods_supported": {"S256"},
        "id_token_signing_alg_values_supported": {str(algorithm) for algorithm in algorithms},
        "token_endpoint_auth_methods_supported": {"client_secret_basic", "client_secret_post"},
    }
    for name, wanted in offered.items():
        values = said.get(name, list(wanted))
        if not isinstance(values, list) or not wanted & {value for value in values if isinstance(value, str)}:
            return Why.METADATA
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Metadata(
        **endpoints,
        secret_in_body="client_secret_basic" not in methods,
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


_NEEDED: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL: Final = ("userinfo_endpoint", "end_session_endpoint")


def _inner(address: Address) -> Address:
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & _IPV4_BITS)
    teredo = address.teredo[1] if address.teredo else None
    return address.ipv4_mapped or address.sixtofour or teredo or address


def _split(text: str) -> SplitResult | None:
    if not (text.isascii() and text.isprintable()) or set(text) & set(' \\"<>^`{|}'):
        return None
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return None
    return parts
