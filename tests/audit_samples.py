"""What several tests of the audit room start from."""

from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firsthand.audit.checkpoint import Signer
from firsthand.audit.merkle import Frontier
from firsthand.audit.model import CheckpointRow

SIGNER = Signer("city.example/audit", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
ROOT = bytes(range(100, 132))
SEALED_AT = datetime(2026, 3, 2, tzinfo=UTC)


def row_of(frontier: Frontier) -> CheckpointRow:
    """Return the row that the sealer would store for this log."""
    signed = SIGNER.sign(frontier.size, frontier.root())
    return CheckpointRow(frontier.size, frontier.root(), frontier.hashes, SEALED_AT, signed.note)
