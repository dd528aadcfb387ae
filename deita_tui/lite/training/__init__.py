"""How the embedded models were made. Nothing of this is loaded when they are used."""
