"""Kinds of documents as data: a city adds one without code, and without a pattern that could run wild."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NUMBER_CHARACTERS_MIN: Final = 4
NUMBER_CHARACTERS_MAX: Final = 40
_CODE_CHARACTERS_MAX: Final = 40


class Alphabet(StrEnum):
    """What the number of a kind of document is made of."""

    DIGITS = "digits"
    LETTERS = "letters"
    HAN = "han"


class NumberCheck(StrEnum):
    """How the last character of a number follows from the others. The names are those of python-stdnum."""

    NONE = "none"
    LUHN = "luhn"
    MOD_11_2 = "mod_11_2"
    MOD_37_2 = "mod_37_2"


@dataclass(frozen=True, slots=True)
class DocumentKind:
    """A kind of document that a city knows, as data: no pattern that could run wild, but an alphabet and a length.

    code: lower-case letters, digits and underscores. lasting_characters: how many from the left stay a person's for
    life, where the rest counts renewals; None for all.
    """

    code: str
    name_zh: str
    name_en: str
    alphabet: tuple[Alphabet, ...]
    characters_min: int
    characters_max: int
    lasting_characters: int | None = None
    check: NumberCheck = NumberCheck.NONE

    def __post_init__(self) -> None:
        """Refuse a kind that means nothing, or whose numbers are too short to tell people apart."""
        plain = self.code.isascii() and self.code.replace("_", "a").isalnum() and self.code == self.code.lower()
        if not plain or len(self.code) > _CODE_CHARACTERS_MAX:
            message = f"document kind {self.code[:_CODE_CHARACTERS_MAX]!r}: use lower-case letters, digits, underscores"
            raise ValueError(message)
        if not self.name_zh.strip() or not self.name_en.strip() or not self.alphabet:
            message = f"document kind {self.code}: name it in both languages, and say what its numbers are made of"
            raise ValueError(message)
        if not NUMBER_CHARACTERS_MIN <= self.characters_min <= self.characters_max <= NUMBER_CHARACTERS_MAX:
            bounds = f"{NUMBER_CHARACTERS_MIN} to {NUMBER_CHARACTERS_MAX}"
            message = f"document kind {self.code}: numbers have {bounds} characters"
            raise ValueError(message)
        if not NUMBER_CHARACTERS_MIN <= (self.lasting_characters or self.characters_max) <= self.characters_max:
            message = f"document kind {self.code}: lasting_characters is within the number, or null"
            raise ValueError(message)
        if self.check is not NumberCheck.NONE and Alphabet.HAN in self.alphabet:
            message = f"document kind {self.code}: a check character goes with letters and digits alone"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class DocumentPolicy:
    """Which kinds of documents there are besides the built-in ones, and how long a corrected one is kept.

    former_days: in days, after which a document that was corrected away is erased and its correction stays.
    """

    former_days: int
    kinds: tuple[DocumentKind, ...] = ()

    def __post_init__(self) -> None:
        """Refuse two kinds of one code, and a term that means nothing."""
        codes = [kind.code for kind in self.kinds]
        if len(codes) != len(set(codes)):
            raise ValueError("document kinds: each code once")
        if self.former_days < 1:
            raise ValueError("document kinds: former_days must be at least 1")
