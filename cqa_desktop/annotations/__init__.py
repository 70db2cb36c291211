"""Annotations, judgments and the prompt they are trained and asked with: one schema for the app and the trainer."""
