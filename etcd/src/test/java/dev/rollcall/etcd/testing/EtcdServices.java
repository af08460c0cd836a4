package dev.rollcall.etcd.testing;

import com.google.protobuf.Message;
import dev.rollcall.etcd.api.AuthGrpc;
import dev.rollcall.etcd.api.AuthenticateRequest;
import dev.rollcall.etcd.api.AuthenticateResponse;
import dev.rollcall.etcd.api.CompactionRequest;
import dev.rollcall.etcd.api.CompactionResponse;
import dev.rollcall.etcd.api.DeleteRangeRequest;
import dev.rollcall.etcd.api.DeleteRangeResponse;
import dev.rollcall.etcd.api.KVGrpc;
import dev.rollcall.etcd.api.LeaseGrantRequest;
import dev.rollcall.etcd.api.LeaseGrantResponse;
import dev.rollcall.etcd.api.LeaseGrpc;
import dev.rollcall.etcd.api.LeaseKeepAliveRequest;
import dev.rollcall.etcd.api.LeaseKeepAliveResponse;
import dev.rollcall.etcd.api.LeaseLeasesRequest;
import dev.rollcall.etcd.api.LeaseLeasesResponse;
import dev.rollcall.etcd.api.LeaseRevokeRequest;
import dev.rollcall.etcd.api.LeaseRevokeResponse;
import dev.rollcall.etcd.api.LeaseTimeToLiveRequest;
import dev.rollcall.etcd.api.LeaseTimeToLiveResponse;
import dev.rollcall.etcd.api.PutRequest;
import dev.rollcall.etcd.api.PutResponse;
import dev.rollcall.etcd.api.RangeRequest;
import dev.rollcall.etcd.api.RangeResponse;
import dev.rollcall.etcd.api.TxnRequest;
import dev.rollcall.etcd.api.TxnResponse;
import dev.rollcall.etcd.api.WatchGrpc;
import dev.rollcall.etcd.api.WatchRequest;
import dev.rollcall.etcd.api.WatchResponse;
import io.grpc.BindableService;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.function.Function;

/** etcd's four gRPC services, as thin as they can be over a {@link ScriptedEtcd}. */
final class EtcdServices {
    private final ScriptedEtcd etcd;

    EtcdServices(ScriptedEtcd etcd) {
        this.etcd = etcd;
    }

    List<BindableService> all() {
        return List.of(new Kv(), new Leases(), new Watches(), new Logins());
    }

    private <Q extends Message, A> void unary(String method, Q request, StreamObserver<A> out, Function<Q, A> apply) {
        tolerateCancel(out);
        etcd.unary(method, CallScript.Call.of(request, () -> etcd.locked(() -> apply.apply(request)), out));
    }

    private <Q extends Message, A> void guarded(String method, Q request, StreamObserver<A> out, Function<Q, A> apply) {
        EtcdUsers.Caller caller = EtcdUsers.CALLER.get();
        unary(method, request, out, asked -> {
            etcd.users().check(caller);
            return apply.apply(asked);
        });
    }

    private <Q extends Message, A> void open(String method, Q request, StreamObserver<A> out, Function<Q, A> apply) {
        EtcdUsers.Caller caller = EtcdUsers.CALLER.get();
        unary(method, request, out, asked -> {
            etcd.users().checkToken(caller);
            return apply.apply(asked);
        });
    }

    /** Without a handler, answering a call that was cancelled meanwhile throws. */
    private static void tolerateCancel(StreamObserver<?> out) {
        ((ServerCallStreamObserver<?>) out).setOnCancelHandler(() -> {});
    }

    private final class Kv extends KVGrpc.KVImplBase {
        @Override
        public void range(RangeRequest request, StreamObserver<RangeResponse> out) {
            guarded("Range", request, out, asked -> etcd.model().range(asked));
        }

        @Override
        public void put(PutRequest request, StreamObserver<PutResponse> out) {
            guarded("Put", request, out, asked -> etcd.model().put(asked));
        }

        @Override
        public void deleteRange(DeleteRangeRequest request, StreamObserver<DeleteRangeResponse> out) {
            guarded("DeleteRange", request, out, asked -> etcd.model().delete(asked));
        }

        @Override
        public void txn(TxnRequest request, StreamObserver<TxnResponse> out) {
            guarded("Txn", request, out, asked -> etcd.model().txn(asked));
        }

        @Override
        public void compact(CompactionRequest request, StreamObserver<CompactionResponse> out) {
            open("Compact", request, out, asked -> etcd.model().compact(asked));
        }
    }

    private final class Leases extends LeaseGrpc.LeaseImplBase {
        @Override
        public void leaseGrant(LeaseGrantRequest request, StreamObserver<LeaseGrantResponse> out) {
            open("LeaseGrant", request, out, asked -> etcd.leases().grant(asked));
        }

        @Override
        public void leaseRevoke(LeaseRevokeRequest request, StreamObserver<LeaseRevokeResponse> out) {
            open("LeaseRevoke", request, out, asked -> etcd.leases().revoke(asked));
        }

        @Override
        public void leaseTimeToLive(LeaseTimeToLiveRequest request, StreamObserver<LeaseTimeToLiveResponse> out) {
            unary("LeaseTimeToLive", request, out, asked -> etcd.leases().timeToLive(asked));
        }

        @Override
        public void leaseLeases(LeaseLeasesRequest request, StreamObserver<LeaseLeasesResponse> out) {
            unary("LeaseLeases", request, out, asked -> etcd.leases().leases());
        }

        @Override
        public StreamObserver<LeaseKeepAliveRequest> leaseKeepAlive(StreamObserver<LeaseKeepAliveResponse> out) {
            tolerateCancel(out);
            return etcd.keepAliveStream(out);
        }
    }

    private final class Watches extends WatchGrpc.WatchImplBase {
        @Override
        public StreamObserver<WatchRequest> watch(StreamObserver<WatchResponse> out) {
            tolerateCancel(out);
            return etcd.watchStream(out, EtcdUsers.CALLER.get());
        }
    }

    private final class Logins extends AuthGrpc.AuthImplBase {
        @Override
        public void authenticate(AuthenticateRequest request, StreamObserver<AuthenticateResponse> out) {
            unary("Authenticate", request, out, asked -> etcd.users().authenticate(asked));
        }
    }
}
