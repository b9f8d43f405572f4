import java.time.Duration;
import java.util.List;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.StreamConfig;
import software.amazon.kinesis.common.StreamIdentifier;
import software.amazon.kinesis.processor.FormerStreamsLeasesDeletionStrategy;
import software.amazon.kinesis.processor.FormerStreamsLeasesDeletionStrategy.AutoDetectionAndDeferredDeletionStrategy;
import software.amazon.kinesis.processor.MultiStreamTracker;

/** Several streams for one application, named as the KCL does: ACCOUNT:NAME:EPOCH, where the epoch is the second of their creation. */
final class ManyStreams implements MultiStreamTracker {
    private final List<StreamConfig> streams;

    ManyStreams(List<String> names, InitialPositionInStreamExtended from) {
        streams = names.stream()
                .map(name -> new StreamConfig(StreamIdentifier.multiStreamInstance(name), from))
                .toList();
    }

    @Override
    public List<StreamConfig> streamConfigList() {
        return streams;
    }

    @Override
    public FormerStreamsLeasesDeletionStrategy formerStreamsLeasesDeletionStrategy() {
        return new AutoDetectionAndDeferredDeletionStrategy() {
            @Override
            public Duration waitPeriodToDeleteFormerStreams() {
                return Duration.ofMinutes(1);
            }
        };
    }
}
