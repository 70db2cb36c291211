"""Our own converter: Hugging Face checkpoints to GGUF, on the `gguf` package."""
