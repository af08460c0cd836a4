package dev.rollcall.etcd.connecting;

import dev.rollcall.testing.EtcdOptions;
import dev.rollcall.testing.EtcdProcess;
import dev.rollcall.testing.Etcdctl;

/** An etcd with a root user, and one user {@code alice} who may do everything below {@code /micro/registry/}. */
final class SecuredEtcd implements AutoCloseable {
    static final String PASSWORD = "correct-horse";
    private static final String ROOT = "root-secret";

    private final EtcdProcess etcd;

    private SecuredEtcd(EtcdProcess etcd) {
        this.etcd = etcd;
    }

    /** With the user, and authentication still off. */
    static SecuredEtcd open(EtcdOptions options) {
        return open(options, PASSWORD);
    }

    private static SecuredEtcd open(EtcdOptions options, String password) {
        SecuredEtcd secured = new SecuredEtcd(EtcdProcess.launch(options));
        Etcdctl ctl = secured.etcd.ctl();
        ctl.addUser("alice", password);
        ctl.addRole("registry", "readwrite", "/micro/registry/");
        ctl.grantRole("alice", "registry");
        return secured;
    }

    /** With the user, and authentication on. */
    static SecuredEtcd launch(EtcdOptions options) {
        return launch(options, PASSWORD);
    }

    static SecuredEtcd launch(EtcdOptions options, String password) {
        SecuredEtcd secured = open(options, password);
        secured.lock();
        return secured;
    }

    static SecuredEtcd launch() {
        return launch(EtcdOptions.defaults());
    }

    /** Switches authentication on. */
    void lock() {
        etcd.ctl().enableAuth(ROOT);
    }

    EtcdProcess etcd() {
        return etcd;
    }

    Etcdctl root() {
        return etcd.ctl().withUser("root", ROOT);
    }

    /** A URL for alice. */
    String url(String options) {
        return url(etcd.endpoint(), PASSWORD, options);
    }

    static String url(String endpoints, String password, String options) {
        return "etcd://alice:" + password + "@" + endpoints + "?" + options;
    }

    /** How often somebody has authenticated since the start. */
    long authentications() {
        return etcd.metrics().calls("Authenticate");
    }

    @Override
    public void close() {
        etcd.close();
    }
}
