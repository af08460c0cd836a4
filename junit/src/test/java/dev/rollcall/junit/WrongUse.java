package dev.rollcall.junit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What cannot work; run by {@link WithEtcdTest} only. */
@WithEtcd
class WrongUse {
    @BeforeAll
    static void too_early(TestEtcd etcd) {
        assertThat(etcd).isNull();
    }

    @Test
    void never() {}
}
