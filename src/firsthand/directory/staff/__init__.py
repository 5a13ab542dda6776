"""Who works at a hospital."""
