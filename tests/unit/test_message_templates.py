"""Every message can be said in both languages, and nothing that is put into it becomes more than a word of it."""

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from firsthand.messages.examples import FACTS, example_event, example_facts
from firsthand.messages.model import EventMethod, Template
from firsthand.messages.rules import CODES
from firsthand.messages.templates import FACT_CHARACTERS_MAX, SUBJECTS, WORDS, facts_of, plain, render
from firsthand.platform.i18n import Language

SUBJECT_CHARACTERS_MAX = 60


@pytest.mark.parametrize("template", Template)
def test_both_languages_need_the_same_facts(template: Template) -> None:
    assert WORDS[template].keys() == set(Language)
    assert facts_of(template, Language.CHINESE) == facts_of(template, Language.ENGLISH)


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize("language", Language)
def test_a_message_says_every_fact(template: Template, language: Language) -> None:
    facts = {name: f"<{name}>" for name in facts_of(template, language)}
    body = render(template, language, facts)
    assert all(fact in body for fact in facts.values())
    assert "http" not in body


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize("language", Language)
def test_a_message_has_a_subject_that_tells_nothing_and_an_example(template: Template, language: Language) -> None:
    subject = SUBJECTS[template][language]
    assert 0 < len(subject) <= SUBJECT_CHARACTERS_MAX
    assert subject.isprintable()
    assert not set(subject) & set("{}")
    missing = facts_of(template, language) - FACTS.keys()
    assert not missing, f"give an example of {sorted(missing)} in messages/examples.py"
    facts = example_facts(template, language)
    assert all(fact in render(template, language, facts) for fact in facts.values())
    event = example_event(template, language)
    assert event is None or event.method in {EventMethod.REQUEST, EventMethod.CANCEL}


@pytest.mark.parametrize("template", Template)
def test_what_brings_a_code_to_sign_in_or_to_agree_by_is_never_held_back(template: Template) -> None:
    brings_one = {"code", "minutes"} <= facts_of(template, Language.ENGLISH)
    assert brings_one == (template in CODES), "put it into CODES in messages/rules.py"


def test_a_fact_is_never_read_as_a_template() -> None:
    said = render(Template.ONE_TIME_CODE, Language.ENGLISH, {"code": "{minutes}{0.__class__}", "minutes": "5"})
    assert "{minutes}{0." in said


@pytest.mark.parametrize("facts", [{}, {"code": "1"}, {"code": "1", "minutes": "5", "name": "x"}])
def test_missing_and_surplus_facts_are_a_mistake(facts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="one_time_code needs the facts"):
        render(Template.ONE_TIME_CODE, Language.ENGLISH, facts)


@given(st.text(max_size=400))
@example("a\r\nBcc: b")
@example("\u202egnp.exe\u2066\u2069\u200b\ufeff")
@example("\ud800")
@example("visit evil.example now, or http://evil.example/x")
@example("﹒a．com。cn")
def test_a_fact_is_one_visible_line_without_an_address(fact: str) -> None:
    shown = plain(fact)
    assert len(shown) <= FACT_CHARACTERS_MAX
    assert len(shown.splitlines()) <= 1
    hidden = [one for one in shown if unicodedata.category(one)[0] == "C" and one not in "\u200c\u200d"]
    assert not hidden
    assert "://" not in shown
    assert not re.search(r"[^\W_]\.[^\W\d_]{2}", shown)
    shown.encode()


@given(st.text(alphabet=st.characters(categories=["L", "N"]), min_size=1, max_size=50))
def test_an_ordinary_fact_is_said_as_it_is(fact: str) -> None:
    assert plain(fact) == unicodedata.normalize("NFC", fact)


def test_times_and_names_with_dots_stay_readable() -> None:
    assert plain("Friday 27 March 09:30") == "Friday 27 March 09:30"
    assert plain("Dr. A. Smith") == "Dr. A. Smith"
