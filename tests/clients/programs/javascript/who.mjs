// Prints the ARN that STS gives for the profile in AWS_PROFILE, found as the SDK finds credentials by default.
import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";

const sts = new STSClient({ endpoint: process.env.AWS_ENDPOINT_URL });
const identity = await sts.send(new GetCallerIdentityCommand({}));
console.log(identity.Arn);
