"""What a check of the log found, and how to say it."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from firsthand.audit.checkpoint import Checkpoint
from firsthand.audit.model import Tail

# Of each kind only the first are kept, so that a log in ruins is reported in bounded memory. All are counted.
FINDINGS_OF_A_KIND_MAX: Final = 100


class FindingKind(StrEnum):
    """Everything that a check can find. The value is the name in JSON; `_WORDS` says it in a sentence."""

    LINE_CHANGED = "line_changed"
    LINE_REMOVED = "line_removed"
    LINE_INSERTED = "line_inserted"
    LEAF_CHANGED = "leaf_changed"
    LEAVES_REORDERED = "leaves_reordered"
    LEAVES_MISSING = "leaves_missing"
    LEAVES_UNSIGNED = "leaves_unsigned"
    ROOT_DIFFERS = "root_differs"
    CHECKPOINT_CHANGED = "checkpoint_changed"
    CHECKPOINT_MISSING = "checkpoint_missing"
    ROLLED_BACK = "rolled_back"
    LOG_FORKED = "log_forked"
    NOTES_MISSING = "notes_missing"
    NOTE_UNREADABLE = "note_unreadable"
    NOTE_KEY_UNKNOWN = "note_key_unknown"
    NOTE_SIGNATURE_BAD = "note_signature_bad"
    NOTES_OUT_OF_ORDER = "notes_out_of_order"
    NOTES_CONTRADICT = "notes_contradict"
    NOTE_CUT_OFF = "note_cut_off"
    NOTES_BEHIND = "notes_behind"
    TRANSACTIONS_RESTARTED = "transactions_restarted"
    TAIL_LATE = "tail_late"


# What a crash or a slow sealer can leave behind; everything else means that something was tampered with or lost.
WARNINGS: Final = frozenset({FindingKind.NOTE_CUT_OFF, FindingKind.NOTES_BEHIND, FindingKind.TAIL_LATE})

_WORDS: Final = {
    FindingKind.LINE_CHANGED: "line {line_n}, sealed at position {first}, is not what was sealed: it was changed",
    FindingKind.LINE_REMOVED: "line {line_n}, sealed at position {first}, is gone: it was removed",
    FindingKind.LINE_INSERTED: "line {line_n} was never sealed, and stands where the log has passed or before it "
    "could come: it was inserted",
    FindingKind.LEAF_CHANGED: "the leaf at position {first} names another transaction than its line {line_n}: "
    "the leaf was changed",
    FindingKind.LEAVES_REORDERED: "the leaf at position {first} (line {line_n}) does not follow the one before it: "
    "lines were reordered",
    FindingKind.LEAVES_MISSING: "the leaves from position {first} to {last} are missing: they were cut out",
    FindingKind.LEAVES_UNSIGNED: "the leaves from position {first} to {last} belong to no checkpoint: leaves were "
    "added, or checkpoints removed",
    FindingKind.ROOT_DIFFERS: "the leaves from position {first} to {last} do not lead to the root that was signed for "
    "{size} lines: leaves were rewritten, exchanged, added or removed there",
    FindingKind.CHECKPOINT_CHANGED: "the checkpoint of {size} lines in the database is not what was signed",
    FindingKind.CHECKPOINT_MISSING: "the checkpoint of {size} lines, whose note is outside, was removed from the "
    "database",
    FindingKind.ROLLED_BACK: "the last note outside has {size} lines, but the database's last checkpoint only "
    "{first}: the log was rolled back",
    FindingKind.LOG_FORKED: "for {size} lines the database has another root than the note outside: the log was rolled "
    "back and went on differently",
    FindingKind.NOTES_MISSING: "the log has {size} lines, but no checkpoint is kept outside the database: nothing "
    "shows that it was not rolled back",
    FindingKind.NOTE_UNREADABLE: "line {file_line} of the file of notes does not begin a note: the file was edited",
    FindingKind.NOTE_KEY_UNKNOWN: "the note at line {file_line} of the file names a key that is not trusted",
    FindingKind.NOTE_SIGNATURE_BAD: "the note at line {file_line} of the file was not signed by its key: it was edited",
    FindingKind.NOTES_OUT_OF_ORDER: "the note at line {file_line} of the file ({size} lines) is smaller than one "
    "before it: the file was edited",
    FindingKind.NOTES_CONTRADICT: "the note at line {file_line} of the file has another root than the one before it "
    "for the same {size} lines: two logs were signed",
    FindingKind.NOTE_CUT_OFF: "the last note of the file, at line {file_line}, is cut off; the next sealing repairs it",
    FindingKind.NOTES_BEHIND: "the last note outside has {first} lines and the database {size}; the next sealing "
    "catches up",
    FindingKind.TRANSACTIONS_RESTARTED: "transaction numbers started anew on this server, so that new lines cannot be "
    "sealed (see the limits in the audit room's README)",
    FindingKind.TAIL_LATE: "the oldest unsealed line has waited {age_seconds} s: is the sealer at work?",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was sealed. Only the facts that its kind has words for are set.

    line_n: `audit.line.n`. first, last: positions in the log, from 0. size: of a checkpoint, in lines.
    file_line: in the file of notes, from 1.
    """

    kind: FindingKind
    line_n: int | None = None
    first: int | None = None
    last: int | None = None
    size: int | None = None
    file_line: int | None = None
    age_seconds: int | None = None

    @property
    def words(self) -> str:
        """Say it in a sentence."""
        return _WORDS[self.kind].format(**asdict(self))

    @property
    def is_warning(self) -> bool:
        """Tell whether this can happen without anybody's doing."""
        return self.kind in WARNINGS


@dataclass(slots=True)
class Findings:
    """Gathers findings in bounded memory."""

    kept: list[Finding] = field(default_factory=list)
    counts: Counter[FindingKind] = field(default_factory=Counter)

    def add(self, finding: Finding) -> None:
        """Count the finding, and keep it if it is among the first of its kind."""
        self.counts[finding.kind] += 1
        if self.counts[finding.kind] <= FINDINGS_OF_A_KIND_MAX:
            self.kept.append(finding)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of a check.

    lines: how many sealed lines were read. notes: how many notes outside. latest: the last of them that is accepted.
    findings: of each kind the first ones; counts: how many there are of each.
    """

    lines: int
    notes: int
    latest: Checkpoint | None
    tail: Tail
    checked_at: datetime
    findings: tuple[Finding, ...]
    counts: dict[FindingKind, int]

    @property
    def is_sound(self) -> bool:
        """Tell whether the record is whole. Warnings do not count against it."""
        return all(finding.is_warning for finding in self.findings)


def report(verdict: Verdict) -> list[str]:
    """Say the verdict in lines of English to print."""
    said = [
        f"{'WARNING' if finding.is_warning else 'FAILURE'}  {finding.kind}: {finding.words}"
        for finding in verdict.findings
    ]
    said += [
        f"         {kind}: {count - FINDINGS_OF_A_KIND_MAX} more"
        for kind, count in verdict.counts.items()
        if count > FINDINGS_OF_A_KIND_MAX
    ]
    age = verdict.tail.age(verdict.checked_at).total_seconds()
    waiting = f", the oldest for {age:.1f} s" if verdict.tail.lines else ""
    latest = f"; the last has {verdict.latest.size} lines" if verdict.latest else ""
    return [
        *said,
        f"{verdict.lines} sealed lines read, {verdict.notes} notes outside{latest}",
        f"{verdict.tail.lines} lines not yet sealed{waiting}",
        "The record is whole." if verdict.is_sound else "The record is NOT whole.",
    ]


def to_json(verdict: Verdict) -> dict[str, object]:
    """Give the verdict as values that JSON has."""
    latest = verdict.latest
    return {
        "sound": verdict.is_sound,
        "lines": verdict.lines,
        "notes": verdict.notes,
        "latest": None if latest is None else {"size": latest.size, "root": latest.root.hex(), "origin": latest.origin},
        "unsealed": {
            "lines": verdict.tail.lines,
            "age_seconds": verdict.tail.age(verdict.checked_at).total_seconds(),
        },
        "counts": {kind.value: count for kind, count in verdict.counts.items()},
        "findings": [
            {name: fact for name, fact in asdict(finding).items() if fact is not None}
            | {"words": finding.words, "warning": finding.is_warning}
            for finding in verdict.findings
        ],
    }
