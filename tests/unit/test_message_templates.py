"""Every message can be said in both languages."""

import pytest

from firsthand.messages.model import Template
from firsthand.messages.templates import WORDS, facts_of, render
from firsthand.platform.i18n import Language


@pytest.mark.parametrize("template", Template)
def test_both_languages_need_the_same_facts(template: Template) -> None:
    assert WORDS[template].keys() == set(Language)
    assert facts_of(template, Language.CHINESE) == facts_of(template, Language.ENGLISH) != frozenset()


@pytest.mark.parametrize("template", Template)
@pytest.mark.parametrize("language", Language)
def test_a_message_says_every_fact(template: Template, language: Language) -> None:
    facts = {name: f"<{name}>" for name in facts_of(template, language)}
    body = render(template, language, facts)
    assert all(fact in body for fact in facts.values())
    assert "http" not in body


def test_a_fact_is_never_read_as_a_template() -> None:
    said = render(Template.ONE_TIME_CODE, Language.ENGLISH, {"code": "{minutes}{0.__class__}", "minutes": "5"})
    assert "{minutes}{0.__class__}" in said


@pytest.mark.parametrize("facts", [{}, {"code": "1"}, {"code": "1", "minutes": "5", "name": "x"}])
def test_missing_and_surplus_facts_are_a_mistake(facts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="one_time_code needs the facts"):
        render(Template.ONE_TIME_CODE, Language.ENGLISH, facts)
