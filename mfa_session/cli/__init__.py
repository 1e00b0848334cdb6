"""The commands: options in, one verb called, words out."""
