"""Recording an expert's judgments, and training on them."""
