"""Changes of policies: what one member of staff proposes, and another approves or refuses."""
