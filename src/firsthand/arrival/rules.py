"""The decisions of arrival. No clock, database or randomness is read here."""

from datetime import datetime, timedelta
from uuid import UUID

from firsthand.arrival.model import Reason, Refused
from firsthand.booking.model import Booking, State
from firsthand.platform.chance import BOOKING_CODE_LENGTH, CODE_ALPHABET
from firsthand.platform.days import local_day
from firsthand.policy.model import ArrivalPolicy

# What is read instead of what was printed: Crockford's own list, and the full-width forms of an input method.
_MISREAD = str.maketrans("OIL", "011")
RAW_CODE_CHARACTERS_MAX = 64


def parse_code(raw: str) -> str | Refused:
    """Return the 12 characters of a booking's code as typed or scanned, in any case and grouping."""
    if len(raw) > RAW_CODE_CHARACTERS_MAX:
        return Refused(Reason.CODE_INVALID)
    wide = {ord(character) + 0xFEE0: character for character in map(chr, range(0x21, 0x7F))}
    typed = "".join(raw.translate(wide).split()).replace("-", "")
    # Only then in upper case: some foreign letters would become letters of the alphabet.
    code = typed.upper().translate(_MISREAD) if typed.isascii() else ""
    if len(code) != BOOKING_CODE_LENGTH or not set(code) <= set(CODE_ALPHABET):
        return Refused(Reason.CODE_INVALID)
    return code


def decide_check_in(
    booking: Booking | None,
    presented_person_id: UUID | None,
    desk_hospital_id: UUID,
    policy: ArrivalPolicy,
    *,
    now: datetime,
) -> bool | Refused:
    """Decide whether the person who presents himself may check in: whether he is late, or why not.

    presented_person_id: whose document it is, None when nobody is known by it. now: an aware instant. Whose booking it
    is comes first: to the wrong person the desk says nothing else about it. Late is later than when this patient's
    number is expected, not than the session's start. Source: docs/decisions/0008-arrival.md.
    """
    if booking is None:
        return Refused(Reason.CODE_UNKNOWN)
    if presented_person_id != booking.patient_id:
        return Refused(Reason.WRONG_PERSON)
    if booking.hospital_id != desk_hospital_id:
        return Refused(Reason.OTHER_HOSPITAL)
    if (reason := _why_not_expected(booking.state)) is not None:
        return Refused(reason)
    # A session may run past midnight: its patients come on the day after, and not on another day.
    opens = booking.starts_at - timedelta(minutes=policy.early_minutes_max)
    closes = booking.ends_at + timedelta(minutes=policy.no_show_after_end_minutes)
    today = local_day(now, booking.time_zone)
    if now < opens:
        return Refused(Reason.TOO_EARLY) if today == booking.day else Refused(Reason.OTHER_DAY, booking.day)
    if now > closes:
        return Refused(Reason.OTHER_DAY, booking.day) if today != booking.day else Refused(Reason.COUNTED_AS_MISSED)
    return now > booking.expected_at + timedelta(minutes=policy.late_after_minutes)


def _why_not_expected(state: State) -> Reason | None:
    """Return why nobody is expected on a booking in this state, or None where its patient is."""
    match state:
        case State.BOOKED:
            return None
        case State.HELD:
            return Reason.NOT_CONFIRMED
        case State.GIVEN_BACK:
            return Reason.GIVEN_BACK
        case State.EXPIRED:
            return Reason.HOLD_EXPIRED
        case State.ARRIVED:
            return Reason.ALREADY_ARRIVED
        case State.NO_SHOW:
            return Reason.COUNTED_AS_MISSED
