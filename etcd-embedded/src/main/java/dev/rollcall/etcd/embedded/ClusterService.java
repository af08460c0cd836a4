package dev.rollcall.etcd.embedded;

import dev.rollcall.etcd.api.ClusterGrpc;
import dev.rollcall.etcd.api.Member;
import dev.rollcall.etcd.api.MemberListRequest;
import dev.rollcall.etcd.api.MemberListResponse;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** The part of etcd's Cluster service that a single node has: the list of its one member. */
final class ClusterService extends ClusterGrpc.ClusterImplBase {
    private final Answers answers;
    private final Supplier<String> endpoint;

    ClusterService(Store store, Supplier<String> endpoint) {
        this.answers = new Answers(store);
        this.endpoint = endpoint;
    }

    @Override
    public void memberList(MemberListRequest request, StreamObserver<MemberListResponse> out) {
        answers.answer(
                out,
                () -> MemberListResponse.newBuilder()
                        // etcd shows no revision here
                        .setHeader(Headers.at(0))
                        .addMembers(Member.newBuilder()
                                .setID(Headers.MEMBER_ID)
                                .setName("rollcall-embedded")
                                .addPeerURLs("http://" + endpoint.get())
                                .addClientURLs("http://" + endpoint.get()))
                        .build());
    }
}
