"""MFA devices of an IAM user: enroll, resynchronize, remove."""
