"""Another version of a passage, set beside it: how surprising each is, and how far that tells them apart."""
