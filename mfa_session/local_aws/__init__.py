"""A strict local STS, IAM and S3, for the demonstration and the tests."""
