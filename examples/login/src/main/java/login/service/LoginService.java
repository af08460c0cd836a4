package login.service;

import java.util.Map;
import java.util.UUID;

/** The service itself: it knows nothing of requests, limits or gRPC. Safe for use by many threads. */
public final class LoginService {
    private final Map<String, PasswordHash> users;
    private final PasswordHash nobody;
    private final Tokens tokens;

    /** @param iterations of the users' hashes */
    public LoginService(Map<String, PasswordHash> users, int iterations, Tokens tokens) {
        this.users = Map.copyOf(users);
        this.nobody = PasswordHash.of(UUID.randomUUID().toString(), iterations);
        this.tokens = tokens;
    }

    /**
     * A token for the user.
     *
     * @throws RefusedException when name or password is wrong
     */
    public String login(String name, String password) {
        // An unknown user costs a hash too, so that the time of the answer does not tell who is known.
        boolean right = users.getOrDefault(name, nobody).matches(password);
        if (!right || !users.containsKey(name)) {
            throw new RefusedException();
        }
        return tokens.of(name);
    }
}
