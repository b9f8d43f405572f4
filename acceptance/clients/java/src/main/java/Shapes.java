import java.math.BigDecimal;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.SdkField;
import software.amazon.awssdk.core.SdkPojo;
import software.amazon.awssdk.core.protocol.MarshallingType;
import software.amazon.awssdk.core.traits.ListTrait;
import software.amazon.awssdk.core.traits.MapTrait;
import software.amazon.awssdk.core.util.SdkAutoConstructList;
import software.amazon.awssdk.core.util.SdkAutoConstructMap;
import software.amazon.awssdk.protocols.jsoncore.JsonNode;
import software.amazon.awssdk.utils.builder.Buildable;

/** Between the SDK's shapes and plain documents, by what each shape says of its own members. */
final class Shapes {
    /** The SDK is too old for a member. */
    static final class Unsupported extends RuntimeException {
        private Unsupported(String reason) {
            super(reason);
        }
    }

    private Shapes() {}

    /** A request of this class with the members that the document has. */
    static SdkPojo build(Class<?> shape, JsonNode document) throws ReflectiveOperationException {
        return (SdkPojo) ((Buildable) filled((SdkPojo) shape.getMethod("builder").invoke(null), document)).build();
    }

    private static SdkPojo filled(SdkPojo builder, JsonNode document) {
        Map<String, JsonNode> left = new LinkedHashMap<>(document.asObject());
        for (SdkField<?> field : builder.sdkFields()) {
            JsonNode value = left.remove(name(field));
            if (value != null) {
                field.set(builder, sent(field, value));
            }
        }
        if (!left.isEmpty()) {
            throw new Unsupported(builder.getClass().getSimpleName() + " has no " + left.keySet());
        }
        return builder;
    }

    /** A member's name in the model; the SDK calls DynamoDB's NULL by another. */
    private static String name(SdkField<?> field) {
        return field.memberName().equals("NUL") ? field.locationName() : field.memberName();
    }

    private static Object sent(SdkField<?> field, JsonNode value) {
        if (value.isNull()) {
            return null;
        }
        MarshallingType<?> type = field.marshallingType();
        if (type == MarshallingType.STRING) {
            return value.isString() ? value.asString() : value.text();
        } else if (type == MarshallingType.INTEGER) {
            return Integer.valueOf(value.asNumber());
        } else if (type == MarshallingType.LONG) {
            return Long.valueOf(value.asNumber());
        } else if (type == MarshallingType.DOUBLE) {
            return Double.valueOf(value.asNumber());
        } else if (type == MarshallingType.BOOLEAN) {
            return value.asBoolean();
        } else if (type == MarshallingType.INSTANT) {
            return Instant.ofEpochMilli(Long.parseLong(value.field("$time").orElseThrow().asNumber()));
        } else if (type == MarshallingType.SDK_BYTES) {
            return SdkBytes.fromByteArray(Base64.getDecoder().decode(value.field("$blob").orElseThrow().asString()));
        } else if (type == MarshallingType.LIST) {
            SdkField<?> member = field.getTrait(ListTrait.class).memberFieldInfo();
            List<Object> elements = new ArrayList<>();
            value.asArray().forEach(element -> elements.add(sent(member, element)));
            return elements;
        } else if (type == MarshallingType.MAP) {
            SdkField<?> member = field.getTrait(MapTrait.class).valueFieldInfo();
            Map<String, Object> entries = new LinkedHashMap<>();
            value.asObject().forEach((key, element) -> entries.put(key, sent(member, element)));
            return entries;
        } else if (type == MarshallingType.SDK_POJO) {
            return ((Buildable) filled(field.constructor().get(), value)).build();
        }
        throw new IllegalArgumentException("no way to send " + field.memberName());
    }

    /** An answer as a document: absent members left out. */
    static Map<String, Object> read(SdkPojo shape) {
        Map<String, Object> members = new LinkedHashMap<>();
        for (SdkField<?> field : shape.sdkFields()) {
            Object value = came(field.getValueOrDefault(shape));
            if (value != null) {
                members.put(name(field), value);
            }
        }
        return members;
    }

    private static Object came(Object value) {
        if (value == null || value instanceof SdkAutoConstructList || value instanceof SdkAutoConstructMap) {
            return null;
        } else if (value instanceof SdkPojo shape) {
            return read(shape);
        } else if (value instanceof SdkBytes bytes) {
            return Map.of("$blob", Base64.getEncoder().encodeToString(bytes.asByteArray()));
        } else if (value instanceof Instant time) {
            return Map.of("$time", time.toEpochMilli());
        } else if (value instanceof List<?> list) {
            return list.stream().map(Shapes::came).toList();
        } else if (value instanceof Map<?, ?> map) {
            Map<String, Object> entries = new LinkedHashMap<>();
            map.forEach((key, element) -> entries.put(key.toString(), came(element)));
            return entries;
        } else if (value instanceof BigDecimal || value instanceof Number || value instanceof Boolean) {
            return value;
        }
        return value.toString();
    }
}
