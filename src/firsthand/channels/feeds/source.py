"""Where a feed is read from: a folder, or the web. Neither ever gives more than its limits."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import msgspec

from firsthand.channels.feeds.address import is_web_address
from firsthand.channels.feeds.limits import (
    FEED_BYTES_MAX,
    FILE_BYTES_MAX,
    MANIFEST_BYTES_MAX,
    REDIRECTS_MAX,
    REQUEST_SECONDS_MAX,
)
from firsthand.channels.feeds.problem import Problem
from firsthand.channels.feeds.smart import MANIFEST_KEYS

_MANIFEST_NAMES: Final = ("$bulk-publish", "_bulk-publish", "bulk-publish")


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of a file, and the name by which problems speak of it."""

    file: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Absent:
    """A file that the manifest lists and the folder does not hold."""

    file: str


class Source(Protocol):
    """Where a feed is read from."""

    async def read_first(self) -> Content | Problem:
        """Read the manifest, or the timetable."""
        ...

    async def read_output(self, url: str) -> Content | Absent | Problem:
        """Read a file that the manifest lists under `url`."""
        ...

    def disowned(self, feed: str) -> str | None:
        """Say why a publication from here may not call itself `feed`, if so."""
        ...


@dataclass(slots=True)
class Budget:
    """The bytes that a feed may still have."""

    left: int = FEED_BYTES_MAX

    def refusal(self, file: str, size: int, size_max: int) -> Problem | None:
        """Say that a file is too large, if it is."""
        if size > size_max:
            return Problem(file, None, "", f"is larger than {size_max} bytes")
        if size > self.left:
            return Problem(file, None, "", f"brings the feed to more than {FEED_BYTES_MAX} bytes")
        return None


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder with a manifest and, under the last parts of their addresses, the files that it lists.

    first: the manifest or timetable itself; without it a manifest is looked for.
    """

    folder: Path
    first: Path | None = None
    budget: Budget = field(default_factory=Budget)

    async def read_first(self) -> Content | Problem:
        """Read the manifest, or the timetable."""
        first: Path | Problem = await asyncio.to_thread(_find_manifest, self.folder) if not self.first else self.first
        if isinstance(first, Problem):
            return first
        size_max = FILE_BYTES_MAX if first.suffix.lower() == ".csv" else MANIFEST_BYTES_MAX
        content = await asyncio.to_thread(self._read, first.name, size_max)
        return Problem(content.file, None, "", "there is no such file") if isinstance(content, Absent) else content

    async def read_output(self, url: str) -> Content | Absent | Problem:
        """Read the file that bears the last part of `url` as its name."""
        name = unquote(urlsplit(url).path.rpartition("/")[2])
        if name in ("", ".", "..") or any(character in name for character in "/\\\0"):
            return Problem(url, None, "", "its address does not end in a file name")
        return await asyncio.to_thread(self._read, name, FILE_BYTES_MAX)

    def disowned(self, feed: str) -> str | None:  # noqa: ARG002 - the operator chose this folder, whatever it says
        """Trust the folder: the operator put it there."""
        return None

    def _read(self, name: str, size_max: int) -> Content | Absent | Problem:
        try:
            path = (self.folder / name).resolve(strict=True)
            if not path.is_relative_to(self.folder.resolve()):
                return Problem(name, None, "", "leads out of the folder")
            # Without O_NONBLOCK a named pipe would wait for its writer forever.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    return Problem(name, None, "", "is not a file")
                raw = file.read(min(size_max, self.budget.left) + 1)
        except FileNotFoundError:
            return Absent(name)
        except (OSError, RuntimeError) as error:
            return Problem(name, None, "", f"cannot be read: {getattr(error, 'strerror', None) or error}")
        refusal = self.budget.refusal(name, len(raw), size_max)
        if refusal:
            return refusal
        self.budget.left -= len(raw)
        return Content(name, raw)


@dataclass(frozen=True, slots=True)
class WebSource:
    """An address of a manifest or a timetable; what it lists is fetched as well."""

    url: str
    client: httpx.AsyncClient
    budget: Budget = field(default_factory=Budget)

    async def read_first(self) -> Content | Problem:
        """Fetch the manifest, or the timetable."""
        is_timetable = urlsplit(self.url).path.lower().endswith(".csv")
        return await self._fetch(self.url, FILE_BYTES_MAX if is_timetable else MANIFEST_BYTES_MAX)

    async def read_output(self, url: str) -> Content | Absent | Problem:
        """Fetch a listed file. One that is missing is a problem: the publication would be torn."""
        return await self._fetch(urljoin(self.url, url), FILE_BYTES_MAX)

    def disowned(self, feed: str) -> str | None:
        """Refuse a name of another host: a publisher must not write over another one's sessions."""
        here, there = urlsplit(self.url).hostname, urlsplit(feed).hostname
        if here == there:
            return None
        return f"is an address of {there}, but this was read from {here}; if that is right, give a name with --name"

    async def _fetch(self, url: str, size_max: int) -> Content | Problem:
        parts = urlsplit(url)
        name = unquote(parts.path.rpartition("/")[2]) or parts.hostname or url
        try:
            async with asyncio.timeout(REQUEST_SECONDS_MAX):
                return await self._follow(url, name, size_max)
        except TimeoutError:
            return Problem(name, None, "", f"did not arrive within {REQUEST_SECONDS_MAX} seconds")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Problem(name, None, "", f"cannot be fetched: {str(error) or type(error).__name__}")

    async def _follow(self, url: str, name: str, size_max: int) -> Content | Problem:
        # By hand, because the client would read the body of each redirect to its end, however long.
        request = self.client.build_request("GET", url)
        for _ in range(REDIRECTS_MAX + 1):
            response = await self.client.send(request, stream=True)
            try:
                following = response.next_request
                if following is None:
                    return await self._read(response, name, size_max)
            finally:
                await response.aclose()
            if request.url.scheme == "https" and following.url.scheme == "http":
                return Problem(name, None, "", "is redirected from https to http")
            request = following
        return Problem(name, None, "", f"is redirected more than {REDIRECTS_MAX} times")

    async def _read(self, response: httpx.Response, name: str, size_max: int) -> Content | Problem:
        if response.status_code != httpx.codes.OK:
            return Problem(name, None, "", f"the server answered {response.status_code} {response.reason_phrase}")
        if "," in response.headers.get("content-encoding", ""):
            # Each layer may swell a thousandfold before the size can be looked at.
            return Problem(name, None, "", "is compressed more than once")
        raw = bytearray()
        async for chunk in response.aiter_bytes():
            raw += chunk
            refusal = self.budget.refusal(name, len(raw), size_max)
            if refusal:
                return refusal
        self.budget.left -= len(raw)
        return Content(name, bytes(raw))


@asynccontextmanager
async def opened(where: str) -> AsyncIterator[Source | Problem]:
    """Open a folder, a file, or an http or https address."""
    if "://" in where:
        if not is_web_address(where):
            yield Problem(where, None, "", "is no http or https address, and no folder")
            return
        timeout = httpx.Timeout(30, connect=10)
        async with httpx.AsyncClient(timeout=timeout, event_hooks={"request": [_refuse_other_addresses]}) as client:
            yield WebSource(where, client)
        return
    path = Path(where)
    if await asyncio.to_thread(path.is_dir):
        yield FolderSource(path)
    elif await asyncio.to_thread(path.is_file):
        yield FolderSource(path.parent, path)
    else:
        yield Problem(where, None, "", "there is no such folder or file")


async def _refuse_other_addresses(request: httpx.Request) -> None:
    # A redirect may lead anywhere.
    if not is_web_address(str(request.url)):
        raise httpx.UnsupportedProtocol(f"{request.url} is no http or https address")


def _find_manifest(folder: Path) -> Path | Problem:
    for name in _MANIFEST_NAMES:
        if (folder / name).is_file():
            return folder / name
    found = [path for path in sorted(folder.glob("*.json")) if _looks_like_manifest(path)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(path.name for path in found)
        return Problem(str(folder), None, "", f"holds several manifests: {names}; name one of them")
    return Problem(str(folder), None, "", f"holds no manifest: {', '.join(_MANIFEST_NAMES)} or a .json file like it")


def _looks_like_manifest(path: Path) -> bool:
    try:
        if not path.is_file() or path.stat().st_size > MANIFEST_BYTES_MAX:
            return False
        document = msgspec.json.decode(path.read_bytes())
    except (OSError, RecursionError, UnicodeDecodeError, msgspec.DecodeError):
        return False
    return isinstance(document, dict) and all(key in document for key in MANIFEST_KEYS)
