"""Small records in ~/.aws/mfa-session: used codes, failed logins, declined moves, rotations. Never a secret."""
