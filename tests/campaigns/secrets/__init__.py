"""No secret is ever where it was not asked for: every asset, through every command, failure and mode."""
