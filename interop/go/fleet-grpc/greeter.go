// Package fleetgrpc serves and calls Hello of greeter.proto with grpc-go.
package fleetgrpc

import (
	"context"

	"google.golang.org/grpc"

	"rollcall.dev/interop/harness/greeter"
)

// Service and Method name Hello, for frameworks that make a call of the two.
const (
	Service = "greeter.Greeter"
	Method  = "Hello"
)

const path = "/" + Service + "/" + Method

// Answer is what the instance of this name says.
func Answer(name string, request *greeter.HelloRequest) *greeter.HelloReply {
	return &greeter.HelloReply{
		From: request.To, To: request.From, Msg: "hello " + request.From + ": " + request.Msg, Server: name,
	}
}

// Register lets a server answer as the instance of this name.
func Register(server grpc.ServiceRegistrar, name string) {
	Handle(server, func(_ context.Context, request *greeter.HelloRequest) (*greeter.HelloReply, error) {
		return Answer(name, request), nil
	})
}

// Handle lets a server answer as the framework's own handler does.
func Handle(server grpc.ServiceRegistrar, answer func(context.Context, *greeter.HelloRequest) (*greeter.HelloReply, error)) {
	handler := func(_ any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
		request := new(greeter.HelloRequest)
		if err := decode(request); err != nil {
			return nil, err
		}
		last := func(ctx context.Context, request any) (any, error) {
			return answer(ctx, request.(*greeter.HelloRequest))
		}
		if interceptor == nil {
			return last(ctx, request)
		}
		return interceptor(ctx, request, &grpc.UnaryServerInfo{FullMethod: path}, last)
	}
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: Service,
		HandlerType: (*any)(nil),
		Methods:     []grpc.MethodDesc{{MethodName: Method, Handler: handler}},
		Metadata:    "greeter.proto",
	}, answer)
}

// Hello makes one call and returns who answered.
func Hello(ctx context.Context, connection grpc.ClientConnInterface) (string, error) {
	reply := new(greeter.HelloReply)
	if err := connection.Invoke(ctx, path, &greeter.HelloRequest{From: "go"}, reply); err != nil {
		return "", err
	}
	return reply.Server, nil
}
