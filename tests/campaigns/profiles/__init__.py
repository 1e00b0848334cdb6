"""Profiles of made-up AWS files, compared with botocore."""
