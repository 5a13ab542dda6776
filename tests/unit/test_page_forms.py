"""What browsers send, read without harm."""

from urllib.parse import urlencode, urljoin, urlsplit
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firsthand.arrival.model import Reason as ArrivalReason
from firsthand.booking.model import Reason as BookingReason
from firsthand.booking.model import Refused
from firsthand.channels.read_out import READ_OUT
from firsthand.channels.web import refusals
from firsthand.channels.web.forms import (
    FIELDS_MAX,
    VALUE_CHARACTERS_MAX,
    UnreadableError,
    is_key,
    local_address,
    new_key,
    parse_day,
    parse_fields,
    parse_id,
    parse_page,
)
from firsthand.channels.web.frame import Problem
from firsthand.channels.web.words import PROBLEMS
from firsthand.directory.person.model import Reason as PersonReason
from firsthand.identity.model import Reason as IdentityReason

SITE = "https://appointments.example"
plain = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=VALUE_CHARACTERS_MAX)


@given(st.dictionaries(plain.filter(bool), plain, max_size=FIELDS_MAX))
def test_a_form_is_read_as_it_was_sent(fields: dict[str, str]) -> None:
    assert parse_fields(urlencode(fields).encode()) == fields


@given(st.binary(max_size=300))
@example(b"a=%00")
@example(b"\xff")
@example(b"&" * 300)
def test_whatever_is_sent_is_a_form_or_is_said_to_be_none(sent: bytes) -> None:
    try:
        fields = parse_fields(sent)
    except UnreadableError:
        return
    assert len(fields) <= FIELDS_MAX
    assert not any("\x00" in value for value in fields.values())


def test_the_first_of_two_fields_of_a_name_counts() -> None:
    assert parse_fields(b"a=1&a=2") == {"a": "1"}


@given(st.text(max_size=60) | st.from_regex(r"[/\\:a-z.@?#\t ]{1,20}", fullmatch=True))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("/%5cevil.example")
@example("javascript:alert(1)")
@example("/..//evil.example")
def test_an_address_to_go_on_to_is_always_on_this_site(text: str) -> None:
    address = local_address(text)
    assert address in {"", text}
    joined = urlsplit(urljoin(SITE, address.replace("\\", "/")))
    assert f"{joined.scheme}://{joined.netloc}" == SITE


@pytest.mark.parametrize("address", ["/", "/bookings", "/sessions/1?x=%20y&lang=en#people", "/desk"])
def test_addresses_of_this_site_are_kept(address: str) -> None:
    assert local_address(address) == address


@given(st.uuids())
def test_an_id_is_read_in_its_usual_spelling_alone(id_: UUID) -> None:
    assert parse_id(str(id_)) == parse_id(str(id_).upper()) == id_
    for other in (id_.hex, f"{{{id_}}}", f"urn:uuid:{id_}", f" {id_}"):
        assert parse_id(other) is None


@given(st.dates())
def test_a_day_is_read_in_its_usual_spelling_alone(day: object) -> None:
    assert parse_day(str(day)) == day
    assert parse_day(str(day).replace("-", "")) is None


@given(st.text())
def test_a_page_number_is_always_one_that_a_list_can_have(text: str) -> None:
    assert 1 <= parse_page(text) <= 10_000


def test_page_numbers() -> None:
    assert [parse_page(text) for text in ("7", "0", "-1", "99999", "1e3", "٣")] == [7, 1, 1, 10_000, 1, 1]


def test_keys_of_forms_are_new_each_time_and_can_be_sent_back() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(is_key(key) for key in keys)


def test_every_refusal_can_be_told() -> None:
    unseen = {BookingReason.SESSION_UNKNOWN, BookingReason.BOOKING_UNKNOWN}
    assert {reason for reason in BookingReason if refusals.of_booking(Refused(reason)) is None} == unseen
    caps = [refusals.of_booking(Refused(BookingReason.CAP_REACHED, cap)) for cap in ("day", "week", "x", None)]
    assert caps == [Problem.CAP_DAY, Problem.CAP_WEEK, Problem.CAP_OTHER, Problem.CAP_OTHER]
    assert {reason for reason in ArrivalReason if refusals.of_arrival(reason) is None} == set(READ_OUT)
    told = [refusals.of_identity(reason) for reason in IdentityReason]
    told += [refusals.of_person(reason) for reason in PersonReason]
    assert {one.problem for one in told} <= set(PROBLEMS)
    assert all(400 <= refusals.status_of(problem) < 500 for problem in Problem)


def test_a_form_keeps_its_key_only_while_it_is_worked_on() -> None:
    form = {"idempotency_key": "first"}
    assert refusals.next_key(form, Problem.STILL_WORKING) == "first"
    assert refusals.next_key(form, Problem.NO_PLACE_LEFT) != "first"
