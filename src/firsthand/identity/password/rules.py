"""Which passwords are accepted, and how one is kept.

Hashing is slow on purpose (about 50 ms and 19 MiB), and judging takes some 20 ms: callers run both in a thread, outside
a transaction. Source: NIST SP 800-63B-4, section 3.1.1 (length, no composition rules); RFC 9106 (Argon2id); D. Wheeler,
zxcvbn (2016), whose library holds 30,000 common passwords, words and names, and knows keyboards, dates and repeats.
"""

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from zxcvbn import zxcvbn  # type: ignore[import-untyped]

CHARACTERS_MIN: Final = 12
CHARACTERS_MAX: Final = 200
# Enough to refuse "aaaaaaaaaaaa" and "121212121212".
DIFFERENT_CHARACTERS_MIN: Final = 4
SALT_BYTES: Final = 16
# Whoever has stolen the hashes tries some ten a second on each processor; online he has a few hundred a day.
GUESSES_MIN: Final = 10**10
# What comes to mind first to everybody who works here. Besides: his own names and his hospital's.
WORDS: Final = (
    "firsthand", "hospital", "clinic", "appointment", "booking", "register", "patient", "doctor", "nurse", "desk",
    "reception", "officer", "supervisor", "administrator", "authority", "auditor", "health", "password", "welcome",
    "yiyuan", "menzhen", "guahao", "yuyue", "yisheng", "hushi", "huanzhe", "chuangkou", "guanliyuan", "mima",
    "医院", "门诊", "挂号", "预约", "医生", "护士", "患者", "窗口", "管理员", "密码",
)  # fmt: skip

_JUDGED_CHARACTERS: Final = 72
_WORD_CHARACTERS_MIN: Final = 2
_HASH_BYTES: Final = 32
_ITERATIONS: Final = 2
_LANES: Final = 1
_MEMORY_KIB: Final = 19 * 1024

# What a password is compared with when there is nobody of that name, so that the answer takes as long.
NOBODYS_SALT: Final = bytes(SALT_BYTES)


class Flaw(StrEnum):
    """Why a new password will not do.

    UNACCEPTABLE: too short, endless, of too few characters, or with the user name in it. GUESSABLE: others think of it
    too.
    """

    UNACCEPTABLE = "password_unacceptable"
    GUESSABLE = "password_guessable"


def flaw_of(password: str, *, username: str, words: Collection[str] = ()) -> Flaw | None:
    """Return why a new password will not do, or None. words: names around its owner, such as his hospital's."""
    prepared = unicodedata.normalize("NFKC", password)
    long_enough = len(prepared) >= CHARACTERS_MIN and len(password) <= CHARACTERS_MAX
    varied = len(set(prepared)) >= DIFFERENT_CHARACTERS_MIN
    if not long_enough or not varied or username.lower() in prepared.lower():
        return Flaw.UNACCEPTABLE
    context = _context(username, words)
    # Judged also without what stands between its words: spaces and dots make no new thing of an old one.
    guesses = min(_guesses(spelling, context) for spelling in (prepared, "".join(_words_of(prepared))))
    return Flaw.GUESSABLE if guesses < GUESSES_MIN else None


def hash_password(password: str, salt: bytes) -> str:
    """Return the PHC string (`$argon2id$...`) of a password. salt: 16 random bytes."""
    kdf = Argon2id(salt=salt, length=_HASH_BYTES, iterations=_ITERATIONS, lanes=_LANES, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(_prepared(password))


def matches(password: str, phc: str | None) -> bool:
    """Say whether a password is the one that `phc` was made of. None matches nothing, and takes as long."""
    if len(password) > CHARACTERS_MAX:
        return False
    if phc is None:
        hash_password(password, NOBODYS_SALT)
        return False
    try:
        Argon2id.verify_phc_encoded(_prepared(password), phc)
    except InvalidKey:
        return False
    return True


def _context(username: str, words: Collection[str]) -> list[str]:
    """Return what a password is easily made of here: names whole and in their parts, then the words of everybody."""
    parts = [part for name in (username, *words) for part in (name, *_words_of(name))]
    return [*(part.lower() for part in parts if len(part) >= _WORD_CHARACTERS_MIN), *WORDS]


def _words_of(text: str) -> list[str]:
    return re.split(r"[\W_]+", text)


def _guesses(password: str, context: list[str]) -> float:
    # The library judges 72 characters; what is hard to guess so far does not become easier by what follows.
    return float(zxcvbn(password[:_JUDGED_CHARACTERS], user_inputs=context)["guesses"]) if password else 0.0


def _prepared(password: str) -> bytes:
    # The same password typed on two keyboards can differ in its code points. A broken one (half a surrogate pair, from
    # a hostile client) is only a wrong password.
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
