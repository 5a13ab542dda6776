"""What a change of a policy would touch as things stand: counted now, for those who decide on it."""
