"""What a scorer is worth, and how far a cheap one can stand in for it: arrays in, numbers out."""
