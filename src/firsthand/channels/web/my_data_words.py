"""What a person's own data is called on his page, and how each value of it is said. English here, for the catalogue."""

from collections.abc import Mapping
from typing import Final, LiteralString

from firsthand.channels.web import message_words, request_words, words
from firsthand.platform.i18n import phrase

TITLES: Final[Mapping[str, LiteralString]] = {
    "person": phrase("Your name"),
    "other_names": phrase("Your other names"),
    "documents": phrase("Your documents"),
    "former_documents": phrase("Documents that were corrected away"),
    "contact": phrase("Phone, e-mail and language"),
    "bookings": phrase("Appointments"),
    "check_ins": phrase("When you checked in"),
    "ties": phrase("Who may act for whom"),
    "consents": phrase("What was agreed to"),
    "messages": phrase("Messages of the last 90 days"),
    "sessions": phrase("Where you are signed in"),
    "passkeys": phrase("Passkeys"),
    "corrections": phrase("Corrections of your record"),
    "requests": phrase("What you asked about your own data"),
    "records": phrase("Your record"),
    "emergencies": phrase("When your record was opened in an emergency"),
    "found": phrase("Who of a desk may still look at your record"),
}

LABELS: Final[Mapping[str, LiteralString]] = {
    "about": phrase("About"),
    "answer": phrase("Answer"),
    "acted_by_kind": phrase("Asked for by"),
    "active_from": phrase("Began"),
    "address": phrase("Sent to"),
    "asked_at": phrase("Asked for"),
    "asked_by": phrase("Who asked for it"),
    "at": phrase("When"),
    "attempts": phrase("How often it was sent"),
    "backed_up": phrase("Kept by the device's maker too"),
    "basis": phrase("How you were found"),
    "body": phrase("What it said"),
    "booked_at": phrase("Confirmed"),
    "born_on": phrase("Date of birth"),
    "carer_id": phrase("Who acts"),
    "channel": phrase("Through"),
    "code": phrase("Code"),
    "counted_from": phrase("From when on the age is looked at"),
    "created_at": phrase("Written down"),
    "decided_at": phrase("Decided"),
    "decided_by": phrase("Who decided"),
    "dependant_id": phrase("For whom"),
    "device": phrase("Device"),
    "due_at": phrase("To be sent from"),
    "email": phrase("E-mail"),
    "email_verified_at": phrase("E-mail confirmed"),
    "ended_at": phrase("Ended"),
    "ended_why": phrase("Why it ended"),
    "ends_at": phrase("Until"),
    "erase_after": phrase("Erased on"),
    "evidence": phrase("What the clerk noted"),
    "evidence_kind": phrase("What the clerk saw"),
    "expires_at": phrase("Ends on"),
    "found_at": phrase("Found"),
    "found_by": phrase("Found by"),
    "given_at": phrase("When"),
    "given_by": phrase("Who agreed"),
    "guardian_id": phrase("Registered under"),
    "held_until": phrase("Held until"),
    "holder_id": phrase("Who took the place"),
    "hospital_id": phrase("Hospital"),
    "how": phrase("How"),
    "justified": phrase("Found to be justified"),
    "kind": phrase("Kind"),
    "label": phrase("What you called this person"),
    "language": phrase("Language"),
    "lapses_at": phrase("Waits until"),
    "lapsed_at": phrase("Judged by nobody until"),
    "last_error": phrase("Why it did not go out"),
    "last_seen_at": phrase("Last used"),
    "last_used_at": phrase("Last used"),
    "late": phrase("Late"),
    "made_at": phrase("Written"),
    "merged_count": phrase("Records merged into it"),
    "method": phrase("How you signed in"),
    "name": phrase("Name"),
    "number": phrase("Number"),
    "opened_at": phrase("Opened"),
    "patient_id": phrase("Patient"),
    "payer_id": phrase("Who pays"),
    "phone": phrase("Mobile number"),
    "phone_changed_at": phrase("Number changed"),
    "reason": phrase("Reason given"),
    "replacement": phrase("The right document"),
    "reviewed_at": phrase("Judged"),
    "reviewed_by": phrase("Who judged"),
    "runs_from": phrase("Carried out from"),
    "seen": phrase("What lay on the counter"),
    "sent_at": phrase("Sent"),
    "settled_at": phrase("Settled"),
    "settles_at": phrase("Child registered from"),
    "staff_id": phrase("Member of staff"),
    "starts_at": phrase("From"),
    "state": phrase("State"),
    "taken_at": phrase("Taken"),
    "template": phrase("About"),
    "term_ends_at": phrase("Runs until"),
    "tried_at": phrase("Last tried"),
    "type": phrase("Kind of document"),
    "undone_at": phrase("Undone"),
    "undone_by": phrase("Who undid it"),
    "undocumented": phrase("Without a document"),
    "until": phrase("Until"),
    "usable_from": phrase("Can be used from"),
    "way": phrase("Sent by"),
    "words": phrase("Version of the words"),
}

CHANNELS: Final[Mapping[str, LiteralString]] = {
    "web": phrase("these pages"),
    "api": phrase("an app"),
    "desk": phrase("a hospital's desk"),
    "cli": phrase("the operator's command line"),
    "worker": phrase("the house's own work"),
}
_ACTORS: Final[Mapping[str, LiteralString]] = {
    "person": phrase("a person"),
    "staff": phrase("a hospital's staff"),
    "system": phrase("the house itself"),
    "nobody": phrase("nobody who is known"),
}
_TIE_STATES: Final[Mapping[str, LiteralString]] = {
    "asked": phrase("Waits for a yes"),
    "active": phrase("Holds"),
    "ended": phrase("Over"),
}
_HOWS: Final[Mapping[str, LiteralString]] = {
    "own_page": phrase("On one's own page"),
    "own_code": phrase("By a code from one's own phone"),
    "guardian": phrase("As the guardian"),
    "desk": phrase("At a desk"),
}
_CORRECTIONS: Final[Mapping[str, LiteralString]] = {
    "document": phrase("A wrong document"),
    "merger": phrase("Two records of one person"),
}
_FOUND_BY: Final[Mapping[str, LiteralString]] = {
    "document": phrase("the document"),
    "phone": phrase("the phone"),
}
_RECORD_STATES: Final[Mapping[str, LiteralString]] = {
    "active": phrase("In use"),
    "anonymised": phrase("Nameless"),
}

# What a column is called in one listing, where another has one of the same name.
LABELS_IN: Final[Mapping[tuple[str, str], LiteralString]] = {
    ("requests", "words"): phrase("What you wrote"),
    ("requests", "due_at"): phrase("To be answered by"),
}

# What a code of a listing's column is called.
CODES: Final[Mapping[tuple[str, str], Mapping[str, LiteralString]]] = {
    ("other_names", "kind"): {kind.value: said for kind, said in words.VARIANT_KINDS.items()},
    ("bookings", "state"): {state.value: said for state, said in words.BOOKING_STATES.items()},
    ("bookings", "acted_by_kind"): _ACTORS,
    ("bookings", "channel"): CHANNELS,
    ("ties", "kind"): {kind.value: said for kind, said in words.TIE_KINDS.items()},
    ("ties", "state"): _TIE_STATES,
    ("ties", "ended_why"): {why.value: said for why, said in words.TIE_ENDS.items()},
    ("consents", "how"): _HOWS,
    ("messages", "way"): {way.value: said for way, said in message_words.WAYS.items()},
    ("messages", "state"): {state.value: said for state, said in message_words.STATES.items()},
    ("messages", "last_error"): {error.value: said for error, said in message_words.ERRORS.items()},
    ("sessions", "method"): {method.value: said for method, said in words.METHODS.items()},
    ("corrections", "kind"): _CORRECTIONS,
    ("corrections", "state"): {state.value: said for state, said in words.CORRECTION_STATES.items()},
    ("corrections", "evidence_kind"): {kind.value: said for kind, said in words.EVIDENCE_KINDS.items()},
    ("requests", "kind"): {kind.value: said for kind, said in request_words.KINDS.items()},
    ("requests", "about"): {about.value: said for about, said in request_words.ABOUT.items()},
    ("requests", "state"): {state.value: said for state, said in request_words.STATES.items()},
    ("records", "state"): _RECORD_STATES,
    ("emergencies", "found_by"): _FOUND_BY,
    ("found", "basis"): {basis.value: said for basis, said in words.BASES.items()},
}
