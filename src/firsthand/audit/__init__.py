"""The append-only record of what was done and who read what, sealed into a signed Merkle log."""
