"""Fine-tuning: annotations in, one LoRA adapter an epoch out."""
