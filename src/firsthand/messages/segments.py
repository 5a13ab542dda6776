"""How many SMS a text takes. Source: 3GPP TS 23.038, section 6.2.1 (the alphabet), and TS 23.040, 9.2.3.24.1."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# The default alphabet. The second line needs an escape before it, so each counts twice.
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")
# In one SMS, and in each of several, which name their place among the others.
_SINGLE: Final = {"gsm-7": 160, "ucs-2": 70}
_OF_SEVERAL: Final = {"gsm-7": 153, "ucs-2": 67}


class Alphabet(StrEnum):
    """How the letters of an SMS are written: GSM-7 where all of them are in it, else UCS-2."""

    GSM_7 = "gsm-7"
    UCS_2 = "ucs-2"


@dataclass(frozen=True, slots=True)
class SmsLength:
    """How long a text is. units: septets of GSM-7, or code units of UCS-2; segments: SMS that are paid for."""

    alphabet: Alphabet
    units: int
    segments: int


def measure(text: str) -> SmsLength:
    """Return how many SMS a text takes. What counts twice is never split between two of them."""
    if all(letter in _BASIC or letter in _EXTENSION for letter in text):
        alphabet, sizes = Alphabet.GSM_7, [2 if letter in _EXTENSION else 1 for letter in text]
    else:
        alphabet, sizes = Alphabet.UCS_2, [len(letter.encode("utf-16-be")) // 2 for letter in text]
    units = sum(sizes)
    if units <= _SINGLE[alphabet]:
        return SmsLength(alphabet, units, 1 if text else 0)
    segments, room = 1, _OF_SEVERAL[alphabet]
    for size in sizes:
        if size > room:
            segments, room = segments + 1, _OF_SEVERAL[alphabet]
        room -= size
    return SmsLength(alphabet, units, segments)
