"""Every action that the record names with a person has words, and everything that is held has a name, in both."""

import ast
import re
from enum import StrEnum
from pathlib import Path

import pytest

from firsthand.account.listings import LISTINGS
from firsthand.account.model import Form
from firsthand.account.words import LOOKS, UNKNOWN_LOOK, look_words, term_words
from firsthand.audit.model import ActorKind, Channel
from firsthand.booking.model import State as BookingState
from firsthand.channels.data_file import FORMAT, FORMAT_VERSION
from firsthand.channels.web.my_data_words import CHANNELS, CODES, LABELS, TITLES
from firsthand.directory.correction.model import EvidenceKind
from firsthand.directory.correction.model import Kind as CorrectionKind
from firsthand.directory.correction.model import State as CorrectionState
from firsthand.directory.counter.model import Basis, VariantKind
from firsthand.directory.family.model import Ended, How, Kind
from firsthand.directory.family.model import State as TieState
from firsthand.directory.request.model import About
from firsthand.directory.request.model import Kind as RequestKind
from firsthand.directory.request.model import State as RequestState
from firsthand.identity.session.model import Method
from firsthand.messages.model import SendError, Way
from firsthand.messages.model import State as MessageState
from firsthand.platform.i18n import Language
from firsthand.policy.register import HOLDINGS, IMPERSONAL

SOURCE = Path("src/firsthand")
WORDS = SOURCE / "account" / "words.py"
ROOMS = "audit|policy|messages|identity|directory|register|release|booking|arrival|integrity|cases|account"
ACTION = re.compile(rf"(?:{ROOMS})\.[a-z_]*[a-z]")
TABLES = {held.table for held in HOLDINGS} | {entry.table for entry in IMPERSONAL}
# Strings that look like an action and are none: purposes of keys, names of limits, of files.
OTHERS = {
    "account.export", "account.numbers", "account.read", "account.staff", "identity.browser",
    "identity.challenge",
}  # fmt: skip
# What is no look: the house itself does it.
OF_THE_HOUSE = {
    "booking.delete_account", "booking.forget_unseen", "directory.erase_merged", "directory.erase_requests",
    "arrival.erase_appointments", "arrival.no_show", "booking.expire", "booking.tell",
    "directory.erase_corrections", "directory.erase_emergencies", "directory.erase_resets",
    "directory.erase_sign_ins", "directory.erase_ties", "directory.index_phones", "directory.lapse_correction",
    "directory.lapse_emergency", "directory.register", "directory.settle_child", "identity.delete_expired",
    "identity.guard_off", "identity.guard_on", "messages.erase", "messages.report", "messages.send",
}  # fmt: skip
# Nobody is signed in yet: who proves to be the person is not another.
OF_STRANGERS = {
    "directory.enter_code", "directory.request_registration", "directory.request_sign_in",
    "directory.sign_in_by_passkey",
}  # fmt: skip
# Of one's own sessions alone.
OF_ONESELF = {"identity.end_other_sessions", "identity.end_own_session", "identity.end_session"}
# What staff do about themselves, their hospital and the rules: the lines name no person. Of `arrival.read_day` there is
# one for the whole list of a desk's day, which the page of looks says.
OF_STAFF = {
    "directory.list_requests",
    "arrival.read_day", "booking.find_person", "directory.add_own_sign_in", "directory.add_staff",
    "directory.add_staff_passkey", "directory.begin_adding_staff_passkey", "directory.begin_own_app",
    "directory.begin_own_link", "directory.begin_own_proof", "directory.begin_own_sign_in",
    "directory.change_own_password", "directory.change_own_sign_in", "directory.deactivate_staff",
    "directory.disable_own_sign_in", "directory.enable_own_sign_in", "directory.end_duty",
    "directory.end_staff_sessions", "directory.enrol_staff", "directory.enter_second_factor", "directory.give_duty",
    "directory.leave_to_feed", "directory.link_account", "directory.link_own_account",
    "directory.list_own_sign_ins", "directory.list_staff", "directory.make_enrolment_link",
    "directory.note_links_told", "directory.note_sign_in_news_told", "directory.prove_own_account",
    "directory.read_hospital", "directory.read_own_sign_in_of_hospital", "directory.read_sign_in_resets",
    "directory.read_staff", "directory.read_staff_sign_in", "directory.remove_staff_passkey",
    "directory.remove_staff_passkeys", "directory.rename_staff_passkey", "directory.renew_own_recovery_codes",
    "directory.reset_second_factor", "directory.say_of_hospital", "directory.set_up_own_app",
    "directory.sign_in_staff", "directory.sign_in_staff_by_passkey", "directory.switch_duty",
    "directory.test_own_sign_in", "directory.unlink_account", "directory.unlink_own_account",
    "directory.use_enrolment_link", "messages.read_counts", "messages.read_recent", "policy.approve",
    "policy.propose", "policy.read", "policy.read_proposal", "policy.refuse", "policy.withdraw",
}  # fmt: skip
NO_LOOKS = OF_THE_HOUSE | OF_STRANGERS | OF_ONESELF | OF_STAFF
# A table and an action have one name.
SHARED = {"arrival.check_in"}
# Edges have no actions of their own.
EDGES = ("channels/",)
CODES_OF: dict[tuple[str, str], type[StrEnum]] = {
    ("other_names", "kind"): VariantKind,
    ("bookings", "state"): BookingState,
    ("bookings", "acted_by_kind"): ActorKind,
    ("bookings", "channel"): Channel,
    ("ties", "kind"): Kind,
    ("ties", "state"): TieState,
    ("ties", "ended_why"): Ended,
    ("consents", "how"): How,
    ("messages", "way"): Way,
    ("messages", "state"): MessageState,
    ("messages", "last_error"): SendError,
    ("sessions", "method"): Method,
    ("corrections", "kind"): CorrectionKind,
    ("corrections", "state"): CorrectionState,
    ("corrections", "evidence_kind"): EvidenceKind,
    ("found", "basis"): Basis,
    ("requests", "kind"): RequestKind,
    ("requests", "about"): About,
    ("requests", "state"): RequestState,
}


def actions_in(source: str) -> set[str]:
    """Return the strings of a module that look like an action."""
    texts = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and ACTION.fullmatch(text)}


def every_action() -> set[str]:
    """Return every action of the rooms."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if path != WORDS and not any(edge in path.as_posix() for edge in EDGES):
            found |= actions_in(path.read_text("utf-8"))
    return (found - TABLES - OTHERS) | SHARED


def test_every_action_is_a_look_with_words_or_none_with_a_reason() -> None:
    known = LOOKS.keys() | NO_LOOKS
    missing = sorted(every_action() - known)
    assert not missing, f"put these into LOOKS of account/words.py, or here into what is no look: {missing}"
    assert not LOOKS.keys() & NO_LOOKS


def test_no_words_are_kept_for_what_no_longer_exists() -> None:
    # The database itself writes this one.
    assert sorted((LOOKS.keys() | NO_LOOKS) - every_action() - {"audit.looks_at"}) == []


def test_a_new_action_is_noticed() -> None:
    assert actions_in('line("directory.sell_person", "directory.person", "x")') >= {"directory.sell_person"}


@pytest.mark.parametrize("action", sorted(LOOKS))
def test_a_look_is_said_in_both_languages(action: str) -> None:
    chinese, english = look_words(action, Language.CHINESE), look_words(action, Language.ENGLISH)
    assert english == LOOKS[action]
    assert chinese not in {"", english}


def test_an_action_of_a_later_version_is_said_in_general_words() -> None:
    assert look_words("directory.something_new", Language.ENGLISH) == UNKNOWN_LOOK


@pytest.mark.parametrize("language", Language)
def test_every_term_is_said(language: Language) -> None:
    said = {holding.term: term_words(holding.term, language) for holding in HOLDINGS}
    assert all(text[-1] in "。." and "%" not in text for text in said.values())
    assert len(set(said.values())) == len(said)


def test_terms_read_as_sentences() -> None:
    said = {term_words(holding.term, Language.ENGLISH) for holding in HOLDINGS}
    assert "Kept for 3 years, after it ended. It is erased." in said
    assert "Not kept any longer after it ran out. It is erased." in said
    assert "Kept for as long as the record is kept. It is kept as proof, under an id without a name." in said


def test_every_list_column_and_code_has_a_name() -> None:
    assert TITLES.keys() == {listing.key for listing in LISTINGS}
    assert LABELS.keys() == {column for listing in LISTINGS for column in listing.forms}
    said_elsewhere = {"template", "language"}
    coded = {
        (listing.key, column)
        for listing in LISTINGS
        for column, form in listing.forms.items()
        if form is Form.WORD and column not in said_elsewhere
    }
    assert coded == CODES.keys()
    for place, codes in CODES_OF.items():
        assert CODES[place].keys() == {code.value for code in codes}, place
    assert CHANNELS.keys() == {channel.value for channel in Channel}


def test_the_page_about_the_file_names_every_list() -> None:
    page = Path("docs/my-data-file.md").read_text("utf-8")
    assert not [listing.key for listing in LISTINGS if f"`{listing.key}`" not in page]
    assert not [listing.category for listing in LISTINGS if f"`{listing.category}`" not in page]
    assert FORMAT in page
    assert f'"version": {FORMAT_VERSION}' in page
