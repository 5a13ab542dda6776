"""Passwords of staff."""
