"""What a trainer reads: a writer for each, dry-run checks, manifest and card. Knows no store."""
