"""Staff prove who they are: by a password and a second factor."""
