"""A key as aws-vault keeps it, whatever it keeps it in: JSON of its keyring, with JSON of the AWS SDK for Go in it."""

import base64
import json

from mfa_session.errors import StoreError, UsageError
from mfa_session.model.credentials import AccessKey


def is_session(name: str) -> bool:
    """Tell whether *name* is one under which aws-vault keeps a session, and not the key of a profile."""
    return "," in name or name.startswith(("session:", "oidc:")) or " session (" in name


def key_of(item: str | bytes, *, place: str) -> AccessKey:
    """Return the long-term key that *item* holds, which was found in *place*.

    Raises:
        StoreError: it holds none. The message quotes nothing of it.
    """
    try:
        fields = json.loads(base64.b64decode(json.loads(item)["Data"], validate=True))
        if fields.get("SessionToken"):
            raise StoreError(
                f"what {place} holds for this profile is a session, and no long-term key",
                hint="import the profile that has the key of the user",
            )
        return AccessKey(fields["AccessKeyID"], fields["SecretAccessKey"])
    except UsageError as error:
        raise StoreError(f"what {place} holds for this profile: {error}", hint=error.hint) from None
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        # Cut off: the original may quote the secret.
        raise StoreError(
            f"what {place} holds for this profile is not what aws-vault writes",
            hint="look at it with: aws-vault list; then add the key again, to aws-vault or here: mfa-session keys add",
        ) from None
