"""Rules as data: what is allowed, from which day on, and on what source."""
