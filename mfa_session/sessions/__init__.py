"""Get, keep and show sessions: login, roles, status, export."""
