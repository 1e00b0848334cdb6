"""Values: credentials, MFA devices, profiles, roles, durations. They check themselves and reach nothing outside."""
