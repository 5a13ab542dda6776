"""Corrections that one member of staff asks for and another approves: a wrong document, two records of one person."""
