"""A sign-in between its first proof and its second."""
