"""Asking a provider over the web: at addresses that are allowed alone, for a few seconds, and for a few bytes.

An administrator names the provider, and the provider names further addresses. So each host is looked up here, and what
it is found to be decides, not its name: a name that leads into the house's own network, now or the second time that it
is looked up, reaches nothing. Redirects are not followed, and proxies of the environment are not used.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx
import structlog

from firsthand.identity.oidc.model import Why
from firsthand.identity.oidc.rules import is_allowed, is_endpoint

CONNECT_SECONDS_MAX: Final = 3.0
# For the whole of a question, so that an answer that trickles in holds nobody up.
ASK_SECONDS_MAX: Final = 8.0
ANSWER_BYTES_MAX: Final = 262_144
_ADDRESSES_MAX: Final = 3
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered: a status, and a JSON object."""

    status: int
    said: Mapping[str, Any]


class Web:
    """The web as providers are asked over it."""

    def __init__(
        self, networks: Sequence[str] = (), *, plain_loopback: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        """Allow the addresses of the internet, and of `networks`.

        plain_loopback: this machine too, also without encryption; for a demo. tls: the system's certificates, or a
        test's own.
        """
        self._networks = tuple(networks)
        self.plain_loopback: Final = plain_loopback
        self._tls = tls or ssl.create_default_context()

    async def ask(self, url: str, *, headers: Mapping[str, str] | None = None, body: str | None = None) -> Answer | Why:
        """Return what is answered at an address, or why there is no answer. body: of a form to post, None to get."""
        if not is_endpoint(url, plain_loopback=self.plain_loopback):
            return Why.ADDRESS
        try:
            async with asyncio.timeout(ASK_SECONDS_MAX):
                return await self._ask(httpx.URL(url), dict(headers or {}), body)
        except (TimeoutError, httpx.TimeoutException):
            return Why.TOOK_TOO_LONG
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            _log.warning("provider_unreachable", error=type(error).__name__)
            return Why.UNREACHABLE

    async def _ask(self, url: httpx.URL, headers: dict[str, str], body: str | None) -> Answer | Why:
        addresses = await self._addresses(url)
        if not addresses:
            return Why.ADDRESS
        timeout = httpx.Timeout(ASK_SECONDS_MAX, connect=CONNECT_SECONDS_MAX)
        sent = {
            "Accept": "application/json",
            # A small answer may swell a thousandfold when it is unpacked.
            "Accept-Encoding": "identity",
            "Host": url.netloc.decode(),
            **({} if body is None else {"Content-Type": "application/x-www-form-urlencoded"}),
            **headers,
        }
        async with httpx.AsyncClient(
            verify=self._tls, timeout=timeout, trust_env=False, follow_redirects=False
        ) as client:
            for left, address in reversed(list(enumerate(reversed(addresses)))):
                # To the address that was looked at, by the name that its certificate must have.
                request = client.build_request(
                    "GET" if body is None else "POST",
                    url.copy_with(host=address),
                    headers=sent,
                    content=body,
                    extensions={"sni_hostname": url.host},
                )
                try:
                    response = await client.send(request, stream=True)
                except httpx.ConnectError:
                    if left:
                        continue
                    raise
                try:
                    return await _read(response)
                finally:
                    await response.aclose()
        return Why.UNREACHABLE

    async def _addresses(self, url: httpx.URL) -> list[str]:
        """Return the first addresses of a host that may be asked."""
        port = url.port or _DEFAULT_PORTS[url.scheme]
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        addresses = [ipaddress.ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
        return [
            str(address)
            for address in dict.fromkeys(addresses)
            if is_allowed(address, self._networks, loopback=self.plain_loopback)
            and (url.scheme == "https" or address.is_loopback)
        ][:_ADDRESSES_MAX]


async def _read(response: httpx.Response) -> Answer | Why:
    if response.is_redirect:
        return Why.LED_ELSEWHERE
    if response.headers.get("content-encoding", "identity") != "identity":
        return Why.ANSWER
    raw = b""
    async for chunk in response.aiter_raw():
        raw += chunk
        if len(raw) > ANSWER_BYTES_MAX:
            return Why.TOO_LARGE
    try:
        said = httpx.Response(200, content=raw).json()
    except (ValueError, RecursionError):
        return Why.ANSWER if response.is_success else Why.STATUS
    return Answer(response.status_code, said) if isinstance(said, dict) else Why.ANSWER
