"""What is asked of IAM about access keys: which a user has, a new one, and the end of an old one.

The user is always named: AWS was seen to refuse these calls to a session that names
nobody, although it may leave the name out in its own documentation.
"""

from datetime import UTC, datetime

from mfa_session.aws.answer import Answer, not_from_aws
from mfa_session.aws.iam import IAMCalls
from mfa_session.aws.question import Question
from mfa_session.errors import UsageError
from mfa_session.model.credentials import AccessKey, AccessKeyMetadata, SessionCredentials

_ACTIVE, _INACTIVE = "Active", "Inactive"


class IAMAccessKeyCalls(IAMCalls):
    """The calls to IAM about access keys."""

    def list_access_keys(self, credentials: AccessKey | SessionCredentials, user_name: str) -> list[AccessKeyMetadata]:
        """Return the access keys of a user, of which there are two at the most.

        Raises:
            AccessDeniedError: a policy forbids iam:ListAccessKeys.
            AWSError: anything else went wrong.
        """
        question = Question("iam", "ListAccessKeys", credentials, {"UserName": user_name}, repeatable=True)
        return [_metadata(key) for page in self._pages(question) for key in page.parts("AccessKeyMetadata")]

    def create_access_key(self, session: SessionCredentials, user_name: str) -> AccessKey:
        """Create an access key for a user, in one attempt. AWS knows it everywhere some seconds later.

        Raises:
            AccessDeniedError: a policy forbids iam:CreateAccessKey.
            LimitExceededError: the user has two.
            ReplyLostError: there may be a new key, whose secret nobody will ever know.
            AWSAnswerError: the same.
            AWSError: anything else went wrong, and there is no new key.
        """
        answer = self.ask(Question("iam", "CreateAccessKey", session, {"UserName": user_name})).part("AccessKey")
        if answer.text("UserName") != user_name:
            raise not_from_aws(answer.host, "its new key is another user's")
        try:
            return AccessKey(
                answer.text("AccessKeyId"), answer.text("SecretAccessKey"), create_date=_create_date(answer)
            )
        except UsageError:
            # Cut off: what came in the place of a secret may be one.
            raise not_from_aws(answer.host, "its new key is no long-term access key") from None

    def update_access_key(
        self, session: SessionCredentials, user_name: str, access_key_id: str, *, active: bool
    ) -> None:
        """Make a key of a user active or inactive, whichever it was.

        Raises:
            AccessDeniedError: a policy forbids iam:UpdateAccessKey.
            NoSuchEntityError: the user has no such key.
            AWSError: anything else went wrong.
        """
        status = _ACTIVE if active else _INACTIVE
        parameters = {"UserName": user_name, "AccessKeyId": access_key_id, "Status": status}
        self.ask(Question("iam", "UpdateAccessKey", session, parameters, repeatable=True))

    def delete_access_key(self, session: SessionCredentials, user_name: str, access_key_id: str) -> None:
        """Delete a key of a user, for good.

        Raises:
            AccessDeniedError: a policy forbids iam:DeleteAccessKey.
            NoSuchEntityError: the user has no such key.
            AWSError: anything else went wrong.
        """
        parameters = {"UserName": user_name, "AccessKeyId": access_key_id}
        self.ask(Question("iam", "DeleteAccessKey", session, parameters))

    def access_key_last_used(self, session: SessionCredentials, access_key_id: str) -> datetime | None:
        """Return when a key was last used, ``None`` where it never was. AWS may learn of a use only hours later.

        Raises:
            AccessDeniedError: a policy forbids iam:GetAccessKeyLastUsed.
            AWSError: anything else went wrong.
        """
        question = Question("iam", "GetAccessKeyLastUsed", session, {"AccessKeyId": access_key_id}, repeatable=True)
        used = self.ask(question).part("AccessKeyLastUsed")
        return used.moment("LastUsedDate") if "LastUsedDate" in used.fields else None


def _metadata(answer: Answer) -> AccessKeyMetadata:
    # A state that we do not know yet is none in which the key works.
    is_active = answer.text("Status") == _ACTIVE
    return AccessKeyMetadata(answer.text("AccessKeyId"), is_active, _create_date(answer))


def _create_date(answer: Answer) -> datetime:
    return answer.moment("CreateDate").astimezone(UTC).replace(microsecond=0)
