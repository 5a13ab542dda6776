"""The sentences about messages that pages choose by a fact, as in `words.py`."""

from collections.abc import Mapping
from typing import Final, LiteralString

from firsthand.messages.model import SendError, State, Way
from firsthand.platform.i18n import phrase

WAYS: Final[Mapping[Way, LiteralString]] = {
    Way.SMS: phrase("SMS"),
    Way.EMAIL: phrase("E-mail"),
}

STATES: Final[Mapping[State, LiteralString]] = {
    State.QUEUED: phrase("Waits"),
    State.SENT: phrase("Sent"),
    State.DELIVERED: phrase("Delivered"),
    State.FAILED: phrase("Turned away"),
    State.GAVE_UP: phrase("Given up"),
    State.DISCARDED: phrase("Addressed to nobody"),
}

ERRORS: Final[Mapping[SendError, LiteralString]] = {
    SendError.ADDRESS_REFUSED: phrase("The number or the mailbox does not exist or takes no messages."),
    SendError.MESSAGE_REFUSED: phrase("The gateway does not take this message."),
    SendError.NOT_DELIVERED: phrase("The gateway took it and could not deliver it."),
    SendError.TIME_OVER: phrase("Its time was over before it could be sent: look whether the worker runs."),
    SendError.NO_SENDER: phrase("No way out is set for it: see the settings."),
    SendError.NOT_ADMITTED: phrase("The gateway does not let us in: look at the token or the password."),
    SendError.BUSY: phrase("The gateway asked us to wait."),
    SendError.GATEWAY_FAULT: phrase("The gateway has a fault, or its address is wrong."),
    SendError.LED_ELSEWHERE: phrase("The gateway wanted to lead us to another address, which is never followed."),
    SendError.UNREACHABLE: phrase("The gateway cannot be reached."),
    SendError.NOT_ENCRYPTED: phrase("The mail server offers no encryption that we believe."),
    SendError.TOOK_TOO_LONG: phrase("The gateway did not answer in time."),
}
