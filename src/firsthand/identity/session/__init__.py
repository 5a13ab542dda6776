"""Signed-in browsers and API clients."""
