"""Which records resemble which: index, exact products, and lists of the nearest, with proof."""
