"""The patient comes: check-in at the desk, late arrivals, and who did not come."""
