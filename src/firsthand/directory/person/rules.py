"""What is a name, what is a phone number, and how a claim is kept with its code."""

import re
import unicodedata
from typing import Final
from uuid import UUID

import msgspec

from firsthand.directory.person.model import (
    ChoiceClaim,
    Claim,
    NobodysClaim,
    PersonName,
    Phone,
    PhoneClaim,
    Reason,
    Refused,
    Registration,
    RegistrationClaim,
    SignInClaim,
)

NAME_CHARACTERS_MAX: Final = 100
PHONE_CHARACTERS_MAX: Final = 40

# E.164: a plus, then a country code and a number of 15 digits at most together.
_E164: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_MAINLAND_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_MAINLAND_PREFIX: Final = "+86"
_PHONE_FILLERS: Final = re.compile(r"[\s().\u00b7\-\u2010-\u2015]")
# Joiners are part of how some scripts are spelled. Every other invisible character could make one name look like
# another on the desk's list.
_JOINERS: Final = {"\u200c", "\u200d"}


def parse_name(raw: str) -> PersonName | Refused:
    """Return a person's name in NFC with its spaces put in order, or why it is none."""
    if len(raw) > 2 * NAME_CHARACTERS_MAX:
        return Refused(Reason.NAME_TOO_LONG)
    name = unicodedata.normalize("NFC", raw).strip()
    if not name:
        return Refused(Reason.NAME_MISSING)
    if any(_is_hidden(character) for character in name) or not any(character.isalpha() for character in name):
        return Refused(Reason.NAME_INVALID)
    name = " ".join(name.split())
    return PersonName(name) if len(name) <= NAME_CHARACTERS_MAX else Refused(Reason.NAME_TOO_LONG)


def name_key(name: str) -> str:
    """Return what two spellings of one name share: width, case, spaces, dots, dashes and apostrophes do not count."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    kept = "".join(character for character in folded if unicodedata.category(character)[0] in {"L", "M", "N"})
    return unicodedata.normalize("NFKC", kept)  # what stood apart may belong together now


def parse_phone(raw: str) -> Phone | Refused:
    """Return a phone number in E.164 form, or why it is none.

    A mobile number of mainland China needs no country code; every other number does.
    """
    if len(raw) > PHONE_CHARACTERS_MAX:
        return Refused(Reason.PHONE_INVALID)
    number = _PHONE_FILLERS.sub("", unicodedata.normalize("NFKC", raw))
    if _MAINLAND_MOBILE.fullmatch(number):
        return Phone(_MAINLAND_PREFIX + number)
    if number.startswith("00"):
        number = "+" + number[2:]
    if not _E164.fullmatch(number):
        return Refused(Reason.PHONE_INVALID)
    if number.startswith(_MAINLAND_PREFIX) and not _MAINLAND_MOBILE.fullmatch(number[len(_MAINLAND_PREFIX) :]):
        return Refused(Reason.PHONE_INVALID)
    return Phone(number)


def encode_claim(claim: Claim) -> bytes:
    """Return a claim as the bytes that are sealed with its code."""
    match claim:
        case SignInClaim(person_id):
            return msgspec.json.encode({"sign_in": person_id})
        case RegistrationClaim(registration):
            return msgspec.json.encode({"register": registration})
        case ChoiceClaim(person_ids):
            return msgspec.json.encode({"choose": person_ids})
        case PhoneClaim():
            return msgspec.json.encode({"phone": claim})
        case NobodysClaim():
            return msgspec.json.encode({})


def decode_claim(encoded: bytes) -> Claim:
    """Return the claim that `encode_claim` was given. Raises msgspec.ValidationError for anything else."""
    kept = msgspec.json.decode(encoded, type=dict[str, msgspec.Raw])
    if "sign_in" in kept:
        return SignInClaim(msgspec.json.decode(kept["sign_in"], type=UUID))
    if "register" in kept:
        return RegistrationClaim(msgspec.json.decode(kept["register"], type=Registration))
    if "choose" in kept:
        return ChoiceClaim(msgspec.json.decode(kept["choose"], type=tuple[UUID, ...]))
    if "phone" in kept:
        return msgspec.json.decode(kept["phone"], type=PhoneClaim)
    return NobodysClaim()


def _is_hidden(character: str) -> bool:
    category = unicodedata.category(character)
    return (category.startswith("C") and character not in _JOINERS) or category in {"Zl", "Zp"}
