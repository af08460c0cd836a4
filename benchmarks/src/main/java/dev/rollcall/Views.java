package dev.rollcall;

/** Opens views for the bench without a registry around them. */
public final class Views {
    private Views() {}

    public static ServiceView over(Subscription subscription) {
        return ServiceView.over(subscription);
    }
}
