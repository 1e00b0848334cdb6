"""A release: its files, and the proofs that they are what they should be."""
