import java.net.URI;
import software.amazon.awssdk.services.sts.StsClient;

/** Prints the ARN that STS gives for the profile in AWS_PROFILE, by the SDK for Java v2. */
public final class Who {
    public static void main(String[] arguments) {
        URI endpoint = URI.create(System.getenv("AWS_ENDPOINT_URL"));
        try (StsClient sts = StsClient.builder().endpointOverride(endpoint).build()) {
            System.out.println(sts.getCallerIdentity().arn());
        }
    }
}
