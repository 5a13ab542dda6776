"""Staff prove who they are: by password and a second factor, by a passkey, or by their hospital's own sign-in."""
