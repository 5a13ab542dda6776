"""Codes of an authenticator app."""
