import com.google.common.util.concurrent.FutureCallback;
import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.MoreExecutors;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import software.amazon.kinesis.producer.Attempt;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordFailedException;
import software.amazon.kinesis.producer.UserRecordResult;

/**
 * Puts user records through the Kinesis Producer Library, configured by a file as its users do: Put PROPERTIES STREAM.
 * Takes lines of KEY, HASH KEY (or nothing), DATA (base64), parted by tabs; says for each what became of it: its line's number from 0,
 * whether it is stored, shard, sequence number and each attempt's error ("ok" if it had none).
 */
public class Put {
    /** User records that have no result yet. What waits for room is what a user of the KPL has to do. */
    private static final int OUTSTANDING_MAX = 2000;

    private final PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
    private final Semaphore room = new Semaphore(OUTSTANDING_MAX);

    public static void main(String[] words) throws Exception {
        var producer = new KinesisProducer(KinesisProducerConfiguration.fromPropertiesFile(words[0]));
        try {
            new Put().all(producer, words[1]);
        } finally {
            producer.destroy();
        }
    }

    private void all(KinesisProducer producer, String stream) throws Exception {
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        var number = 0;
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            var fields = line.split("\t", -1);
            var data = ByteBuffer.wrap(Base64.getDecoder().decode(fields[2]));
            room.acquire();
            var result = producer.addUserRecord(stream, fields[0], fields[1].isEmpty() ? null : fields[1], data);
            Futures.addCallback(result, new Told(number++), MoreExecutors.directExecutor());
        }
        producer.flush();
        room.acquire(OUTSTANDING_MAX);
        out.flush();
    }

    private synchronized void tell(int number, boolean isStored, String shard, String sequence, List<Attempt> attempts) {
        var errors = attempts.stream().map(a -> a.isSuccessful() ? "ok" : a.getErrorCode()).collect(Collectors.joining(","));
        out.println(String.join("\t", String.valueOf(number), String.valueOf(isStored), shard, sequence, errors));
        room.release();
    }

    private class Told implements FutureCallback<UserRecordResult> {
        private final int number;

        Told(int number) {
            this.number = number;
        }

        @Override
        public void onSuccess(UserRecordResult result) {
            tell(number, true, result.getShardId(), result.getSequenceNumber(), result.getAttempts());
        }

        @Override
        public void onFailure(Throwable trouble) {
            var attempts = trouble instanceof UserRecordFailedException failed ? failed.getResult().getAttempts() : List.<Attempt>of();
            tell(number, false, "", trouble.toString().replaceAll("\\s+", " "), attempts);
        }
    }
}
