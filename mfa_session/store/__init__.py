"""What is kept on this machine: access keys, the AWS files, private files, locks."""
