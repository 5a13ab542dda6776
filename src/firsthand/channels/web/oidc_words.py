"""The sentences about hospitals' own sign-ins, as in `words.py`."""

from collections.abc import Mapping
from typing import Final, LiteralString

from firsthand.channels.web.frame import Notice, Problem
from firsthand.identity.oidc.model import Why
from firsthand.platform.i18n import phrase

PROBLEMS: Final[Mapping[Problem, LiteralString]] = {
    Problem.OWN_SIGN_IN_UNKNOWN: phrase("This sign-in cannot be used just now. Choose another way"),
    Problem.OWN_SIGN_IN_EXISTS: phrase("It has an own sign-in already. Change that one"),
    Problem.OWN_SIGN_IN_DOWN: phrase(
        "The hospital's own sign-in does not answer as it should. Use your password and your app, or try again later"
    ),
    Problem.OWN_SIGN_IN_OVER: phrase("This took too long, or was begun in another window. Begin again"),
    Problem.OWN_SIGN_IN_WRONG: phrase(
        "What came back from the hospital's own sign-in does not prove who you are. Begin again; if it happens again, "
        "tell your administrator"
    ),
    Problem.OWN_SIGN_IN_NOT_LINKED: phrase(
        "Nobody here is linked to that account. Sign in by your password and link it, or ask your administrator"
    ),
    Problem.OWN_SIGN_IN_NO_DUTY: phrase("That account opens nothing here just now. Ask your administrator"),
    Problem.ISSUER_INVALID: phrase("Enter the provider's address as it writes it itself, beginning with https://"),
    Problem.CLIENT_INVALID: phrase("Enter the client id that the provider gave you"),
    Problem.SECRET_MISSING: phrase("Enter the secret that the provider gave you for this client"),
    Problem.SECRET_INVALID: phrase("Check the secret: it has a character that none should have"),
    Problem.CLAIM_INVALID: phrase(
        "Enter a claim that never changes and is nobody else's later, such as sub; no name and no e-mail address"
    ),
    Problem.STRENGTH_INVALID: phrase("Enter the values as the provider writes them, with spaces between them"),
    Problem.STRENGTH_MISSING: phrase(
        "Say by which acr or amr the provider tells that two factors were used: a password alone opens nothing here"
    ),
    Problem.ALGORITHM_MISSING: phrase("Choose at least one way of signing"),
    Problem.OWN_SIGN_IN_NOT_TESTED: phrase("Try the connection first. What was changed has to be tried again"),
    Problem.ACCOUNT_INVALID: phrase("Enter the account as the provider writes it"),
    Problem.ACCOUNT_TAKEN: phrase("This member or this account is linked there already"),
    Problem.ACCOUNT_UNKNOWN: phrase("This account is no longer linked"),
    Problem.MEMBER_UNKNOWN: phrase("Nobody with a duty there has this user name"),
}

NOTICES: Final[Mapping[Notice, LiteralString]] = {
    Notice.OWN_SIGN_IN_SAVED: phrase("It is saved. Try the connection, then let staff use it"),
    Notice.OWN_SIGN_IN_TESTED: phrase("The provider answers as it should"),
    Notice.OWN_SIGN_IN_ENABLED: phrase("Staff can sign in by it from now on"),
    Notice.OWN_SIGN_IN_DISABLED: phrase("Nobody can sign in by it any more"),
    Notice.ACCOUNT_LINKED: phrase("The account is linked"),
    Notice.ACCOUNT_UNLINKED: phrase("The account is no longer linked"),
}

# For administrators alone: what the provider did, when its connection was tried.
_CANNOT_BE_REACHED: Final = phrase("It cannot be reached. Look at the address, and at its certificate")
WHY: Final[Mapping[Why, LiteralString]] = {
    Why.UNREACHABLE: _CANNOT_BE_REACHED,
    Why.TOOK_TOO_LONG: phrase("It took too long to answer"),
    Why.ADDRESS: phrase(
        "Its address is in a network that may not be asked. Whoever runs the servers can allow it by "
        "FIRSTHAND_OIDC_NETWORKS"
    ),
    Why.LED_ELSEWHERE: phrase("It leads to another address, and redirects are not followed"),
    Why.TOO_LARGE: phrase("Its answer is too large"),
    Why.ANSWER: phrase("Its answer cannot be read: it has to be a JSON object, not compressed"),
    Why.STATUS: phrase("It answers with an error"),
    Why.ISSUER: phrase("It calls itself by another address than the one that is entered here"),
    Why.METADATA: phrase(
        "What it says of itself does not fit: it has to offer the code flow with PKCE (S256), https addresses and one "
        "of the ways of signing"
    ),
    Why.KEYS: phrase("It shows no key that can be used: RSA of 2048 bits or more, or P-256"),
    Why.CHANGED: phrase("It was changed meanwhile. Try again"),
}


def why_words(why: Why | None) -> LiteralString:
    """Return what was wrong with a provider that was tried."""
    return WHY.get(why, _CANNOT_BE_REACHED) if why else _CANNOT_BE_REACHED
