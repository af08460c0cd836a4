package dev.rollcall;

/** Whether an instance asks for calls. */
public enum Status {
    /** Serving and asking for calls. */
    UP,
    /** Still serving, asking for no new calls; always written just before a graceful delete. */
    DRAINING
}
