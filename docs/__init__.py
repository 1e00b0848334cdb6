"""The documentation, with what builds it."""
