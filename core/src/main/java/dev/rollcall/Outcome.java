package dev.rollcall;

/** How a call ended, as far as that says something about the instance that was called. */
public enum Outcome {
    /** The instance answered, be it with an error that another instance would have answered too. */
    ANSWERED,
    /** It did not answer, or not in time, or failed within; another instance may do better. */
    FAILED,
    /** The caller lost interest before there was an answer: says nothing about the instance. */
    ABANDONED
}
