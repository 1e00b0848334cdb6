"""What is asked of IAM: the MFA devices of a user."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC

from mfa_session.aws.answer import Answer, not_from_aws
from mfa_session.aws.client import Client
from mfa_session.aws.question import Question
from mfa_session.errors import AccessDeniedError, UsageError
from mfa_session.model.credentials import AccessKey, SessionCredentials
from mfa_session.model.mfa_device import MFADevice

# A user has at most eight devices and two keys, and AWS puts a hundred on a page: who needs so many pages is not AWS.
_MOST_PAGES = 20


class IAMCalls(Client):
    """The calls to IAM."""

    def list_mfa_devices(self, credentials: AccessKey | SessionCredentials, user_name: str) -> list[MFADevice]:
        """Return every MFA device of the user, those that show no codes included.

        IAM is asked without the user's name first: it then takes the owner of the key. A
        published policy allows only the form with the name, so that is tried too.

        Raises:
            AccessDeniedError: both forms are denied.
            AWSError: anything else went wrong.
        """
        question = Question("iam", "ListMFADevices", credentials, repeatable=True)
        try:
            pages = self._pages(question)
        except AccessDeniedError:
            pages = self._pages(replace(question, parameters={"UserName": user_name}))
        return [mfa_device(device) for page in pages for device in page.parts("MFADevices")]

    def _pages(self, question: Question) -> list[Answer]:
        return list(self._each_page(question))

    def _each_page(self, question: Question) -> Iterator[Answer]:
        for _ in range(_MOST_PAGES):
            page = self.ask(question)
            yield page
            if not page.says("IsTruncated"):
                return
            question = replace(question, parameters={**question.parameters, "Marker": page.text("Marker")})
        raise not_from_aws(page.host, f"it has more than {_MOST_PAGES} pages")


def mfa_device(answer: Answer) -> MFADevice:
    """Return the device that IAM describes.

    Raises:
        AWSAnswerError: it describes none.
    """
    enabled = answer.moment("EnableDate").astimezone(UTC) if "EnableDate" in answer.fields else None
    try:
        return MFADevice(answer.text("SerialNumber"), enabled)
    except UsageError:
        raise not_from_aws(answer.host, "it names a device that cannot be one") from None
