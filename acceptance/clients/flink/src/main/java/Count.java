import java.io.FileInputStream;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.kinesis.sink.KinesisStreamsSink;
import org.apache.flink.connector.kinesis.source.KinesisStreamsSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.connectors.kinesis.FlinkKinesisConsumer;

/**
 * Counts records by their text and writes each count to another stream, in a cluster of its own process:
 * Count PROPERTIES STREAM_ARN COUNTED CHECKPOINTS [CHECKPOINT]. It runs until it is killed; with CHECKPOINT it goes on where that was taken.
 * The properties are those of docs/consumers.md; with `source = new` they are for the newer of the connector's two sources.
 */
public class Count {
    private static final int PARALLELISM = 2;

    public static void main(String[] words) throws Exception {
        var properties = new Properties();
        try (var file = new FileInputStream(words[0])) {
            properties.load(file);
        }
        var settings = new Configuration();
        settings.setString("execution.checkpointing.interval", "500ms");
        settings.setString("execution.checkpointing.externalized-checkpoint-retention", "RETAIN_ON_CANCELLATION");
        settings.setString("state.checkpoints.dir", words[3]);
        settings.setString("restart-strategy.type", "none");
        settings.setString("taskmanager.memory.network.max", "32mb");
        settings.setString("taskmanager.memory.managed.size", "16mb");
        if (words.length > 4) {
            settings.setString("execution.savepoint.path", words[4]);
        }
        var job = StreamExecutionEnvironment.createLocalEnvironment(PARALLELISM, settings);
        var counted = read(job, properties, words[1]).keyBy(text -> text).map(new Counter()).uid("count");
        var sink = KinesisStreamsSink.<String>builder()
                .setStreamName(words[2])
                .setKinesisClientProperties(properties)
                .setSerializationSchema(new SimpleStringSchema())
                .setPartitionKeyGenerator(text -> text.split(" ")[0])
                .setFailOnError(true)
                .build();
        counted.sinkTo(sink).uid("write");
        job.execute();
    }

    private static DataStream<String> read(StreamExecutionEnvironment job, Properties properties, String arn) {
        if (properties.getProperty("source", "").equals("new")) {
            var source = KinesisStreamsSource.<String>builder()
                    .setStreamArn(arn)
                    .setSourceConfig(Configuration.fromMap(asMap(properties)))
                    .setDeserializationSchema(new SimpleStringSchema())
                    .build();
            return job.fromSource(source, WatermarkStrategy.noWatermarks(), "read", Types.STRING).uid("read");
        }
        var name = arn.substring(arn.indexOf('/') + 1);
        return job.addSource(new FlinkKinesisConsumer<>(name, new SimpleStringSchema(), properties)).uid("read");
    }

    private static Map<String, String> asMap(Properties properties) {
        var map = new HashMap<String, String>();
        properties.forEach((name, value) -> map.put((String) name, (String) value));
        return map;
    }

    /** How often a text came, behind it. */
    private static class Counter extends RichMapFunction<String, String> {
        private transient ValueState<Long> count;

        @Override
        public void open(Configuration settings) {
            count = getRuntimeContext().getState(new ValueStateDescriptor<>("count", Long.class));
        }

        @Override
        public String map(String text) throws Exception {
            var more = count.value() == null ? 1 : count.value() + 1;
            count.update(more);
            return text + " " + more;
        }
    }
}
