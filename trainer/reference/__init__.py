"""The recipe of the reference model: plain text in, tokenizer, weights, GGUF and model card out."""
