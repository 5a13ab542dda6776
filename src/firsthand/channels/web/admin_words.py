"""The sentences about staff and hospitals that pages choose by a fact, as in `words.py`."""

from collections.abc import Mapping
from typing import Final, LiteralString

from firsthand.audit.model import ActorKind
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
