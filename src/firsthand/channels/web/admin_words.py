"""The sentences about staff and hospitals that pages choose by a fact, as in `words.py`."""

from collections.abc import Mapping
from typing import Final, LiteralString

from firsthand.audit.model import ActorKind
from firsthand.channels.web.admin_sign_in_contexts import Deed
from firsthand.platform.access import Role
from firsthand.platform.i18n import phrase

ROLES: Final[Mapping[Role, LiteralString]] = {
    Role.DESK: phrase("Desk"),
    Role.OFFICER: phrase("Officer"),
    Role.SUPERVISOR: phrase("Supervisor"),
    Role.HOSPITAL_ADMIN: phrase("Hospital administrator"),
    Role.CITY_ADMIN: phrase("City administrator"),
    Role.AUTHORITY: phrase("Authority"),
    Role.AUDITOR: phrase("Auditor"),
}

FIELDS: Final[Mapping[str, LiteralString]] = {
    "name": phrase("Name of the hospital"),
    "address": phrase("Address"),
    "phone": phrase("Phone"),
    "url": phrase("Web page"),
}

ACTORS: Final[Mapping[ActorKind, LiteralString]] = {
    ActorKind.PERSON: phrase("Person"),
    ActorKind.STAFF: phrase("Staff"),
    ActorKind.SYSTEM: phrase("The house itself"),
    ActorKind.NOBODY: phrase("Nobody signed in"),
}

# Of each deed: its name as a question, what it means, and the button that does it.
DEEDS: Final[Mapping[Deed, tuple[LiteralString, LiteralString, LiteralString]]] = {
    Deed.LINK: (
        phrase("Make a link to set up the sign-in?"),
        phrase(
            "With it the member chooses a password and sets up an app, once, within an hour. Nothing changes until "
            "then; then the old password, the app, the passkeys and every session end. The member is told."
        ),
        phrase("Make the link"),
    ),
    Deed.SECOND_FACTOR: (
        phrase("Take the second factor away?"),
        phrase(
            "The app, its recovery codes and the passkeys are worth nothing any more, and every session ends at once. "
            "The member signs in with the password and sets up an app anew, and is told."
        ),
        phrase("Yes, take it away"),
    ),
    Deed.PASSKEYS: (
        phrase("Take the passkeys away?"),
        phrase(
            "As after a lost device: none of the passkeys signs in any more, and every session ends at once. The "
            "password and the app remain. The member is told."
        ),
        phrase("Yes, take them away"),
    ),
    Deed.SESSIONS: (
        phrase("End every session?"),
        phrase("The member is signed out everywhere at once, can sign in again, and is told."),
        phrase("Yes, end them"),
    ),
}
