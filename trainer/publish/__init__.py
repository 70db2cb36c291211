"""A run on a model hub, with a card that says what it is and what it did not do; and back from there."""
