package login.endpoint;

/** A token that says who somebody is, until it expires. */
public record LoginResponse(String token) {
    /** Without the token, which is as good as a password. */
    @Override
    public String toString() {
        return "LoginResponse[]";
    }
}
