"""Read and edit ~/.aws/credentials and ~/.aws/config."""
