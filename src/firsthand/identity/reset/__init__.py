"""What administrators do to a member of staff's sign-in."""
