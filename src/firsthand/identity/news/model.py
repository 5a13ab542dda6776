"""What happened to a member's sign-in, besides resets, and whether he was told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class NewsKind(StrEnum):
    """What happened. PASSKEYS_TAKEN and SESSIONS_ENDED: by an administrator."""

    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    PASSKEY_COPIED = "passkey_copied"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of what happened
    APP_SET_UP = "app_set_up"
    CODES_RENEWED = "codes_renewed"
    RECOVERY_CODE_USED = "recovery_code_used"
    PASSKEYS_TAKEN = "passkeys_taken"
    SESSIONS_ENDED = "sessions_ended"


@dataclass(frozen=True, slots=True)
class News:
    """One such event. by_staff_id: who did it, None for nobody known. told_at: when the member saw it."""

    id: UUID
    staff_id: UUID
    kind: NewsKind
    by_staff_id: UUID | None
    made_at: datetime
    told_at: datetime | None = None
