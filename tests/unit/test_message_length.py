"""How many SMS a text takes, by the letters in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.messages.segments import Alphabet, SmsLength, measure

LATIN = st.text(alphabet="abc XYZ 0123 @£é ^{}€", max_size=700)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", SmsLength(Alphabet.GSM_7, 0, 0)),
        ("a" * 160, SmsLength(Alphabet.GSM_7, 160, 1)),
        ("a" * 161, SmsLength(Alphabet.GSM_7, 161, 2)),
        ("a" * 306, SmsLength(Alphabet.GSM_7, 306, 2)),
        ("a" * 307, SmsLength(Alphabet.GSM_7, 307, 3)),
        ("€" * 80, SmsLength(Alphabet.GSM_7, 160, 1)),
        ("a" * 152 + "€" + "a" * 153, SmsLength(Alphabet.GSM_7, 307, 3)),  # the sign moves to the second SMS whole
        ("约" * 70, SmsLength(Alphabet.UCS_2, 70, 1)),
        ("约" * 71, SmsLength(Alphabet.UCS_2, 71, 2)),
        ("约" * 134, SmsLength(Alphabet.UCS_2, 134, 2)),
        ("约" * 135, SmsLength(Alphabet.UCS_2, 135, 3)),
        ("𠮷" * 35, SmsLength(Alphabet.UCS_2, 70, 1)),
        ("约" * 66 + "𠮷" + "约" * 67, SmsLength(Alphabet.UCS_2, 135, 3)),
        ("a" * 70 + "’", SmsLength(Alphabet.UCS_2, 71, 2)),
    ],
)
def test_lengths_that_are_known(text: str, length: SmsLength) -> None:
    assert measure(text) == length


@given(LATIN | st.text(max_size=300), st.text(max_size=20))
def test_more_text_takes_no_fewer_sms(text: str, more: str) -> None:
    one, longer = measure(text), measure(text + more)
    assert longer.segments >= one.segments
    room = {Alphabet.GSM_7: 160, Alphabet.UCS_2: 70}[one.alphabet]
    assert (one.segments <= 1) == (one.units <= room)
