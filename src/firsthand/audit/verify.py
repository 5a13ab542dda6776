"""Checking the record: every line against its leaf, every leaf against what was signed, the whole against the outside.

One pass over the log in its order, in one snapshot and bounded memory. The notes outside are trusted above the
database: whoever owns the database can rewrite lines, leaves and checkpoints together, but not what was signed.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from firsthand.audit import rules, store
from firsthand.audit.checkpoint import Checkpoint, NoteFault, VerifyingKey, read_note
from firsthand.audit.checkpoint_file import CheckpointFile
from firsthand.audit.finding import Finding, FindingKind, Findings, Verdict
from firsthand.audit.leaf import LineKey, hash_line
from firsthand.audit.merkle import Frontier
from firsthand.audit.model import CheckpointRow, LeafRow, LogEnd
from firsthand.platform.database import Connection, Database

_BATCH_LEAVES: Final = 2000

Progress = Callable[[int, int], None]


async def verify(
    database: Database,
    *,
    checkpoints: CheckpointFile,
    keys: Sequence[VerifyingKey],
    now: datetime,
    progress: Progress | None = None,
) -> Verdict:
    """Check the whole record while the city goes on working, and name whatever is not as it was sealed.

    database: as the role firsthand_audit. keys: those that are trusted; `checkpoints.keys()` when there is no better
    copy. now: aware instant, by which the unsealed tail's age is told. progress: called with the lines read and all
    lines. Raises psycopg.Error and OSError when something cannot be read.
    """
    # Notes are written after their commit: what is in the file now is in every later snapshot of a sound database.
    length_bytes = checkpoints.length_bytes()
    findings = Findings()
    notes = _Notes(checkpoints, keys, findings)
    async with database.connection() as conn, store.one_snapshot(conn):
        end = await store.read_log_end(conn)
        latest = await store.read_latest_checkpoint(conn)
        size = latest.size if latest else 0
        walk = _Walk(store.stream_leaves(conn), findings, end.size, progress)
        async for anchor in _anchors(store.stream_checkpoints(conn), notes.read(length_bytes)):
            await walk.to(anchor.size)
            _compare(walk, anchor, keys, findings)
        await walk.to_end(size)
        await _look_for_inserted(conn, end, findings)
        tail = await store.read_tail(conn)
    _compare_ends(notes.latest, size, findings)
    if tail.is_late(now):
        findings.add(Finding(FindingKind.TAIL_LATE, age_seconds=int(tail.age(now).total_seconds())))
    return Verdict(walk.lines, notes.count, notes.latest, tail, now, tuple(findings.kept), dict(findings.counts))


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A size of the log for which something was signed: a row in the database, a note outside, or both."""

    size: int
    row: CheckpointRow | None
    note: Checkpoint | None


class _Notes:
    """The notes outside, as far as they can be accepted."""

    def __init__(self, checkpoints: CheckpointFile, keys: Sequence[VerifyingKey], findings: Findings) -> None:
        self.count = 0
        self.latest: Checkpoint | None = None
        self._checkpoints = checkpoints
        self._keys = keys
        self._findings = findings

    def read(self, length_bytes: int) -> Iterator[Checkpoint]:
        """Give the accepted notes in ascending size, and report the others."""
        for entry in self._checkpoints.entries(length_bytes=length_bytes):
            if not entry.complete:
                self._findings.add(Finding(FindingKind.NOTE_CUT_OFF, file_line=entry.line))
                continue
            self.count += 1
            note = read_note(entry.text, self._keys)
            if isinstance(note, NoteFault):
                self._findings.add(Finding(_KIND_OF_FAULT[note], file_line=entry.line))
            elif self.latest is None or note.size > self.latest.size:
                self.latest = note
                yield note
            elif note.size < self.latest.size:
                self._findings.add(Finding(FindingKind.NOTES_OUT_OF_ORDER, size=note.size, file_line=entry.line))
            elif note.root != self.latest.root:
                self._findings.add(Finding(FindingKind.NOTES_CONTRADICT, size=note.size, file_line=entry.line))


_KIND_OF_FAULT: Final = {
    NoteFault.MALFORMED: FindingKind.NOTE_UNREADABLE,
    NoteFault.UNKNOWN_KEY: FindingKind.NOTE_KEY_UNKNOWN,
    NoteFault.BAD_SIGNATURE: FindingKind.NOTE_SIGNATURE_BAD,
}


class _Walk:
    """Goes along the leaves, checks each against its line, and carries the tree that they make."""

    def __init__(
        self, leaves: AsyncIterator[LeafRow], findings: Findings, total: int, progress: Progress | None
    ) -> None:
        self.lines = 0
        # The tree up to `position`; None where it cannot be known, until a sound checkpoint gives it again.
        self.frontier: Frontier | None = Frontier()
        self.position = 0
        self.anchored = 0
        self._leaves = leaves
        self._next: LeafRow | None = None
        self._last: LineKey | None = None
        self._hashes: list[bytes] = []
        self._findings = findings
        self._total = total
        self._progress = progress

    async def to(self, size: int) -> None:
        """Read the leaves below position `size`."""
        while self.position < size:
            leaf = await self._peek()
            reached = size if leaf is None else min(leaf.position, size)
            if reached > self.position:
                self._findings.add(Finding(FindingKind.LEAVES_MISSING, first=self.position, last=reached - 1))
                self.position, self.frontier = reached, None
                self._hashes.clear()
            elif leaf is not None:
                self._take(leaf)
        self._grow()

    async def to_end(self, size: int) -> None:
        """Read the leaves that come after everything signed; `size` is that of the last checkpoint."""
        first = max(self.position, size)
        extra = 0
        while (leaf := await self._peek()) is not None:
            self._take(leaf)
            extra += 1
        if extra:
            self._findings.add(Finding(FindingKind.LEAVES_UNSIGNED, first=first, last=self.position - 1))

    async def _peek(self) -> LeafRow | None:
        if self._next is None:
            self._next = await anext(self._leaves, None)
        return self._next

    def _take(self, leaf: LeafRow) -> None:
        self._next = None
        kind = _fault_of(leaf)
        if kind is not None:
            self._findings.add(Finding(kind, line_n=leaf.key.n, first=leaf.position))
        if leaf.position < self.position or (self._last is not None and leaf.key <= self._last):
            self._findings.add(Finding(FindingKind.LEAVES_REORDERED, line_n=leaf.key.n, first=leaf.position))
        self._last, self.position = leaf.key, max(leaf.position, self.position) + 1
        self._hashes.append(leaf.hash)
        self.lines += 1
        if len(self._hashes) >= _BATCH_LEAVES:
            self._grow()

    def _grow(self) -> None:
        if self.frontier is not None:
            self.frontier = self.frontier.append(self._hashes)
        self._hashes.clear()
        if self._progress is not None:
            self._progress(self.lines, self._total)


def _fault_of(leaf: LeafRow) -> FindingKind | None:
    if leaf.line is None:
        return FindingKind.LINE_REMOVED
    if hash_line(leaf.line) != leaf.hash:
        return FindingKind.LINE_CHANGED
    if leaf.line.key != leaf.key:
        return FindingKind.LEAF_CHANGED
    return None


async def _anchors(rows: AsyncIterator[CheckpointRow], notes: Iterator[Checkpoint]) -> AsyncIterator[_Anchor]:
    """Bring the checkpoints in the database and those outside together by size, up to the database's last."""
    row, note = await anext(rows, None), next(notes, None)
    while row is not None:
        while note is not None and note.size < row.size:
            yield _Anchor(note.size, None, note)
            note = next(notes, None)
        same = note if note is not None and note.size == row.size else None
        yield _Anchor(row.size, row, same)
        row = await anext(rows, None)
        note = next(notes, None) if same is not None else note
    # What lies beyond the database's last checkpoint is still read, so that its faults and its end are known.
    while note is not None:
        note = next(notes, None)


def _compare(walk: _Walk, anchor: _Anchor, keys: Sequence[VerifyingKey], findings: Findings) -> None:
    """Compare the tree of the leaves with what was signed for its size."""
    sound = anchor.row if anchor.row is not None and rules.is_sound(anchor.row, keys) else None
    if anchor.row is not None and sound is None:
        findings.add(Finding(FindingKind.CHECKPOINT_CHANGED, size=anchor.size))
    signed = anchor.note.root if anchor.note is not None else sound.root if sound is not None else None
    if signed is None:
        return
    root = walk.frontier.root() if walk.frontier is not None else None
    differs = root is not None and root != signed
    if anchor.row is None:
        kind = FindingKind.LOG_FORKED if differs else FindingKind.CHECKPOINT_MISSING
        findings.add(Finding(kind, size=anchor.size))
    elif sound is not None and sound.root != signed:
        findings.add(Finding(FindingKind.LOG_FORKED, size=anchor.size))
    elif differs:
        findings.add(Finding(FindingKind.ROOT_DIFFERS, first=walk.anchored, last=anchor.size - 1, size=anchor.size))
    # From here the next stretch is judged by itself, so that each one that was tampered with is named.
    if root != signed:
        walk.frontier = rules.frontier_of(sound) if sound is not None and sound.root == signed else None
    walk.anchored = anchor.size


async def _look_for_inserted(conn: Connection, end: LogEnd, findings: Findings) -> None:
    if end.last is not None and end.last.xid >= end.next_xid:
        findings.add(Finding(FindingKind.TRANSACTIONS_RESTARTED))
    async for n in store.stream_lines_out_of_place(conn, last=end.last):
        findings.add(Finding(FindingKind.LINE_INSERTED, line_n=n))


def _compare_ends(outside: Checkpoint | None, size: int, findings: Findings) -> None:
    if outside is None:
        if size:
            findings.add(Finding(FindingKind.NOTES_MISSING, size=size))
    elif outside.size > size:
        findings.add(Finding(FindingKind.ROLLED_BACK, first=size, size=outside.size))
    elif outside.size < size:
        findings.add(Finding(FindingKind.NOTES_BEHIND, first=outside.size, size=size))
