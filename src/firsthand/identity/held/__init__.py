"""What this room holds on one person, for himself: every column of his rows."""
