"""What is an e-mail address, and how a claim to one is kept with its code."""

import unicodedata
from uuid import UUID

import msgspec

from firsthand.directory.email.model import EmailClaim, Reason, Refused
from firsthand.directory.person.model import EmailAddress
from firsthand.platform.addresses import EMAIL_CHARACTERS_MAX, email_address


class _Kept(msgspec.Struct):
    email_of: UUID
    email: str


def parse_email(raw: str) -> EmailAddress | Refused:
    """Return an e-mail address as it is kept, or that it is none. Width and spaces around it do not matter.

    The part after the @ is written small. What stands before it belongs to the mailbox's own server, and stays.
    """
    if len(raw) > 2 * EMAIL_CHARACTERS_MAX:
        return Refused(Reason.EMAIL_INVALID)
    local, _, domain = unicodedata.normalize("NFKC", raw).strip().rpartition("@")
    try:
        return EmailAddress(email_address(f"{local}@{domain.lower()}"))
    except ValueError:
        return Refused(Reason.EMAIL_INVALID)


def encode_claim(claim: EmailClaim) -> bytes:
    """Return a claim as the bytes that are sealed with its code. To whoever signs in by it, the code is nobody's."""
    return msgspec.json.encode(_Kept(claim.person_id, claim.email))


def decode_claim(encoded: bytes) -> EmailClaim | None:
    """Return the claim that `encode_claim` was given; None for the claim of a code that was sent for something else."""
    try:
        kept = msgspec.json.decode(encoded, type=_Kept)
    except msgspec.ValidationError:
        return None
    return EmailClaim(kept.email_of, EmailAddress(kept.email))
