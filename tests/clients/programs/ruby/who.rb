# Prints the ARN that STS gives for the profile in AWS_PROFILE, by the SDK for Ruby.
require "aws-sdk-core"

puts Aws::STS::Client.new(endpoint: ENV["AWS_ENDPOINT_URL"], region: "us-east-1").get_caller_identity.arn
