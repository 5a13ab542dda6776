"""The words of every message, in both languages.

They are data and not catalogue entries, because a message is written in the language of its reader, who is not the one
at the page. Each names what happened, then what to do; none asks for a code back or holds an address to follow, so that
a forged one is easy to tell. A subject says less still: it is shown on locked screens.

A new template needs an entry in `WORDS` and in `SUBJECTS`; a new fact needs an example in `examples.py`.
"""

import re
import unicodedata
from collections.abc import Mapping
from string import Formatter
from typing import Final

from firsthand.messages.model import Template
from firsthand.platform.i18n import Language

_ZH, _EN = Language.CHINESE, Language.ENGLISH

FACT_CHARACTERS_MAX: Final = 200
# Part of how some scripts are spelled. Other invisible characters could turn a line of text around, or begin a new one.
_JOINERS: Final = frozenset({"\u200c", "\u200d"})
# Phones make a link of these. Somebody who calls himself one must not have it sent to others by a hospital.
_HOST: Final = re.compile(r"(?<=[^\W_])\.(?=[^\W\d_]{2})")

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
    Template.EMAIL_CODE: {
        _ZH: "【亲约】有人请求把预约通知发送到这个邮箱。如果是您本人，请在网页上输入验证码 {code}，"
        "{minutes} 分钟内有效；如果不是，请勿理会，也不要告诉任何人。",
        _EN: "Firsthand: somebody asked to have news of appointments sent to this e-mail address. If it was you, enter "
        "the code {code} on the page, valid for {minutes} minutes. If not, do nothing and tell the code to nobody.",
    },
    Template.EMAIL_CHANGED: {
        _ZH: "【亲约】您的通知邮箱已于 {time} 更改。如果不是您本人操作，请到任一医院窗口说明。",
        _EN: "Firsthand: the e-mail address for your messages was changed, {time}. If that was not you, tell the desk "
        "of any hospital.",
    },
    Template.NEW_PHONE_CODE: {
        _ZH: "【亲约】有人要把本机号码登记为其亲约手机号。如果是您本人，验证码 {code}，{minutes} 分钟内有效；"
        "如果不是，请勿理会，也不要告诉任何人。",
        _EN: "Firsthand: somebody wants to use this phone for his appointments. If it is you, the code is {code}, "
        "valid for {minutes} minutes. If not, do nothing and tell the code to nobody.",
    },
    Template.PHONE_CHANGED_ONLINE: {
        _ZH: "【亲约】您的登录手机号已更换，今后的消息将发往新号码。如果不是您本人操作，请立即携带证件到任一医院窗口。",
        _EN: "Firsthand: you now sign in with another phone, and messages go there. If that was not you, go to any "
        "hospital's desk with your document at once.",
    },
    Template.PASSKEY_ADDED: {
        _ZH: "【亲约】您添加了一个登录用的通行密钥。如果不是您本人操作，请在“登录与设备”中移除它，并退出其他设备。",
        _EN: "Firsthand: a passkey was added for signing in as you. If that was not you, remove it under “Sign-in and "
        "devices” and sign out the other devices.",
    },
    Template.PASSKEY_COPIED: {
        _ZH: "【亲约】您的一个通行密钥似乎被复制过，因此未被接受。请用验证码登录，在“登录与设备”中移除它，再添加新的。",
        _EN: "Firsthand: one of your passkeys seems to exist twice, so it was not accepted. Sign in by a code, "
        "remove it under “Sign-in and devices”, and add a new one.",
    },
    Template.PASSKEY_REMOVED: {
        _ZH: "【亲约】您移除了一个登录用的通行密钥。如果不是您本人操作，请在“登录与设备”中退出其他设备。",
        _EN: "Firsthand: a passkey for signing in as you was removed. If that was not you, sign out the other devices "
        "under “Sign-in and devices”.",
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
    Template.BOOKING_CONFIRMED_FOR_OTHER: {
        _ZH: "【亲约】您为{patient}预约成功：{hospital}，{time}。预约码 {code}。"
        "就诊时须{patient}本人到场；预约不可转让。",
        _EN: "Firsthand: you booked for {patient} at {hospital}, {time}. Booking code {code}. {patient} must come in "
        "person; the appointment cannot be passed on.",
    },
    Template.BOOKING_GIVEN_BACK_FOR_OTHER: {
        _ZH: "【亲约】您为{patient}预约的 {hospital} {time} 已退号。如果您不知情，请与{patient}或医院联系。",
        _EN: "Firsthand: the appointment that you booked for {patient} at {hospital}, {time}, was given back. If you "
        "did not know, ask {patient} or the hospital.",
    },
    Template.TIE_ASKED_CODE: {
        _ZH: "【亲约】{carer}请求代您预约、查看和退掉所代约的号。如果您同意，请在“家人”页面确认，"
        "或亲口把验证码 {code} 告诉对方，{minutes} 分钟内有效。如果不同意或不认识对方，请勿理会，也不要告诉任何人。",
        _EN: "Firsthand: {carer} asks to book appointments for you, and to see and give back what was booked so. If "
        "you agree, confirm it on your Family page, or tell them the code {code} yourself, valid for {minutes} "
        "minutes. If not, do nothing and tell the code to nobody.",
    },
    Template.TIE_ASKED_OF_GUARDIAN: {
        _ZH: "【亲约】{carer}请求成为{dependant}的另一位监护人。"
        "如果您同意，请登录后在“家人”页面确认；如果不同意，请勿理会。",
        _EN: "Firsthand: {carer} asks to be another guardian of {dependant}. If you agree, sign in and confirm it on "
        "your Family page. If not, do nothing.",
    },
    Template.TIE_ACTIVE: {
        _ZH: "【亲约】{carer}现在可以代{dependant}预约，{hours} 小时后生效。您可以随时在“家人”页面结束。",
        _EN: "Firsthand: {carer} may now act for {dependant}, from {hours} hours on. You can end this at any time on "
        "your Family page.",
    },
    Template.TIE_ENDED: {
        _ZH: "【亲约】{carer}不再能代{dependant}预约。已有的预约仍属于{dependant}。",
        _EN: "Firsthand: {carer} can no longer act for {dependant}. Appointments already made stay {dependant}'s.",
    },
    Template.TIE_ENDED_BY_MAJORITY: {
        _ZH: "【亲约】{dependant}已成年，{carer}不再能代其预约。已有的预约仍属于{dependant}；"
        "本人可以用自己的证件注册登录。",
        _EN: "Firsthand: {dependant} has come of age, so {carer} can no longer act for them. Appointments already made "
        "stay {dependant}'s, who can sign in with an own document.",
    },
    Template.EMERGENCY_ACCESS: {
        _ZH: "【亲约】{hospital} 的工作人员于 {time} 因紧急情况查看了您的姓名、电话和近期预约。此次查看会由另一人审核；"
        "如有疑问，请致电该医院。",
        _EN: "Firsthand: in an emergency, staff of {hospital} looked at your name, phone and appointments, {time}. "
        "Somebody else reviews this. If you have questions, call the hospital.",
    },
    Template.DOCUMENT_ADDED: {
        _ZH: "【亲约】{hospital}窗口已为您登记了另一个证件。如果不是您本人办理，请尽快致电该医院。",
        _EN: "Firsthand: the desk of {hospital} added another document to your record. If that was not you, call the "
        "hospital soon.",
    },
    Template.DOCUMENT_CORRECTED: {
        _ZH: "【亲约】{hospital}已更正您登记的一个证件，由两名工作人员核对。请重新登录。"
        "如果有误，请致电该医院，更正可以撤销。",
        _EN: "Firsthand: {hospital} corrected a document of yours, checked by two of its staff. Sign in again. If this "
        "is wrong, call the hospital: it can be undone.",
    },
    Template.CORRECTION_UNDONE: {
        _ZH: "【亲约】{hospital}已撤销对您证件的更正，恢复原来的登记。如有疑问，请致电该医院。",
        _EN: "Firsthand: {hospital} undid the correction of your document; what was registered before holds again. "
        "With questions, call the hospital.",
    },
    Template.RECORDS_MERGED: {
        _ZH: "【亲约】{hospital}已将您的两份登记合并为一份，由两名工作人员核对，您的预约不变。请重新登录。"
        "如果有误，请致电该医院，合并可以撤销。",
        _EN: "Firsthand: {hospital} made your two records one, checked by two of its staff. Your appointments stay. "
        "Sign in again. If this is wrong, call the hospital: it can be undone.",
    },
    Template.MERGER_UNDONE: {
        _ZH: "【亲约】{hospital}已撤销两份登记的合并，恢复为各自的登记。请重新登录。如有疑问，请致电该医院。",
        _EN: "Firsthand: {hospital} undid the merger of two records; each stands for itself again. Sign in again. With "
        "questions, call the hospital.",
    },
    Template.PHONE_CHANGED: {
        _ZH: "【亲约】{hospital}窗口已核验证件并更改了您登录用的手机号码，所有登录均已退出。"
        "如果不是您本人办理，请尽快致电该医院。",
        _EN: "Firsthand: the desk of {hospital} saw your document and changed the phone you sign in with; everything "
        "was signed out. If that was not you, call the hospital soon.",
    },
    Template.REGISTERED_AT_DESK: {
        _ZH: "【亲约】{hospital}窗口已凭您的证件为您登记此手机号码。如果不是您本人办理，请致电该医院。",
        _EN: "Firsthand: the desk of {hospital} registered you with this phone, from your document. If that was not "
        "you, call the hospital.",
    },
    Template.REQUEST_RECEIVED: {
        _ZH: "【亲约】您的申请已收到，最迟于 {day} 答复。进度和答复见“我的”中的“申请”页面。"
        "如果不是您本人提交，请登录后撤回。",
        _EN: "Firsthand: your request was received and is answered by {day} at the latest. You find it under “Me”, "
        "“Requests”. If that was not you, sign in and take it back.",
    },
    Template.REQUEST_ANSWERED: {
        _ZH: "【亲约】您的申请已有答复，请登录后在“我的”中的“申请”页面查看。",
        _EN: "Firsthand: your request was answered. Sign in and read the answer under “Me”, “Requests”.",
    },
    Template.DELETION_ASKED: {
        _ZH: "【亲约】您申请了注销账户，最早于 {day} 执行，在此之前可以随时撤回。如果不是您本人操作，"
        "请立即登录，在“我的”中的“申请”页面撤回。",
        _EN: "Firsthand: you asked for your account to be deleted. That is done on {day} at the earliest, and until "
        "then you can take it back. If that was not you, sign in at once and take it back under “Me”, “Requests”.",
    },
    Template.ACCOUNT_DELETED: {
        _ZH: "【亲约】您的账户已注销，姓名、证件、手机号等已清除。以后需要时，可以用本人证件重新注册。",
        _EN: "Firsthand: your account is deleted; your name, documents and phone are erased. If you need it again, "
        "register with your own document.",
    },
    Template.EMERGENCY_LAPSED: {
        _ZH: "【亲约】{hospital} 的工作人员于 {time} 因紧急情况查看了您的信息，此次查看至今无人审核，审核期已过。"
        "如有异议，请在“我的”中的“申请”页面提出。",
        _EN: "Firsthand: staff of {hospital} looked at your data in an emergency, {time}. Nobody reviewed that in "
        "time. You can object under “Me”, “Requests”.",
    },
    Template.CORRECTION_LAPSED: {
        _ZH: "【亲约】{hospital}窗口为您提出的登记更正无人审批，已失效，您的登记没有变化。"
        "如仍需更正，请再次到窗口办理。",
        _EN: "Firsthand: nobody decided in time on the correction that the desk of {hospital} asked for; nothing was "
        "changed. If it is still needed, ask at the desk again.",
    },
}

SUBJECTS: Final[Mapping[Template, Mapping[Language, str]]] = {
    Template.ONE_TIME_CODE: {_ZH: "亲约：验证码", _EN: "Firsthand: your code"},
    Template.ALREADY_REGISTERED_CODE: {_ZH: "亲约：您已经注册过", _EN: "Firsthand: you are registered already"},
    Template.NEW_PHONE_CODE: {_ZH: "亲约：验证您的手机号", _EN: "Firsthand: confirm your phone"},
    Template.PHONE_CHANGED_ONLINE: {_ZH: "亲约：手机号已更换", _EN: "Firsthand: your phone was changed"},
    Template.PASSKEY_ADDED: {_ZH: "亲约：已添加通行密钥", _EN: "Firsthand: a passkey was added"},
    Template.PASSKEY_COPIED: {_ZH: "亲约：通行密钥被停止使用", _EN: "Firsthand: a passkey was not accepted"},
    Template.PASSKEY_REMOVED: {_ZH: "亲约：已移除通行密钥", _EN: "Firsthand: a passkey was removed"},
    Template.EMAIL_CODE: {_ZH: "亲约：验证您的邮箱", _EN: "Firsthand: confirm your e-mail address"},
    Template.EMAIL_CHANGED: {_ZH: "亲约：通知邮箱已更改", _EN: "Firsthand: your e-mail address was changed"},
    Template.BOOKING_CONFIRMED: {_ZH: "亲约：预约成功", _EN: "Firsthand: your appointment is booked"},
    Template.BOOKING_GIVEN_BACK: {_ZH: "亲约：预约已退回", _EN: "Firsthand: your appointment is given back"},
    Template.EMERGENCY_ACCESS: {_ZH: "亲约：紧急查看通知", _EN: "Firsthand: your record was opened in an emergency"},
    Template.BOOKING_CONFIRMED_FOR_OTHER: {_ZH: "亲约：代约成功", _EN: "Firsthand: booked for somebody else"},
    Template.BOOKING_GIVEN_BACK_FOR_OTHER: {
        _ZH: "亲约：代约的号已退回",
        _EN: "Firsthand: an appointment that you booked is given back",
    },
    Template.TIE_ASKED_CODE: {_ZH: "亲约：有人请求代您预约", _EN: "Firsthand: somebody asks to book for you"},
    Template.TIE_ASKED_OF_GUARDIAN: {_ZH: "亲约：请求成为监护人", _EN: "Firsthand: somebody asks to be a guardian"},
    Template.TIE_ACTIVE: {_ZH: "亲约：代约关系已建立", _EN: "Firsthand: somebody may now act for another"},
    Template.TIE_ENDED: {_ZH: "亲约：代约关系已结束", _EN: "Firsthand: somebody no longer acts for another"},
    Template.TIE_ENDED_BY_MAJORITY: {_ZH: "亲约：代约关系已结束", _EN: "Firsthand: somebody has come of age"},
    Template.DOCUMENT_ADDED: {_ZH: "亲约：已登记新证件", _EN: "Firsthand: a document was added to your record"},
    Template.DOCUMENT_CORRECTED: {_ZH: "亲约：证件信息已更正", _EN: "Firsthand: a document of yours was corrected"},
    Template.CORRECTION_UNDONE: {_ZH: "亲约：证件更正已撤销", _EN: "Firsthand: a correction was undone"},
    Template.RECORDS_MERGED: {_ZH: "亲约：两份登记已合并", _EN: "Firsthand: your two records are one"},
    Template.MERGER_UNDONE: {_ZH: "亲约：登记合并已撤销", _EN: "Firsthand: a merger of records was undone"},
    Template.PHONE_CHANGED: {_ZH: "亲约：登录手机号已更改", _EN: "Firsthand: your phone was changed"},
    Template.REGISTERED_AT_DESK: {_ZH: "亲约：已在窗口登记", _EN: "Firsthand: a desk registered you"},
    Template.REQUEST_RECEIVED: {_ZH: "亲约：申请已收到", _EN: "Firsthand: your request was received"},
    Template.REQUEST_ANSWERED: {_ZH: "亲约：申请已有答复", _EN: "Firsthand: your request was answered"},
    Template.DELETION_ASKED: {_ZH: "亲约：已申请注销账户", _EN: "Firsthand: you asked to delete your account"},
    Template.ACCOUNT_DELETED: {_ZH: "亲约：账户已注销", _EN: "Firsthand: your account is deleted"},
    Template.EMERGENCY_LAPSED: {_ZH: "亲约：紧急查看未获审核", _EN: "Firsthand: a look at your data was not reviewed"},
    Template.CORRECTION_LAPSED: {_ZH: "亲约：更正申请已失效", _EN: "Firsthand: a correction was not decided"},
}


def facts_of(template: Template, language: Language) -> frozenset[str]:
    """Return the names of the facts that the words of a template need."""
    return frozenset(name for _, name, _, _ in Formatter().parse(WORDS[template][language]) if name)


def render(template: Template, language: Language, facts: Mapping[str, str]) -> str:
    """Return the message in words: one line. Raises ValueError when `facts` are not exactly those that it needs.

    A fact is never read as a template, and never turns or breaks the line around it.
    """
    if facts.keys() != facts_of(template, language):
        message = f"{template} needs the facts {sorted(facts_of(template, language))}, not {sorted(facts)}"
        raise ValueError(message)
    return WORDS[template][language].format_map({name: plain(fact) for name, fact in facts.items()})


def plain(fact: str) -> str:
    """Return a fact on one line, not too long, without invisible characters and without an address to follow."""
    spaced = " ".join(unicodedata.normalize("NFC", fact).split())
    shown = "".join(one for one in spaced if one in _JOINERS or not unicodedata.category(one).startswith("C"))
    shown = _HOST.sub(". ", shown.replace("://", ": //"))
    return shown if len(shown) <= FACT_CHARACTERS_MAX else shown[: FACT_CHARACTERS_MAX - 1] + "…"
