"""Readers by name: files in, records out."""
