"""A place becomes somebody's appointment: take and hold, confirm, give back."""
