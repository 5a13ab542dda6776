"""The ways out of the house: an SMS gateway over HTTP, a mail server. `opening.py` chooses by the settings."""
