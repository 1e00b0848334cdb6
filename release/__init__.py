"""A release: its files. The sessions of noxfile.py try them."""
