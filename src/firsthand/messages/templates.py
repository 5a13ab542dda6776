"""The words of every message, in both languages.

They are data and not catalogue entries, because a message is written in the language of its reader, who is not the one
at the page. Each names what happened, then what to do; none asks for a code back or holds an address to follow, so that
a forged one is easy to tell.
"""

from collections.abc import Mapping
from string import Formatter
from typing import Final

from firsthand.messages.model import Template
from firsthand.platform.i18n import Language

_ZH, _EN = Language.CHINESE, Language.ENGLISH

WORDS: Final[Mapping[Template, Mapping[Language, str]]] = {
    Template.ONE_TIME_CODE: {
        _ZH: "【亲约】验证码 {code}，{minutes} 分钟内有效。请勿告诉任何人，医院工作人员也不会向您索要。",
        _EN: "Firsthand: your code is {code}, valid for {minutes} minutes. Tell it to nobody: no hospital asks for it.",
    },
    Template.ALREADY_REGISTERED_CODE: {
        _ZH: "【亲约】有人用您的证件申请注册，而您已经注册过。如果是您本人，请用验证码 {code} 登录，"
        "{minutes} 分钟内有效；如果不是，请勿理会，也不要告诉任何人。",
        _EN: "Firsthand: somebody asked to register your document, which is registered already. If it was you, sign in "
        "with the code {code}, valid for {minutes} minutes. If not, do nothing and tell the code to nobody.",
    },
    Template.BOOKING_CONFIRMED: {
        _ZH: "【亲约】预约成功：{hospital}，{time}。预约码 {code}。请携带预约时所用的证件就诊；预约不可转让。",
        _EN: "Firsthand: booked at {hospital}, {time}. Booking code {code}. Bring the document you booked with; "
        "the appointment cannot be passed on.",
    },
    Template.BOOKING_GIVEN_BACK: {
        _ZH: "【亲约】您已退回 {hospital} {time} 的预约。如果不是您本人操作，请致电医院。",
        _EN: "Firsthand: you gave back your appointment at {hospital}, {time}. If that was not you, call the hospital.",
    },
}


def facts_of(template: Template, language: Language) -> frozenset[str]:
    """Return the names of the facts that the words of a template need."""
    return frozenset(name for _, name, _, _ in Formatter().parse(WORDS[template][language]) if name)


def render(template: Template, language: Language, facts: Mapping[str, str]) -> str:
    """Return the message in words. Raises ValueError when `facts` are not exactly those that the words need."""
    if facts.keys() != facts_of(template, language):
        message = f"{template} needs the facts {sorted(facts_of(template, language))}, not {sorted(facts)}"
        raise ValueError(message)
    return WORDS[template][language].format_map(facts)
