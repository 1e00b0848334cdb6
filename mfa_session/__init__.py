"""One MFA code, and every AWS tool on the machine works for the next twelve hours."""

__version__ = "0.1.0"
