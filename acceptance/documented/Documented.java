import java.net.URI;
import software.amazon.awssdk.services.kinesis.KinesisClient;

public class Documented {
    public static void main(String[] arguments) {
        KinesisClient client = LINE.build();
        System.out.println(client.listStreams().streamNames());
    }
}
