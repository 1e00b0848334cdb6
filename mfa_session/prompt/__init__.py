"""Ask for codes, passphrases and choices: terminal, pinentry, dialogs, code commands."""
