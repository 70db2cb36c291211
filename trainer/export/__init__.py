"""From a run's adapter to what the app loads: a GGUF adapter, or merged and quantised models."""
