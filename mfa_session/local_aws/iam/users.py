"""Users, their groups and their passwords."""

from mfa_session.local_aws.iam.responses import PAGING, described_group, described_user, no_such, page
from mfa_session.local_aws.iam.targets import authorized_group, authorized_user, named_user, unnamed_user
from mfa_session.local_aws.operations import Action, Operation
from mfa_session.local_aws.responses import RefusedError, Result


def _get_user(operation: Operation) -> Result:
    return {"User": described_user(operation.account, authorized_user(operation))}


def _list_groups_for_user(operation: Operation) -> Result:
    groups = operation.account.groups_of(named_user(operation))
    return page(operation, "Groups", [described_group(group) for group in groups])


def _get_group(operation: Operation) -> Result:
    account = operation.account
    group = authorized_group(operation)
    members = [described_user(account, account.users[name]) for name in group.members]
    return {"Group": described_group(group), **page(operation, "Users", members)}


def _change_password(operation: Operation) -> None:
    user = operation.user
    if user is None:
        raise unnamed_user()
    operation.authorize(user.arn)
    if user.password is None:
        raise no_such(f"Login Profile for User {user.name} cannot be found.")
    if user.password != operation["OldPassword"]:
        raise RefusedError(403, "AccessDenied", "The old password was incorrect.")
    shortest = operation.account.shortest_password
    if shortest is not None and len(operation["NewPassword"]) < shortest:
        message = f"Password should have a minimum length of {shortest}"
        raise RefusedError(400, "PasswordPolicyViolation", message)
    user.password = operation["NewPassword"]


def _get_login_profile(operation: Operation) -> Result:
    user = named_user(operation)
    if user.password is None:
        raise no_such(f"Login Profile for User {user.name} cannot be found.")
    return {"LoginProfile": {"UserName": user.name, "CreateDate": user.create_date, "PasswordResetRequired": False}}


def _get_account_password_policy(operation: Operation) -> Result:
    account = operation.account
    operation.authorize("*")
    if account.shortest_password is None:
        raise no_such(f"The Password Policy with domain name {account.account_id} cannot be found.")
    return {
        "PasswordPolicy": {
            "MinimumPasswordLength": account.shortest_password,
            "RequireSymbols": False,
            "RequireNumbers": False,
            "RequireUppercaseCharacters": False,
            "RequireLowercaseCharacters": False,
            "AllowUsersToChangePassword": True,
            "ExpirePasswords": False,
        }
    }


ACTIONS = {
    "GetUser": Action(_get_user, accepts=("UserName",)),
    "ListGroupsForUser": Action(_list_groups_for_user, requires=("UserName",), accepts=PAGING),
    "GetGroup": Action(_get_group, requires=("GroupName",), accepts=PAGING),
    "ChangePassword": Action(_change_password, requires=("OldPassword", "NewPassword")),
    "GetLoginProfile": Action(_get_login_profile, requires=("UserName",)),
    "GetAccountPasswordPolicy": Action(_get_account_password_policy),
}
