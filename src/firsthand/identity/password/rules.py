"""Which passwords are accepted, and how one is kept.

Hashing is slow on purpose (about 50 ms and 19 MiB): callers run it in a thread, outside a transaction.
Source: NIST SP 800-63B-4, section 3.1.1 (length, no composition rules); RFC 9106 (Argon2id).
"""

import unicodedata
from typing import Final

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

CHARACTERS_MIN: Final = 12
CHARACTERS_MAX: Final = 200
# Enough to refuse "aaaaaaaaaaaa" and "121212121212".
DIFFERENT_CHARACTERS_MIN: Final = 4
SALT_BYTES: Final = 16

_HASH_BYTES: Final = 32
_ITERATIONS: Final = 2
_LANES: Final = 1
_MEMORY_KIB: Final = 19 * 1024

# What a password is compared with when there is nobody of that name, so that the answer takes as long.
NOBODYS_SALT: Final = bytes(SALT_BYTES)


def is_acceptable(password: str, *, username: str) -> bool:
    """Say whether a new password will do: long enough, not endless, and not made of the name it protects."""
    prepared = unicodedata.normalize("NFKC", password)
    long_enough = len(prepared) >= CHARACTERS_MIN and len(password) <= CHARACTERS_MAX
    return long_enough and username.lower() not in prepared.lower() and len(set(prepared)) >= DIFFERENT_CHARACTERS_MIN


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


def _prepared(password: str) -> bytes:
    # The same password typed on two keyboards can differ in its code points. A broken one (half a surrogate pair, from
    # a hostile client) is only a wrong password.
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")
