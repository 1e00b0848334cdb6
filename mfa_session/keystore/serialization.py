"""A long-term access key as the stores hold it: one JSON object, its fields named as IAM names them."""

import json

from mfa_session.errors import DamagedItemError, UsageError
from mfa_session.model.credentials import AccessKey, moment, timestamp
from mfa_session.text import escape_control


def item_of(key: AccessKey) -> str:
    """Return *key* as text: ASCII, on one line, about 200 characters."""
    fields = {
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "AccountId": key.account_id,
        "CreateDate": timestamp(key.create_date) if key.create_date else None,
    }
    return json.dumps({name: value for name, value in fields.items() if value is not None})


def key_of(item: str, profile: str, *, place: str) -> AccessKey:
    """Return the key of *profile* that the text *item* holds; *place* is what users call the store that it is from.

    Fields that are not known are passed over: a later version may have written them.

    Raises:
        DamagedItemError: the text is not an access key.
    """
    try:
        fields = json.loads(item)
        account_id = fields.get("AccountId")
        return AccessKey(
            access_key_id=fields["AccessKeyId"],
            secret_access_key=fields["SecretAccessKey"],
            account_id=account_id if isinstance(account_id, str) else None,
            create_date=moment(fields.get("CreateDate") or ""),
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, UsageError):
        raise DamagedItemError(
            f"what {place} holds for profile {escape_control(profile)} is not an access key",
            hint=f"store the key again: mfa-session keys add --profile {escape_control(profile)}",
        ) from None
