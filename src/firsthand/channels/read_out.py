"""What a clerk reads out to a person whose check-in is refused. English here, for the catalogue to translate."""

from collections.abc import Mapping
from typing import Final, LiteralString

from firsthand.arrival.model import Reason
from firsthand.platform.i18n import phrase

READ_OUT: Final[Mapping[Reason, LiteralString]] = {
    Reason.ALREADY_ARRIVED: phrase("You are already checked in. Please take a seat; you will be called by your name."),
    Reason.CODE_UNKNOWN: phrase(
        "I cannot find an appointment with this code. Please open your appointment again and show me its code."
    ),
    Reason.WRONG_PERSON: phrase(
        "This appointment was booked for another person, and only that person can use it, with an own document. "
        "For a child without one, its guardian shows me the guardian's. I can also help you look for an appointment."
    ),
    Reason.OTHER_HOSPITAL: phrase(
        "Your appointment is at another hospital. Its name and address are on your appointment's page."
    ),
    Reason.OTHER_DAY: phrase(
        "Your appointment is not today. The day is on your appointment's page. I can also look whether a place is free."
    ),
    Reason.TOO_EARLY: phrase("You are here early. Please come back to the desk nearer to your time."),
    Reason.NOT_CONFIRMED: phrase(
        "A place was held for you, but it is not confirmed yet. Please confirm it on your phone, then come back to me."
    ),
    Reason.GIVEN_BACK: phrase(
        "This appointment was given back, so it can no longer be used. I can look whether a place is free today."
    ),
    Reason.HOLD_EXPIRED: phrase(
        "The place was not confirmed in time, so it is no longer held. I can look whether a place is free today."
    ),
    Reason.COUNTED_AS_MISSED: phrase(
        "The session of this appointment is over. I can help you find another appointment."
    ),
}
