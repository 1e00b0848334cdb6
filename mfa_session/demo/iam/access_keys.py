"""Access keys of users."""

from mfa_session.demo.answers import Result, Value
from mfa_session.demo.iam.pages import PAGING, page
from mfa_session.demo.iam.subjects import authorized_user
from mfa_session.demo.operations import Action, Operation
from mfa_session.demo.sessions import LongTermKey


def _list_access_keys(operation: Operation) -> Result:
    user = authorized_user(operation)
    return page(operation, "AccessKeyMetadata", [_described(key) for key in operation.account.keys_of(user)])


def _described(key: LongTermKey) -> dict[str, Value]:
    return {
        "UserName": key.user_name,
        "AccessKeyId": key.access_key_id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": key.create_date,
    }


ACTIONS = {
    "ListAccessKeys": Action(_list_access_keys, accepts=("UserName", *PAGING)),
}
