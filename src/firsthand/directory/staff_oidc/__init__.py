"""Staff sign in through their hospital's own sign-in (OpenID Connect): settling it, linking accounts, coming in."""
