"""What policies and their fields are called, as in `words.py`. A field is found by its meaning: `policy/fields.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, LiteralString

from firsthand.messages.model import Template
from firsthand.messages.templates import SUBJECTS
from firsthand.platform.i18n import Language, phrase, say
from firsthand.policy.documents import Alphabet, NumberCheck
from firsthand.policy.proposal.model import State
from firsthand.policy.typed import Fault


@dataclass(frozen=True, slots=True)
class Words:
    """The name of a policy or a field, and what is said of it in a sentence, "" where the name says enough."""

    name: LiteralString
    hint: LiteralString = ""


POLICIES: Final[Mapping[str, Words]] = {
    "booking": Words(phrase("Booking"), phrase("How many places a person may have, and when they can be taken")),
    "arrival": Words(phrase("Check-in"), phrase("When people check in, are late, or count as not having come")),
    "family": Words(phrase("Families and carers"), phrase("Who may act for how many others, and for how long")),
    "messages": Words(phrase("Quiet hours"), phrase("When news waits for the morning")),
    "document": Words(phrase("Kinds of documents"), phrase("Which documents there are besides the usual ones")),
    "sign_in": Words(phrase("Attacks on signing in"), phrase("When browsers must work, and how many codes go out")),
}

FIELDS: Final[Mapping[str, Words]] = {
    "booking.hold_seconds": Words(phrase("How long a place is held"), phrase("In this time it has to be confirmed.")),
    "booking.holds_live_max": Words(phrase("Places that one person may hold at a time")),
    "booking.ended_a_day_max": Words(
        phrase("Places that one person may let go within 24 hours"),
        phrase("Given back, or not confirmed in time. Whoever reaches this takes no more online that day."),
    ),
    "booking.booking_days_ahead_max": Words(phrase("How far ahead a place can be taken")),
    "booking.take_cutoff_minutes": Words(phrase("Until how long before the session a place can be taken")),
    "booking.give_back_cutoff_minutes": Words(phrase("Until how long before the session it can be given back")),
    "booking.caps": Words(
        phrase("Caps"),
        phrase("At most so many appointments of one patient on any so many days in a row, in the whole city."),
    ),
    "booking.caps.name": Words(
        phrase("Name of the cap"),
        phrase(
            "Lower-case letters, digits and underscores. Patients read a sentence of its own of department_day, day "
            "and week; use these names only for what they say."
        ),
    ),
    "booking.caps.days": Words(phrase("Days in a row")),
    "booking.caps.per_department": Words(phrase("Counted for each department by itself")),
    "booking.caps.max_count": Words(phrase("Appointments at most")),
    "arrival.early_minutes_max": Words(phrase("How early people can check in")),
    "arrival.late_after_minutes": Words(phrase("After how long a patient is late")),
    "arrival.no_show_after_end_minutes": Words(
        phrase("After how long a patient has not come"), phrase("Counted from the end of the session.")
    ),
    "family.dependants_max": Words(
        phrase("People for whom one person may act"), phrase("Those who were only asked count too.")
    ),
    "family.carers_max": Words(phrase("People who may act for one person")),
    "family.undocumented_children_max": Words(phrase("Children without a document, of one person")),
    "family.new_ties_a_month_max": Words(phrase("New ties that one person may ask for within a month")),
    "family.ended_counts_days": Words(phrase("How long a tie that has ended still counts")),
    "family.again_days": Words(phrase("How long the same two wait before they may ask again")),
    "family.cooling_hours": Words(phrase("How long a new tie waits before it can be used")),
    "family.asked_expires_days": Words(phrase("How long one who was asked has to answer")),
    "family.carer_term_days": Words(phrase("How long a tie between adults lasts")),
    "family.renew_within_days": Words(phrase("How long before its end a tie can be renewed")),
    "family.majority_years": Words(phrase("From which age somebody is an adult")),
    "family.time_zone": Words(
        phrase("Time zone in which days begin"), phrase("Its IANA name, for example Asia/Shanghai.")
    ),
    "messages.quiet_from": Words(phrase("Quiet from"), phrase("Hours and minutes, for example 22:00.")),
    "messages.quiet_until": Words(
        phrase("Quiet until"), phrase("May lie past midnight. The same time as the beginning: never quiet.")
    ),
    "messages.time_zone": Words(phrase("Time zone"), phrase("For messages that concern no hospital.")),
    "messages.exempt": Words(
        phrase("Sent even in quiet hours"), phrase("One-time codes, and news of the same day, always are.")
    ),
    "document.former_days": Words(phrase("How long a document that was corrected away is kept")),
    "document.kinds": Words(
        phrase("Kinds of documents"), phrase("Besides identity cards, travel permits and passports.")
    ),
    "document.kinds.code": Words(
        phrase("Code of the kind"),
        phrase("Lower-case letters, digits and underscores. By it documents are kept: never change it."),
    ),
    "document.kinds.name_zh": Words(phrase("Name in Chinese")),
    "document.kinds.name_en": Words(phrase("Name in English")),
    "document.kinds.alphabet": Words(phrase("What its numbers are made of")),
    "document.kinds.characters_min": Words(phrase("Length of a number at least")),
    "document.kinds.characters_max": Words(phrase("Length of a number at most")),
    "document.kinds.lasting_characters": Words(
        phrase("How much of it lasts for life"), phrase("Counted from the left. Empty where all of it does.")
    ),
    "document.kinds.check": Words(phrase("How its last character follows from the others")),
    "sign_in.window_seconds": Words(phrase("How long is counted at a time"), phrase("What follows counts in this.")),
    "sign_in.guard_on_requests": Words(
        phrase("Codes asked for, from which browsers have to work"), phrase("In the whole city.")
    ),
    "sign_in.guard_on_failures": Words(
        phrase("Wrong codes, from which browsers have to work"), phrase("In the whole city.")
    ),
    "sign_in.guard_off_percent": Words(
        phrase("Below which part of both they no longer have to"), phrase("For two whole spans of time.")
    ),
    "sign_in.sign_in_messages_max": Words(
        phrase("Codes for signing in that are sent to unknown browsers"), phrase("Known browsers always get theirs.")
    ),
    "sign_in.registration_messages_max": Words(phrase("Codes for registering that are sent to unknown browsers")),
}

_ALPHABETS: Final[Mapping[str, LiteralString]] = {
    Alphabet.DIGITS: phrase("Digits"),
    Alphabet.LETTERS: phrase("Latin letters"),
    Alphabet.HAN: phrase("Chinese characters"),
}
_CHECKS: Final[Mapping[str, LiteralString]] = {
    NumberCheck.NONE: phrase("It does not"),
    NumberCheck.LUHN: phrase("By the Luhn algorithm"),
    NumberCheck.MOD_11_2: phrase("By ISO 7064, MOD 11-2"),
    NumberCheck.MOD_37_2: phrase("By ISO 7064, MOD 37-2"),
}

STATES: Final[Mapping[State, LiteralString]] = {
    State.WAITING: phrase("Waits for a second person"),
    State.APPROVED: phrase("Approved"),
    State.REFUSED: phrase("Refused"),
    State.WITHDRAWN: phrase("Taken back"),
}

FAULTS: Final[Mapping[Fault, LiteralString]] = {
    Fault.MISSING: phrase("fill this in"),
    Fault.NUMBER_INVALID: phrase("enter a whole number, in digits alone"),
    Fault.TOO_SMALL: phrase("enter a number from %(least)s to %(most)s"),
    Fault.TOO_GREAT: phrase("enter a number from %(least)s to %(most)s"),
    Fault.CHOICE_INVALID: phrase("choose one of these"),
    Fault.TEXT_INVALID: phrase("use up to 60 visible characters"),
    Fault.CODE_INVALID: phrase("use lower-case letters, digits and underscores, and begin with a letter"),
    Fault.ZONE_UNKNOWN: phrase("enter the IANA name of a time zone, such as Asia/Shanghai"),
    Fault.TIME_INVALID: phrase("enter hours and minutes, such as 22:00"),
    Fault.DUPLICATE: phrase("another row says the same"),
    Fault.CODE_TAKEN: phrase("a usual document has this code"),
    Fault.REVERSED: phrase("this must not be longer than the greatest length, nor that shorter than the least"),
    Fault.BEYOND_TERM: phrase("this must not be longer than a tie lasts"),
    Fault.CHECK_WITH_HAN: phrase("a check goes with letters and digits alone"),
    Fault.FIELD_UNKNOWN: phrase("The form had a field that this policy does not have. Load the page again"),
    Fault.SENSELESS: phrase("What was entered makes no sense together"),
}


def choice_names(meaning: str, choices: Sequence[str], language: Language) -> list[str]:
    """Return what several choices are called."""
    return [choice_name(meaning, choice, language) for choice in choices]


def choice_name(meaning: str, choice: str, language: Language) -> str:
    """Return what a choice is called: a kind of characters, a way of checking, or a message by its subject."""
    if meaning == "messages.exempt":
        # Two messages may have one subject; their names differ.
        return f"{SUBJECTS[Template(choice)][language]} ({choice})" if choice in set(Template) else choice
    named = _ALPHABETS.get(choice) or _CHECKS.get(choice)
    return say(language, named) if named else choice
