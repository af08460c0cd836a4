package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.AlarmMember;
import dev.rollcall.etcd.api.AlarmRequest;
import dev.rollcall.etcd.api.AlarmRequest.AlarmAction;
import dev.rollcall.etcd.api.AlarmResponse;
import dev.rollcall.etcd.api.AlarmType;
import dev.rollcall.etcd.api.DefragmentRequest;
import dev.rollcall.etcd.api.DefragmentResponse;
import dev.rollcall.etcd.api.MaintenanceGrpc;
import dev.rollcall.etcd.api.StatusRequest;
import dev.rollcall.etcd.api.StatusResponse;
import io.grpc.stub.StreamObserver;

/** The part of etcd's Maintenance service that shows how it is: status and the NOSPACE alarm. */
final class MaintenanceService extends MaintenanceGrpc.MaintenanceImplBase {
    /** The etcd it behaves like: the API of 3.4 with the known watch and lease bugs of that line mended. */
    static final String VERSION = "3.4.38";

    private final Store store;
    private final Answers answers;

    MaintenanceService(Store store) {
        this.store = store;
        this.answers = new Answers(store);
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> out) {
        answers.answer(out, this::status);
    }

    @Override
    public void alarm(AlarmRequest request, StreamObserver<AlarmResponse> out) {
        answers.answer(out, () -> alarm(request));
    }

    /** There is nothing to do: memory is freed as it is given up. */
    @Override
    public void defragment(DefragmentRequest request, StreamObserver<DefragmentResponse> out) {
        answers.answer(
                out,
                () -> DefragmentResponse.newBuilder()
                        .setHeader(Headers.at(store.revision()))
                        .build());
    }

    private StatusResponse status() {
        long revision = store.revision();
        StatusResponse.Builder status = StatusResponse.newBuilder()
                .setHeader(Headers.at(revision))
                .setVersion(VERSION)
                .setDbSize(store.bytes())
                .setDbSizeInUse(store.bytes())
                .setLeader(Headers.MEMBER_ID)
                .setRaftIndex(revision)
                .setRaftAppliedIndex(revision)
                .setRaftTerm(Headers.TERM);
        if (store.full()) {
            status.addErrors("memberID:" + Long.toUnsignedString(Headers.MEMBER_ID) + " alarm:NOSPACE ");
        }
        return status.build();
    }

    private AlarmResponse alarm(AlarmRequest request) {
        boolean meant = request.getAlarm() == AlarmType.NOSPACE
                || (request.getAlarm() == AlarmType.NONE && request.getAction() == AlarmAction.GET);
        boolean shown = meant
                && switch (request.getAction()) {
                    case GET -> store.full();
                    case ACTIVATE -> {
                        store.full(true);
                        yield true;
                    }
                    case DEACTIVATE -> store.full(false);
                    case UNRECOGNIZED -> false;
                };
        AlarmResponse.Builder response = AlarmResponse.newBuilder().setHeader(Headers.at(store.revision()));
        if (shown) {
            response.addAlarms(
                    AlarmMember.newBuilder().setMemberID(Headers.MEMBER_ID).setAlarm(AlarmType.NOSPACE));
        }
        return response.build();
    }
}
