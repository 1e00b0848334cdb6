"""AWS actions by what an attacker gains with them: a short list by hand, and a rule for all others."""

import re
from enum import Enum

from mfa_session.policies.patterns import Pattern, Variables


class Danger(Enum):
    """What an action lets the holder of a stolen key do, the worst first."""

    ESCALATE = "escalate"
    TAKE_OVER_DEVICE = "take-over-device"
    READ_SECRETS = "read-secrets"
    DESTROY = "destroy"
    SPEND = "spend"
    HARMLESS = "harmless"


DESCRIPTIONS = {
    Danger.ESCALATE: "get more permissions or credentials",
    Danger.TAKE_OVER_DEVICE: "take over the MFA device or the password",
    Danger.READ_SECRETS: "read secrets and data",
    Danger.DESTROY: "change or destroy",
    Danger.SPEND: "spend money",
    Danger.HARMLESS: "do what is harmless",
}

# What a user needs to get to the first code, and no more. AWS lists GetSessionToken too, which no policy can deny.
NEEDED_BEFORE_MFA = (
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:GetMFADevice",
    "iam:GetUser",
    "iam:ListMFADevices",
    "iam:ListVirtualMFADevices",
    "iam:ResyncMFADevice",
    "sts:GetSessionToken",
)

_KNOWN = {
    Danger.ESCALATE: """
        iam: AddRoleToInstanceProfile AddUserToGroup AttachGroupPolicy AttachRolePolicy AttachUserPolicy CreateAccessKey
        iam: CreateLoginProfile CreateOpenIDConnectProvider CreatePolicy CreatePolicyVersion CreateRole
        iam: CreateSAMLProvider CreateServiceLinkedRole CreateServiceSpecificCredential CreateUser DeleteGroupPolicy
        iam: DeleteRolePermissionsBoundary DeleteUserPermissionsBoundary DetachGroupPolicy DetachUserPolicy PassRole
        iam: DeletePolicyVersion PutGroupPolicy PutRolePermissionsBoundary PutRolePolicy PutUserPermissionsBoundary
        iam: PutUserPolicy RemoveUserFromGroup ResetServiceSpecificCredential SetDefaultPolicyVersion TagRole TagUser
        iam: UpdateAccessKey UpdateAssumeRolePolicy UpdateLoginProfile UpdateSAMLProvider UploadSSHPublicKey
        iam: DeleteUserPolicy UploadSigningCertificate
        sts: AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot GetFederationToken TagSession
        lambda: AddPermission CreateEventSourceMapping CreateFunction UpdateFunctionCode UpdateFunctionConfiguration
        ssm: CreateAssociation ResumeSession SendCommand StartAutomationExecution StartSession
        ec2: AssociateIamInstanceProfile ModifyInstanceAttribute ReplaceIamInstanceProfileAssociation
        ec2-instance-connect: OpenTunnel SendSSHPublicKey SendSerialConsoleSSHPublicKey
        cloudformation: CreateChangeSet CreateStack CreateStackSet ExecuteChangeSet UpdateStack UpdateStackSet
        cloudshell: CreateEnvironment CreateSession
        glue: CreateDevEndpoint CreateJob UpdateDevEndpoint UpdateJob
        codebuild: CreateProject StartBuild UpdateProject
        codepipeline: CreatePipeline UpdatePipeline
        datapipeline: CreatePipeline PutPipelineDefinition
        sagemaker: CreateNotebookInstance CreatePresignedNotebookInstanceUrl CreateProcessingJob CreateTrainingJob
        ecs: ExecuteCommand RegisterTaskDefinition RunTask StartTask UpdateService
        eks: AssociateAccessPolicy CreateAccessEntry UpdateAccessEntry
        batch: RegisterJobDefinition SubmitJob
        elasticmapreduce: AddJobFlowSteps RunJobFlow
        states: CreateStateMachine UpdateStateMachine
        events: PutRule PutTargets
        scheduler: CreateSchedule UpdateSchedule
        kms: CreateGrant PutKeyPolicy
        s3: PutAccessPointPolicy PutBucketAcl PutBucketPolicy PutBucketPublicAccessBlock PutObjectAcl
        secretsmanager: PutResourcePolicy
        sso: AttachManagedPolicyToPermissionSet CreateAccountAssignment PutInlinePolicyToPermissionSet
        organizations: AttachPolicy DetachPolicy DisablePolicyType
        cognito-identity: GetCredentialsForIdentity SetIdentityPoolRoles
        rolesanywhere: CreateProfile CreateTrustAnchor
        ram: CreateResourceShare
        lakeformation: GrantPermissions
        signin: CreateOAuth2Token
    """,
    Danger.TAKE_OVER_DEVICE: "iam: ChangePassword DeactivateMFADevice DeleteVirtualMFADevice",
    Danger.READ_SECRETS: """
        secretsmanager: BatchGetSecretValue GetSecretValue
        ssm: GetParameter GetParameterHistory GetParameters GetParametersByPath
        kms: Decrypt GenerateDataKey ReEncryptFrom
        s3: GetObject GetObjectVersion ListAllMyBuckets ListBucket
        dynamodb: BatchGetItem GetItem PartiQLSelect Query Scan
        ec2: CreateSnapshot GetConsoleOutput GetPasswordData ModifyImageAttribute ModifySnapshotAttribute
        ebs: GetSnapshotBlock
        lambda: GetFunction ListFunctions
        rds: DownloadDBLogFilePortion ModifyDBSnapshotAttribute
        rds-data: ExecuteStatement
        rds-db: connect
        redshift: GetClusterCredentials
        logs: FilterLogEvents GetLogEvents StartQuery
        sqs: ReceiveMessage
        kinesis: GetRecords
        codecommit: GitPull
        codeartifact: GetAuthorizationToken
        ecr: BatchGetImage GetAuthorizationToken
        athena: GetQueryResults StartQueryExecution
        acm: ExportCertificate
        iam: GetAccountAuthorizationDetails GetCredentialReport
        lightsail: DownloadDefaultKeyPair GetInstanceAccessDetails
        route53domains: RetrieveDomainAuthCode
    """,
    Danger.DESTROY: """
        account: CloseAccount
        organizations: CloseAccount LeaveOrganization
        cloudtrail: DeleteTrail PutEventSelectors StopLogging UpdateTrail
        config: DeleteConfigurationRecorder StopConfigurationRecorder
        guardduty: DeleteDetector
        kms: DisableKey ScheduleKeyDeletion
        s3: DeleteBucket DeleteObject DeleteObjectVersion PutBucketVersioning PutLifecycleConfiguration PutObject
        ec2: AuthorizeSecurityGroupIngress DeleteSnapshot DeleteVolume DeleteVpc StopInstances TerminateInstances
        rds: DeleteDBCluster DeleteDBInstance ModifyDBInstance
        dynamodb: DeleteItem DeleteTable PutItem UpdateItem
        lambda: DeleteFunction
        cloudformation: DeleteStack
        secretsmanager: DeleteSecret PutSecretValue
        ssm: DeleteParameter PutParameter
        logs: DeleteLogGroup
        backup: DeleteBackupVault DeleteRecoveryPoint
        route53: ChangeResourceRecordSets DeleteHostedZone
        ecr: DeleteRepository PutImage
        eks: DeleteCluster
        ecs: DeleteService
        sqs: DeleteQueue PurgeQueue
        iam: DeleteAccessKey DeleteLoginProfile DeleteRole DeleteUser
    """,
    Danger.SPEND: """
        ec2: CreateFleet PurchaseReservedInstancesOffering RequestSpotInstances RunInstances StartInstances
        savingsplans: CreateSavingsPlan
        bedrock: CreateProvisionedModelThroughput InvokeModel InvokeModelWithResponseStream
        lambda: InvokeFunction
        sagemaker: CreateEndpoint
        rds: CreateDBInstance PurchaseReservedDBInstancesOffering
        eks: CreateCluster
        redshift: CreateCluster
        route53domains: RegisterDomain TransferDomain
        ses: SendEmail SendRawEmail
        sns: Publish
        sqs: SendMessage
        kms: CreateKey
        lightsail: CreateInstances
        s3: CreateBucket
    """,
    Danger.HARMLESS: """
        iam: CreateVirtualMFADevice EnableMFADevice GetMFADevice GetUser ListMFADevices ListVirtualMFADevices
        iam: ResyncMFADevice GetAccountPasswordPolicy GetAccountSummary ListAccessKeys ListUsers
        sts: DecodeAuthorizationMessage GetAccessKeyInfo GetCallerIdentity GetSessionToken
        signin: AuthorizeOAuth2Access
    """,
}


def _named() -> dict[str, Danger]:
    named: dict[str, Danger] = {}
    for danger, text in _KNOWN.items():
        for service, names in re.findall(r"([\w-]+):((?: \w+)+)", text):
            named |= {f"{service}:{name}": danger for name in names.split()}
    return named


_DANGERS = _named()
_SPELLINGS = {action.lower(): action for action in _DANGERS}
KNOWN_ACTIONS = tuple(_DANGERS)

_READS = re.compile(
    r"(batch)?(get|list|describe|search|query|scan|read|download|export|view|lookup|select|receive|head|check|test"
    r"|filter|preview|estimate|simulate|generate|count|retrieve|poll|watch|subscribe)"
)
_SPENDS = re.compile(
    r"(batch)?(create|run|start|purchase|request|allocate|invoke|send|publish|launch|submit|buy|import|provision|copy"
    r"|register|restore|order|converse|synthesize|translate|detect|transcribe)"
)
_GRANTS = re.compile(
    r"(put|attach|detach|add|set|create|update|associate|replace|grant|modify|delete|remove)\w*"
    r"(policy|policies|permission|permissions|grant|role|roles|credential|credentials|token|acl|accesskey|accessentry)"
)

# One action of each kind stands for a service that the list has nothing of.
_EXAMPLES = ("GetAnything", "DeleteAnything", "CreateAnything")


def danger_of(action: str) -> Danger:
    """Return what *action* lets an attacker do; unlisted ones are classed by their verb."""
    if spelling := _SPELLINGS.get(action.lower()):
        return _DANGERS[spelling]
    service, _, name = action.lower().partition(":")
    if _READS.match(name):
        return Danger.HARMLESS if service in ("iam", "sts") else Danger.READ_SECRETS
    if _GRANTS.match(name) or (service in ("iam", "sts") and not name.startswith("delete")):
        return Danger.ESCALATE
    return Danger.SPEND if _SPENDS.match(name) else Danger.DESTROY


def expanded(entry: str) -> dict[str, str]:
    """Return concrete actions that *entry* of a policy covers, each with the name to show.

    A wildcard is expanded to the known actions. One that covers none of them stands for itself,
    by an example of each kind.
    """
    if not set(entry) & set("*?"):
        action = _SPELLINGS.get(entry.lower(), entry)
        return {action: action}
    pattern = Pattern.parse(entry.lower(), Variables.LITERAL)

    def fits(action: str) -> bool:
        return bool(pattern.matches(action.lower(), lambda _key: None))

    if found := {action: action for action in KNOWN_ACTIONS if fits(action)}:
        return found
    service = entry.partition(":")[0]
    examples = [f"{service}:{name}" for name in _EXAMPLES if fits(f"{service}:{name}")]
    return dict.fromkeys(examples or [re.sub(r"[*?]+", "x", entry)], entry)
