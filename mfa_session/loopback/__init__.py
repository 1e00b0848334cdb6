"""What other programs of this machine ask of us, over HTTP on the loopback."""
