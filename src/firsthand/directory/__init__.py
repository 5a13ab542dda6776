"""Hospitals and their staff, and the people of the city."""
