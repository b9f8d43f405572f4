import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscriber;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardRequest;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** One open SubscribeToShard of the asynchronous client: what it pushes waits in a queue until the driver reads it. */
final class Subscription implements SubscribeToShardResponseHandler, Subscriber<SubscribeToShardEventStream> {
    private static final Object END = new Object();

    private final BlockingQueue<Object> arrived = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private volatile org.reactivestreams.Subscription flow;

    /** Subscribes; returns when the service has accepted, throws what it refused with. */
    void begin(KinesisAsyncClient client, SubscribeToShardRequest request) {
        client.subscribeToShard(request, this).whenComplete((nothing, trouble) -> {
            if (trouble != null) {
                opened.completeExceptionally(trouble);
                arrived.add(trouble);
            }
            arrived.add(END);
        });
        opened.join();
    }

    /** Events, until there are enough records, the stream ends, or the time is up. */
    Map<String, Object> read(software.amazon.awssdk.protocols.jsoncore.JsonNode question) throws InterruptedException {
        long until = System.nanoTime() + (long) (Double.parseDouble(question.field("seconds").orElseThrow().asNumber()) * 1e9);
        int wanted = question.field("records").filter(n -> !n.isNull()).map(n -> Integer.parseInt(n.asNumber())).orElse(-1);
        List<Object> events = new ArrayList<>();
        int records = 0;
        boolean ended = false;
        do {
            Object next = arrived.poll(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (next instanceof Throwable trouble) {
                return Agent.refused(trouble);
            }
            ended = next == END;
            if (next == null || ended) {
                break;
            }
            SubscribeToShardEvent event = (SubscribeToShardEvent) next;
            events.add(Shapes.read(event));
            records += event.records().size();
        } while (wanted < 0 || records < wanted);
        Map<String, Object> output = new LinkedHashMap<>();
        output.put("Events", events);
        output.put("Ended", ended);
        return Map.of("ok", true, "output", output);
    }

    void close() {
        if (flow != null) {
            flow.cancel();
        }
    }

    @Override
    public void responseReceived(SubscribeToShardResponse response) {}

    @Override
    public void onEventStream(SdkPublisher<SubscribeToShardEventStream> publisher) {
        publisher.subscribe(this);
    }

    @Override
    public void exceptionOccurred(Throwable trouble) {
        opened.completeExceptionally(trouble);
    }

    @Override
    public void complete() {}

    @Override
    public void onSubscribe(org.reactivestreams.Subscription begun) {
        flow = begun;
        begun.request(Long.MAX_VALUE);
        opened.complete(null);
    }

    @Override
    public void onNext(SubscribeToShardEventStream event) {
        if (event instanceof SubscribeToShardEvent body) {
            arrived.add(body);
        }
    }

    @Override
    public void onError(Throwable trouble) {}

    @Override
    public void onComplete() {}
}
