"""What may be settled with a provider, which addresses may be asked, and what an ID token must say, for every input."""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firsthand.identity.oidc.model import LEEWAY, PROOF_VALID_FOR, Account, Algorithm, Expected, Metadata, Terms, Why
from firsthand.identity.oidc.rules import (
    is_allowed,
    is_claim,
    is_endpoint,
    is_plain,
    parse_issuer,
    parse_values,
    read_metadata,
)
from firsthand.identity.oidc.tokens import check_claims, read_keys, read_token
from firsthand.platform.crypto import token_hash
from tests.oidc_provider import key_named

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ISSUER, CLIENT, NONCE = "https://sign-in.hospital.example", "firsthand", "nonce"
TERMS = Terms(ISSUER, CLIENT, "sub", (), ("mfa",), (Algorithm.RS256,))
EXPECTED = Expected(TERMS, token_hash(NONCE), NOW - PROOF_VALID_FOR, "")
HEADER = {"alg": "RS256", "kid": "key-1"}
SECONDS = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": ISSUER, "sub": "staff-0001", "aud": CLIENT, "exp": SECONDS + 300, "iat": SECONDS, "auth_time": SECONDS,
    "nonce": NONCE, "amr": ["pwd", "mfa"],
}  # fmt: skip
NEEDED = tuple(CLAIMS)

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def checked(claims: dict[str, Any]) -> Account | Why:
    return check_claims(claims, HEADER, EXPECTED, now=NOW)


def test_a_good_token_names_its_account() -> None:
    assert checked(CLAIMS) == Account("staff-0001", "staff-0001", NOW)


@pytest.mark.parametrize("name", NEEDED)
def test_each_claim_is_needed(name: str) -> None:
    assert isinstance(checked({key: value for key, value in CLAIMS.items() if key != name}), Why)


@given(name=st.sampled_from([*NEEDED, "azp", "nbf", "at_hash", "acr"]), value=json)
def test_whatever_a_claim_says_nobody_else_is_named(name: str, value: object) -> None:
    found = checked({**CLAIMS, name: value})
    assert isinstance(found, Why | Account)
    if isinstance(found, Account):
        assert found.subject == (value if name == "sub" else "staff-0001")
        assert name not in {"iss", "nonce"} or value == CLAIMS[name]


@given(claims=st.dictionaries(st.sampled_from([*NEEDED, "azp", "acr"]), json, max_size=8))
def test_a_token_of_anything_proves_nothing(claims: dict[str, Any]) -> None:
    assert isinstance(checked(claims), Why)


@given(exp=st.integers(-200, 200), iat=st.integers(-1000, 200), proved=st.integers(-40_000, 200))
@example(exp=-59, iat=60, proved=60)
@example(exp=-60, iat=0, proved=0)
@example(exp=60, iat=-660, proved=-36_060)
def test_times_count_to_the_second(exp: int, iat: int, proved: int) -> None:
    said = {"exp": SECONDS + exp, "iat": SECONDS + iat, "auth_time": SECONDS + proved}
    leeway = int(LEEWAY.total_seconds())
    fine = exp > -leeway and -660 <= iat <= leeway and -36_000 - leeway <= proved <= leeway
    found = checked({**CLAIMS, **said})
    assert isinstance(found, Account) == fine
    if isinstance(found, Account):
        assert found.proved_at <= NOW


@given(
    audience=st.lists(st.sampled_from([CLIENT, "another", "third"]), min_size=1, max_size=3),
    party=st.sampled_from([None, CLIENT, "another"]),
)
def test_who_it_is_for_is_said_beyond_doubt(audience: list[str], party: str | None) -> None:
    claims = {**CLAIMS, "aud": audience, **({} if party is None else {"azp": party})}
    fine = CLIENT in audience and (party == CLIENT or (party is None and len(audience) == 1))
    assert isinstance(checked(claims), Account) == fine


@given(
    acr=st.sampled_from(["one", "two", "three", None]),
    amr=st.lists(st.sampled_from(["pwd", "mfa", "hwk"]), max_size=3),
    wanted=st.tuples(
        st.lists(st.sampled_from(["one", "two"]), max_size=2), st.lists(st.sampled_from(["mfa", "hwk"]), max_size=2)
    ),
)
def test_the_proof_is_as_strong_as_was_settled(
    acr: str | None, amr: list[str], wanted: tuple[list[str], list[str]]
) -> None:
    terms = Terms(ISSUER, CLIENT, "sub", tuple(wanted[0]), tuple(wanted[1]), (Algorithm.RS256,))
    expected = Expected(terms, EXPECTED.nonce_hash, EXPECTED.proved_after, "")
    claims = {**CLAIMS, "amr": amr, **({} if acr is None else {"acr": acr})}
    fine = (not wanted[0] or acr in wanted[0]) and set(wanted[1]) <= set(amr)
    assert isinstance(check_claims(claims, HEADER, expected, now=NOW), Account) == fine


@given(st.text(max_size=200) | st.from_regex(r"[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}\.[A-Za-z0-9_-]{0,40}"))
def test_no_text_is_a_token(text: str) -> None:
    keys = read_keys({"keys": [key_named("key-1").as_dict(private=False)]})
    assert keys is not None
    assert isinstance(read_token(text, keys, EXPECTED, now=NOW), Why)


@given(st.dictionaries(st.sampled_from(["keys", "kty", "n"]), json, max_size=3))
def test_what_is_no_set_of_keys_holds_none(document: dict[str, Any]) -> None:
    assert read_keys(document) is None


def test_of_a_key_the_public_part_alone_is_taken() -> None:
    keys = read_keys({"keys": [key_named("key-1").as_dict(private=True), {"kty": "oct", "k": "c2VjcmV0"}]})
    assert keys is not None
    assert [key.is_private for key in keys] == [False]


# --- addresses --------------------------------------------------------------------------------------------------------

within = st.sampled_from(
    ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10", "0.0.0.0/8"]
).flatmap(lambda network: st.ip_addresses(network=network))
outside = st.ip_addresses(v=4).filter(lambda address: address.is_global and not address.is_multicast)


def spellings(address: ipaddress.IPv4Address) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Return the addresses by which one of IPv4 can be meant."""
    number = int(address)
    return [
        address,
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2001_0000 << 96) | (number ^ 0xFFFF_FFFF)),
    ]


@given(within)
def test_nothing_within_is_asked_in_whatever_spelling(address: ipaddress.IPv4Address) -> None:
    for spelled in spellings(address):
        assert not is_allowed(spelled, (), loopback=False)
        assert is_allowed(spelled, (f"{address}/32",), loopback=False)
        assert is_allowed(spelled, (), loopback=True) == address.is_loopback


@given(outside)
def test_the_internet_may_be_asked(address: ipaddress.IPv4Address) -> None:
    assert is_allowed(address, (), loopback=False)


@given(st.ip_addresses(v=6))
def test_an_address_is_the_internets_or_listed(address: ipaddress.IPv6Address) -> None:
    if is_allowed(address, (), loopback=False):
        assert address.is_global or address.sixtofour or address.teredo or address.ipv4_mapped
    assert is_allowed(ipaddress.IPv6Address("fd00::1"), ("fd00::/8",), loopback=False)


@given(st.text(max_size=60) | st.from_regex(r"https://[a-z]{1,8}(\.[a-z]{1,8}){0,2}[/:?#@a-z0-9 ]{0,20}"))
def test_an_issuer_is_kept_as_it_is_or_not_at_all(text: str) -> None:
    found = parse_issuer(text, plain_loopback=False)
    assert found in {None, text}
    if found is not None:
        assert found.startswith("https://")
        assert not set(found) & set('?# \\"<>\r\n\t')
        assert "@" not in found.split("/")[2], "nobody's name stands before the host"


@pytest.mark.parametrize(("text", "live", "demo"), [
    ("https://a.example", True, True), ("http://127.0.0.1:8080", False, True), ("http://localhost/x", False, True),
    ("http://[::1]/", False, True), ("http://a.example", False, False), ("http://localhost.evil.example", False, False),
    ("https://", False, False), ("//a.example", False, False), ("https://a.example:0x50", False, False),
])  # fmt: skip
def test_only_a_demo_speaks_in_the_clear_and_with_itself_alone(text: str, live: bool, demo: bool) -> None:  # noqa: FBT001
    assert is_endpoint(text, plain_loopback=False) == live
    assert is_endpoint(text, plain_loopback=True) == demo


# --- what is settled, and what a provider says ------------------------------------------------------------------------


@given(st.dictionaries(st.sampled_from([
    "issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint",
    "response_types_supported", "code_challenge_methods_supported", "token_endpoint_auth_methods_supported",
]), json | st.just(ISSUER), max_size=9))  # fmt: skip
def test_whatever_a_provider_says_only_sound_addresses_are_used(said: dict[str, Any]) -> None:
    found = read_metadata(said, ISSUER, [Algorithm.RS256], plain_loopback=False)
    if isinstance(found, Metadata):
        assert said["issuer"] == ISSUER
        used = [found.authorization_endpoint, found.token_endpoint, found.jwks_uri]
        used += [one for one in (found.userinfo_endpoint, found.end_session_endpoint) if one]
        assert all(is_endpoint(address, plain_loopback=False) for address in used)


@given(st.text(max_size=50))
def test_values_are_words_without_quotes(text: str) -> None:
    values = parse_values(text)
    if values is not None:
        assert len(values) == len(set(values)) <= 10
        assert all(value.isascii() and value.isprintable() and '"' not in value for value in values)


@pytest.mark.parametrize(
    "claim", ["email", "EMAIL", "name", "preferred_username", "upn", "phone_number", "", "a b", "é"]
)
def test_what_people_change_names_no_account(claim: str) -> None:
    assert not is_claim(claim)


@pytest.mark.parametrize("claim", ["sub", "oid", "employee_number", "https://hospital.example/claims/staff"])
def test_what_stays_may(claim: str) -> None:
    assert is_claim(claim)


@given(st.text(max_size=300))
def test_a_plain_text_has_no_line_and_no_end_that_is_not_seen(text: str) -> None:
    if is_plain(text):
        assert 1 <= len(text) <= 255
        assert text == text.strip()
        assert text.isascii()
        assert text.isprintable()
    assert timedelta(0) < LEEWAY
