"""Long-term access keys: find, add, import, list, rotate, remove."""
