package login;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;

/** The secrets, from the environment only. */
final class Settings {
    static final String USER = "john";

    private final String password;
    private final byte[] key;

    private Settings(String password, byte[] key) {
        this.password = password;
        this.key = key;
    }

    static Settings of(Map<String, String> environment) {
        return new Settings(password(environment), key(environment));
    }

    /** Of the one user there is. */
    String password() {
        return password;
    }

    /** Signs and checks the tokens. */
    byte[] key() {
        return key.clone();
    }

    static String password(Map<String, String> environment) {
        String password = environment.getOrDefault("LOGIN_PASSWORD", "");
        if (password.isEmpty()) {
            throw new IllegalArgumentException("LOGIN_PASSWORD: not set (expected: a password for " + USER + ")");
        }
        return password;
    }

    private static byte[] key(Map<String, String> environment) {
        String text = environment.get("LOGIN_KEY");
        byte[] key = new byte[32];
        if (text == null) {
            new SecureRandom().nextBytes(key);
            System.err.println(
                    "LOGIN_KEY is not set: tokens are signed with a key of this process, others refuse them");
            return key;
        }
        try {
            key = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException notBase64) {
            throw new IllegalArgumentException("LOGIN_KEY: not base64 (expected: base64 of 32 random bytes)");
        }
        if (key.length < 32) {
            throw new IllegalArgumentException("LOGIN_KEY: " + key.length + " bytes (expected: at least 32)");
        }
        return key;
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "Settings[]";
    }
}
