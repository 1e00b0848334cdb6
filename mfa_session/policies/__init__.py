"""IAM policies: evaluate them, check that they enforce MFA, write and attach them."""
