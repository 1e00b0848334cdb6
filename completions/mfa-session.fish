# Completion of mfa-session for fish, which finds it under share/fish/vendor_completions.d.
function __mfa_session
    _MFA_SESSION_COMPLETE=complete_fish _TYPER_COMPLETE_FISH_ACTION=$argv[1] \
        _TYPER_COMPLETE_ARGS=(commandline -cp) mfa-session
end
complete --command mfa-session --no-files --arguments "(__mfa_session get-args)" --condition "__mfa_session is-args"
