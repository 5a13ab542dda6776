"""A browser comes back from a provider: its attempt is ended, the code exchanged, and what it proves acted upon.

The provider is asked between two transactions, so that one that does not answer holds no connection. What it vouches
for are the duties at its own hospital, or those of the city where it is the city's own; never more.
"""

from typing import Final
from uuid import UUID

from firsthand.audit.model import Caller
from firsthand.audit.store import append
from firsthand.directory.staff import store as members
from firsthand.directory.staff.duties import session_of
from firsthand.directory.staff.model import Duty
from firsthand.directory.staff_oidc import limits
from firsthand.directory.staff_oidc.linking import own_link, serves
from firsthand.directory.staff_oidc.model import Arrived, Back, Reason, Refused
from firsthand.directory.staff_oidc.recording import line, refuse
from firsthand.directory.staff_sign_in.opening import SIGN_IN
from firsthand.identity.oidc import store
from firsthand.identity.oidc.model import PROOF_VALID_FOR, Account, Expected, Provider, Purpose, Start, Why
from firsthand.identity.oidc.remote import Remote
from firsthand.identity.session import store as sessions
from firsthand.identity.session.model import Method, SignedIn
from firsthand.platform.attempts import address_index, allow
from firsthand.platform.database import Connection
from firsthand.platform.world import World

_LINK: Final = "directory.link_own_account"
_AGAIN: Final = "directory.prove_own_account"
_ACTIONS: Final = {Purpose.SIGN_IN: SIGN_IN, Purpose.LINK: _LINK, Purpose.AGAIN: _AGAIN}
# What is wrong with the provider, and not with what it answered about somebody.
_DOWN: Final = frozenset(
    {
        Why.UNREACHABLE, Why.TOOK_TOO_LONG, Why.ADDRESS, Why.LED_ELSEWHERE, Why.TOO_LARGE, Why.ANSWER, Why.STATUS,
        Why.METADATA, Why.KEYS,
    }
)  # fmt: skip


async def come_back(world: World, caller: Caller, remote: Remote, back: Back) -> Arrived | Refused:
    """Do what a browser went to a provider for, where what it brings back proves who its owner is.

    Refused with TOO_MANY_TRIES, ATTEMPT_OVER, PROVIDER_DOWN, ANSWER_WRONG, NOT_LINKED, NO_DUTY or LINK_TAKEN.
    """
    now = world.clock.now()
    async with world.database.transaction() as conn:
        if not await allow(conn, limits.BACK_PER_ADDRESS, address_index(world.keyring, back.address), now=now):
            return await refuse(conn, world, caller, SIGN_IN, Reason.TOO_MANY_TRIES)
        start = await store.end(conn, world.keyring, back.provider_id, state=back.state, browser=back.browser, now=now)
        provider = await store.find(conn, world.keyring, back.provider_id) if start else None
        if start is None or provider is None or not provider.enabled:
            return await refuse(
                conn, world, caller, SIGN_IN, Reason.ATTEMPT_OVER, about=back.provider_id, why=Why.STATE
            )
        holder = back.signed_in.token_hash if back.signed_in else None
        if start.holder is not None and start.holder != holder:
            action = _ACTIONS[start.purpose]
            return await refuse(conn, world, caller, action, Reason.ATTEMPT_OVER, provider=provider, why=Why.SESSION)
    found = await _identify(world, remote, provider, start, back)
    async with world.database.transaction() as conn:
        if isinstance(found, Why):
            reason = Reason.PROVIDER_DOWN if found in _DOWN else Reason.ANSWER_WRONG
            return await refuse(conn, world, caller, _ACTIONS[start.purpose], reason, provider=provider, why=found)
        if await store.hold(conn, world.keyring, provider.id) != provider:
            action = _ACTIONS[start.purpose]
            return await refuse(conn, world, caller, action, Reason.ATTEMPT_OVER, provider=provider, why=Why.CHANGED)
        return await _act(conn, world, caller, provider, start, found, back.signed_in)


async def _identify(world: World, remote: Remote, provider: Provider, start: Start, back: Back) -> Account | Why:
    """Return whose account it is that a browser brings a code of, or what is wrong."""
    metadata = await remote.describe(provider, now=world.clock.now())
    if isinstance(metadata, Why):
        return metadata
    # Source: RFC 9207, section 2.4. A provider that says it names itself and does not is not this provider.
    if back.issuer != provider.terms.issuer and (back.issuer or metadata.names_itself):
        return Why.RESPONSE_ISSUER
    if back.error:
        return Why.DENIED
    if not back.code:
        return Why.CODE_MISSING
    tokens = await remote.exchange(provider, metadata, code=back.code, verifier=start.verifier, back=back.back)
    if isinstance(tokens, Why):
        return tokens
    signing_in = start.purpose is Purpose.SIGN_IN
    expected = Expected(
        terms=provider.terms,
        nonce_hash=start.nonce_hash,
        proved_after=start.begun_at - PROOF_VALID_FOR if signing_in else start.begun_at,
        access_token=tokens.access_token,
    )
    return await remote.identify(metadata, tokens, expected, now=world.clock.now())


async def _act(
    conn: Connection,
    world: World,
    caller: Caller,
    provider: Provider,
    start: Start,
    account: Account,
    signed_in: SignedIn | None,
) -> Arrived | Refused:
    match start.purpose, signed_in:
        case Purpose.LINK, SignedIn():
            return await _link(conn, world, caller, provider, start, account, signed_in)
        case Purpose.AGAIN, SignedIn():
            return await _prove(conn, world, caller, provider, start, account, signed_in)
        case _:
            return await _sign_in(conn, world, caller, provider, start, account)


async def _sign_in(
    conn: Connection, world: World, caller: Caller, provider: Provider, start: Start, account: Account
) -> Arrived | Refused:
    staff_id = await _whose(conn, world, provider, account)
    if staff_id is None:
        return await refuse(conn, world, caller, SIGN_IN, Reason.NOT_LINKED, provider=provider)
    duty = await _newest_duty(conn, world, provider, staff_id)
    if duty is None:
        return await refuse(conn, world, caller, SIGN_IN, Reason.NO_DUTY, provider=provider, about=staff_id)
    opened = await sessions.open_staff_session(
        conn,
        world,
        session_of(duty),
        method=Method.OIDC,
        proved_at=account.proved_at,
        device=caller.device,
    )
    done = line(world, caller, SIGN_IN, provider=provider, about=staff_id, method=Method.OIDC)
    await append(conn, [done])
    return Arrived(start.purpose, opened, start.leads_to)


async def _link(
    conn: Connection,
    world: World,
    caller: Caller,
    provider: Provider,
    start: Start,
    account: Account,
    signed_in: SignedIn,
) -> Arrived | Refused:
    staff_id = signed_in.subject_id
    if not await serves(conn, world, staff_id, provider):
        return await refuse(conn, world, caller, _LINK, Reason.NO_DUTY, provider=provider, about=staff_id)
    wanted = own_link(world, provider, staff_id, account.subject or account.sub)
    if not await store.link(conn, world.keyring, wanted):
        return await refuse(conn, world, caller, _LINK, Reason.LINK_TAKEN, provider=provider, about=staff_id)
    await append(conn, [line(world, caller, _LINK, provider=provider, about=staff_id)])
    return Arrived(start.purpose, None, start.leads_to)


async def _prove(
    conn: Connection,
    world: World,
    caller: Caller,
    provider: Provider,
    start: Start,
    account: Account,
    signed_in: SignedIn,
) -> Arrived | Refused:
    """Replace a session by one in the same duty, which ends no later, whose owner has just proved who he is."""
    staff_id = signed_in.subject_id
    if await _whose(conn, world, provider, account) != staff_id:
        return await refuse(conn, world, caller, _AGAIN, Reason.NOT_LINKED, provider=provider, about=staff_id)
    active = await members.hold_active(conn, staff_id)
    duties = await members.live_duties(conn, staff_id, now=world.clock.now()) if active else []
    duty = next((one for one in duties if one.id == signed_in.duty_id), None)
    until = await sessions.end(conn, signed_in.token_hash) if duty else None
    if duty is None or until is None:
        return await refuse(conn, world, caller, _AGAIN, Reason.NO_DUTY, provider=provider, about=staff_id)
    opened = await sessions.open_staff_session(
        conn,
        world,
        session_of(duty, until=until),
        method=Method.OIDC,
        proved_at=account.proved_at,
        device=caller.device,
    )
    await append(conn, [line(world, caller, _AGAIN, provider=provider, about=staff_id)])
    return Arrived(start.purpose, opened, start.leads_to)


async def _whose(conn: Connection, world: World, provider: Provider, account: Account) -> UUID | None:
    return await store.whose(conn, world.keyring, provider.id, account.subject or account.sub)


async def _newest_duty(conn: Connection, world: World, provider: Provider, staff_id: UUID) -> Duty | None:
    """Return the newest duty of a member that a provider vouches for, where he is active; hold him so."""
    if not await members.hold_active(conn, staff_id):
        return None
    duties = await members.live_duties(conn, staff_id, now=world.clock.now())
    return next((duty for duty in duties if duty.hospital_id == provider.hospital_id), None)
