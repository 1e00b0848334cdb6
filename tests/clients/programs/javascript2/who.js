// Prints the ARN that STS gives for the profile in AWS_PROFILE, by the SDK for JavaScript v2.
const AWS = require("aws-sdk");

new AWS.STS({ endpoint: process.env.AWS_ENDPOINT_URL, region: "us-east-1" }).getCallerIdentity({}, (error, identity) => {
  if (error) {
    console.error(error.message);
    process.exit(1);
  }
  console.log(identity.Arn);
});
