"""The container-credentials endpoint that `serve` gives to one command."""
