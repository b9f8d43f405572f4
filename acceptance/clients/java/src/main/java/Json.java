import java.util.List;
import java.util.Map;
import software.amazon.awssdk.protocols.jsoncore.JsonWriter;

/** Writes plain documents as JSON. */
final class Json {
    private Json() {}

    static String write(Object document) {
        JsonWriter writer = JsonWriter.create();
        value(writer, document);
        return new String(writer.getBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static void value(JsonWriter writer, Object value) {
        if (value == null) {
            writer.writeNull();
        } else if (value instanceof Map<?, ?> map) {
            writer.writeStartObject();
            map.forEach((key, element) -> {
                writer.writeFieldName(key.toString());
                value(writer, element);
            });
            writer.writeEndObject();
        } else if (value instanceof List<?> list) {
            writer.writeStartArray();
            list.forEach(element -> value(writer, element));
            writer.writeEndArray();
        } else if (value instanceof Boolean truth) {
            writer.writeValue(truth);
        } else if (value instanceof Double || value instanceof Float) {
            writer.writeValue(((Number) value).doubleValue());
        } else if (value instanceof Number number) {
            writer.writeValue(number.longValue());
        } else {
            writer.writeValue(value.toString());
        }
    }
}
