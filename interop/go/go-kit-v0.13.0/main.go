// The interop program of Go kit v0.13.0: sd/etcdv3, sd/lb and the gRPC transport.
package main

import (
	"context"
	"hash/crc32"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/go-kit/kit/endpoint"
	"github.com/go-kit/kit/sd"
	"github.com/go-kit/kit/sd/etcdv3"
	"github.com/go-kit/kit/sd/lb"
	grpctransport "github.com/go-kit/kit/transport/grpc"
	"github.com/go-kit/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"rollcall.dev/interop/fleet"
	"rollcall.dev/interop/fleet-grpc"
	"rollcall.dev/interop/harness/greeter"
)

var logger = log.NewLogfmtLogger(log.NewSyncWriter(os.Stderr))

func main() {
	fleet.Main(fleet.Program{
		Serve: serve, Watch: watch, Dial: dial,
		More: map[string]func(context.Context, fleet.Options) error{
			"login-serve": fleet.Serving(loginServe),
			"login-call":  loginCall,
		},
	})
}

// connect makes a client of its own for each use, since Go kit's has only one lease and one watch.
func connect(o fleet.Options) (etcdv3.Client, error) {
	return etcdv3.NewClient(context.Background(), []string{o.Registry}, etcdv3.ClientOptions{DialTimeout: 3 * time.Second})
}

func serve(ctx context.Context, o fleet.Options, started func(string)) error {
	hello := grpctransport.NewServer(
		func(_ context.Context, request any) (any, error) {
			return fleetgrpc.Answer(o.ID, request.(*greeter.HelloRequest)), nil
		}, same, same)
	return run(ctx, o, started, func(server *grpc.Server) {
		fleetgrpc.Handle(server, func(ctx context.Context, request *greeter.HelloRequest) (*greeter.HelloReply, error) {
			_, reply, err := hello.ServeGRPC(ctx, request)
			if err != nil {
				return nil, err
			}
			return reply.(*greeter.HelloReply), nil
		})
	})
}

// run serves until the context ends, and is registered meanwhile.
func run(ctx context.Context, o fleet.Options, started func(string), handlers func(*grpc.Server)) error {
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(grpctransport.Interceptor))
	handlers(server)
	go func() { _ = server.Serve(listener) }()
	client, err := connect(o)
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	service := etcdv3.Service{Key: o.Name + "/" + suffix(o, address), Value: address}
	if o.TTL > 0 {
		service.TTL = etcdv3.NewTTLOption(o.TTL/3, o.TTL)
	}
	registrar := etcdv3.NewRegistrar(client, service, logger)
	registrar.Register()
	started(address)
	<-ctx.Done()
	registrar.Deregister()
	server.GracefulStop()
	return nil
}

func suffix(o fleet.Options, address string) string {
	if o.Layout == "go-kit-crc32" {
		return strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(address))), 10)
	}
	return address
}

// counted prints a line for each read of the whole prefix, which is what every event costs a Go kit consumer.
type counted struct{ etcdv3.Client }

func (c counted) GetEntries(prefix string) ([]string, error) {
	fleet.Print("read", nil)
	return c.Client.GetEntries(prefix)
}

func watch(ctx context.Context, o fleet.Options, changed func([]fleet.Instance, error)) error {
	client, err := connect(o)
	if err != nil {
		return err
	}
	instancer, err := etcdv3.NewInstancer(counted{client}, o.Name+"/", logger)
	if err != nil {
		return err
	}
	defer instancer.Stop()
	events := make(chan sd.Event)
	go instancer.Register(events)
	for {
		select {
		case <-ctx.Done():
			return nil
		case event := <-events:
			instances := make([]fleet.Instance, 0, len(event.Instances))
			for _, address := range event.Instances {
				instances = append(instances, fleet.Instance{Address: address})
			}
			changed(instances, event.Err)
		}
	}
}

func dial(ctx context.Context, o fleet.Options) (func(context.Context) (string, error), error) {
	hello, err := balanced(ctx, o, o.Name+"/", func(conn *grpc.ClientConn) endpoint.Endpoint {
		return grpctransport.NewClient(conn, fleetgrpc.Service, fleetgrpc.Method, same, same, greeter.HelloReply{}).Endpoint()
	})
	if err != nil {
		return nil, err
	}
	retry := lb.Retry(3, o.Timeout, hello)
	return func(ctx context.Context) (string, error) {
		reply, err := retry(ctx, &greeter.HelloRequest{From: "go"})
		if err != nil {
			return "", err
		}
		return reply.(*greeter.HelloReply).Server, nil
	}, nil
}

// balanced is the client side of one method: an Instancer, an Endpointer with a connection for each instance, round robin.
// It returns once there is an instance.
func balanced(
	ctx context.Context, o fleet.Options, prefix string, method func(*grpc.ClientConn) endpoint.Endpoint,
) (lb.Balancer, error) {
	client, err := connect(o)
	if err != nil {
		return nil, err
	}
	instancer, err := etcdv3.NewInstancer(client, prefix, logger)
	if err != nil {
		return nil, err
	}
	endpointer := sd.NewEndpointer(instancer, func(instance string) (endpoint.Endpoint, io.Closer, error) {
		conn, err := grpc.Dial(instance, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return nil, nil, err
		}
		return method(conn), conn, nil
	}, logger)
	for ctx.Err() == nil {
		if endpoints, err := endpointer.Endpoints(); err != nil || len(endpoints) > 0 {
			return lb.NewRoundRobin(endpointer), err
		}
		fleet.Sleep(ctx, 10*time.Millisecond)
	}
	return nil, ctx.Err()
}

// same is an encoder and a decoder of what needs neither.
func same(_ context.Context, message any) (any, error) {
	return message, nil
}
