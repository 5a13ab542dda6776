"""Firsthand keeps a city's hospital appointments in patients' hands."""
