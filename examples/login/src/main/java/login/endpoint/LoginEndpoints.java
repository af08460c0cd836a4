package login.endpoint;

import login.service.LoginService;

/** The service's methods, each from a checked request to a response, for transports of any kind. */
public final class LoginEndpoints {
    private final LoginService service;

    public LoginEndpoints(LoginService service) {
        this.service = service;
    }

    public LoginResponse login(LoginRequest request) {
        return new LoginResponse(service.login(request.name(), request.password()));
    }
}
