"""A strict local STS and IAM, and the story told with it."""
