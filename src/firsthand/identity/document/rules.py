"""What is a document number, and when two spellings are the same one."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from stdnum import luhn
from stdnum.cn import ric
from stdnum.iso7064 import mod_11_2, mod_37_2

from firsthand.identity.document.model import Document, DocumentType
from firsthand.identity.model import Reason, Refused
from firsthand.policy.documents import Alphabet, DocumentKind, NumberCheck

# Long before any number ends; it bounds the work on a hostile input.
RAW_CHARACTERS_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class _Form:
    """What a normalised number of one type looks like, what else must hold, and which part of it stays for life."""

    pattern: re.Pattern[str]
    holds: Callable[[str], bool] = lambda _: True
    lasting_characters: int | None = None


def _is_resident_number(number: str) -> bool:
    """Check the date of birth and the check digit of 18 characters (GB 11643-1999).

    The district code is not looked up: codes come and go by decree, and a list that is out of date refuses patients.
    """
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return ric.calc_check_digit(number) == number[-1]


def _is_permanent_resident_number(number: str) -> bool:
    return len(number) != _RESIDENT_CHARACTERS or _is_resident_number(number)


_RESIDENT_CHARACTERS: Final = 18

# Permits: the letter (or none) and 8 digits are a person's for life; two more digits, where printed, count renewals,
# so that one person's old and new permit are one document here. Permanent residents: 3 letters and 12 digits before
# 2023, since then 18 characters that begin with 9 and are checked like a resident's.
_FORMS: Final[dict[DocumentType, _Form]] = {
    DocumentType.RESIDENT_ID: _Form(re.compile(r"[1-9][0-9]{16}[0-9X]"), _is_resident_number),
    DocumentType.HK_MACAO_PERMIT: _Form(re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"), lasting_characters=9),
    DocumentType.TAIWAN_PERMIT: _Form(re.compile(r"[0-9]{8}(?:[0-9]{2})?"), lasting_characters=8),
    DocumentType.FOREIGN_PERMANENT_RESIDENT: _Form(
        re.compile(r"[A-Z]{3}[0-9]{12}|9[0-9]{16}[0-9X]"), _is_permanent_resident_number
    ),
    DocumentType.PASSPORT: _Form(re.compile(r"[A-Z0-9]{5,15}")),
    DocumentType.OTHER: _Form(re.compile(r"[A-Z0-9\u4e00-\u9fff]{4,30}")),
}


# What a further kind's number may be made of. Classes of single characters alone: no pattern of it can run wild.
_CLASSES: Final = {Alphabet.DIGITS: "0-9", Alphabet.LETTERS: "A-Z", Alphabet.HAN: "\u4e00-\u9fff"}
_CHECKS: Final[dict[NumberCheck, Callable[[str], bool]]] = {
    NumberCheck.NONE: lambda _: True,
    NumberCheck.LUHN: luhn.is_valid,
    NumberCheck.MOD_11_2: mod_11_2.is_valid,
    NumberCheck.MOD_37_2: mod_37_2.is_valid,
}


def parse_document(document_type: str, raw: str, kinds: Sequence[DocumentKind] = ()) -> Document | Refused:
    """Return the document that somebody gave in a form, or why it is none.

    document_type: a value of DocumentType, or the code of one of the further `kinds` that a policy names. raw: as
    typed, scanned or pasted, in any width, case and spacing.
    """
    form = _form_of(document_type, kinds)
    if form is None:
        return Refused(Reason.DOCUMENT_TYPE_UNKNOWN)
    if len(raw) > RAW_CHARACTERS_MAX:
        return Refused(Reason.DOCUMENT_NUMBER_INVALID)
    number = normalise(raw)
    if form.pattern.fullmatch(number) is None or not form.holds(number):
        return Refused(Reason.DOCUMENT_NUMBER_INVALID)
    return Document(document_type, number[: form.lasting_characters])


def _form_of(document_type: str, kinds: Sequence[DocumentKind]) -> _Form | None:
    """Return what numbers of a type look like. A built-in type comes before a further kind that takes its name."""
    if document_type in set(DocumentType):
        return _FORMS[DocumentType(document_type)]
    for kind in kinds:
        if kind.code == document_type:
            characters = "".join(_CLASSES[alphabet] for alphabet in kind.alphabet)
            pattern = re.compile(f"[{characters}]{{{kind.characters_min},{kind.characters_max}}}")
            return _Form(pattern, _CHECKS[kind.check], kind.lasting_characters)
    return None


def birth_of(document: Document) -> date | None:
    """Return the date of birth that a document's number says, None where it says none."""
    has_birth = document.type in {DocumentType.RESIDENT_ID, DocumentType.FOREIGN_PERMANENT_RESIDENT}
    if not has_birth or len(document.number) != _RESIDENT_CHARACTERS:
        return None
    return date(int(document.number[6:10]), int(document.number[10:12]), int(document.number[12:14]))


def normalise(raw: str) -> str:
    """Return `raw` in one spelling: NFKC (full-width digits become plain), upper case, no spaces, dashes or marks."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", raw).upper())
    return "".join(character for character in folded if not _is_filler(character))


def _is_filler(character: str) -> bool:
    # Pd: dashes. Cf: zero-width characters, which come with pasted text.
    return character.isspace() or unicodedata.category(character) in {"Pd", "Cf"}
