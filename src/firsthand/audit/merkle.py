"""The Merkle tree of RFC 6962: append, root, proofs, and their checks. Nothing here reads anything but its arguments.

A `Frontier` holds the roots of the perfect subtrees that a log of some size is made of, largest first (one for each 1
in the binary size). It is all that appending needs: 32 bytes times at most 64, however long the log.
Source: RFC 6962, section 2.1; the checks follow RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()

Hashes = tuple[bytes, ...]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf. The leading 0x00 keeps leaves and inner nodes apart."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of the inner node over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """A log of `size` leaves, reduced to what the next leaf needs. Raises ValueError when the hashes do not fit."""

    size: int = 0
    hashes: Hashes = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be a frontier."""
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError(f"a log of {self.size} leaves does not have {len(self.hashes)} subtrees")
        if any(len(digest) != HASH_BYTES for digest in self.hashes):
            raise ValueError("a subtree's hash has 32 bytes")

    def append(self, leaves: Sequence[bytes]) -> "Frontier":
        """Return the log after these leaf hashes, in order."""
        size, hashes = self.size, list(self.hashes)
        for leaf in leaves:
            digest, remaining = leaf, size
            while remaining & 1:
                digest = node_hash(hashes.pop(), digest)
                remaining >>= 1
            hashes.append(digest)
            size += 1
        return Frontier(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the root of the whole log."""
        if not self.hashes:
            return EMPTY_ROOT
        digest = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            digest = node_hash(left, digest)
        return digest


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over these leaf hashes."""
    return Frontier().append(leaves).root()


def inclusion_proof(leaves: Sequence[bytes], position: int) -> Hashes:
    """Return the hashes that lead from the leaf at `position` to the root, lowest first. Raises IndexError."""
    if not 0 <= position < len(leaves):
        raise IndexError(f"a log of {len(leaves)} leaves has no position {position}")
    if len(leaves) == 1:
        return ()
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if position < split:
        return (*inclusion_proof(left, position), root_of(right))
    return (*inclusion_proof(right, position - split), root_of(left))


def proves_inclusion(leaf: bytes, position: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Tell whether `proof` shows that the leaf hash stands at `position` of the log with this size and root."""
    if not 0 <= position < size:
        return False
    node, last, digest = position, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            digest = node_hash(sibling, digest)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            digest = node_hash(digest, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and digest == root


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> Hashes:
    """Return the hashes that show that the first `old_size` leaves are the start of the log. Raises IndexError."""
    if not 0 < old_size <= len(leaves):
        raise IndexError(f"a log of {len(leaves)} leaves has no earlier size {old_size}")
    return _subproof(leaves, old_size, whole=True)


def proves_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Tell whether `proof` shows that the log of `old_size` and `old_root` is the start of the newer one."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_digest = new_digest = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old_digest, new_digest = node_hash(sibling, old_digest), node_hash(sibling, new_digest)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new_digest = node_hash(new_digest, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and old_digest == old_root and new_digest == new_root


def _subproof(leaves: Sequence[bytes], old_size: int, *, whole: bool) -> Hashes:
    # `whole`: the old log is this very subtree, so the checker already has its root.
    if old_size == len(leaves):
        return () if whole else (root_of(leaves),)
    split = _split(len(leaves))
    left, right = leaves[:split], leaves[split:]
    if old_size <= split:
        return (*_subproof(left, old_size, whole=whole), root_of(right))
    return (*_subproof(right, old_size - split, whole=False), root_of(left))


def _split(size: int) -> int:
    # The largest power of two below `size`.
    return 1 << ((size - 1).bit_length() - 1)
