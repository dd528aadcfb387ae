"""The demo: real, permissively licensed records. Where each is from is told in README.md beside this file."""
