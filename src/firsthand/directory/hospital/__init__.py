"""Hospitals, their departments and their doctors, under the names by which they publish themselves."""
