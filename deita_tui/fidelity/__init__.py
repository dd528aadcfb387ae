"""What another precision or another backend costs a model's scores, measured on this machine."""
