"""When signing in counts as attacked, which browsers are known, and what a passkey and a device are called."""

import unicodedata
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.channels.device import device_of
from firsthand.directory.person.model import ChoiceClaim, Phone, PhoneClaim
from firsthand.directory.person.rules import decode_claim, encode_claim
from firsthand.identity.browser.rules import NAME_BYTES, PERSONS_MAX, counted_as, is_known, marked
from firsthand.identity.challenge.model import Counted
from firsthand.identity.challenge.rules import is_attacked
from firsthand.identity.passkey.model import NAME_CHARACTERS_MAX
from firsthand.identity.passkey.rules import credential_id_of, goes_on, parse_credential, parse_name, relying_party
from firsthand.platform.crypto import make_keyring
from firsthand.policy.model import SignInPolicy

KEYRING = make_keyring()
POLICY = SignInPolicy(300, 1000, 100, 50, 10**6, 10**6)
counts = st.tuples(st.integers(0, 2000), st.integers(0, 2000))
figures = st.builds(Counted, counts, counts)


# --- attacks ---


@given(figures)
def test_an_attack_begins_at_a_threshold_and_never_below(counted: Counted) -> None:
    begun = is_attacked(counted, POLICY, was_attacked=False)
    assert begun == (counted.requests[1] >= 1000 or counted.failures[1] >= 100)


@given(figures)
def test_an_attack_ends_only_when_two_windows_were_calm(counted: Counted) -> None:
    goes_on_still = is_attacked(counted, POLICY, was_attacked=True)
    calm = max(counted.requests) < 500 and max(counted.failures) < 50
    assert goes_on_still == (not calm)


@given(figures)
def test_what_begins_an_attack_does_not_end_it(counted: Counted) -> None:
    if is_attacked(counted, POLICY, was_attacked=False):
        assert is_attacked(counted, POLICY, was_attacked=True)


# --- browsers ---

marks = st.lists(st.uuids(), min_size=1, max_size=PERSONS_MAX)


@given(marks, st.binary(min_size=NAME_BYTES, max_size=NAME_BYTES))
def test_a_browser_is_known_for_those_it_signed_in_and_for_nobody_else(people: list[UUID], drawn: bytes) -> None:
    mark = ""
    for person in people:
        mark = marked(KEYRING, mark, person, drawn=drawn)
    assert all(is_known(KEYRING, mark, [person]) for person in people)
    assert is_known(KEYRING, mark, [uuid4(), people[0]])
    assert not is_known(KEYRING, mark, [uuid4()])
    assert not is_known(make_keyring(), mark, people)
    name = mark.partition(".")[0]
    assert mark.count(".") == len(set(people))
    assert all(marked(KEYRING, mark, person, drawn=b"x" * NAME_BYTES).partition(".")[0] == name for person in people)


@given(st.lists(st.uuids(), min_size=PERSONS_MAX + 1, max_size=12, unique=True))
def test_a_browser_remembers_the_last_few(people: list[UUID]) -> None:
    mark = ""
    for person in people:
        mark = marked(KEYRING, mark, person, drawn=bytes(NAME_BYTES))
    known = [is_known(KEYRING, mark, [person]) for person in people]
    assert known == [False] * (len(people) - PERSONS_MAX) + [True] * PERSONS_MAX


@given(st.text(max_size=300), st.uuids())
def test_no_text_is_a_mark_unless_it_was_made_here(text: str, person: UUID) -> None:
    assert not is_known(KEYRING, text, [person])
    assert is_known(KEYRING, marked(KEYRING, text, person, drawn=bytes(NAME_BYTES)), [person])


@given(st.binary(min_size=32, max_size=32), st.text(max_size=50))
def test_strangers_share_one_count_and_known_browsers_have_their_own(subject: bytes, mark: str) -> None:
    assert counted_as(KEYRING, subject, mark, known=False) == subject
    assert counted_as(KEYRING, subject, mark, known=True) != subject
    assert len(counted_as(KEYRING, subject, mark, known=True)) == 32


@given(st.text(max_size=600))
def test_a_device_is_told_in_our_own_words_whatever_it_says(user_agent: str) -> None:
    told = device_of(user_agent)
    assert len(told) <= 100
    assert all(character.isprintable() for character in told)


@pytest.mark.parametrize(
    ("user_agent", "told"),
    [
        ("Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Mobile Safari/537.36",
         "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1",
         "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0",
         "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 12) Chrome/86.0 Mobile Safari/537.36 MicroMessenger/8.0", "WeChat, Android"),
        ("python-httpx/0.28", "httpx"),
        ("", ""),
        ("something else", ""),
    ],
)  # fmt: skip
def test_well_known_devices_are_told(user_agent: str, told: str) -> None:
    assert device_of(user_agent) == told


# --- passkeys ---


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_a_count_goes_on_or_is_always_nothing(kept: int, given_count: int) -> None:
    assert goes_on(kept, given_count) == (given_count > kept or (kept == given_count == 0))


@given(st.text(max_size=120))
def test_a_name_is_short_plain_and_stays_as_it_is(raw: str) -> None:
    name = parse_name(raw)
    if name is not None:
        assert 0 < len(name) <= NAME_CHARACTERS_MAX
        assert parse_name(name) == name
        assert not any(unicodedata.category(character).startswith("C") for character in name)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=20), st.lists, max_leaves=5))
def test_whatever_is_sent_as_a_credential_has_an_id_or_none(content: object) -> None:
    sent = {"id": content, "rawId": content, "type": content, "response": content}
    assert isinstance(credential_id_of(sent), bytes)


@given(st.text(max_size=200))
def test_what_is_no_object_is_no_credential(text: str) -> None:
    found = parse_credential(text)
    assert found is None or isinstance(found, dict)


@pytest.mark.parametrize(
    ("base_url", "name", "origin"),
    [
        ("https://firsthand.example", "firsthand.example", "https://firsthand.example"),
        ("https://Firsthand.Example:8443", "firsthand.example", "https://firsthand.example:8443"),
        ("http://127.0.0.1:8000", "localhost", "http://localhost:8000"),
        ("http://[::1]:8000", "localhost", "http://localhost:8000"),
    ],
)
def test_a_site_is_its_name_to_passkeys(base_url: str, name: str, origin: str) -> None:
    assert (relying_party(base_url).id, relying_party(base_url).origin) == (name, origin)


# --- claims ---


@given(st.lists(st.uuids(), min_size=2, max_size=8), st.uuids())
def test_a_claim_is_kept_as_it_was(people: list[UUID], person: UUID) -> None:
    for claim in (ChoiceClaim(tuple(people)), PhoneClaim(person, Phone("+8613800000001"))):
        assert decode_claim(encode_claim(claim)) == claim
