"""The sentences that pages choose by a fact. All are written in English and marked for the catalogue."""

from collections.abc import Mapping
from typing import Final, LiteralString

from firsthand.channels.web.contexts import BookingState, Notice, Problem
from firsthand.channels.web.desk_contexts import CheckInAnswer
from firsthand.platform.i18n import phrase

DOCUMENT_TYPES: Final[Mapping[str, LiteralString]] = {
    "resident_id": phrase("Resident identity card"),
    "passport": phrase("Passport"),
    "hk_macao_permit": phrase("Mainland travel permit for Hong Kong and Macao residents"),
    "taiwan_permit": phrase("Mainland travel permit for Taiwan residents"),
    "foreign_resident_id": phrase("Foreign permanent resident identity card"),
}

PROBLEMS: Final[Mapping[Problem, LiteralString]] = {
    Problem.HOSPITAL_UNKNOWN: phrase("Choose a hospital from the list"),
    Problem.DAY_INVALID: phrase("Enter a day as year-month-day, for example 2026-03-27"),
    Problem.DAYS_REVERSED: phrase("The last day must not be before the first"),
    Problem.TEXT_TOO_LONG: phrase("Search with fewer words"),
    Problem.NAME_MISSING: phrase("Enter your name as it is on your document"),
    Problem.NAME_TOO_LONG: phrase("Enter a shorter name"),
    Problem.DOCUMENT_TYPE_INVALID: phrase("Choose the kind of document"),
    Problem.DOCUMENT_NUMBER_MISSING: phrase("Enter the document's number"),
    Problem.DOCUMENT_NUMBER_INVALID: phrase("Check the document's number: a digit or letter seems to be wrong"),
    Problem.PHONE_INVALID: phrase("Enter a mobile number that can receive messages"),
    Problem.LANGUAGE_INVALID: phrase("Choose a language"),
    Problem.CODE_MISSING: phrase("Enter the code"),
    Problem.ONE_TIME_CODE_WRONG: phrase("That code is not right. Check the message and try again"),
    Problem.ONE_TIME_CODE_EXPIRED: phrase("That code can no longer be used. Ask for a new one"),
    Problem.BOOKING_CODE_INVALID: phrase("A booking code has 12 letters and digits"),
    Problem.USERNAME_MISSING: phrase("Enter your user name"),
    Problem.PASSWORD_MISSING: phrase("Enter your password"),
    Problem.SIGN_IN_WRONG: phrase("The user name or the password is not right"),
    Problem.TOO_MANY_TRIES: phrase("There were too many tries. Wait a few minutes, then try again"),
    Problem.SESSION_UNKNOWN: phrase("Choose a session from the list"),
    Problem.PERSON_UNKNOWN: phrase("Nobody is registered with this document. Register the person first"),
    Problem.NOT_PERMITTED: phrase("You may not do this for this person. Ask at the hospital's desk"),
    Problem.TOO_MANY_HOLDS: phrase(
        "You already hold as many places as one person may. Confirm one or give one up first"
    ),
    Problem.CAP_DEPARTMENT_DAY: phrase("You already have an appointment in this department on this day"),
    Problem.CAP_DAY: phrase("You already have as many appointments on this day as one person may"),
    Problem.CAP_WEEK: phrase("You already have as many appointments within seven days as one person may"),
    Problem.CAP_OTHER: phrase("You already have as many appointments as one person may"),
    Problem.TOO_FAR_AHEAD: phrase("This session cannot be booked yet"),
    Problem.TOO_LATE: phrase("It is too late to book this session online. Ask at the hospital's desk"),
    Problem.SESSION_CLOSED: phrase("The hospital has closed this session"),
    Problem.NO_PLACE_LEFT: phrase("The last place has just gone"),
    Problem.HOLD_EXPIRED: phrase("The time to confirm has run out, so the place is no longer held for you"),
    Problem.ALREADY_BOOKED: phrase("This appointment is already booked"),
    Problem.ALREADY_ENDED: phrase("This appointment has already ended"),
    Problem.TOO_LATE_TO_GIVE_BACK: phrase("It is too late to give this appointment back"),
    Problem.REPEATED_DIFFERENTLY: phrase("This form was already sent with other answers. Load the page again"),
    Problem.STILL_WORKING: phrase("Your first try is still being worked on. Look again in a moment"),
}

NOTICES: Final[Mapping[Notice, LiteralString]] = {
    Notice.SIGNED_IN: phrase("You are signed in"),
    Notice.SIGNED_OUT: phrase("You are signed out"),
    Notice.BOOKED: phrase("Your appointment is booked"),
    Notice.GIVEN_BACK: phrase("Your appointment is given back"),
    Notice.HOLD_GIVEN_UP: phrase("The place is no longer held for you"),
}

BOOKING_STATES: Final[Mapping[BookingState, LiteralString]] = {
    BookingState.HELD: phrase("Not yet confirmed"),
    BookingState.BOOKED: phrase("Booked"),
    BookingState.GIVEN_BACK: phrase("Given back"),
    BookingState.EXPIRED: phrase("Hold ran out"),
    BookingState.ARRIVED: phrase("Arrived"),
    BookingState.NO_SHOW: phrase("Did not come"),
}

TAG_COLOURS: Final[Mapping[BookingState, str]] = {
    BookingState.HELD: "orange",
    BookingState.BOOKED: "blue",
    BookingState.GIVEN_BACK: "grey",
    BookingState.EXPIRED: "grey",
    BookingState.ARRIVED: "green",
    BookingState.NO_SHOW: "grey",
}

CHECK_IN_HEADINGS: Final[Mapping[CheckInAnswer, LiteralString]] = {
    CheckInAnswer.ON_TIME: phrase("Checked in"),
    CheckInAnswer.LATE: phrase("Checked in, late"),
    CheckInAnswer.ALREADY_ARRIVED: phrase("Already checked in"),
    CheckInAnswer.CODE_UNKNOWN: phrase("No appointment has this code"),
    CheckInAnswer.WRONG_PERSON: phrase("This document is not the patient's"),
    CheckInAnswer.OTHER_HOSPITAL: phrase("The appointment is at another hospital"),
    CheckInAnswer.OTHER_DAY: phrase("The appointment is on another day"),
    CheckInAnswer.TOO_EARLY: phrase("Too early to check in"),
    CheckInAnswer.NOT_CONFIRMED: phrase("The place was held but not confirmed"),
    CheckInAnswer.GIVEN_BACK: phrase("The appointment was given back"),
    CheckInAnswer.EXPIRED: phrase("The place was not confirmed in time"),
    CheckInAnswer.NO_SHOW: phrase("The session is over"),
}

READ_OUT: Final[Mapping[CheckInAnswer, LiteralString]] = {
    CheckInAnswer.ALREADY_ARRIVED: phrase(
        "You are already checked in. Please take a seat; you will be called by your name."
    ),
    CheckInAnswer.CODE_UNKNOWN: phrase(
        "I cannot find an appointment with this code. Please open your appointment again and show me its code."
    ),
    CheckInAnswer.WRONG_PERSON: phrase(
        "This appointment was booked for another person, and only that person can use it. "
        "I can help you look for an appointment in your own name."
    ),
    CheckInAnswer.OTHER_HOSPITAL: phrase(
        "Your appointment is at another hospital. Its name and address are on your appointment's page."
    ),
    CheckInAnswer.OTHER_DAY: phrase(
        "Your appointment is not today. The day is on your appointment's page. I can also look whether a place is free."
    ),
    CheckInAnswer.TOO_EARLY: phrase("You are here early. Please come back to the desk nearer to your time."),
    CheckInAnswer.NOT_CONFIRMED: phrase(
        "A place was held for you, but it is not confirmed yet. Please confirm it on your phone, then come back to me."
    ),
    CheckInAnswer.GIVEN_BACK: phrase(
        "This appointment was given back, so it can no longer be used. I can look whether a place is free today."
    ),
    CheckInAnswer.EXPIRED: phrase(
        "The place was not confirmed in time, so it is no longer held. I can look whether a place is free today."
    ),
    CheckInAnswer.NO_SHOW: phrase("The session of this appointment is over. I can help you find another appointment."),
}

ERROR_TITLES: Final[Mapping[int, LiteralString]] = {
    400: phrase("We could not read that request"),
    403: phrase("You may not see this page"),
    404: phrase("We cannot find that page"),
    409: phrase("That could not be done"),
    422: phrase("Something in the form is not right"),
    429: phrase("That was too often"),
    500: phrase("Something went wrong on our side"),
    503: phrase("We are very busy"),
}

ERROR_ADVICE: Final[Mapping[int, LiteralString]] = {
    400: phrase("Go back, load the page again and try once more."),
    403: phrase(
        "You may be signed in as somebody else, or the page was open for too long. Go back, load it and try again."
    ),
    404: phrase("Check the address. If you followed a link, what it led to may have ended."),
    409: phrase("Somebody or something was faster. Go back, load the page again and see how things stand now."),
    422: phrase("Go back, check what you entered and send it again."),
    429: phrase("Wait a little, then try again. Trying faster does not help anybody to a place."),
    500: phrase("It is not your fault. Nothing was lost: what was booked stays booked. Try again in a few minutes."),
    503: phrase("Nothing was lost: what was booked stays booked. Wait a little, then try again."),
}
