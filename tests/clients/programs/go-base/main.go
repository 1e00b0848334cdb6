// Prints the ARN that STS gives for the profile in AWS_PROFILE, with the credentials that Terraform's provider resolves.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	awsbase "github.com/hashicorp/aws-sdk-go-base/v2"
)

func main() {
	ctx := context.Background()
	_, settings, diagnostics := awsbase.GetAwsConfig(ctx, &awsbase.Config{
		Profile:     os.Getenv("AWS_PROFILE"),
		Region:      "us-east-1",
		StsEndpoint: os.Getenv("AWS_ENDPOINT_URL"),
		StsRegion:   "us-east-1",
	})
	if diagnostics.HasError() {
		for _, problem := range diagnostics.Errors() {
			log.Print(problem.Summary(), ": ", problem.Detail())
		}
		os.Exit(1)
	}
	identity, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*identity.Arn)
}
