"""What screens are made of. A widget draws and tells; it knows no project."""
