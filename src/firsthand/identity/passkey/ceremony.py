"""The two ceremonies with a browser: making a passkey, and signing in with one. Each begins and ends.

These are steps of a caller's transaction: persons and staff have verbs of their own (in `directory`), which check who
may, write the audit line and open the session. A refusal is a value, so that the challenge stays used up.
"""

from uuid import UUID

from webauthn import generate_authentication_options, generate_registration_options, options_to_json
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from firsthand.identity.model import Reason, Refused
from firsthand.identity.passkey import rules, store
from firsthand.identity.passkey.model import (
    CHALLENGE_BYTES,
    CHALLENGE_VALID_FOR,
    HANDLE_BYTES,
    PASSKEYS_MAX,
    Begun,
    Ceremony,
    Challenge,
    RelyingParty,
    Subject,
)
from firsthand.identity.session.model import SubjectKind
from firsthand.platform.chance import new_id
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_MILLISECONDS = int(CHALLENGE_VALID_FOR.total_seconds()) * 1000


async def begin_adding(
    conn: Connection, world: World, party: RelyingParty, subject: Subject, *, label: str, bound_to: bytes
) -> Begun | Refused:
    """Ask a browser to make a passkey for a subject. Refused with TOO_MANY_PASSKEYS.

    label: what the device shows of the owner, such as his name: it is kept by the device, not here.
    bound_to: a keyed hash (32 bytes) of the browser that may answer.
    """
    if await store.count(conn, subject) >= PASSKEYS_MAX:
        return Refused(Reason.TOO_MANY_PASSKEYS)
    handle = await store.handle_of(conn, subject, world.chance.bytes(HANDLE_BYTES))
    known = await store.credential_ids(conn, subject)
    challenge = Challenge(Ceremony.ADD, subject.kind, subject.id, world.chance.bytes(CHALLENGE_BYTES))
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=handle,
        user_name=label,
        challenge=challenge.challenge,
        timeout=_MILLISECONDS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=credential_id) for credential_id in known],
    )
    return await _begun(conn, world, challenge, options_to_json(options), bound_to)


async def end_adding(
    conn: Connection,
    world: World,
    party: RelyingParty,
    subject: Subject,
    challenge_id: UUID,
    credential: str,
    *,
    name: str,
    bound_to: bytes,
) -> UUID | Refused:
    """Add the passkey that a browser has made, and return its id.

    credential: the browser's JSON. name: from `rules.parse_name`.
    Refused with PASSKEY_WRONG, PASSKEY_KNOWN or TOO_MANY_PASSKEYS.
    """
    now = world.clock.now()
    challenge = await store.take_challenge(conn, challenge_id, bound_to=bound_to, now=now)
    given = rules.parse_credential(credential)
    if challenge is None or given is None or Subject(challenge.kind, challenge.subject_id or UUID(int=0)) != subject:
        return Refused(Reason.PASSKEY_WRONG)
    made = rules.check_made(party, challenge, given)
    if isinstance(made, Refused):
        return made
    # The owner's row is held meanwhile, so that two browsers at once do not pass the count together.
    await store.hold_owner(conn, subject)
    if await store.count(conn, subject) >= PASSKEYS_MAX:
        return Refused(Reason.TOO_MANY_PASSKEYS)
    passkey_id = new_id(world.chance, now)
    if not await store.add(conn, world.keyring, passkey_id, subject, made, name, now=now):
        return Refused(Reason.PASSKEY_KNOWN)
    return passkey_id


async def begin_sign_in(
    conn: Connection,
    world: World,
    party: RelyingParty,
    kind: SubjectKind,
    *,
    bound_to: bytes,
    subject_id: UUID | None = None,
) -> Begun:
    """Ask a browser for an answer by any passkey of this site.

    No list of passkeys goes out, so nothing says who has one. subject_id: who alone may answer, where somebody who is
    signed in shows once more who he is.
    """
    challenge = Challenge(Ceremony.SIGN_IN, kind, subject_id, world.chance.bytes(CHALLENGE_BYTES))
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge.challenge,
        timeout=_MILLISECONDS,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return await _begun(conn, world, challenge, options_to_json(options), bound_to)


async def end_sign_in(
    conn: Connection, world: World, party: RelyingParty, challenge_id: UUID, credential: str, *, bound_to: bytes
) -> Subject | Refused:
    """Return who has answered a challenge by his passkey. Refused with PASSKEY_WRONG or PASSKEY_COPIED.

    An unknown passkey costs the same statements as a known one that answers wrongly.
    """
    now = world.clock.now()
    challenge = await store.take_challenge(conn, challenge_id, bound_to=bound_to, now=now)
    given = rules.parse_credential(credential) or {}
    known = await store.find(conn, rules.credential_id_of(given))
    if challenge is None or known is None:
        return Refused(Reason.PASSKEY_WRONG)
    answered = rules.check_answer(party, challenge, known, given)
    if isinstance(answered, Refused):
        return answered
    if not await store.use(conn, answered, now=now):
        return Refused(Reason.PASSKEY_COPIED)
    return known.subject


async def _begun(conn: Connection, world: World, challenge: Challenge, options: str, bound_to: bytes) -> Begun:
    now = world.clock.now()
    challenge_id = new_id(world.chance, now)
    await store.add_challenge(conn, challenge_id, challenge, bound_to=bound_to, expires_at=now + CHALLENGE_VALID_FOR)
    return Begun(challenge_id, options)
