"""The e-mail address of a person: given by himself, and used once he has shown that it is his."""
