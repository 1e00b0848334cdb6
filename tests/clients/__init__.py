"""Real AWS clients, each installed by name, in every mode in which it can get a session."""
