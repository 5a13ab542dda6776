"""Browsers that have signed somebody in before."""
