"""The words of people's requests, on their own pages and on staff's."""

from collections.abc import Mapping
from typing import Final, LiteralString

from firsthand.directory.forgetting.model import ChildsWay
from firsthand.directory.request.model import About, Kind, State
from firsthand.platform.i18n import phrase

KINDS: Final[Mapping[Kind, LiteralString]] = {
    Kind.CORRECTION: phrase("Correction"),
    Kind.OBJECTION: phrase("Objection"),
    Kind.DELETION: phrase("Deletion of the account"),
}
ABOUT: Final[Mapping[About, LiteralString]] = {
    About.NAME: phrase("My name"),
    About.BIRTH: phrase("My date of birth"),
    About.DOCUMENT: phrase("A document of mine"),
    About.LOOK: phrase("That somebody looked at my data"),
    About.EMERGENCY: phrase("An emergency access to my data"),
    About.RECORD: phrase("That something is kept about me"),
    About.OTHER: phrase("Something else"),
    About.ACCOUNT: phrase("My account"),
}
# The same, as whoever answers reads it.
ABOUT_ANOTHER: Final[Mapping[About, LiteralString]] = {
    About.NAME: phrase("The name"),
    About.BIRTH: phrase("The date of birth"),
    About.DOCUMENT: phrase("A document"),
    About.LOOK: phrase("That somebody looked at the data"),
    About.EMERGENCY: phrase("An emergency access to the data"),
    About.RECORD: phrase("That something is kept about the person"),
    About.OTHER: phrase("Something else"),
    About.ACCOUNT: phrase("The account"),
}
STATES: Final[Mapping[State, LiteralString]] = {
    State.ASKED: phrase("Waits for an answer"),
    State.WITHDRAWN: phrase("Taken back"),
    State.GRANTED: phrase("Granted"),
    State.REFUSED: phrase("Refused"),
    State.DONE: phrase("Carried out"),
}
CHILDREN: Final[Mapping[ChildsWay, LiteralString]] = {
    ChildsWay.STAYS: phrase("stays registered by its own document; you no longer act for it"),
    ChildsWay.HANDED_OVER: phrase("stays registered under its other guardian"),
    ChildsWay.GOES: phrase("is erased with you, because nobody else could find it"),
}
