// Package fleetgrpc serves and calls Hello of greeter.proto with grpc-go.
package fleetgrpc

import (
	"context"

	"google.golang.org/grpc"

	"rollcall.dev/interop/harness/greeter"
)

const method = "/greeter.Greeter/Hello"

// Register lets a server answer Hello as the instance of this name.
func Register(server grpc.ServiceRegistrar, name string) {
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "greeter.Greeter",
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Hello", Handler: hello}},
		Metadata:    "greeter.proto",
	}, name)
}

func hello(name any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
	request := new(greeter.HelloRequest)
	if err := decode(request); err != nil {
		return nil, err
	}
	answer := func(_ context.Context, request any) (any, error) {
		return Answer(name.(string), request.(*greeter.HelloRequest)), nil
	}
	if interceptor == nil {
		return answer(ctx, request)
	}
	return interceptor(ctx, request, &grpc.UnaryServerInfo{Server: name, FullMethod: method}, answer)
}

// Answer is what the instance of this name says.
func Answer(name string, request *greeter.HelloRequest) *greeter.HelloReply {
	return &greeter.HelloReply{
		From: request.To, To: request.From, Msg: "hello " + request.From + ": " + request.Msg, Server: name,
	}
}

// Hello makes one call and returns who answered.
func Hello(ctx context.Context, connection grpc.ClientConnInterface) (string, error) {
	reply := new(greeter.HelloReply)
	if err := connection.Invoke(ctx, method, &greeter.HelloRequest{From: "go"}, reply); err != nil {
		return "", err
	}
	return reply.Server, nil
}
