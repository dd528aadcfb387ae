"""Texts to vectors: what of a record is embedded, how its tokens are pooled, and the embedder that ships."""
