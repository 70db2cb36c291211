"""One module a command: its arguments, and the call that does the work. Heavy imports stay inside `run`."""
