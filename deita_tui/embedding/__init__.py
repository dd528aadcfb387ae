"""Texts to vectors: what of a record is embedded, and the embedder that ships."""
