import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.ContainerCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sts.StsClient;
import software.amazon.awssdk.services.sts.StsClientBuilder;
import software.amazon.awssdk.services.sts.auth.StsAssumeRoleCredentialsProvider;
import software.amazon.awssdk.services.sts.auth.StsWebIdentityTokenFileCredentialsProvider;

/** Where a client gets its credentials from: a key, or what the question's `provider` says. */
final class Providers {
    /** The shortest session there is. */
    private static final int SECONDS = 900;
    /** How long before their end credentials count as over, so that each call fetches new ones. */
    private static final Duration FRESH = Duration.ofHours(2);

    private Providers() {}

    static AwsCredentialsProvider of(JsonNode question) {
        return question.field("provider").filter(JsonNode::isObject).map(chosen -> chosen(question, chosen)).orElseGet(() -> own(question));
    }

    private static AwsCredentialsProvider chosen(JsonNode question, JsonNode chosen) {
        String kind = Agent.text(chosen, "kind"), role = Agent.text(chosen, "role"), file = Agent.text(chosen, "file");
        boolean fresh = chosen.field("fresh").map(JsonNode::asBoolean).orElse(false);
        return switch (kind) {
            case "assume-role" -> {
                var builder = StsAssumeRoleCredentialsProvider.builder()
                    .stsClient(sts(question).credentialsProvider(own(question)).build())
                    .refreshRequest(asked -> asked.roleArn(role).roleSessionName("sdk").durationSeconds(SECONDS));
                yield (fresh ? builder.staleTime(FRESH).prefetchTime(FRESH) : builder).build();
            }
            case "web-identity" -> {
                StsClient sts = sts(question).credentialsProvider(AnonymousCredentialsProvider.create()).build();
                yield StsWebIdentityTokenFileCredentialsProvider.builder()
                    .stsClient(sts).roleArn(role).webIdentityTokenFile(Path.of(file)).roleSessionName("sdk").build();
            }
            case "container" -> {
                // System properties stand for AWS_CONTAINER_CREDENTIALS_FULL_URI and its like.
                System.setProperty("aws.containerCredentialsFullUri", Agent.text(chosen, "uri"));
                System.setProperty("aws.containerAuthorizationTokenFile", file);
                yield ContainerCredentialsProvider.builder().build();
            }
            default -> throw new IllegalArgumentException("no provider " + kind);
        };
    }

    private static StsClientBuilder sts(JsonNode question) {
        return StsClient.builder()
            .region(Region.of(Agent.text(question, "region")))
            .endpointOverride(URI.create(Agent.text(question, "endpoint")));
    }

    private static AwsCredentialsProvider own(JsonNode question) {
        String key = Agent.text(question, "key"), secret = Agent.text(question, "secret"), token = Agent.text(question, "token");
        AwsCredentials credentials =
            token.isEmpty() ? AwsBasicCredentials.create(key, secret) : AwsSessionCredentials.create(key, secret, token);
        return StaticCredentialsProvider.create(credentials);
    }

    /** What a client signs with, for a driver that wants to see it change. */
    static Map<String, Object> told(AwsCredentialsProvider from) {
        AwsCredentials found = from.resolveCredentials();
        String token = found instanceof AwsSessionCredentials session ? session.sessionToken() : "";
        return Map.of("Key", found.accessKeyId(), "Secret", found.secretAccessKey(), "Token", token);
    }
}
