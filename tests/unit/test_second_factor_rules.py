"""Codes of an authenticator app and recovery codes, as they are shown and typed."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.identity.recovery import rules as recovery
from firsthand.identity.recovery.model import CODE_CHARACTERS
from firsthand.identity.totp.model import DRIFT_STEPS, SECRET_BYTES, STEP_SECONDS
from firsthand.identity.totp.rules import address_of, code_at, matching_step, spelled, step_at

# RFC 6238, appendix B: the last six of its eight digits, for SHA-1.
RFC_SECRET = b"12345678901234567890"
RFC_CODES = {
    59: "287082",
    1_111_111_109: "081804",
    1_111_111_111: "050471",
    1_234_567_890: "005924",
    2_000_000_000: "279037",
    20_000_000_000: "353130",
}
SECRETS = st.binary(min_size=SECRET_BYTES, max_size=SECRET_BYTES)
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES.items())
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert code_at(RFC_SECRET, step_at(at)) == code
    assert matching_step(RFC_SECRET, code, now=at) == seconds // STEP_SECONDS


@given(SECRETS, INSTANTS, st.integers(-5, 5))
def test_a_clock_may_be_one_step_off_and_no_more(secret: bytes, now: datetime, drift: int) -> None:
    step = step_at(now) + drift
    near = {code_at(secret, step_at(now) + other) for other in range(-DRIFT_STEPS, DRIFT_STEPS + 1)}
    found = matching_step(secret, code_at(secret, step), now=now)
    assert (found is not None) == (code_at(secret, step) in near)
    if found is not None:
        assert abs(found - step_at(now)) <= DRIFT_STEPS
        assert code_at(secret, found) == code_at(secret, step)


@given(SECRETS, INSTANTS, st.text(max_size=12))
def test_what_is_no_code_of_these_steps_matches_none(secret: bytes, now: datetime, typed: str) -> None:
    near = [code_at(secret, step_at(now) + other) for other in range(-DRIFT_STEPS, DRIFT_STEPS + 1)]
    assert (matching_step(secret, typed, now=now) is None) == (typed not in near)


@given(SECRETS, INSTANTS)
def test_a_step_lasts_for_thirty_seconds(secret: bytes, now: datetime) -> None:
    begin = datetime.fromtimestamp(step_at(now) * STEP_SECONDS, UTC)
    assert begin <= now < begin + timedelta(seconds=STEP_SECONDS)
    assert matching_step(secret, code_at(secret, step_at(now)), now=begin) is not None


def test_an_app_is_told_the_secret_and_whose_it_is() -> None:
    assert address_of(RFC_SECRET, "desk.wang") == (
        "otpauth://totp/Firsthand:desk.wang?digits=6&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1"
        "&issuer=Firsthand&period=30"
    )
    assert spelled(RFC_SECRET) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"


@given(st.binary(min_size=CODE_CHARACTERS, max_size=CODE_CHARACTERS))
def test_a_recovery_code_is_read_as_it_was_printed(drawn: bytes) -> None:
    code = recovery.code_of(drawn)
    printed = recovery.spelled(code)
    for typed in (code, printed, printed.lower(), f" {printed} ", printed.replace("0", "o").replace("1", "l")):
        assert recovery.parse_code(typed) == code


@given(st.text(max_size=60))
def test_any_text_is_a_recovery_code_or_none(typed: str) -> None:
    code = recovery.parse_code(typed)
    assert code is None or recovery.parse_code(code) == code


@pytest.mark.parametrize("typed", ["", "ABCDE", "ABCDE-FGHJ", "ABCDE-FGHJKM", "ABCDE-FGHJ!", "U" * 10, "A" * 51])
def test_what_is_no_recovery_code(typed: str) -> None:
    assert recovery.parse_code(typed) is None
