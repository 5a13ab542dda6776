"""The demo's people. They are numbers, not persons: nobody has such a document or such a phone."""

from datetime import date, timedelta
from typing import Final

from stdnum.cn import ric

from firsthand.directory.person.model import PersonName, Phone, Registration
from firsthand.identity.document.model import Document, DocumentType
from firsthand.platform.i18n import Language

PEOPLE_MAX: Final = 100_000

# No district's code begins with 99.
_DISTRICT: Final = "990000"
_FIRST_BIRTHDAY: Final = date(1940, 1, 1)
_BIRTHDAYS: Final = 23_000
# Without a common factor with _BIRTHDAYS, so that the ages are mixed and yet no two people share a number.
_BIRTHDAY_STEP: Final = 7_919
# Numbers in 1400 belong to machines and have 13 digits; no telephone has one of 11.
_FIRST_PHONE: Final = 14_000_000_000
_ENGLISH_SPEAKER_EVERY: Final = 8


def document_of(number: int) -> Document:
    """Return the resident number of a person, from 1 to PEOPLE_MAX: in the right form, and nobody's."""
    born = _FIRST_BIRTHDAY + timedelta(days=number * _BIRTHDAY_STEP % _BIRTHDAYS)
    digits = f"{_DISTRICT}{born:%Y%m%d}{number // _BIRTHDAYS + 1:03}"
    return Document(DocumentType.RESIDENT_ID, digits + ric.calc_check_digit(digits + "0"))


def registration_of(number: int) -> Registration:
    """Return what a person gives to be registered. Every eighth is spoken to in English."""
    english = number % _ENGLISH_SPEAKER_EVERY == 0
    return Registration(
        document=document_of(number),
        name=PersonName(f"Patient {number:04}" if english else f"患者{number:04}"),
        phone=Phone(f"+86{_FIRST_PHONE + number}"),
        language=Language.ENGLISH if english else Language.CHINESE,
    )
