// Prints the ARN that STS gives for the profile in AWS_PROFILE, by the SDK for Go v2.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

func main() {
	ctx := context.Background()
	// The call that assumes a role does not read AWS_ENDPOINT_URL; this reaches it too.
	local := func(service, region string, options ...any) (aws.Endpoint, error) {
		return aws.Endpoint{URL: os.Getenv("AWS_ENDPOINT_URL"), SigningRegion: region}, nil
	}
	settings, err := config.LoadDefaultConfig(
		ctx, config.WithEndpointResolverWithOptions(aws.EndpointResolverWithOptionsFunc(local)))
	if err != nil {
		log.Fatal(err)
	}
	identity, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*identity.Arn)
}
