package login

import (
	"context"

	kitjwt "github.com/go-kit/kit/auth/jwt"
	"github.com/go-kit/kit/endpoint"
	grpctransport "github.com/go-kit/kit/transport/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"rollcall.dev/interop/go-kit/user"
)

const service = "svc.user.User"

// Register serves the endpoints over gRPC.
func Register(server grpc.ServiceRegistrar, endpoints Endpoints) {
	login := grpctransport.NewServer(endpoints.Login,
		func(_ context.Context, message any) (any, error) {
			credentials := message.(*user.Credentials)
			return Credentials{credentials.Name, credentials.Password}, nil
		},
		func(_ context.Context, token any) (any, error) { return &user.Ticket{Token: token.(string)}, nil })
	whoAmI := grpctransport.NewServer(endpoints.WhoAmI,
		func(context.Context, any) (any, error) { return nil, nil },
		func(_ context.Context, name any) (any, error) { return &user.Person{Name: name.(string)}, nil },
		grpctransport.ServerBefore(kitjwt.GRPCToContext()))
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: service,
		HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			method("Login", login, func() any { return new(user.Credentials) }),
			method("WhoAmI", whoAmI, func() any { return new(user.Nothing) }),
		},
		Metadata: "user.proto",
	}, endpoints)
}

func method(name string, handler grpctransport.Handler, empty func() any) grpc.MethodDesc {
	last := func(ctx context.Context, request any) (any, error) {
		_, reply, err := handler.ServeGRPC(ctx, request)
		return reply, code(err)
	}
	return grpc.MethodDesc{
		MethodName: name,
		Handler: func(_ any, ctx context.Context, decode func(any) error, interceptor grpc.UnaryServerInterceptor) (any, error) {
			request := empty()
			if err := decode(request); err != nil {
				return nil, err
			}
			return interceptor(ctx, request, &grpc.UnaryServerInfo{FullMethod: "/" + service + "/" + name}, last)
		},
	}
}

func code(err error) error {
	switch {
	case err == nil:
		return nil
	case limited(err):
		return status.Error(codes.ResourceExhausted, err.Error())
	default:
		return status.Error(codes.Unauthenticated, err.Error())
	}
}

// LoginAt and WhoAmIAt call one instance; the token of WhoAmI comes in the context.
func LoginAt(conn *grpc.ClientConn) endpoint.Endpoint {
	return grpctransport.NewClient(conn, service, "Login",
		func(_ context.Context, request any) (any, error) {
			credentials := request.(Credentials)
			return &user.Credentials{Name: credentials.Name, Password: credentials.Password}, nil
		},
		func(_ context.Context, message any) (any, error) { return message.(*user.Ticket).Token, nil },
		user.Ticket{}).Endpoint()
}

func WhoAmIAt(conn *grpc.ClientConn) endpoint.Endpoint {
	return grpctransport.NewClient(conn, service, "WhoAmI",
		func(context.Context, any) (any, error) { return new(user.Nothing), nil },
		func(_ context.Context, message any) (any, error) { return message.(*user.Person).Name, nil },
		user.Person{}, grpctransport.ClientBefore(kitjwt.ContextToGRPC())).Endpoint()
}
