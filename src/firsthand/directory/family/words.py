"""The words to which somebody says yes, in both languages, and their version, which every consent names.

They are data and not catalogue entries: what somebody agreed to must be found again, word for word. Whoever changes
them gives them a new version (`tests/unit/test_family_rules.py` notices), and keeps the old ones in this file.
"""

from collections.abc import Mapping
from typing import Final

from firsthand.directory.family.model import Kind
from firsthand.platform.i18n import Language

VERSION: Final = "2026-11"

_ZH, _EN = Language.CHINESE, Language.ENGLISH

ALLOWS: Final[Mapping[Kind, Mapping[Language, tuple[str, ...]]]] = {
    Kind.CARER: {
        _ZH: (
            "对方可以用本系统为您预约、确认和退号，并看到其为您所约的号。",
            "对方看不到您自己所约的号、您的证件号码、手机号码和病历。",
            "就诊时必须您本人持证件到场，对方不能代替您就诊，也不能把号转给别人。",
            "您可以随时结束，结束后立即生效，已约的号仍属于您。",
        ),
        _EN: (
            "They can book appointments for you here, confirm them and give them back, and see those they booked.",
            "They cannot see what you booked yourself, your document number, your phone or your medical records.",
            "You must come in person with your document. They cannot come instead of you, nor pass a place on.",
            "You can end this at any time. It ends at once, and appointments already made stay yours.",
        ),
    },
    Kind.GUARDIAN: {
        _ZH: (
            "监护人可以用本系统为孩子预约、确认和退号，并看到其为孩子所约的号。",
            "就诊时孩子必须到场；没有证件的孩子由监护人出示自己的证件报到。",
            "孩子成年之日，监护人的权限自动结束。",
            "可以随时结束，结束后立即生效，已约的号仍属于孩子。",
        ),
        _EN: (
            "A guardian can book appointments for the child here, confirm them and give them back, and see those.",
            "The child must come. For a child without a document, the guardian checks in with the guardian's own.",
            "It ends by itself on the day the child comes of age.",
            "It can be ended at any time. It ends at once, and appointments already made stay the child's.",
        ),
    },
}
