"""Annotations on their way to training: checked, audited, and imported from public sets."""
