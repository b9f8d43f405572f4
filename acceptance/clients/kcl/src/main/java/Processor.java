import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import software.amazon.kinesis.exceptions.InvalidStateException;
import software.amazon.kinesis.exceptions.KinesisClientLibDependencyException;
import software.amazon.kinesis.exceptions.ShutdownException;
import software.amazon.kinesis.exceptions.ThrottlingException;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.RecordProcessorCheckpointer;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** Writes down what it is given, and checkpoints every few seconds, so that whoever follows a killed worker has something to repeat. */
final class Processor implements ShardRecordProcessor {
    private static final long CHECKPOINT_NANOS = 3_000_000_000L;

    private final Diary diary;
    private final int life;
    private final String stream;
    private long checkpointed = System.nanoTime();

    Processor(Diary diary, int life, String stream) {
        this.diary = diary;
        this.life = life;
        this.stream = stream;
    }

    @Override
    public void initialize(InitializationInput input) {
        diary.write(life, "begin", String.format(
                "\"stream\":\"%s\",\"shard\":\"%s\",\"from\":\"%s\"", stream, input.shardId(), input.extendedSequenceNumber().sequenceNumber()));
    }

    @Override
    public void processRecords(ProcessRecordsInput input) {
        if (input.records().isEmpty()) {
            return;
        }
        StringJoiner records = new StringJoiner(",", "\"records\":[", "]");
        for (KinesisClientRecord record : input.records()) {
            byte[] data = new byte[record.data().remaining()];
            record.data().get(data);
            String text = new String(data, StandardCharsets.UTF_8);
            records.add(String.format("[\"%s\",\"%s\",%s]", record.sequenceNumber(), record.partitionKey(), text.substring(0, text.indexOf(' '))));
        }
        diary.write(life, "records", records.toString());
        if (System.nanoTime() - checkpointed > CHECKPOINT_NANOS) {
            checkpoint(input.checkpointer());
        }
    }

    @Override
    public void leaseLost(LeaseLostInput input) {
        diary.write(life, "lost", "");
    }

    @Override
    public void shardEnded(ShardEndedInput input) {
        diary.write(life, "shard end", "");
        checkpoint(input.checkpointer());
    }

    @Override
    public void shutdownRequested(ShutdownRequestedInput input) {
        diary.write(life, "asked to end", "");
        checkpoint(input.checkpointer());
    }

    /** Between the two lines nobody knows whether it stands. */
    private void checkpoint(RecordProcessorCheckpointer checkpointer) {
        diary.write(life, "checkpointing", "");
        try {
            checkpointer.checkpoint();
            diary.write(life, "checkpointed", "");
            checkpointed = System.nanoTime();
        } catch (ShutdownException | ThrottlingException | InvalidStateException | KinesisClientLibDependencyException refusal) {
            diary.write(life, "not checkpointed", String.format("\"why\":\"%s\"", refusal.getClass().getSimpleName()));
        }
    }
}
