"""What was measured, as text, as JSON and as a page."""
