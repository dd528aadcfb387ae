"""What a trainer reads: one writer for each, dry-run checks, the manifest and the card. Knows no store."""
