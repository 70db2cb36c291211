"""Critiques in the window: asking for them, reading them, and the notes that stay."""
