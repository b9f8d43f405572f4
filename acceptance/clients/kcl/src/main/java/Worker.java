import java.lang.reflect.Method;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.CoordinatorConfig;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.processor.StreamTracker;
import software.amazon.kinesis.retrieval.RetrievalConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/**
 * One worker of the KCL with its stock settings. Endpoints, region and credentials come from the environment, or the endpoint from
 * `endpoint=`, for versions that do not look there.
 *
 * <p>Started with `application=`, `worker=`, `diary=FILE`, `stream=NAME` or `streams=ACCOUNT:NAME:EPOCH,…`, `retrieval=polling|fanout`, and in KCL 3
 * perhaps `version=` (a ClientVersionConfig). What happens to its record processors is written to the diary. Asked to end, it checkpoints
 * and gives its leases back.
 */
public final class Worker {
    /** How long a worker that is asked to end may take: the KCL's own limit of a graceful hand-off is 30 s. */
    private static final long END_SECONDS = 60;

    private final Map<String, String> told = new HashMap<>();

    public static void main(String[] words) throws Exception {
        Worker worker = new Worker();
        for (String word : words) {
            int at = word.indexOf('=');
            worker.told.put(word.substring(0, at), word.substring(at + 1));
        }
        worker.run();
    }

    private void run() throws Exception {
        Scheduler scheduler = scheduler(new Diary(Path.of(told.get("diary")), told.get("worker")));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(scheduler)));
        scheduler.run();
    }

    private Scheduler scheduler(Diary diary) throws ReflectiveOperationException {
        KinesisAsyncClient kinesis = KinesisClientUtil.createKinesisAsyncClient(at(KinesisAsyncClient.builder()));
        DynamoDbAsyncClient dynamo = at(DynamoDbAsyncClient.builder()).build();
        CloudWatchAsyncClient cloudWatch = at(CloudWatchAsyncClient.builder()).build();
        ConfigsBuilder configs = new ConfigsBuilder(
                streams(), told.get("application"), kinesis, dynamo, cloudWatch, told.get("worker"), diary);
        RetrievalConfig retrieval = configs.retrievalConfig();
        if (told.get("retrieval").equals("polling")) {
            PollingConfig polling = told.containsKey("stream") ? new PollingConfig(told.get("stream"), kinesis) : new PollingConfig(kinesis);
            retrieval.retrievalSpecificConfig(polling);
        }
        CoordinatorConfig coordinator = configs.coordinatorConfig();
        if (told.containsKey("version")) {
            setVersion(coordinator, told.get("version"));
        }
        return new Scheduler(
                configs.checkpointConfig(),
                coordinator,
                configs.leaseManagementConfig(),
                configs.lifecycleConfig(),
                configs.metricsConfig(),
                configs.processorConfig(),
                retrieval);
    }

    /** By reflection, for KCL 2 has no such setting. */
    private static void setVersion(CoordinatorConfig coordinator, String version) throws ReflectiveOperationException {
        for (Method method : CoordinatorConfig.class.getMethods()) {
            if (method.getName().equals("clientVersionConfig") && method.getParameterCount() == 1) {
                Class<?> type = method.getParameterTypes()[0];
                method.invoke(coordinator, type.getMethod("valueOf", String.class).invoke(null, version));
            }
        }
    }

    private StreamTracker streams() {
        InitialPositionInStreamExtended oldest =
                InitialPositionInStreamExtended.newInitialPosition(InitialPositionInStream.TRIM_HORIZON);
        return told.containsKey("stream")
                ? new SingleStreamTracker(told.get("stream"), oldest)
                : new ManyStreams(List.of(told.get("streams").split(",")), oldest);
    }

    private <B extends AwsClientBuilder<B, ?>> B at(B builder) {
        return told.containsKey("endpoint") ? builder.endpointOverride(URI.create(told.get("endpoint"))) : builder;
    }

    private static void end(Scheduler scheduler) {
        try {
            scheduler.startGracefulShutdown().get(END_SECONDS, TimeUnit.SECONDS);
        } catch (Exception trouble) {
            trouble.printStackTrace();
        }
    }
}
