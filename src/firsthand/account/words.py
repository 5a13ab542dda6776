"""What others did with a person's data, and for how long it is kept, in words. Sentences of the catalogue.

Every action that the record may name with a person is in one of the two lists, else `tests/unit/test_account_words.py`
fails: what staff or another person does is a look, and what only the person himself or the house does is none.
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

_HOUSE: Final = "the house itself does it"
_STRANGER: Final = "nobody is signed in yet: who proves to be the person is not another"
_NOBODY: Final = "its line names no person"

NO_LOOKS: Final[Mapping[str, str]] = {
    "arrival.erase_appointments": _HOUSE,
    "arrival.no_show": _HOUSE,
    "booking.delete_account": _HOUSE,
    "booking.expire": _HOUSE,
    "booking.forget_unseen": _HOUSE,
    "booking.tell": _HOUSE,
    "directory.erase_corrections": _HOUSE,
    "directory.erase_emergencies": _HOUSE,
    "directory.erase_merged": _HOUSE,
    "directory.erase_requests": _HOUSE,
    "directory.erase_resets": _HOUSE,
    "directory.erase_ties": _HOUSE,
    "directory.erase_sign_ins": _HOUSE,
    "directory.lapse_correction": _HOUSE,
    "directory.lapse_emergency": _HOUSE,
    "directory.index_phones": _HOUSE,
    "directory.register": _HOUSE,
    "directory.settle_child": _HOUSE,
    "identity.delete_expired": _HOUSE,
    "identity.guard_off": _HOUSE,
    "identity.guard_on": _HOUSE,
    "messages.erase": _HOUSE,
    "messages.report": _HOUSE,
    "messages.send": _HOUSE,
    "directory.enter_code": _STRANGER,
    "directory.request_registration": _STRANGER,
    "directory.request_sign_in": _STRANGER,
    "directory.sign_in_by_passkey": _STRANGER,
    "identity.end_other_sessions": "one's own sessions alone",
    "identity.end_own_session": "one's own sessions alone",
    "identity.end_session": "one's own sessions alone",
    "arrival.read_day": "one line for the whole list of a desk's day; the page says so",
    "booking.find_person": _NOBODY,
    "messages.read_counts": _NOBODY,
    "messages.read_recent": _NOBODY,
    "directory.add_staff": _NOBODY,
    "directory.begin_own_app": _NOBODY,
    "directory.change_own_password": _NOBODY,
    "directory.deactivate_staff": _NOBODY,
    "directory.end_duty": _NOBODY,
    "directory.enrol_staff": _NOBODY,
    "directory.enter_second_factor": _NOBODY,
    "directory.give_duty": _NOBODY,
    "directory.leave_to_feed": _NOBODY,
    "directory.list_requests": _NOBODY,
    "directory.list_staff": _NOBODY,
    "directory.make_enrolment_link": _NOBODY,
    "directory.note_sign_in_resets_told": _NOBODY,
    "directory.read_hospital": _NOBODY,
    "directory.read_sign_in_resets": _NOBODY,
    "directory.read_staff": _NOBODY,
    "directory.renew_own_recovery_codes": _NOBODY,
    "directory.reset_second_factor": _NOBODY,
    "directory.say_of_hospital": _NOBODY,
    "directory.set_up_own_app": _NOBODY,
    "directory.sign_in_staff": _NOBODY,
    "directory.switch_duty": _NOBODY,
    "directory.use_enrolment_link": _NOBODY,
    "policy.approve": _NOBODY,
    "policy.propose": _NOBODY,
    "policy.read": _NOBODY,
    "policy.read_proposal": _NOBODY,
    "policy.refuse": _NOBODY,
    "policy.withdraw": _NOBODY,
}

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
