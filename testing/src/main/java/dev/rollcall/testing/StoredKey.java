package dev.rollcall.testing;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * A key as etcd stores it.
 *
 * @param keyBase64 the key's bytes
 * @param valueBase64 the value's bytes
 * @param createRevision the revision that created it
 * @param modRevision the revision that wrote it last
 * @param version how often it was written since it was created
 * @param lease its lease, 0 for none
 */
public record StoredKey(
        String keyBase64, String valueBase64, long createRevision, long modRevision, long version, long lease) {
    /** The key as text. */
    public String key() {
        return new String(Base64.getDecoder().decode(keyBase64), StandardCharsets.UTF_8);
    }

    /** The value as text. */
    public String value() {
        return new String(valueBytes(), StandardCharsets.UTF_8);
    }

    /** The value's bytes. */
    public byte[] valueBytes() {
        return Base64.getDecoder().decode(valueBase64);
    }
}
