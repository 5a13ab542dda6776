"""Every column that the register of retention says is held on people: where a person is shown it, or why he is not.

`tests/unit/test_account_rules.py` fails when a column of the register is in neither list, and
`tests/store/test_account.py` when one that is listed never comes.
"""

from typing import Final, LiteralString

from firsthand.account.model import Form, Listing, Withheld
from firsthand.platform.i18n import phrase
from firsthand.policy.register import HOLDINGS
from firsthand.policy.retention import Category, Term


def _shown(key: str, table: str, category: Category, columns: str, by_others: str = "") -> Listing:
    forms = dict(column.split(":") for column in columns.split())
    return Listing(
        key, table, category, {column: Form(form) for column, form in forms.items()}, tuple(by_others.split())
    )


def _withheld(table: str, columns: str, why: LiteralString) -> Withheld:
    return Withheld(table, tuple(columns.split()), why)


LISTINGS: Final[tuple[Listing, ...]] = (
    _shown("person", "directory.person", Category.IDENTITY, "name:text born_on:day guardian_id:person"),
    _shown("other_names", "directory.name_variant", Category.IDENTITY, "name:text kind:word created_at:instant",
           "id person_id"),
    _shown("documents", "identity.document", Category.IDENTITY, "type:kind number:number created_at:instant",
           "id person_id"),
    _shown("former_documents", "identity.former_document", Category.IDENTITY,
           "type:kind number:number created_at:instant ended_at:instant erase_after:instant", "id person_id"),
    _shown("contact", "directory.person", Category.CONTACT,
           "phone:text phone_changed_at:instant email:text email_verified_at:instant language:word"),
    _shown("bookings", "booking.booking", Category.APPOINTMENT,
           "hospital_id:hospital department:text doctor:text starts_at:instant ends_at:instant number:count code:text "
           "state:word patient_id:person holder_id:person payer_id:person acted_by_kind:word channel:word "
           "taken_at:instant held_until:instant booked_at:instant ended_at:instant", "id place_id session_id acted_by"),
    _shown("check_ins", "arrival.check_in", Category.APPOINTMENT,
           "hospital_id:hospital at:instant late:yes_no staff_id:staff", "booking_id"),
    _shown("ties", "directory.tie", Category.FAMILY,
           "kind:word carer_id:person dependant_id:person label:text state:word undocumented:yes_no asked_at:instant "
           "lapses_at:instant settles_at:instant active_from:instant usable_from:instant term_ends_at:instant "
           "counted_from:day ended_at:instant ended_why:word", "id"),
    _shown("consents", "directory.consent", Category.FAMILY,
           "given_by:person how:word given_at:instant words:text language:word seen:kind staff_id:staff "
           "hospital_id:hospital", "id tie_id"),
    _shown("messages", "messages.message", Category.MESSAGE,
           "template:word way:word address:text language:word body:text state:word made_at:instant due_at:instant "
           "expires_at:instant attempts:count tried_at:instant last_error:word sent_at:instant settled_at:instant",
           "id person_id"),
    _shown("sessions", "identity.session", Category.SIGN_IN,
           "method:word device:text created_at:instant last_seen_at:instant expires_at:instant",
           "id subject_kind subject_id"),
    _shown("passkeys", "identity.passkey", Category.SIGN_IN,
           "name:text backed_up:yes_no created_at:instant last_used_at:instant", "id subject_kind subject_id"),
    _shown("corrections", "directory.correction", Category.REQUEST,
           "kind:word state:word hospital_id:hospital replacement:kind evidence_kind:word evidence:text "
           "asked_by:staff asked_at:instant decided_by:staff decided_at:instant undone_by:staff undone_at:instant",
           "id person_id"),
    _shown("requests", "directory.request", Category.REQUEST,
           "kind:word about:word hospital_id:hospital words:text state:word asked_at:instant due_at:instant "
           "runs_from:instant ended_at:instant decided_by:staff answer:text", "id person_id"),
    _shown("records", "directory.person", Category.RECORD,
           "created_at:instant state:word merged_count:count", "id merged_into anonymised_at seen_at"),
    _shown("emergencies", "directory.break_glass", Category.RECORD,
           "opened_at:instant expires_at:instant hospital_id:hospital staff_id:staff found_by:word reason:text "
           "reviewed_by:staff reviewed_at:instant justified:yes_no "
           "lapsed_at:instant", "id person_id"),
    _shown("found", "directory.found_person", Category.RECORD,
           "found_at:instant until:instant hospital_id:hospital staff_id:staff basis:word", "person_id"),
)  # fmt: skip

# The lines that others left are shown as looks: `Look` has what is told of each.
LOOKS: Final = _shown(
    "looks", "audit.line", Category.RECORD,
    "at:instant actor_kind:word actor_id:staff action:word outcome:word channel:word hospital_id:hospital", "n",
)  # fmt: skip

_HASH: Final = phrase(
    "Marks by which the computer finds a row. They are made from the value and say nothing themselves"
)
_KEYS: Final = phrase("Keys and marks that open a sign-in. Whoever stole this page could use them")
_MINUTES: Final = phrase(
    "What a sign-in needs for some minutes, and counts of tries. It is gone the next day at the latest"
)
_STAFF: Final = phrase("Data of those who work here, and no patient's")
_OTHERS: Final = phrase(
    "It may be about somebody else: another record, a child, or a member of staff who reviewed another"
)
_LEFT: Final = phrase("A mark of the document of a carer whose account was deleted. Nobody who is here has one")
_INSIDE: Final = phrase("What the sender of messages needs for its own bookkeeping. The message itself is shown")
_DOCTORS: Final = phrase("Hospitals publish who sees patients. It is no patient's data")
_LINE: Final = phrase(
    "The rest of a line names other people or technical things. What you did yourself is in the lists above"
)

WITHHELD: Final[tuple[Withheld, ...]] = (
    _withheld("directory.person", "name_index phone_index", _HASH),
    _withheld("directory.name_variant", "name_index", _HASH),
    _withheld("identity.document", "blind_index", _HASH),
    _withheld("directory.tie", "asked_for", _HASH),
    _withheld("directory.tie", "claim", _OTHERS),
    _withheld("directory.left_carer", "mark person_id erase_after", _LEFT),
    _withheld("directory.tie", "code_id", _MINUTES),
    _withheld("directory.correction", "other_id document_id documents", _OTHERS),
    _withheld("directory.break_glass", "words", _OTHERS),
    _withheld("messages.message", "event_key event send_after gateway_id", _INSIDE),
    _withheld("identity.session", "token_hash", _KEYS),
    _withheld("identity.session", "hospital_id role duty_id", _STAFF),
    _withheld("identity.passkey", "credential_id public_key sign_count", _KEYS),
    _withheld("identity.passkey_owner", "subject_kind subject_id handle", _KEYS),
    _withheld(
        "identity.passkey_challenge", "id ceremony subject_kind subject_id challenge bound_to expires_at", _MINUTES
    ),
    _withheld("identity.one_time_code", "id code_hash claim expires_at tries_left used counted_as", _MINUTES),
    _withheld("platform.attempt", "bucket subject window_at count", _MINUTES),
    _withheld("platform.idempotency", "principal key fingerprint answer answered_at", _MINUTES),
    _withheld("audit.line", "xid request_id subject_id person_id purpose detail", _LINE),
    # Whole categories: staff ask their hospital what it holds on them.
    *(Withheld(one.table, one.columns, _STAFF) for one in HOLDINGS if one.category is Category.STAFF),
    *(Withheld(one.table, one.columns, _DOCTORS) for one in HOLDINGS if one.category is Category.CARE),
)


def term_of(listing: Listing) -> Term:
    """Return for how long the register keeps a listing's rows. Raises LookupError where it has no such columns."""
    for holding in HOLDINGS:
        if (holding.table, holding.category) == (listing.table, listing.category) and set(holding.columns) & set(
            listing.forms
        ):
            return holding.term
    message = f"the register has nothing of {listing.table} in the category {listing.category}"
    raise LookupError(message)
