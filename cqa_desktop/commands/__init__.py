"""The commands of `cqa`, one to a module."""
