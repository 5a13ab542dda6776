"""The ways that staff are shown at the top of each page: those that their present duty lets them go."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, LiteralString

from firsthand.audit.model import Caller
from firsthand.platform.access import Permission, Role
from firsthand.platform.i18n import phrase


@dataclass(frozen=True, slots=True)
class Way:
    """A page in the navigation: what begins with its address belongs to it. waiting: how much waits there.

    says: what it is for, in a line.
    """

    address: str
    name: LiteralString
    waiting: int = 0
    says: LiteralString = ""


@dataclass(frozen=True, slots=True)
class _Known:
    address: str
    name: LiteralString
    says: LiteralString
    permissions: tuple[Permission, ...]


# In the order in which they are shown. A way appears once its page is served.
_KNOWN: Final = (
    _Known(
        "/desk",
        phrase("Today"),
        phrase("Who is expected, and checking in"),
        (Permission.SEE_DAY,),
    ),
    _Known(
        "/desk/returned",
        phrase("Returned places"),
        phrase("Giving out places that came back"),
        (Permission.BOOK_AT_DESK,),
    ),
    _Known(
        "/desk/people",
        phrase("People"),
        phrase("Finding and registering people, and booking for them"),
        (Permission.FIND_PERSON,),
    ),
    _Known(
        "/desk/family",
        phrase("Families"),
        phrase("Confirming who may act for whom"),
        (Permission.CONFIRM_TIE,),
    ),
    _Known(
        "/desk/corrections",
        phrase("Corrections"),
        phrase("Wrong documents and double records"),
        (Permission.APPROVE_CORRECTION,),
    ),
    _Known(
        "/admin/requests",
        phrase("Requests"),
        phrase("What people ask about their own data"),
        (Permission.ANSWER_REQUESTS,),
    ),
    _Known(
        "/desk/emergency",
        phrase("Emergency"),
        phrase("Opening a record when somebody cannot speak for himself"),
        (Permission.BREAK_GLASS,),
    ),
    _Known(
        "/admin/reviews",
        phrase("Reviews"),
        phrase("Whether emergency accesses were justified"),
        (Permission.REVIEW_BREAK_GLASS,),
    ),
    _Known(
        "/admin/staff",
        phrase("Staff"),
        phrase("Accounts, duties, and help with signing in"),
        (Permission.MANAGE_HOSPITAL_STAFF, Permission.MANAGE_CITY_STAFF),
    ),
    _Known(
        "/admin/oidc",
        phrase("Own sign-in"),
        phrase("Staff sign in through their hospital's own system"),
        (Permission.MANAGE_HOSPITAL_STAFF, Permission.MANAGE_CITY_STAFF),
    ),
    _Known(
        "/admin/hospitals",
        phrase("Hospitals"),
        phrase("Names, addresses, departments and doctors"),
        (Permission.MANAGE_HOSPITAL,),
    ),
    _Known(
        "/admin/policies",
        phrase("Policies"),
        phrase("Caps, times and other rules, changed by two people"),
        (Permission.PROPOSE_POLICY, Permission.APPROVE_POLICY),
    ),
    _Known(
        "/admin/messages",
        phrase("Messages"),
        phrase("What messages say, and what became of them"),
        (Permission.PREVIEW_MESSAGES,),
    ),
    _Known(
        "/admin/sign-ins",
        phrase("Sign-ins"),
        phrase("What administrators did to sign-ins"),
        (Permission.READ_AUDIT,),
    ),
    _Known(
        "/admin/audit",
        phrase("Audit record"),
        phrase("Who did what, and what was refused"),
        (Permission.READ_AUDIT,),
    ),
)
REVIEWS: Final = "/admin/reviews"
POLICIES: Final = "/admin/policies"
REQUESTS: Final = "/admin/requests"


def ways_of(caller: Caller, served: Collection[str], waiting: Mapping[str, int]) -> tuple[Way, ...]:
    """Return the ways of a member of staff in his present duty.

    served: every address that has a page. waiting: how much waits for him, by the address where it does.
    """
    at = caller.hospital_id
    return tuple(
        Way(known.address, known.name, waiting.get(known.address, 0), known.says)
        for known in _KNOWN
        if known.address in served and any(caller.may(permission, at=at) for permission in known.permissions)
    )


def home_of(role: Role | None) -> str:
    """Return where a member of staff begins: those of a desk with its day, everybody else with what he looks after."""
    return "/desk" if role in {Role.DESK, Role.OFFICER, Role.SUPERVISOR} else "/admin"
