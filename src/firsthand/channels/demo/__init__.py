"""The demo: a made-up city lives for some days, through the same actions as everyone, and is then served."""
