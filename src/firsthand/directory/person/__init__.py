"""The people of the city."""
