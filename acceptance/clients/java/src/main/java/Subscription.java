import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.reactivestreams.Subscriber;
import software.amazon.awssdk.awscore.eventstream.EventStreamResponseHandler;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.async.SdkPublisher;
import software.amazon.awssdk.services.cloudwatchlogs.model.LiveTailSessionStart;
import software.amazon.awssdk.services.cloudwatchlogs.model.LiveTailSessionUpdate;
import software.amazon.awssdk.services.cloudwatchlogs.model.StartLiveTailResponse;
import software.amazon.awssdk.services.cloudwatchlogs.model.StartLiveTailResponseHandler;
import software.amazon.awssdk.services.cloudwatchlogs.model.StartLiveTailResponseStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEvent;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardEventStream;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponse;
import software.amazon.awssdk.services.kinesis.model.SubscribeToShardResponseHandler;

/** One open SubscribeToShard or StartLiveTail of an asynchronous client: what it pushes waits in a queue until the driver reads it. */
class Subscription<R, E> implements EventStreamResponseHandler<R, E>, Subscriber<E> {
    static final class Shard extends Subscription<SubscribeToShardResponse, SubscribeToShardEventStream>
        implements SubscribeToShardResponseHandler {}

    static final class Tail extends Subscription<StartLiveTailResponse, StartLiveTailResponseStream>
        implements StartLiveTailResponseHandler {}

    private static final Object END = new Object();

    private final BlockingQueue<Object> arrived = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> opened = new CompletableFuture<>();
    private volatile org.reactivestreams.Subscription flow;

    /** Returns when the service has accepted a call that this handles, throws what it refused with. */
    void begin(CompletableFuture<Void> called) {
        called.whenComplete((nothing, trouble) -> {
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
            events.add(Shapes.read((SdkPojo) next));
            records += count(next);
        } while (wanted < 0 || records < wanted);
        Map<String, Object> output = new LinkedHashMap<>();
        output.put("Events", events);
        output.put("Ended", ended);
        return Map.of("ok", true, "output", output);
    }

    /** How many records, or events of a log, an event brings. */
    private static int count(Object event) {
        if (event instanceof SubscribeToShardEvent records) {
            return records.records().size();
        }
        return event instanceof LiveTailSessionUpdate update ? update.sessionResults().size() : 0;
    }

    void close() {
        if (flow != null) {
            flow.cancel();
        }
    }

    @Override
    public void responseReceived(R response) {}

    @Override
    public void onEventStream(SdkPublisher<E> publisher) {
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
    public void onNext(E event) {
        if (event instanceof SubscribeToShardEvent || event instanceof LiveTailSessionStart || event instanceof LiveTailSessionUpdate) {
            arrived.add(event);
        }
    }

    @Override
    public void onError(Throwable trouble) {}

    @Override
    public void onComplete() {}
}
