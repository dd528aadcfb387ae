"""Which records resemble which: the HNSW index, exact products, and the lists of nearest with their certificate."""
