"""Finding programs, and writing their command lines for a shell or the AWS config file."""
