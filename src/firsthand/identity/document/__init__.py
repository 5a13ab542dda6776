"""Real-name documents."""
