"""Where a long-term key can be imported from: aws-mfa, aws-vault, the environment, a CSV file."""
