"""Grants: the policies of users and groups, their own and the managed ones attached to them."""

from collections.abc import Callable

from mfa_session.local_aws.account import Grants
from mfa_session.local_aws.iam.responses import PAGING, checked, no_such, on_the_wire, page, quota_exceeded
from mfa_session.local_aws.iam.targets import authorized_group, existing_policy, named_user
from mfa_session.local_aws.operations import Action, Operation
from mfa_session.local_aws.responses import Result, Value

_MAX_ATTACHED = 10

# All own policies of one group together.
_MAX_OF_A_GROUP = 5120

_Owner = Callable[[Operation], Grants]


def _of_user(operation: Operation) -> Grants:
    return named_user(operation).grants


def _of_group(operation: Operation) -> Grants:
    return authorized_group(operation).grants


def _list_own(owner: _Owner) -> Callable[[Operation], Result]:
    return lambda operation: page(operation, "PolicyNames", sorted(owner(operation).inline))


def _get_own(owner: _Owner) -> Callable[[Operation], Result]:
    def get(operation: Operation) -> Result:
        document = owner(operation).inline.get(operation["PolicyName"])
        if document is None:
            raise _unknown_own(operation)
        return {**operation.parameters, "PolicyDocument": on_the_wire(document)}

    return get


def _list_attached(owner: _Owner) -> Callable[[Operation], Result]:
    def list_attached(operation: Operation) -> Result:
        attached: list[Value] = [
            {"PolicyName": operation.account.managed_policies[arn].name, "PolicyArn": arn}
            for arn in owner(operation).attached
        ]
        return page(operation, "AttachedPolicies", attached)

    return list_attached


def _put_group_policy(operation: Operation) -> None:
    grants = _of_group(operation)
    name, document = operation["PolicyName"], operation["PolicyDocument"]
    others = sum(len("".join(text.split())) for other, text in grants.inline.items() if other != name)
    grants.inline[name] = checked(document, quota="PolicySize", longest=_MAX_OF_A_GROUP - others)


def _delete_group_policy(operation: Operation) -> None:
    if _of_group(operation).inline.pop(operation["PolicyName"], None) is None:
        raise _unknown_own(operation)


def _attach_group_policy(operation: Operation) -> None:
    arn = operation["PolicyArn"]
    grants = authorized_group(operation, {"iam:PolicyARN": arn}).grants
    existing_policy(operation, arn)
    if arn in grants.attached:
        return
    if len(grants.attached) >= _MAX_ATTACHED:
        raise quota_exceeded("PoliciesPerGroup", _MAX_ATTACHED)
    grants.attached.append(arn)


def _detach_group_policy(operation: Operation) -> None:
    arn = operation["PolicyArn"]
    grants = authorized_group(operation, {"iam:PolicyARN": arn}).grants
    if arn not in grants.attached:
        raise no_such(f"Policy {arn} was not found.")
    grants.attached.remove(arn)


def _unknown_own(operation: Operation) -> Exception:
    return no_such(f"The policy with name {operation['PolicyName']} cannot be found.")


ACTIONS = {
    "ListUserPolicies": Action(_list_own(_of_user), requires=("UserName",), accepts=PAGING),
    "GetUserPolicy": Action(_get_own(_of_user), requires=("UserName", "PolicyName")),
    "ListAttachedUserPolicies": Action(_list_attached(_of_user), requires=("UserName",), accepts=PAGING),
    "ListGroupPolicies": Action(_list_own(_of_group), requires=("GroupName",), accepts=PAGING),
    "GetGroupPolicy": Action(_get_own(_of_group), requires=("GroupName", "PolicyName")),
    "ListAttachedGroupPolicies": Action(_list_attached(_of_group), requires=("GroupName",), accepts=PAGING),
    "PutGroupPolicy": Action(_put_group_policy, requires=("GroupName", "PolicyName", "PolicyDocument")),
    "DeleteGroupPolicy": Action(_delete_group_policy, requires=("GroupName", "PolicyName")),
    "AttachGroupPolicy": Action(_attach_group_policy, requires=("GroupName", "PolicyArn")),
    "DetachGroupPolicy": Action(_detach_group_policy, requires=("GroupName", "PolicyArn")),
}
