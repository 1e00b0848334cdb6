"""What only Windows does, tried on it: on the system itself, or under Wine by ``python -m tests.windows``."""
