"""Private files, atomic writes, locks, permissions and paths. Nothing here knows what AWS is."""
