"""Blind indexes of this room, made anew when the index key is turned over."""
