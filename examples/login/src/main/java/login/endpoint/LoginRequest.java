package login.endpoint;

/** Who wants to log in; checked, so that nobody can have us hash megabytes. */
public record LoginRequest(String name, String password) {
    private static final int LONGEST = 128;

    public LoginRequest {
        check("name", name);
        check("password", password);
    }

    private static void check(String field, String value) {
        if (value.isEmpty() || value.length() > LONGEST) {
            throw new IllegalArgumentException(
                    field + ": " + value.length() + " characters (expected: 1 to " + LONGEST + ")");
        }
    }

    /** Without the password, since requests end up in logs. */
    @Override
    public String toString() {
        return "LoginRequest[name=" + name + "]";
    }
}
