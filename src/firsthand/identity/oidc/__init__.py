"""A hospital's own sign-in (OpenID Connect)."""
