"""Fuzz, load, soak and faults: `make stress` runs them and writes docs/reliability.md."""
