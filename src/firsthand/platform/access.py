"""Who may do what: the roles of staff, what each of them permits, and where.

One table for the whole house. An action asks `Caller.may(Permission.X, at=hospital_id)`, and refuses with an audit line
where the answer is no. `python -m firsthand.platform.access` prints docs/roles.md from this table.
"""

import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Final
from uuid import UUID


class Role(StrEnum):
    """What a member of staff is, in one duty. A person of the staff may have several duties, and acts in one."""

    DESK = "desk"
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    HOSPITAL_ADMIN = "hospital_admin"
    CITY_ADMIN = "city_admin"
    AUTHORITY = "authority"
    AUDITOR = "auditor"

    @property
    def is_of_city(self) -> bool:
        """Whether the role belongs to the whole city and to no hospital."""
        return self in CITY_ROLES


CITY_ROLES: Final = frozenset({Role.CITY_ADMIN, Role.AUTHORITY, Role.AUDITOR})


class Permission(StrEnum):
    """Something that staff may be allowed to do. `WORDS` says what each one means."""

    # the day at a desk
    SEE_DAY = "see_day"
    CHECK_IN = "check_in"
    BOOK_AT_DESK = "book_at_desk"
    CHANGE_BOOKING = "change_booking"
    # people at a desk
    FIND_PERSON = "find_person"
    REGISTER_PERSON = "register_person"
    READ_DOCUMENTS = "read_documents"
    CONFIRM_TIE = "confirm_tie"
    RECOVER_SIGN_IN = "recover_sign_in"
    ASK_CORRECTION = "ask_correction"
    APPROVE_CORRECTION = "approve_correction"
    BREAK_GLASS = "break_glass"
    REVIEW_BREAK_GLASS = "review_break_glass"
    ANSWER_REQUESTS = "answer_requests"
    # the house
    MANAGE_HOSPITAL = "manage_hospital"
    MANAGE_HOSPITAL_STAFF = "manage_hospital_staff"
    MANAGE_CITY_STAFF = "manage_city_staff"
    PROPOSE_POLICY = "propose_policy"
    APPROVE_POLICY = "approve_policy"
    PREVIEW_MESSAGES = "preview_messages"
    READ_AUDIT = "read_audit"


WORDS: Final[Mapping[Permission, str]] = {
    Permission.SEE_DAY: "see the hospital's day and who is expected",
    Permission.CHECK_IN: "check a patient in",
    Permission.BOOK_AT_DESK: "book for somebody at the counter or on the phone",
    Permission.CHANGE_BOOKING: "confirm a booking, or give it back for its patient",
    Permission.FIND_PERSON: "find a person by the document that lies there",
    Permission.REGISTER_PERSON: "register a person, also one without a phone or a child without a document",
    Permission.READ_DOCUMENTS: "read the document numbers of a person who was found",
    Permission.CONFIRM_TIE: "confirm a family tie from both documents",
    Permission.RECOVER_SIGN_IN: "give a person a new phone for signing in, from his document",
    Permission.ASK_CORRECTION: "ask for a wrong document to be corrected, or for two records to be merged",
    Permission.APPROVE_CORRECTION: "approve, as a second person, a correction or a merger, or undo it",
    Permission.BREAK_GLASS: "open a person's record in an emergency, which is told and reviewed",
    Permission.REVIEW_BREAK_GLASS: "review an emergency access of somebody else",
    Permission.ANSWER_REQUESTS: "answer a person's objection or wish for a correction",
    Permission.MANAGE_HOSPITAL: "change what the hospital says of itself, its departments and doctors",
    Permission.MANAGE_HOSPITAL_STAFF: "add staff of the hospital, give and end their duties, settle how they sign in",
    Permission.MANAGE_CITY_STAFF: "the same for every hospital and for the city's own roles",
    Permission.PROPOSE_POLICY: "propose a policy and see its preview",
    Permission.APPROVE_POLICY: "approve a policy that somebody else proposed",
    Permission.PREVIEW_MESSAGES: "see the words of every message, and what became of the messages",
    Permission.READ_AUDIT: "read the audit record",
}

_AT_A_DESK: Final = frozenset(
    {
        Permission.SEE_DAY,
        Permission.CHECK_IN,
        Permission.BOOK_AT_DESK,
        Permission.CHANGE_BOOKING,
        Permission.FIND_PERSON,
        Permission.REGISTER_PERSON,
        Permission.READ_DOCUMENTS,
        Permission.CONFIRM_TIE,
        Permission.RECOVER_SIGN_IN,
        Permission.ASK_CORRECTION,
        Permission.BREAK_GLASS,
    }
)

GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.DESK: _AT_A_DESK,
    Role.OFFICER: frozenset({Permission.SEE_DAY, Permission.FIND_PERSON, Permission.BREAK_GLASS}),
    Role.SUPERVISOR: _AT_A_DESK
    | {Permission.APPROVE_CORRECTION, Permission.REVIEW_BREAK_GLASS, Permission.ANSWER_REQUESTS},
    Role.HOSPITAL_ADMIN: frozenset(
        {
            Permission.MANAGE_HOSPITAL,
            Permission.MANAGE_HOSPITAL_STAFF,
            Permission.PROPOSE_POLICY,
            Permission.PREVIEW_MESSAGES,
        }
    ),
    Role.CITY_ADMIN: frozenset(
        {
            Permission.MANAGE_HOSPITAL,
            Permission.MANAGE_HOSPITAL_STAFF,
            Permission.MANAGE_CITY_STAFF,
            Permission.PROPOSE_POLICY,
            Permission.APPROVE_POLICY,
            Permission.PREVIEW_MESSAGES,
            Permission.ANSWER_REQUESTS,
        }
    ),
    Role.AUTHORITY: frozenset(),  # enters and lifts decisions once there is a register
    Role.AUDITOR: frozenset({Permission.READ_AUDIT, Permission.REVIEW_BREAK_GLASS}),
}


def permits(role: Role, own_hospital: UUID | None, permission: Permission, *, at: UUID | None) -> bool:
    """Say whether a duty allows something at a place.

    own_hospital: the duty's hospital, None for a role of the city. at: the hospital whose data or people it concerns,
    None where it concerns the whole city, which no hospital's duty reaches.
    """
    if permission not in GRANTS[role]:
        return False
    return role.is_of_city or (at is not None and own_hospital == at)


def matrix() -> str:
    """Return docs/roles.md: every permission, and which role has it where."""
    names = [role.value.replace("_", " ") for role in Role]
    lines = [
        "# Roles",
        "",
        "What each role of staff may do. `own`: at the hospital of the duty alone. `city`: at every hospital. Blank:",
        "not at all. This page is written by `python -m firsthand.platform.access`; a test tries every",
        "action as every role, at its own and at another hospital.",
        "",
        f"| Permission | {' | '.join(names)} |",
        f"|---|{'---|' * len(names)}",
    ]
    for permission in Permission:
        cells = ["" if permission not in GRANTS[role] else "city" if role.is_of_city else "own" for role in Role]
        lines.append(f"| {WORDS[permission]} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    sys.stdout.write(matrix())
