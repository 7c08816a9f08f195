"""Servers that nobody here wrote, for tests: how they are found, started on 127.0.0.1 at a free port, and ended."""
