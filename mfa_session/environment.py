"""The environment of a program that runs with a session."""

# Each of these would win over the session, or be taken for a part of it, in one SDK or another.
# https://docs.aws.amazon.com/sdkref/latest/guide/environment-variables.html
STALE = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CREDENTIAL_FILE",
    "AWS_ACCOUNT_ID",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
)

# What opens the store of the long-term keys is no business of the program.
OURS = (
    "MFA_SESSION_PASSPHRASE",
    "MFA_SESSION_PASSPHRASE_FD",
    "MFA_SESSION_PASSPHRASE_FILE",
)


# What no process needs to keep that runs for hours; the passphrase goes to a login that needs it by a descriptor.
SECRET = (
    "MFA_SESSION_PASSPHRASE",
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)


def session_variables(session: dict[str, str], *, region: str | None) -> dict[str, str]:
    """Return the variables that hand a session to an AWS SDK.

    *session* has the keys and values of its section in the credentials file; *region*
    sets the names under which the SDKs look for one, or is ``None`` where none is known.
    """
    variables = {
        "AWS_ACCESS_KEY_ID": session["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": session["aws_secret_access_key"],
        "AWS_SESSION_TOKEN": session["aws_session_token"],
        "AWS_CREDENTIAL_EXPIRATION": session["x_security_token_expires"],
    }
    if region is not None:
        variables["AWS_REGION"] = variables["AWS_DEFAULT_REGION"] = region
    return variables


def child_environment(environ: dict[str, str], session: dict[str, str], *, region: str | None) -> dict[str, str]:
    """Return *environ* for a program that runs with the session, with all that contradicts it removed.

    A region that is already set in *environ* was set for a reason and stays; *region* is
    the profile's.
    """
    return {**_kept(environ), **session_variables(session, region=_chosen_region(environ, region))}


def served_environment(environ: dict[str, str], variables: dict[str, str], *, region: str | None) -> dict[str, str]:
    """Return *environ* for a program that asks for its session where *variables* lead; the rest as for any other."""
    chosen = _chosen_region(environ, region)
    regions = {"AWS_REGION": chosen, "AWS_DEFAULT_REGION": chosen} if chosen else {}
    return {**_kept(environ), **regions, **variables}


def _kept(environ: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in STALE and name not in OURS}


def _chosen_region(environ: dict[str, str], region: str | None) -> str | None:
    return environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or region
