"""Critiques: who writes them, what ties them to the draft's words, and what is asked of an expert."""
