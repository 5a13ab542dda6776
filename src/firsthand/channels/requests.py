"""What is read from a request on every channel: its id, its address, and who sends it."""

import re
import secrets
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Any, Final, TypeAlias

from litestar import Request
from litestar.connection import ASGIConnection

from firsthand.audit.model import ActorKind, Caller, Channel
from firsthand.channels.device import device_of
from firsthand.channels.service import Service
from firsthand.identity.session.model import SignedIn, SubjectKind
from firsthand.platform.crypto import token_hash

AnyConnection: TypeAlias = ASGIConnection[Any, Any, Any, Any]
AnyRequest: TypeAlias = Request[Any, Any, Any]

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TOKEN_LENGTH_MAX: Final = 200


def service_of(connection: AnyConnection) -> Service:
    """Return what the process shares."""
    service: Service = connection.app.state.service
    return service


def request_id(connection: AnyConnection) -> str:
    """Return the id under which the request is logged and audited: the client's, if it is a sound one, or a new one."""
    state = connection.scope["state"]
    if "request_id" not in state:
        given = connection.headers.get("x-request-id", "")
        state["request_id"] = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
    found: str = state["request_id"]
    return found


def client_address(connection: AnyConnection) -> str:
    """Return the network address that a request came from: an IP address, or "unknown"."""
    peer = connection.client.host if connection.client else ""
    forwarded_for = connection.headers.get("x-forwarded-for", "")
    return origin_of(peer, forwarded_for, service_of(connection).settings.trusted_proxy)


def origin_of(peer: str, forwarded_for: str, trusted: Sequence[str]) -> str:
    """Return the IP address of the client behind the trusted proxies, or "unknown" where none is named.

    X-Forwarded-For is read from its end, past the trusted proxies, and only when the request came from one: what a
    client writes into it himself stands before that.

    peer: who opened the connection. forwarded_for: the header's text. trusted: IP addresses or networks.
    """
    proxies = [ip_network(network) for network in trusted]
    for hop in reversed([*forwarded_for.split(","), peer]):
        try:
            address = ip_address(hop.strip())
        except ValueError:
            break
        # A server that listens on IPv6 sees an IPv4 client so.
        address = getattr(address, "ipv4_mapped", None) or address
        if not any(address in network for network in proxies):
            return str(address)
    return "unknown"


async def find_signed_in(connection: AnyConnection, token: str | None) -> SignedIn | None:
    """Return whom a token stands for, or None. Requests that arrive together are looked up together."""
    if not token or len(token) > _TOKEN_LENGTH_MAX:
        return None
    return await service_of(connection).sign_in.ask(token_hash(token))


def caller_of(connection: AnyConnection, signed_in: SignedIn | None, channel: Channel) -> Caller:
    """Return who calls, as actions and the audit record know him."""
    device = device_of(connection.headers.get("user-agent", ""))
    if signed_in is None:
        return Caller(ActorKind.NOBODY, None, channel, request_id(connection), device=device)
    kind = ActorKind.PERSON if signed_in.kind is SubjectKind.PERSON else ActorKind.STAFF
    return Caller(
        kind, signed_in.subject_id, channel, request_id(connection), signed_in.hospital_id, signed_in.role, device
    )
