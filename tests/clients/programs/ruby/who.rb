# Prints the ARN that STS gives for the profile in AWS_PROFILE, by the SDK for Ruby.
require "aws-sdk-core"

# This version does not read AWS_ENDPOINT_URL; the call that assumes a role takes this, too.
Aws.config[:sts] = { endpoint: ENV["AWS_ENDPOINT_URL"], region: "us-east-1" }
puts Aws::STS::Client.new.get_caller_identity.arn
