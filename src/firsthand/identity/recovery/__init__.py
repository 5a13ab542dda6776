"""Recovery codes: what signs in instead of the app."""
