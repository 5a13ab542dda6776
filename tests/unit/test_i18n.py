"""Languages: which is chosen, that every sentence has its translation, and how times and money are written."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.catalogue import CATALOGUE, check_catalogue
from checks.findings import PACKAGE
from firsthand.platform import i18n
from firsthand.platform.days import local_day
from firsthand.platform.i18n import DEFAULT_LANGUAGE, Language, choose_language, parse_language, say

ROOT = Path(__file__).parents[2]


def test_every_sentence_has_a_chinese_translation_that_fits() -> None:
    assert [str(finding) for finding in check_catalogue(ROOT)] == []


SENTENCES = 'WORDS = [phrase("One"), phrase("Two %(count)s")]\n'


@pytest.mark.parametrize(
    ("catalogue", "told"),
    [
        ('msgid "Two %(count)s"\nmsgstr "二 %(count)s"\n', ['"One" has no Chinese translation']),
        (
            'msgid "One"\nmsgstr "一"\n\nmsgid "Two %(count)s"\nmsgstr "二"\n',
            ['"Two %(count)s" must be translated with the same values: count'],
        ),
        (
            'msgid "One"\nmsgstr "一"\n\n#, fuzzy\nmsgid "Two %(count)s"\nmsgstr "二 %(count)s"\n',
            ['"Two %(count)s" has a translation that is only a guess'],
        ),
        (
            'msgid "One"\nmsgstr "一"\n\nmsgid "Two %(count)s"\nmsgstr "二 %(count)s"\n\nmsgid "Six"\nmsgstr "六"\n',
            ['nothing says "Six" any more'],
        ),
    ],
)
def test_a_sentence_that_is_not_translated_is_found(tmp_path: Path, catalogue: str, told: list[str]) -> None:
    (tmp_path / CATALOGUE).parent.mkdir(parents=True)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (tmp_path / CATALOGUE).write_text(head + catalogue, encoding="utf-8")
    (tmp_path / PACKAGE / "words.py").write_text(SENTENCES, encoding="utf-8")
    assert [finding.message for finding in check_catalogue(tmp_path)] == told


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        (None, Language.CHINESE),
        ("", Language.CHINESE),
        ("fr-FR,fr;q=0.9", Language.CHINESE),
        ("en-GB,en;q=0.9", Language.ENGLISH),
        ("fr, en;q=0.8, zh-CN;q=0.7", Language.ENGLISH),
        ("en;q=0.1,zh-Hant-TW;q=0.5", Language.CHINESE),
        ("en;q=0, zh;q=0.1", Language.CHINESE),
        ("en;q=abc, *;q=0.5", Language.CHINESE),
        ("en;level=1", Language.CHINESE),
    ],
)
def test_the_browsers_wish_is_read_by_quality(header: str | None, chosen: Language) -> None:
    assert choose_language(accept_language=header) is chosen


def test_an_earlier_wish_wins_and_a_foolish_one_is_passed_over() -> None:
    assert choose_language("xx", "en", accept_language="zh") is Language.ENGLISH
    assert choose_language(None, "", accept_language="en") is Language.ENGLISH


@given(st.text(), st.text())
def test_any_wish_gives_a_language(wish: str, header: str) -> None:
    chosen = choose_language(wish, accept_language=header)
    assert chosen is (parse_language(wish) or choose_language(accept_language=header))
    assert choose_language() is DEFAULT_LANGUAGE


@pytest.mark.parametrize("language", Language)
def test_a_language_is_read_back_from_its_tag(language: Language) -> None:
    assert parse_language(language.value) is language


def test_times_are_those_of_the_hospital() -> None:
    instant = datetime(2026, 3, 27, 23, 40, tzinfo=UTC)
    assert i18n.format_time(instant, "Asia/Shanghai", Language.ENGLISH) == "07:40"
    assert local_day(instant, "Asia/Shanghai") == date(2026, 3, 28)
    assert i18n.format_time(instant, "America/New_York", Language.CHINESE) == "19:40"


def test_a_span_over_the_change_of_clocks_is_told_in_local_time() -> None:
    start, end = datetime(2026, 3, 8, 6, 30, tzinfo=UTC), datetime(2026, 3, 8, 7, 30, tzinfo=UTC)
    assert i18n.format_span(start, end, "America/New_York", Language.ENGLISH) == "01:30 to 03:30"


def test_days_numbers_and_money_are_written_as_each_language_writes_them() -> None:
    day = date(2026, 3, 2)
    assert i18n.format_day(day, Language.ENGLISH) == "Monday 2 March"
    assert i18n.format_day(day, Language.CHINESE) == "3月2日 星期一"
    assert i18n.format_date(day, Language.CHINESE) == "2026年3月2日"
    assert i18n.format_number(21000, Language.ENGLISH) == "21,000"
    assert i18n.format_money(5050, "CNY", Language.CHINESE) == "¥50.50"
    assert i18n.format_money(5050, "CNY", Language.ENGLISH) == "CN¥50.50"


def test_values_are_filled_into_the_sentence_of_the_language() -> None:
    assert say(Language.CHINESE, "%(start)s to %(end)s", start="8", end="9") == "8–9"
