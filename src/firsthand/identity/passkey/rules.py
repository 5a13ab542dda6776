"""What a site is to a browser, whether an answer is right, and what a passkey may be called.

Whether signatures and formats are right is decided by the `webauthn` library. Which challenge, whose passkey and which
count it must be are decided here. Source: W3C Web Authentication, level 3, sections 7.1 and 7.2.
"""

import struct
import unicodedata
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import AttestationFormat

from firsthand.identity.model import Reason, Refused
from firsthand.identity.passkey.model import (
    NAME_CHARACTERS_MAX,
    Answered,
    Ceremony,
    Challenge,
    KnownPasskey,
    MadePasskey,
    RelyingParty,
)

CREDENTIAL_CHARACTERS_MAX: Final = 20_000
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
_CREDENTIAL_ID_BYTES_MAX: Final = 1023
# What the library and what it stands on raise for bytes that are no answer of a passkey.
_UNREADABLE: Final = (
    WebAuthnException,
    UnsupportedAlgorithm,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    EOFError,
    struct.error,
    RecursionError,
)


def relying_party(base_url: str) -> RelyingParty:
    """Return what a site is to browsers, from the address by which people reach it.

    A passkey belongs to a name and never to a number, so that of this very machine is called `localhost`.
    """
    parts = urlsplit(base_url)
    host = "localhost" if parts.hostname in _LOOPBACK else (parts.hostname or "")
    port = f":{parts.port}" if parts.port is not None else ""
    return RelyingParty(id=host, origin=f"{parts.scheme}://{host}{port}")


def parse_credential(text: str) -> dict[str, Any] | None:
    """Return what a browser's `PublicKeyCredential.toJSON()` gave, as an object; None where the text is none."""
    if len(text) > CREDENTIAL_CHARACTERS_MAX:
        return None
    try:
        credential = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    return credential if isinstance(credential, dict) else None


def credential_id_of(credential: dict[str, Any]) -> bytes:
    """Return by which passkey an answer says that it was made; b"" where it does not say."""
    try:
        return parse_authentication_credential_json(credential).raw_id[:_CREDENTIAL_ID_BYTES_MAX]
    except _UNREADABLE:
        return b""


def check_made(party: RelyingParty, challenge: Challenge, credential: dict[str, Any]) -> MadePasskey | Refused:
    """Return the passkey that answers a challenge to make one. The device must have checked who holds it.

    What the device's maker attests is not asked for, so nobody's choice of device is held against him.
    """
    if challenge.ceremony is not Ceremony.ADD:
        return Refused(Reason.PASSKEY_WRONG)
    try:
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except _UNREADABLE:
        return Refused(Reason.PASSKEY_WRONG)
    # An attestation is neither asked for nor looked at: checking one would mean certificates to keep and revoke.
    if made.fmt not in {AttestationFormat.NONE, AttestationFormat.PACKED}:
        return Refused(Reason.PASSKEY_WRONG)
    if len(made.credential_id) > _CREDENTIAL_ID_BYTES_MAX:
        return Refused(Reason.PASSKEY_WRONG)
    return MadePasskey(made.credential_id, made.credential_public_key, made.sign_count, made.credential_backed_up)


def check_answer(
    party: RelyingParty, challenge: Challenge, known: KnownPasskey, credential: dict[str, Any]
) -> Answered | Refused:
    """Return the answer of a passkey to a challenge, or why it is none.

    PASSKEY_COPIED: rightly signed, but the device's count did not go on: there may be two of it.
    """
    if challenge.ceremony is not Ceremony.SIGN_IN or challenge.kind is not known.subject.kind:
        return Refused(Reason.PASSKEY_WRONG)
    if challenge.subject_id not in {None, known.subject.id}:
        return Refused(Reason.PASSKEY_WRONG)
    try:
        handle = parse_authentication_credential_json(credential).response.user_handle
        # The library's own look at the count is passed by: a copy is refused for what it is, below.
        answer = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge.challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except _UNREADABLE:
        return Refused(Reason.PASSKEY_WRONG)
    if handle != known.handle:
        return Refused(Reason.PASSKEY_WRONG)
    if not goes_on(known.sign_count, answer.new_sign_count):
        return Refused(Reason.PASSKEY_COPIED)
    return Answered(known, answer.new_sign_count, answer.credential_backed_up)


def goes_on(kept: int, given: int) -> bool:
    """Say whether a device's count goes on from the one that is kept. Devices that do not count always say 0."""
    return given > kept or (kept == 0 and given == 0)


def parse_name(raw: str) -> str | None:
    """Return what a passkey is called, with its spaces put in order, or None where that is no name."""
    name = " ".join(unicodedata.normalize("NFC", raw).split())
    if not name or len(name) > NAME_CHARACTERS_MAX:
        return None
    return None if any(unicodedata.category(character).startswith("C") for character in name) else name
