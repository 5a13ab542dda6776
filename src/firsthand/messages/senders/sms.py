"""SMS over a gateway's HTTP address, by a small protocol of our own: docs/operations.md, "Messages".

A gateway that speaks otherwise has a few lines of translation in front of it, in its operator's hands. Redirects are
not followed and proxies of the environment are not used: what is sent here goes to the address that is set, or nowhere.
"""

import asyncio
import re
import ssl
from typing import Final

import httpx
import msgspec
import structlog

from firsthand.messages.model import Accepted, Outgoing, SendError, TryAgain, TurnedAway

CONNECT_SECONDS_MAX: Final = 5.0
ANSWER_SECONDS_MAX: Final = 10.0
# For the whole of a try, so that an answer that trickles in cannot hold a worker. Less than `rules.CLAIMED_FOR`.
TRY_SECONDS_MAX: Final = 30.0
ANSWER_BYTES_MAX: Final = 16_384

_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_GATEWAY_ID: Final = re.compile(r"[!-~]{1,200}")
# These speak of us or of the moment and not of the message: it is kept.
_TRY_AGAIN: Final = {
    401: SendError.NOT_ADMITTED,
    403: SendError.NOT_ADMITTED,
    404: SendError.GATEWAY_FAULT,
    405: SendError.GATEWAY_FAULT,
    407: SendError.NOT_ADMITTED,
    408: SendError.TOOK_TOO_LONG,
    421: SendError.GATEWAY_FAULT,
    425: SendError.BUSY,
    429: SendError.BUSY,
}

_log = structlog.get_logger(__name__)


class _Answer(msgspec.Struct):
    id: str = ""


class SmsSender:
    """Hands messages to one gateway. Its representation shows no token."""

    def __init__(self, url: str, *, token: str = "", sender_name: str = "", tls: ssl.SSLContext | None = None) -> None:
        """Send to `url`, with a bearer token where there is one. tls: the system's certificates, or a test's own."""
        self._url = url
        self._sender_name = sender_name
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._tls = tls or ssl.create_default_context()

    async def send(self, outgoing: Outgoing) -> Accepted | TurnedAway | TryAgain:
        """Ask the gateway to send an SMS."""
        if not _PHONE.fullmatch(outgoing.address):
            return TurnedAway(SendError.ADDRESS_REFUSED)
        try:
            async with asyncio.timeout(TRY_SECONDS_MAX):
                status, said = await self._post(outgoing)
        except (TimeoutError, httpx.TimeoutException):
            return TryAgain(SendError.TOOK_TOO_LONG)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            _log.warning("sms_gateway_unreachable", error=type(error).__name__)
            return TryAgain(SendError.UNREACHABLE)
        return _judge(status, said)

    async def _post(self, outgoing: Outgoing) -> tuple[int, bytes]:
        body = {
            "id": str(outgoing.id),
            "to": outgoing.address,
            "text": outgoing.body,
            "language": outgoing.language.value,
            **({"from": self._sender_name} if self._sender_name else {}),
        }
        headers = {
            **self._headers,
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Idempotency-Key": str(outgoing.id),
        }
        timeout = httpx.Timeout(ANSWER_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
        # A client for each message: a kept connection that the gateway closes meanwhile would look like a failed try.
        async with (
            httpx.AsyncClient(verify=self._tls, timeout=timeout, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", self._url, content=msgspec.json.encode(body), headers=headers) as response,
        ):
            return response.status_code, await _read(response) if response.is_success else b""


def _judge(status: int, said: bytes) -> Accepted | TurnedAway | TryAgain:
    """Return what a gateway's answer means. A yes is a yes, even where what it says with it cannot be read."""
    match status // 100:
        case 2:
            return Accepted(_gateway_id(said))
        case 3:
            return TryAgain(SendError.LED_ELSEWHERE)
        case 4 if status not in _TRY_AGAIN:
            return TurnedAway(SendError.MESSAGE_REFUSED)
        case _:
            return TryAgain(_TRY_AGAIN.get(status, SendError.GATEWAY_FAULT))


def _gateway_id(said: bytes) -> str:
    try:
        found = msgspec.json.decode(said, type=_Answer).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    return found if _GATEWAY_ID.fullmatch(found) else ""


async def _read(response: httpx.Response) -> bytes:
    """Return the beginning of an answer. What breaks off after a yes is still a yes."""
    said = b""
    try:
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            async for chunk in response.aiter_raw():
                said += chunk
                if len(said) > ANSWER_BYTES_MAX:
                    return b""
    except (TimeoutError, httpx.HTTPError):
        return b""
    return said
