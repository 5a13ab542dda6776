"""What a verdict says."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from firsthand.audit.finding import FINDINGS_OF_A_KIND_MAX, Finding, FindingKind, Findings, Verdict, report, to_json
from firsthand.audit.model import Tail

NOW = datetime(2026, 3, 2, tzinfo=UTC)


def verdict_of(*found: Finding, tail: Tail | None = None) -> Verdict:
    findings = Findings()
    for finding in found:
        findings.add(finding)
    return Verdict(9, 2, None, tail or Tail(0, None), NOW, tuple(findings.kept), dict(findings.counts))


@pytest.mark.parametrize("kind", FindingKind)
def test_every_kind_has_words(kind: FindingKind) -> None:
    words = Finding(kind, line_n=1, first=2, last=3, size=4, file_line=5, age_seconds=6).words
    assert words
    assert "{" not in words


def test_a_changed_line_is_named() -> None:
    verdict = verdict_of(Finding(FindingKind.LINE_CHANGED, line_n=17, first=4))
    assert not verdict.is_sound
    assert any("line 17" in line and "position 4" in line for line in report(verdict))
    assert report(verdict)[-1] == "The record is NOT whole."


def test_warnings_do_not_fail() -> None:
    verdict = verdict_of(Finding(FindingKind.TAIL_LATE, age_seconds=9), tail=Tail(3, NOW - timedelta(seconds=9)))
    assert verdict.is_sound
    assert report(verdict)[-1] == "The record is whole."
    assert any("3 lines not yet sealed, the oldest for 9.0 s" in line for line in report(verdict))


def test_a_ruin_is_counted_but_not_listed_in_full() -> None:
    many = [Finding(FindingKind.LINE_CHANGED, line_n=n, first=n) for n in range(FINDINGS_OF_A_KIND_MAX + 5)]
    verdict = verdict_of(*many, Finding(FindingKind.ROLLED_BACK, first=1, size=2))
    assert len(verdict.findings) == FINDINGS_OF_A_KIND_MAX + 1
    assert verdict.counts == {FindingKind.LINE_CHANGED: FINDINGS_OF_A_KIND_MAX + 5, FindingKind.ROLLED_BACK: 1}
    assert any("5 more" in line for line in report(verdict))


def test_json_has_every_finding() -> None:
    body = to_json(verdict_of(Finding(FindingKind.LINE_REMOVED, line_n=17, first=4)))
    again = msgspec.json.decode(msgspec.json.encode(body))
    assert again["sound"] is False
    assert again["findings"] == [
        {
            "kind": "line_removed",
            "line_n": 17,
            "first": 4,
            "words": "line 17, sealed at position 4, is gone: it was removed",
            "warning": False,
        }
    ]


def test_a_tail_is_late_after_five_seconds() -> None:
    assert not Tail(1, NOW - timedelta(seconds=5)).is_late(NOW)
    assert Tail(1, NOW - timedelta(seconds=5, microseconds=1)).is_late(NOW)
    assert not Tail(0, None).is_late(NOW)
    assert Tail(1, NOW + timedelta(seconds=9)).age(NOW) == timedelta()
