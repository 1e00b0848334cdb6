"""Find out why a profile does not work, and say what to do."""
