"""What others did with a person's data, and for how long it is kept, in words. Sentences of the catalogue.

Every action by which staff or another person may touch a person's data is in the list.
`tests/unit/test_account_words.py` fails for a new one that is neither here nor, with the reason, among what is no look.
"""

from collections.abc import Mapping
from typing import Final, LiteralString

from firsthand.platform.i18n import Language, phrase, say
from firsthand.policy.retention import DAYS_OF_YEAR, ENDINGS, SINCE, Since, Term

LOOKS: Final[Mapping[str, LiteralString]] = {
    # at a desk
    "directory.find_person": phrase("Found you, at the counter or on the phone"),
    "directory.read_record": phrase("Looked at your record"),
    "identity.document_read": phrase("Read your document numbers"),
    "booking.find_patient": phrase("Looked for you, in order to book"),
    "booking.read_of_person": phrase("Looked at your appointments at this hospital"),
    "directory.register_at_desk": phrase("Registered you"),
    "directory.register_child": phrase("Registered you as a child"),
    "directory.add_document": phrase("Added a document of yours"),
    "directory.change_phone": phrase("Changed your phone"),
    "directory.add_name": phrase("Added another name of yours"),
    "directory.remove_name": phrase("Removed another name of yours"),
    "directory.ask_correction": phrase("Asked for a correction of your record"),
    "directory.read_corrections": phrase("Looked at a correction of your record"),
    "directory.approve_correction": phrase("Approved a correction of your record"),
    "directory.refuse_correction": phrase("Refused a correction of your record"),
    "directory.undo_correction": phrase("Undid a correction of your record"),
    "directory.confirm_tie_at_desk": phrase("Wrote down at the counter who may act for you"),
    "directory.end_tie_at_desk": phrase("Ended at the counter that somebody may act for you"),
    "arrival.check_in": phrase("Checked you in"),
    "arrival.read_patient": phrase("Looked at an appointment of yours"),
    # what you asked about your own data
    "directory.read_request": phrase("Read a request of yours"),
    "directory.answer_request": phrase("Answered a request of yours"),
    # in an emergency
    "directory.open_emergency": phrase("Opened your record in an emergency"),
    "booking.read_emergency": phrase("Looked at your record in an emergency"),
    "directory.list_emergencies": phrase("Looked through emergencies, yours among them"),
    "directory.review_emergency": phrase("Judged whether your record had to be opened in an emergency"),
    # for the city
    "audit.read_lines": phrase("Looked for you in the record of what was done"),
    # by people to whom you are tied, or who want to be
    "booking.take": phrase("Took a place for you"),
    "booking.confirm": phrase("Confirmed an appointment of yours"),
    "booking.give_back": phrase("Gave back an appointment of yours"),
    "directory.ask_adult": phrase("Asked to act for you"),
    "directory.ask_child": phrase("Asked to be your guardian"),
    "directory.send_tie_code": phrase("Had another code sent to you, to act for you"),
    "directory.confirm_tie": phrase("Agreed, as your guardian, to who may act for you"),
    "directory.confirm_tie_by_code": phrase("Entered the code that lets somebody act for you"),
    "directory.renew_tie": phrase("Tried to go on acting for you"),
    "directory.end_tie": phrase("Ended that somebody may act for you"),
    "account.read_data": phrase("Looked at all that is held on you"),
    "audit.looks_at": phrase("Looked at who looked at your data"),
    "account.read_looks": phrase("Looked at who looked at your data"),
    "account.export_data": phrase("Saved a file with all that is held on you"),
    # where one person tried it for another, which is refused
    "directory.add_passkey": phrase("Tried to add a passkey of yours"),
    "directory.begin_adding_passkey": phrase("Tried to add a passkey of yours"),
    "directory.rename_passkey": phrase("Tried to rename a passkey of yours"),
    "directory.remove_passkey": phrase("Tried to remove a passkey of yours"),
    "directory.request_phone_change": phrase("Tried to change your phone"),
    "directory.request_email": phrase("Tried to change your e-mail address"),
    "directory.confirm_email": phrase("Tried to change your e-mail address"),
    "directory.remove_email": phrase("Tried to remove your e-mail address"),
    "directory.request_sign_in_again": phrase("Asked for a code to sign in as you"),
    "directory.make_request": phrase("Tried to ask something in your name"),
    "directory.ask_deletion": phrase("Tried to have your account deleted"),
    "directory.withdraw_request": phrase("Tried to take back a request of yours"),
    "directory.choose_person": phrase("Chose you among those who share a phone"),
}
# An action of a later version, read by an earlier one.
UNKNOWN_LOOK: Final = phrase("Did something with your data")

_YEARS: Final = phrase("Kept for %(count)s years, %(since)s")
_DAYS: Final = phrase("Kept for %(count)s days, %(since)s")
_DAY: Final = phrase("Kept for one day, %(since)s")
_AT_ONCE: Final = phrase("Not kept any longer %(since)s")
_AS_LONG: Final = phrase("Kept %(since)s")


def look_words(action: str, language: Language) -> str:
    """Return what was done with the person's data."""
    return say(language, LOOKS.get(action, UNKNOWN_LOOK))


def term_words(term: Term, language: Language) -> str:
    """Return until when something is kept: "Kept for 3 years, after it ended. It is erased."."""
    since, ending = say(language, SINCE[term.since]), say(language, ENDINGS[term.ending])
    years, rest = divmod(term.days, DAYS_OF_YEAR)
    if term.since is Since.NEVER:
        length = say(language, _AS_LONG, since=since)
    elif term.days == 0:
        length = say(language, _AT_ONCE, since=since)
    elif years and not rest:
        length = say(language, _YEARS, count=years, since=since)
    else:
        length = say(language, _DAY if term.days == 1 else _DAYS, count=term.days, since=since)
    stop = "。" if language is Language.CHINESE else ". "
    return f"{length}{stop}{ending}{stop.strip()}"
