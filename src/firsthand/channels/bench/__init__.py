"""Benchmarks: each against a limit measured in the same run on the same machine."""
