"""Work that browsers are asked for while signing in is under attack."""
