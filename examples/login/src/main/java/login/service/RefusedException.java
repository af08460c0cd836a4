package login.service;

/** Name or password is wrong; which of them nobody is told. */
public final class RefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    RefusedException() {
        super("name or password is wrong");
    }
}
