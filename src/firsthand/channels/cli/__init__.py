"""The command `firsthand`."""
