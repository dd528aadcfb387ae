"""Scoring methods: texts and numbers in, scores out."""
