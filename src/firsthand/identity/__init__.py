"""Proofs of who someone is: documents, one-time codes, passwords, and the sessions they open."""
