"""The sentences that pages choose by a fact. All are written in English and marked for the catalogue."""

from collections.abc import Mapping, Sequence
from typing import Final, LiteralString

from firsthand.arrival.model import Reason
from firsthand.booking.model import State as BookingState
from firsthand.channels.web import oidc_words
from firsthand.channels.web.frame import Notice, Problem
from firsthand.channels.web.people_contexts import Change
from firsthand.directory.correction.model import EvidenceKind
from firsthand.directory.correction.model import State as CorrectionState
from firsthand.directory.counter.model import Basis, VariantKind
from firsthand.directory.family.model import Ended, Kind
from firsthand.identity.document.model import DocumentType
from firsthand.identity.news.model import NewsKind
from firsthand.identity.reset.model import ResetKind
from firsthand.identity.session.model import Method
from firsthand.platform.i18n import Language, phrase, say
from firsthand.policy.documents import DocumentKind

DOCUMENT_TYPES: Final[Mapping[DocumentType, LiteralString]] = {
    DocumentType.RESIDENT_ID: phrase("Resident identity card"),
    DocumentType.HK_MACAO_PERMIT: phrase("Mainland travel permit for Hong Kong and Macao residents"),
    DocumentType.TAIWAN_PERMIT: phrase("Mainland travel permit for Taiwan residents"),
    DocumentType.FOREIGN_PERMANENT_RESIDENT: phrase("Foreign permanent resident identity card"),
    DocumentType.PASSPORT: phrase("Passport"),
    DocumentType.OTHER: phrase("Another document"),
}


def document_name(document_type: str, kinds: Sequence[DocumentKind], language: Language) -> str:
    """Return what a type of document is called: a built-in one, one of the further `kinds`, or one that was."""
    if document_type in set(DocumentType):
        return say(language, DOCUMENT_TYPES[DocumentType(document_type)])
    for kind in kinds:
        if kind.code == document_type:
            return kind.name_zh if language is Language.CHINESE else kind.name_en
    return say(language, DOCUMENT_TYPES[DocumentType.OTHER])


PROBLEMS: Final[Mapping[Problem, LiteralString]] = {
    Problem.HOSPITAL_UNKNOWN: phrase("Choose a hospital from the list"),
    Problem.DAY_INVALID: phrase("Enter a day as year-month-day, for example 2026-03-27"),
    Problem.DAYS_REVERSED: phrase("The last day must not be before the first"),
    Problem.TEXT_TOO_LONG: phrase("Search with fewer words"),
    Problem.NAME_MISSING: phrase("Enter your name as it is on your document"),
    Problem.NAME_TOO_LONG: phrase("Enter a shorter name"),
    Problem.NAME_INVALID: phrase("Check your name: it has a character that no name has"),
    Problem.ALREADY_REGISTERED: phrase("This document is already registered. Sign in with it"),
    Problem.DOCUMENT_TYPE_INVALID: phrase("Choose the kind of document"),
    Problem.DOCUMENT_NUMBER_MISSING: phrase("Enter the document's number"),
    Problem.DOCUMENT_NUMBER_INVALID: phrase("Check the document's number: a digit or letter seems to be wrong"),
    Problem.PHONE_INVALID: phrase("Enter a mobile number that can receive messages"),
    Problem.EMAIL_MISSING: phrase("Enter your e-mail address"),
    Problem.EMAIL_INVALID: phrase("Check the e-mail address: it should look like name@example.org"),
    Problem.LANGUAGE_INVALID: phrase("Choose a language"),
    Problem.CODE_MISSING: phrase("Enter the code"),
    Problem.BOOKING_CODE_MISSING: phrase("Enter the code of the appointment"),
    Problem.ONE_TIME_CODE_WRONG: phrase("That code is not right. Check the message and try again"),
    Problem.ONE_TIME_CODE_EXPIRED: phrase("That code can no longer be used. Ask for a new one"),
    Problem.BOOKING_CODE_INVALID: phrase("A booking code has 12 letters and digits"),
    Problem.USERNAME_MISSING: phrase("Enter your user name"),
    Problem.PASSWORD_MISSING: phrase("Enter your password"),
    Problem.SIGN_IN_WRONG: phrase("The user name or the password is not right"),
    Problem.TOO_MANY_TRIES: phrase("There were too many tries. Wait a few minutes, then try again"),
    Problem.PASSKEY_WRONG: phrase("The passkey was not accepted. Try again, or use a code"),
    Problem.PASSKEY_COPIED: phrase(
        "This passkey seems to exist twice, so it is not accepted. Sign in by a code, then remove it and add a new one"
    ),
    Problem.PASSKEY_KNOWN: phrase("This passkey is here already"),
    Problem.PASSKEY_UNKNOWN: phrase("This passkey is no longer there"),
    Problem.PASSKEY_NAME_INVALID: phrase("Give the passkey a name of up to 50 characters"),
    Problem.TOO_MANY_PASSKEYS: phrase("You have as many passkeys as one person may. Remove one first"),
    Problem.SIGN_IN_STALE: phrase("Show once more that it is you. Then you can do this"),
    Problem.PHONE_COOLING: phrase(
        "Your phone was changed less than a day ago. Wait until tomorrow, or ask at a hospital's desk"
    ),
    Problem.PERSON_NOT_CHOSEN: phrase("Choose who is signing in"),
    Problem.SIGN_IN_SESSION_UNKNOWN: phrase("This device is no longer signed in"),
    Problem.CHOICE_WRONG: phrase("This choice can no longer be made. Ask for a new code"),
    Problem.PROOF_NEEDED: phrase(
        "Very many sign-ins are being tried just now, so your browser must do a little work first. Send the form again"
    ),
    Problem.PROOF_WRONG: phrase("Your browser's work was not accepted. Send the form again"),
    Problem.SIGN_IN_STEP_OVER: phrase("This sign-in took too long or was tried too often. Begin again"),
    Problem.SECOND_FACTOR_WRONG: phrase("That code is not right, or was used before. Wait for the next one"),
    Problem.SECOND_FACTOR_NEEDED: phrase("The password alone does not sign you in here"),
    Problem.ENROLLED_ALREADY: phrase("An app was set up meanwhile. If it was not you, tell your administrator at once"),
    Problem.LINK_SPENT: phrase("This link was used or has run out. Ask your administrator for a new one"),
    Problem.PASSWORD_WRONG: phrase("That is not your password"),
    Problem.PASSWORDS_DIFFER: phrase("The two passwords differ"),
    Problem.STAFF_NOT_PERMITTED: phrase("You may not do this for this member of staff"),
    Problem.SESSION_UNKNOWN: phrase("Choose a session from the list"),
    Problem.PERSON_UNKNOWN: phrase("Nobody is registered with this document. Register the person first"),
    Problem.EXPORT_NOT_CONFIRMED: phrase("Tick the box, then save the file"),
    Problem.FIND_FIRST: phrase("Find the person first: ask for the document again"),
    Problem.DOCUMENT_NEEDED: phrase("This needs the person's document on the counter. Find the person by it"),
    Problem.NOBODY_FOUND: phrase("Nobody was found. Check what you entered, or register the person"),
    Problem.DOCUMENT_KNOWN: phrase(
        "Somebody is registered with this document. If both are one person, ask for the records to be merged"
    ),
    Problem.DOCUMENT_OWN: phrase("The person has this document already"),
    Problem.TOO_MANY_DOCUMENTS: phrase("The person has as many documents as can be kept"),
    Problem.NOT_A_CHILD: phrase("Enter the date of birth of somebody who is not yet 18"),
    Problem.TOO_MANY_CHILDREN: phrase("The guardian has as many children without a document as can be registered"),
    Problem.BIRTH_INVALID: phrase("Enter the date of birth as year-month-day, for example 1990-12-31"),
    Problem.BIRTH_CONTRADICTS: phrase("The date of birth is not the one that the document says"),
    Problem.SAME_PHONE: phrase("The person has this mobile number already"),
    Problem.PHONE_CHANGED_LATELY: phrase("The mobile number was changed within the last day. Change it again tomorrow"),
    Problem.TOO_MANY_NAMES: phrase("The person has as many other names as can be kept"),
    Problem.NAME_KNOWN: phrase("The person has this name already"),
    Problem.NAME_UNKNOWN: phrase("The person does not have this name any more"),
    Problem.CONFIRM_SEEN: phrase("Confirm that the document lies before you"),
    Problem.NOTE_TOO_SHORT: phrase("Write down what you saw, in ten characters or more"),
    Problem.NOTE_TOO_LONG: phrase("Write down what you saw in 500 characters or fewer"),
    Problem.NOTE_INVALID: phrase("Check what you wrote: it has a character that cannot be shown"),
    Problem.EVIDENCE_MISSING: phrase("Choose what you saw"),
    Problem.WRONG_DOCUMENT_MISSING: phrase("Choose the document that is wrong"),
    Problem.SAME_DOCUMENT: phrase("This is a document that the person has already"),
    Problem.SAME_PERSON: phrase("This is the same record. Enter the document of the other one"),
    Problem.ALREADY_MERGED: phrase("One of the records was merged with another already"),
    Problem.KEEPS_OTHERS: phrase("Other records were merged into this one. Open it, and merge from there"),
    Problem.ALREADY_ASKED: phrase("This was asked for already and waits for a decision"),
    Problem.OWN_REQUEST: phrase("You asked for this. Somebody else decides"),
    Problem.ALREADY_DECIDED: phrase("This was decided already"),
    Problem.CANNOT_UNDO: phrase("This cannot be undone: it was not approved, or was undone already"),
    Problem.NUMBER_TAKEN: phrase("This cannot be undone: the number belongs to somebody else by now"),
    Problem.ERASED: phrase("This cannot be undone: the old document was erased when its term was over"),
    **oidc_words.PROBLEMS,
    Problem.USERNAME_INVALID: phrase(
        "A user name has 3 to 64 of the characters a to z, 0 to 9, dot, dash and underscore"
    ),
    Problem.USERNAME_TAKEN: phrase("Somebody has this user name already. Choose another"),
    Problem.DISPLAY_NAME_INVALID: phrase("A name has 1 to 100 visible characters, and no spaces around them"),
    Problem.PASSWORD_GUESSABLE: phrase(
        "This password is easy to guess: it is a common one, follows a pattern, or is made of names and words of your "
        "work. Choose another: four words that do not belong together are good"
    ),
    Problem.PASSWORD_UNACCEPTABLE: phrase(
        "A password has 12 characters or more, not all alike, and not the user name in it"
    ),
    Problem.ROLE_MISSING: phrase("Choose a role"),
    Problem.ROLE_AND_HOSPITAL: phrase(
        "The roles of the city belong to no hospital, and those of a hospital to one: choose accordingly"
    ),
    Problem.STAFF_UNKNOWN: phrase("This member of staff has left, or you do not look after this account"),
    Problem.DUTY_UNKNOWN: phrase("This duty has ended already"),
    Problem.DUTY_HELD: phrase("This member of staff has this duty already"),
    Problem.NOT_ONESELF: phrase("Nobody gives himself a duty. Ask another administrator"),
    Problem.END_INVALID: phrase("Enter a day to come as year-month-day, or leave it empty"),
    Problem.ENTRY_NAME_INVALID: phrase("A name has 1 to 200 visible characters"),
    Problem.ENTRY_NAME_TAKEN: phrase("There is one of this name already"),
    Problem.ENTRY_UNKNOWN: phrase("This is no longer in the list"),
    Problem.TEXT_INVALID: phrase("Use up to 200 visible characters"),
    Problem.HOSPITAL_PHONE_INVALID: phrase("A phone number has digits, spaces, brackets, dashes and a plus"),
    Problem.URL_INVALID: phrase("Enter a whole address that begins with https:// or http://"),
    Problem.ID_INVALID: phrase("Enter an id as the record shows it"),
    Problem.REASON_TOO_SHORT: phrase("Say it in a sentence of 10 characters or more, for somebody else to weigh"),
    Problem.WORDS_INVALID: phrase("Use up to 500 visible characters"),
    Problem.TOO_MANY_EMERGENCIES: phrase("You have tried this too often. Ask a colleague or the supervisor"),
    Problem.SEVERAL_PEOPLE: phrase("Several people share this phone. Enter the whole name too"),
    Problem.NOBODY_KNOWN: phrase("Nobody is known by this"),
    Problem.ACCESS_OVER: phrase("The half hour is over. If the emergency goes on, open the record again"),
    Problem.ACCESS_UNKNOWN: phrase("There is no such emergency access here"),
    Problem.OWN_ACCESS: phrase("Nobody reviews what he opened himself"),
    Problem.REQUEST_ABOUT_MISSING: phrase("Choose what it is about"),
    Problem.REQUEST_WORDS_TOO_SHORT: phrase("Write it in your words, in ten characters or more"),
    Problem.REQUEST_WORDS_TOO_LONG: phrase("Write it in 500 characters or fewer"),
    Problem.TOO_MANY_OPEN_REQUESTS: phrase("You have as many open requests as one person may. Take one back first"),
    Problem.TOO_MANY_REQUESTS_TODAY: phrase("You tried this very often today. Try again tomorrow"),
    Problem.NOT_YOUR_DOCUMENT: phrase("This is not the number of a document of yours"),
    Problem.DELETION_ALREADY_ASKED: phrase("You have asked for this already"),
    Problem.DELETION_NOT_CONFIRMED: phrase("Confirm that you have read what goes and what stays"),
    Problem.REQUEST_OVER: phrase("This request is over: it was answered, taken back or carried out"),
    Problem.REQUEST_OWN_DOING: phrase("You opened this record in an emergency yourself, so somebody else answers"),
    Problem.ANSWER_MISSING: phrase("Choose whether you grant or refuse it"),
    Problem.ALREADY_REVIEWED: phrase("Somebody has reviewed this already"),
    Problem.REVIEW_LAPSED: phrase("Nobody reviewed this in time, and it can no longer be reviewed"),
    Problem.CONFIRM_EMERGENCY: phrase("Tick that you have read this"),
    Problem.JUDGEMENT_MISSING: phrase("Choose whether it was justified"),
    Problem.POLICY_INVALID: phrase("Some of the fields are not right"),
    Problem.INSTANT_INVALID: phrase("Enter a day as year-month-day and a time as hours and minutes"),
    Problem.NOTICE_TOO_SHORT: phrase("It begins too soon: give more notice"),
    Problem.POLICY_TOO_FAR_AHEAD: phrase("It begins more than a year from now: check the year"),
    Problem.INSTANT_TAKEN: phrase("Another version begins at this very time. Choose another time"),
    Problem.NOTHING_CHANGES: phrase("This is what will be in force then anyway: nothing changes"),
    Problem.TOO_MANY_WAITING: phrase("Ten of your proposals wait already. Take one back, or wait for a decision"),
    Problem.OWN_PROPOSAL: phrase("You proposed this. Somebody else decides"),
    Problem.ANOTHERS_PROPOSAL: phrase("Only who proposed it takes it back"),
    Problem.NOT_AS_SHOWN: phrase("Something has changed since this was shown to you. Look at it again, then decide"),
    Problem.BASE_SUPERSEDED: phrase(
        "Another version has come in between, so these changes are no longer what would change. It can be proposed anew"
    ),
    Problem.CONFIRM_APPROVAL: phrase("Tick that you have read what changes"),
    Problem.CONFIRM_WITHDRAWAL: phrase("Tick that you want to take it back"),
    Problem.PATIENT_INVALID: phrase("Choose for whom the appointment is"),
    Problem.TIE_ONESELF: phrase("This is your own document"),
    Problem.TIE_CARER_NOT_OF_AGE: phrase(
        "Only somebody who is known to be of age can act for others. A hospital's desk can record your date of birth"
    ),
    Problem.TIE_LABEL_INVALID: phrase("Enter what you call this person, in at most 30 characters"),
    Problem.TIE_CHILD_OF_AGE: phrase("This person is of age, so you can ask to act for an adult"),
    Problem.TIE_TOO_MANY_DEPENDANTS: phrase(
        "You already act for as many people as one person may. One who was removed still counts for some months"
    ),
    Problem.TIE_TOO_MANY_UNDOCUMENTED: phrase(
        "You already have as many children without a document as one person may. A hospital's desk can add a document"
    ),
    Problem.TIE_TOO_MANY_CARERS: phrase("As many people as may already act for this person"),
    Problem.TIE_TOO_MANY_NEW: phrase("You asked as often as one person may within a month"),
    Problem.TIE_ASKED_LATELY: phrase(
        "This ended only lately. You can ask again later, or both come to a hospital's desk"
    ),
    Problem.TIE_ALREADY: phrase("You already may act for this person"),
    Problem.TIE_PHONE_SHARED: phrase(
        "You both have the same phone, so it cannot show who says yes. A hospital's desk can confirm it"
    ),
    Problem.TIE_OVER: phrase("This was answered already, or its time is over"),
    Problem.TIE_CONFIRMED_BY_OTHERS: phrase("Somebody else has to confirm this, or a hospital's desk"),
    Problem.TIE_TOO_EARLY_TO_RENEW: phrase("It is too early to let this go on. Come back when it is about to end"),
    Problem.TIE_NOT_AGREED: phrase("Tick the box if this is so"),
    Problem.HAS_DOCUMENT_MISSING: phrase("Say whether the child has a document"),
    Problem.NOT_PERMITTED: phrase("You may not do this for this person. Ask at the hospital's desk"),
    Problem.TOO_MANY_HOLDS: phrase(
        "You already hold as many places as one person may. Confirm one or give one up first"
    ),
    Problem.TOO_MANY_RETURNS: phrase(
        "You gave back or let go of too many places today. Take one again tomorrow, or ask at the hospital's desk"
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
    Notice.SESSION_ENDED: phrase("That device is signed out"),
    Notice.SESSIONS_ENDED: phrase("All other devices are signed out"),
    Notice.PASSKEY_ADDED: phrase("Your passkey is added. You can sign in with it from now on"),
    Notice.PASSKEY_RENAMED: phrase("Your passkey has its new name"),
    Notice.PASSKEY_REMOVED: phrase("Your passkey is removed"),
    Notice.PHONE_CHANGED: phrase("Your phone is changed. Codes and news go there from now on"),
    Notice.BOOKED: phrase("Your appointment is booked"),
    Notice.GIVEN_BACK: phrase("Your appointment is given back"),
    Notice.HOLD_GIVEN_UP: phrase("The place is no longer held for you"),
    Notice.PASSWORD_CHANGED: phrase("Your password is changed. Everywhere else you are signed out"),
    **oidc_words.NOTICES,
    Notice.STAFF_ADDED: phrase("The account is there, and can sign in"),
    Notice.STAFF_ADDED_BARE: phrase("The account is there. Make a link, with which its member sets up the sign-in"),
    Notice.DUTY_GIVEN: phrase("The duty is given"),
    Notice.DUTY_ENDED: phrase("The duty has ended, with every session in it"),
    Notice.STAFF_LEFT: phrase("The account is closed, and every session has ended"),
    Notice.SECOND_FACTOR_RESET: phrase("The second factor is taken away, and every session has ended"),
    Notice.PASSKEYS_TAKEN: phrase("The passkeys are taken away, and every session has ended"),
    Notice.STAFF_SESSIONS_ENDED: phrase("Every session has ended"),
    Notice.DUTY_CHANGED: phrase("You act in this duty now"),
    Notice.HOSPITAL_CHANGED: phrase("The change is made"),
    Notice.LEFT_TO_FEED: phrase("The feed says this again, from its next change on"),
    Notice.ENTRY_ADDED: phrase("It is in the list"),
    Notice.ENTRY_RENAMED: phrase("The name is changed"),
    Notice.ENTRY_RETIRED: phrase("It is no longer in the list"),
    Notice.REVIEWED: phrase("Your review is recorded"),
    Notice.POLICY_PROPOSED: phrase("It is proposed, and waits for a second person"),
    Notice.POLICY_APPROVED: phrase("Approved. It is in force from its time on"),
    Notice.POLICY_REFUSED: phrase("Refused. Nothing changes"),
    Notice.POLICY_WITHDRAWN: phrase("Taken back. Nothing changes"),
    Notice.EMAIL_VERIFIED: phrase("News of your appointments now also comes by e-mail"),
    Notice.EMAIL_REMOVED: phrase("No news comes by e-mail any more"),
    Notice.REGISTERED_AT_DESK: phrase("The person is registered"),
    Notice.CHILD_REGISTERED: phrase("The child is registered"),
    Notice.DOCUMENT_ADDED: phrase("The document is added"),
    Notice.PHONE_CHANGED_AT_DESK: phrase(
        "The mobile number is changed. Everybody who was signed in must sign in again"
    ),
    Notice.NAME_ADDED: phrase("The name is added"),
    Notice.NAME_REMOVED: phrase("The name is removed"),
    Notice.CORRECTION_ASKED: phrase("Asked for. Somebody else decides"),
    Notice.CORRECTION_APPROVED: phrase("Approved. The person is told"),
    Notice.CORRECTION_REFUSED: phrase("Refused. Nothing was changed"),
    Notice.CORRECTION_UNDONE: phrase("Undone. The person is told"),
    Notice.TIE_ASKED: phrase("It is asked"),
    Notice.TIE_CODE_SENT: phrase("A new code is on its way, if this person has a phone of their own with us"),
    Notice.TIE_ACTIVE: phrase("It is confirmed"),
    Notice.TIE_RENEWED: phrase("It goes on"),
    Notice.TIE_ENDED: phrase("It has ended"),
    Notice.TIE_DECLINED: phrase("You said no"),
    Notice.REQUEST_SENT: phrase("Your request was sent"),
    Notice.REQUEST_WITHDRAWN: phrase("Your request was taken back"),
    Notice.REQUEST_ANSWERED: phrase("The answer was sent"),
    Notice.DELETION_ASKED: phrase("You have asked for your account to be deleted"),
}

METHODS: Final[Mapping[Method, LiteralString]] = {
    Method.CODE: phrase("Signed in by a code"),
    Method.PASSKEY: phrase("Signed in by a passkey"),
    Method.PASSWORD: phrase("Signed in by password"),
    Method.PASSWORD_TOTP: phrase("Signed in by password and app"),
    Method.RECOVERY_CODE: phrase("Signed in by a recovery code"),
    Method.OIDC: phrase("Signed in through the hospital"),
}
# What happened to a sign-in of staff, as the member and his administrator read it.
RESETS: Final[Mapping[ResetKind | NewsKind, LiteralString]] = {
    ResetKind.SECOND_FACTOR: phrase("The second factor was taken away"),
    ResetKind.LINK: phrase("A link to set up the sign-in was made"),
    NewsKind.PASSKEY_ADDED: phrase("A passkey was added"),
    NewsKind.PASSKEY_REMOVED: phrase("A passkey was removed"),
    NewsKind.PASSKEY_COPIED: phrase("A passkey seems to have been copied, and was refused"),
    NewsKind.PASSWORD_CHANGED: phrase("The password was changed"),
    NewsKind.APP_SET_UP: phrase("An authenticator app was set up"),
    NewsKind.CODES_RENEWED: phrase("New recovery codes were made"),
    NewsKind.RECOVERY_CODE_USED: phrase("A recovery code was used to sign in"),
    NewsKind.PASSKEYS_TAKEN: phrase("All passkeys were taken away"),
    NewsKind.SESSIONS_ENDED: phrase("All sessions were ended"),
}

TIE_ENDS: Final[Mapping[Ended, LiteralString]] = {
    Ended.DECLINED: phrase("declined"),
    Ended.TAKEN_BACK: phrase("taken back"),
    Ended.LAPSED: phrase("not answered in time"),
    Ended.BY_CARER: phrase("ended by who acted"),
    Ended.BY_DEPENDANT: phrase("ended by the patient"),
    Ended.MAJORITY: phrase("the child came of age"),
    Ended.TERM: phrase("not renewed"),
    Ended.BY_DESK: phrase("ended at a desk"),
}

TIE_KINDS: Final[Mapping[Kind, LiteralString]] = {
    Kind.GUARDIAN: phrase("Child"),
    Kind.CARER: phrase("Adult"),
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

REFUSALS_AT_DESK: Final[Mapping[Reason, LiteralString]] = {
    Reason.ALREADY_ARRIVED: phrase("Already checked in"),
    Reason.CODE_UNKNOWN: phrase("No appointment has this code"),
    Reason.WRONG_PERSON: phrase("This document is not the patient's"),
    Reason.OTHER_HOSPITAL: phrase("The appointment is at another hospital"),
    Reason.OTHER_DAY: phrase("The appointment is on another day"),
    Reason.TOO_EARLY: phrase("Too early to check in"),
    Reason.NOT_CONFIRMED: phrase("The place was held but not confirmed"),
    Reason.GIVEN_BACK: phrase("The appointment was given back"),
    Reason.HOLD_EXPIRED: phrase("The place was not confirmed in time"),
    Reason.COUNTED_AS_MISSED: phrase("The session is over"),
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

VARIANT_KINDS: Final[Mapping[VariantKind, LiteralString]] = {
    VariantKind.FORMER: phrase("Former name"),
    VariantKind.OTHER_SCRIPT: phrase("Name in another script"),
    VariantKind.LATIN: phrase("Name in Latin letters"),
}

EVIDENCE_KINDS: Final[Mapping[EvidenceKind, LiteralString]] = {
    EvidenceKind.ORIGINAL_DOCUMENT: phrase("The original document"),
    EvidenceKind.BOTH_DOCUMENTS: phrase("Both documents of the person"),
    EvidenceKind.HOUSEHOLD_REGISTER: phrase("The household register"),
    EvidenceKind.AUTHORITY_LETTER: phrase("A letter of an authority"),
}

CORRECTION_STATES: Final[Mapping[CorrectionState, LiteralString]] = {
    CorrectionState.ASKED: phrase("Waits for a decision"),
    CorrectionState.APPROVED: phrase("Approved"),
    CorrectionState.REFUSED: phrase("Refused"),
    CorrectionState.UNDONE: phrase("Undone"),
    CorrectionState.LAPSED: phrase("Lapsed: nobody decided in time"),
}

BASES: Final[Mapping[Basis, LiteralString]] = {
    Basis.DOCUMENT: phrase("Found by the document on the counter"),
    Basis.BOOKING: phrase("Found by an appointment here"),
    Basis.PHONE: phrase("Found on the phone"),
    Basis.BREAK_GLASS: phrase("Opened in an emergency"),
}

CHANGES: Final[Mapping[Change, LiteralString]] = {
    Change.DOCUMENT: phrase("Add a document"),
    Change.PHONE: phrase("Change the mobile number"),
    Change.NAME: phrase("Add another name"),
    Change.CHILD: phrase("Register a child without a document"),
    Change.CORRECTION: phrase("Have a wrong document corrected"),
    Change.MERGER: phrase("Have two records merged"),
}
