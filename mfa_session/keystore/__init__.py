"""Where long-term access keys are stored: the OS keyring, or an encrypted file."""
