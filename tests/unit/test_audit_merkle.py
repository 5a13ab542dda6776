"""The tree against the words of RFC 6962, section 2.1, written down as plainly as possible."""

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsthand.audit import merkle
from firsthand.audit.merkle import Frontier

LEAVES = st.lists(st.binary(max_size=8).map(merkle.leaf_hash), max_size=70)


def plain_root(entries: Sequence[bytes]) -> bytes:
    """MTH(D[n]) of the RFC."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(entries[:split]) + plain_root(entries[split:])).digest()


# The entries and roots that implementations of Certificate Transparency test each other with.
ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    entries = ENTRIES[:size]
    assert merkle.root_of([merkle.leaf_hash(entry) for entry in entries]).hex() == ROOTS[size]
    assert plain_root(entries).hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_root_is_that_of_the_rfc(entries: list[bytes]) -> None:
    assert merkle.root_of([merkle.leaf_hash(entry) for entry in entries]) == plain_root(entries)


@given(LEAVES, st.data())
def test_appending_in_parts_is_appending_at_once(leaves: list[bytes], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(leaves)))
    assert Frontier().append(leaves[:cut]).append(leaves[cut:]) == Frontier().append(leaves)


@given(st.lists(st.binary(max_size=8).map(merkle.leaf_hash), min_size=1, max_size=70), st.data())
def test_inclusion_is_proved_for_the_leaf_and_its_place_alone(leaves: list[bytes], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(leaves) - 1))
    root, proof = merkle.root_of(leaves), merkle.inclusion_proof(leaves, position)
    size = len(leaves)
    assert merkle.proves_inclusion(leaves[position], position, size, proof, root)
    assert not merkle.proves_inclusion(merkle.leaf_hash(b"another leaf"), position, size, proof, root)
    assert not merkle.proves_inclusion(leaves[position], position, size, proof, bytes(32))
    assert not merkle.proves_inclusion(leaves[position], position, size, (*proof, bytes(32)), root)
    assert not merkle.proves_inclusion(leaves[position], size, size, proof, root)
    assert not merkle.proves_inclusion(leaves[position], -1, size, proof, root)
    if proof:
        assert not merkle.proves_inclusion(leaves[position], position, size, proof[:-1], root)


@given(st.lists(st.binary(max_size=8).map(merkle.leaf_hash), min_size=1, max_size=70), st.data())
def test_consistency_is_proved_for_a_beginning_alone(leaves: list[bytes], data: st.DataObject) -> None:
    size = len(leaves)
    old_size = data.draw(st.integers(1, size))
    old_root, root = merkle.root_of(leaves[:old_size]), merkle.root_of(leaves)
    proof = merkle.consistency_proof(leaves, old_size)
    assert merkle.proves_consistency(old_size, size, proof, old_root, root)
    assert not merkle.proves_consistency(old_size, size, proof, bytes(32), root)
    assert not merkle.proves_consistency(old_size, size, proof, old_root, bytes(32))
    assert not merkle.proves_consistency(old_size, size, (*proof, bytes(32)), old_root, root)
    assert not merkle.proves_consistency(0, size, proof, old_root, root)
    assert not merkle.proves_consistency(size + 1, size, proof, old_root, root)
    if proof:
        assert not merkle.proves_consistency(old_size, size, proof[:-1], old_root, root)
        assert not merkle.proves_consistency(old_size, size, (), old_root, root)


@given(st.lists(st.binary(max_size=8).map(merkle.leaf_hash), min_size=2, max_size=40, unique=True), st.data())
def test_a_rewritten_beginning_has_no_proof(leaves: list[bytes], data: st.DataObject) -> None:
    old_size = data.draw(st.integers(1, len(leaves) - 1))
    changed = data.draw(st.integers(0, old_size - 1))
    rewritten = [*leaves[:changed], merkle.leaf_hash(b"something quite else"), *leaves[changed + 1 :]]
    proof = merkle.consistency_proof(rewritten, old_size)
    old_root = merkle.root_of(leaves[:old_size])
    assert not merkle.proves_consistency(old_size, len(leaves), proof, old_root, merkle.root_of(rewritten))


@pytest.mark.parametrize("position", [-1, 3])
def test_no_proof_of_what_is_not_there(position: int) -> None:
    leaves = [bytes(32)] * 3
    with pytest.raises(IndexError):
        merkle.inclusion_proof(leaves, position)
    with pytest.raises(IndexError):
        merkle.consistency_proof(leaves, position + 1 if position > 0 else position)


@pytest.mark.parametrize(("size", "hashes"), [(-1, ()), (0, (bytes(32),)), (3, (bytes(32),)), (1, (b"short",))])
def test_a_frontier_fits_its_size(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError, match="subtree"):
        Frontier(size, hashes)
