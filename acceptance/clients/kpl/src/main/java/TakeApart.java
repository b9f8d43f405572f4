import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/**
 * Takes records apart as the Kinesis Client Library does before its user's processor sees them. Takes lines of the shard's STARTING and ENDING
 * HASH KEY, SEQUENCE NUMBER, KEY, DATA (base64), parted by tabs; says for each user record: sequence number, position, key, hash key
 * (or nothing), whether it was aggregated, data.
 */
public class TakeApart {
    public static void main(String[] words) throws Exception {
        var out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (var line = lines.readLine(); line != null; line = lines.readLine()) {
            var fields = line.split("\t", -1);
            var data = ByteBuffer.wrap(Base64.getDecoder().decode(fields[4]));
            var record = KinesisClientRecord.builder().sequenceNumber(fields[2]).partitionKey(fields[3]).data(data).build();
            var range = List.of(new BigInteger(fields[0]), new BigInteger(fields[1]));
            for (var one : new AggregatorUtil().deaggregate(List.of(record), range.get(0), range.get(1))) {
                out.println(said(one));
            }
        }
        out.flush();
    }

    private static String said(KinesisClientRecord one) {
        var data = new byte[one.data().remaining()];
        one.data().duplicate().get(data);
        var hashKey = Objects.requireNonNullElse(one.explicitHashKey(), "");
        var position = String.valueOf(one.subSequenceNumber());
        var aggregated = String.valueOf(one.aggregated());
        return String.join("\t", one.sequenceNumber(), position, one.partitionKey(), hashKey, aggregated, Base64.getEncoder().encodeToString(data));
    }
}
