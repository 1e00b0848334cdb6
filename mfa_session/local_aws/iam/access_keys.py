"""Access keys of users."""

from mfa_session.local_aws.account import User
from mfa_session.local_aws.credentials import LongTermKey
from mfa_session.local_aws.iam.responses import PAGING, no_such, page, quota_exceeded
from mfa_session.local_aws.iam.targets import authorized_user, unnamed_user
from mfa_session.local_aws.operations import Action, Operation
from mfa_session.local_aws.responses import Result, Value

_MAX_OF_A_USER = 2


def _list_access_keys(operation: Operation) -> Result:
    user = _owner(operation)
    return page(operation, "AccessKeyMetadata", [_described(key) for key in operation.account.keys_of(user)])


def _create_access_key(operation: Operation) -> Result:
    user = _owner(operation)
    if len(operation.account.keys_of(user)) >= _MAX_OF_A_USER:
        raise quota_exceeded("AccessKeysPerUser", _MAX_OF_A_USER)
    key = operation.account.add_access_key(user)
    return {"AccessKey": {**_described(key), "SecretAccessKey": key.secret_access_key}}


def _update_access_key(operation: Operation) -> None:
    key = _key(operation, _owner(operation))
    key.active = operation["Status"] == "Active"


def _delete_access_key(operation: Operation) -> None:
    key = _key(operation, _owner(operation))
    del operation.account.access_keys[key.access_key_id]


def _get_access_key_last_used(operation: Operation) -> Result:
    account = operation.account
    key = account.access_keys.get(operation["AccessKeyId"])
    owner = account.users.get(key.user_name) if key and key.user_name else None
    operation.authorize(owner.arn if owner else account.arn("user/*"))
    if key is None:
        raise _unknown_key(operation)
    # AWS says N/A of a key that was never used, and gives no date
    used: dict[str, Value] = {"ServiceName": "N/A", "Region": "N/A"}
    if key.last_use:
        moment, region, service = key.last_use.moment, key.last_use.region, key.last_use.service
        used = {"LastUsedDate": moment, "ServiceName": service, "Region": region}
    return {"UserName": key.user_name, "AccessKeyLastUsed": used}


def _owner(operation: Operation) -> User | None:
    unnamed = operation.get("UserName") is None
    if unnamed and operation.caller.session is not None and operation.account.sessions_must_name_their_user:
        raise unnamed_user()
    return authorized_user(operation)


def _key(operation: Operation, owner: User | None) -> LongTermKey:
    for key in operation.account.keys_of(owner):
        if key.access_key_id == operation["AccessKeyId"]:
            return key
    raise _unknown_key(operation)


def _unknown_key(operation: Operation) -> Exception:
    return no_such(f"The Access Key with id {operation['AccessKeyId']} cannot be found.")


def _described(key: LongTermKey) -> dict[str, Value]:
    return {
        "UserName": key.user_name,
        "AccessKeyId": key.access_key_id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": key.create_date,
    }


ACTIONS = {
    "ListAccessKeys": Action(_list_access_keys, accepts=("UserName", *PAGING)),
    "CreateAccessKey": Action(_create_access_key, accepts=("UserName",)),
    "UpdateAccessKey": Action(_update_access_key, requires=("AccessKeyId", "Status"), accepts=("UserName",)),
    "DeleteAccessKey": Action(_delete_access_key, requires=("AccessKeyId",), accepts=("UserName",)),
    "GetAccessKeyLastUsed": Action(_get_access_key_last_used, requires=("AccessKeyId",)),
}
