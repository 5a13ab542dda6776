"""Making somebody nobody: what goes of a person whose account is deleted, or who has not come for years."""
