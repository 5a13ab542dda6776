"""Passkeys, of persons and of staff alike."""
