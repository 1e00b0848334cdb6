"""How long `mfa-session` takes, beside the interpreter that it runs in and the tools that it takes the place of."""
