"""The recording of a login that the README shows: the real program at a real terminal, as a picture and as text."""
