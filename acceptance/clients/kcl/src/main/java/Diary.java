import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.kinesis.common.StreamIdentifier;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.ShardRecordProcessorFactory;

/**
 * What happened to a worker's record processors, in the order in which it did: a JSON line for each event, with the worker, the number
 * of its processor (a life), the machine's monotonic time in seconds and members of the event's own.
 *
 * <p>A line is with the kernel before `write` returns, so that a worker that is killed has told all that it did.
 */
final class Diary implements ShardRecordProcessorFactory {
    private final OutputStream file;
    private final String worker;
    private final AtomicInteger lives = new AtomicInteger();

    Diary(Path path, String worker) throws IOException {
        this.file = Files.newOutputStream(path);
        this.worker = worker;
    }

    @Override
    public ShardRecordProcessor shardRecordProcessor() {
        return shardRecordProcessor(null);
    }

    @Override
    public ShardRecordProcessor shardRecordProcessor(StreamIdentifier stream) {
        return new Processor(this, lives.incrementAndGet(), stream == null ? "" : stream.streamName());
    }

    /** `members` are the event's own, as JSON without braces, or empty. */
    synchronized void write(int life, String event, String members) {
        String line = String.format(
                "{\"worker\":\"%s\",\"life\":%d,\"at\":%.6f,\"event\":\"%s\"%s}%n",
                worker, life, System.nanoTime() / 1e9, event, members.isEmpty() ? "" : "," + members);
        try {
            file.write(line.getBytes(StandardCharsets.UTF_8));
        } catch (IOException trouble) {
            throw new UncheckedIOException(trouble);
        }
    }
}
