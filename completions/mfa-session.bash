# Completion of mfa-session for bash, which finds it under share/bash-completion/completions.
_mfa_session() {
    local IFS=$'\n'
    COMPREPLY=($(COMP_WORDS="${COMP_WORDS[*]}" COMP_CWORD=$COMP_CWORD _MFA_SESSION_COMPLETE=complete_bash "$1"))
}
complete -o default -F _mfa_session mfa-session
