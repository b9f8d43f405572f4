import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.SdkResponse;
import software.amazon.awssdk.core.SdkClient;
import software.amazon.awssdk.core.client.config.SdkAdvancedClientOption;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.cloudwatch.CloudWatchClient;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsAsyncClient;
import software.amazon.awssdk.services.cloudwatchlogs.CloudWatchLogsClient;
import software.amazon.awssdk.services.cloudwatchlogs.model.StartLiveTailRequest;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.iam.IamClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.lambda.LambdaClient;
import software.amazon.awssdk.services.sts.StsClient;

/**
 * The AWS SDK for Java v2 as a client of the scenario table: reads questions as JSON lines, answers with what the SDK said.
 *
 * <p>Requests are built, and answers read, through the descriptions that every class of the SDK carries of its members
 * (`SdkPojo`), so that no operation needs code here.
 */
public final class Agent {
    private final Map<String, SdkClient> clients = new HashMap<>();
    private final Map<String, AwsCredentialsProvider> providers = new HashMap<>();
    private final Map<String, Subscription<?, ?>> subscriptions = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        Agent agent = new Agent();
        BufferedReader questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = questions.readLine(); line != null; line = questions.readLine()) {
            byte[] answer = Json.write(agent.answer(JsonNode.parser().parse(line))).getBytes(StandardCharsets.UTF_8);
            System.out.write(answer, 0, answer.length);
            System.out.write('\n');
            System.out.flush();
        }
        System.exit(0);
    }

    private Map<String, Object> answer(JsonNode question) {
        try {
            if (question.field("read").isPresent()) {
                return subscriptions.get(text(question, "read")).read(question);
            }
            if (question.field("close").isPresent()) {
                subscriptions.remove(text(question, "close")).close();
                return Map.of("ok", true, "output", Map.of());
            }
            return call(question);
        } catch (Throwable trouble) {
            return refused(trouble);
        }
    }

    /** What a refusal of the service looks like to the driver; anything else is a client that broke. */
    static Map<String, Object> refused(Throwable trouble) {
        while ((trouble instanceof CompletionException || trouble instanceof InvocationTargetException) && trouble.getCause() != null) {
            trouble = trouble.getCause();
        }
        if (trouble instanceof AwsServiceException refusal && refusal.awsErrorDetails() != null) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("ok", false);
            answer.put("status", refusal.statusCode());
            answer.put("code", refusal.awsErrorDetails().errorCode());
            answer.put("message", refusal.awsErrorDetails().errorMessage());
            return answer;
        }
        if (trouble instanceof Shapes.Unsupported reason) {
            return Map.of("unsupported", reason.getMessage());
        }
        if (trouble instanceof NoSuchMethodException missing) {
            return Map.of("unsupported", "no " + missing.getMessage());
        }
        return Map.of("broken", trouble.toString());
    }

    private Map<String, Object> call(JsonNode question) throws Exception {
        String operation = text(question, "operation");
        if (operation.equals("Credentials")) {
            return Map.of("ok", true, "output", Providers.told(credentials(question)));
        }
        if (operation.equals("SubscribeToShard") || operation.equals("StartLiveTail")) {
            return subscribe(operation, question);
        }
        SdkClient client = client(text(question, "service"), question);
        String name = operation.substring(0, 1).toLowerCase() + operation.substring(1);
        Method method = unary(client, name);
        SdkPojo request = Shapes.build(method.getParameterTypes()[0], question.field("params").orElseThrow());
        SdkResponse response = (SdkResponse) method.invoke(client, request);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("ok", true);
        answer.put("status", response.sdkHttpResponse().statusCode());
        answer.put("output", Shapes.read((SdkPojo) response));
        return answer;
    }

    private static Method unary(SdkClient client, String name) throws NoSuchMethodException {
        for (Method method : client.getClass().getMethods()) {
            Class<?>[] taken = method.getParameterTypes();
            if (method.getName().equals(name) && taken.length == 1 && SdkPojo.class.isAssignableFrom(taken[0])) {
                method.setAccessible(true);
                return method;
            }
        }
        throw new NoSuchMethodException(name);
    }

    private Map<String, Object> subscribe(String operation, JsonNode question) throws Exception {
        JsonNode params = question.field("params").orElseThrow();
        Subscription<?, ?> subscription;
        if (operation.equals("StartLiveTail")) {
            CloudWatchLogsAsyncClient client = (CloudWatchLogsAsyncClient) client("logs-async", question);
            var request = (StartLiveTailRequest) Shapes.build(StartLiveTailRequest.class, params);
            var tail = new Subscription.Tail();
            tail.begin(client.startLiveTail(request, tail));
            subscription = tail;
        } else {
            KinesisAsyncClient client = (KinesisAsyncClient) client("kinesis-async", question);
            var request = (SubscribeToShardRequest) Shapes.build(SubscribeToShardRequest.class, params);
            var shard = new Subscription.Shard();
            shard.begin(client.subscribeToShard(request, shard));
            subscription = shard;
        }
        String handle = String.valueOf(subscriptions.size());
        subscriptions.put(handle, subscription);
        return Map.of("ok", true, "status", 200, "output", Map.of("Subscription", handle));
    }

    private SdkClient client(String service, JsonNode question) {
        return clients.computeIfAbsent(service + " " + identity(question), name -> switch (service) {
            case "cloudwatch" -> built(CloudWatchClient.builder(), question);
            case "dynamodb" -> built(DynamoDbClient.builder(), question);
            case "kinesis" -> built(KinesisClient.builder(), question);
            case "kinesis-async" -> built(KinesisAsyncClient.builder(), question);
            case "iam" -> built(IamClient.builder(), question);
            case "kms" -> built(KmsClient.builder(), question);
            case "lambda" -> built(LambdaClient.builder(), question);
            case "logs" -> built(CloudWatchLogsClient.builder(), question);
            case "logs-async" -> built(CloudWatchLogsAsyncClient.builder(), question);
            case "sts" -> built(StsClient.builder(), question);
            default -> throw new IllegalArgumentException("no client of " + service);
        });
    }

    /** Whom a client calls as, and where. */
    private static String identity(JsonNode question) {
        List<String> parts = List.of(
            text(question, "region"), text(question, "key"), text(question, "secret"), text(question, "token"), text(question, "endpoint"),
            question.field("provider").map(Object::toString).orElse(""));
        return String.join(" ", parts);
    }

    private AwsCredentialsProvider credentials(JsonNode question) {
        return providers.computeIfAbsent(identity(question), name -> Providers.of(question));
    }

    private <B extends AwsClientBuilder<B, C>, C> C built(B builder, JsonNode question) {
        return builder
            .region(Region.of(text(question, "region")))
            .endpointOverride(URI.create(text(question, "endpoint")))
            .credentialsProvider(credentials(question))
            .overrideConfiguration(chosen -> chosen
                .retryStrategy(DefaultRetryStrategy.doNotRetry())
                .putAdvancedOption(SdkAdvancedClientOption.DISABLE_HOST_PREFIX_INJECTION, true))
            .build();
    }

    static String text(JsonNode question, String name) {
        return question.field(name).map(JsonNode::asString).orElse("");
    }
}
