// The interop program of go-micro v2.9.1.
package main

import (
	"context"

	"github.com/micro/go-micro/v2"
	"github.com/micro/go-micro/v2/client"
	grpcclient "github.com/micro/go-micro/v2/client/grpc"
	mucpclient "github.com/micro/go-micro/v2/client/mucp"
	"github.com/micro/go-micro/v2/errors"
	"github.com/micro/go-micro/v2/metadata"
	"github.com/micro/go-micro/v2/registry"
	"github.com/micro/go-micro/v2/registry/etcd"
	"github.com/micro/go-micro/v2/server"
	grpcserver "github.com/micro/go-micro/v2/server/grpc"
	mucpserver "github.com/micro/go-micro/v2/server/mucp"
	"google.golang.org/grpc"
	grpcmetadata "google.golang.org/grpc/metadata"

	"rollcall.dev/interop/harness"
	"rollcall.dev/interop/harness/greeter"
)

func main() {
	harness.Main(framework{}, "grpc", "mucp")
}

type framework struct{}

func newRegistry(o harness.Options) registry.Registry {
	return etcd.NewRegistry(registry.Addrs(o.Registry))
}

func newService(o harness.Options, options ...micro.Option) (micro.Service, *grpcmetadata.MD) {
	headers := new(grpcmetadata.MD)
	newClient, newServer := mucpclient.NewClient, mucpserver.NewServer
	if o.Protocol == "grpc" {
		newClient, newServer = grpcclient.NewClient, grpcserver.NewServer
	}
	// The registry goes last: it is handed to the client and the server that are there by then.
	options = append([]micro.Option{micro.Client(newClient()), micro.Server(newServer())}, options...)
	service := micro.NewService(append(options, micro.Registry(newRegistry(o)))...)
	_ = service.Client().Init(func(options *client.Options) {
		grpcclient.CallOptions(grpc.Header(headers))(&options.CallOptions)
		if o.Content != "" {
			options.ContentType = o.Content
		}
		if o.Timeout > 0 {
			options.CallOptions.RequestTimeout = o.Timeout
		}
		if o.Retries >= 0 {
			options.CallOptions.Retries = o.Retries
		}
	})
	return service, headers
}

// Greeter is named as the service in greeter.proto.
type Greeter struct{ glue *harness.Glue }

func (g *Greeter) Hello(ctx context.Context, request *greeter.HelloRequest, reply *greeter.HelloReply) error {
	return g.glue.Hello(ctx, request, reply)
}

func (g *Greeter) Count(ctx context.Context, stream server.Stream) error {
	return g.glue.Count(ctx, stream)
}

func (g *Greeter) Chat(ctx context.Context, stream server.Stream) error {
	return g.glue.Chat(ctx, stream)
}

func (framework) Serve(ctx context.Context, o harness.Options, started func(string)) error {
	var service micro.Service
	options := []micro.Option{
		micro.Name(o.Name), micro.Version(o.Version), micro.Address(o.Address), micro.Metadata(o.Labels),
		micro.RegisterTTL(o.TTL), micro.RegisterInterval(o.Refresh), micro.Context(ctx),
		micro.AfterStart(func() error { started(service.Server().Options().Address); return nil }),
	}
	service, _ = newService(o, options...)
	if o.ID != "" {
		_ = service.Server().Init(server.Id(o.ID))
	}
	identity := service.Server().Options()
	glue := &harness.Glue{
		Server:   identity.Name + "-" + identity.Id,
		Metadata: func(ctx context.Context) map[string]string { m, _ := metadata.FromContext(ctx); return m },
		Reply: func(ctx context.Context, key, value string) {
			if o.Protocol == "grpc" {
				_ = grpc.SetHeader(ctx, grpcmetadata.Pairs(key, value))
			}
		},
		Fail: func(detail string, code int32) error { return errors.New(o.Name, detail, code) },
	}
	if err := micro.RegisterHandler(service.Server(), &Greeter{glue}); err != nil {
		return err
	}
	return service.Run()
}

type caller struct {
	client  client.Client
	headers *grpcmetadata.MD
}

func (framework) Client(o harness.Options) harness.Client {
	service, headers := newService(o)
	return &caller{service.Client(), headers}
}

func (c *caller) request(ctx context.Context, o harness.Options, body any, options ...client.RequestOption) (context.Context, client.Request) {
	*c.headers = nil
	return metadata.MergeContext(ctx, metadata.Metadata(o.Metadata), true), c.client.NewRequest(o.Name, o.Endpoint, body, options...)
}

func (c *caller) Call(ctx context.Context, o harness.Options, body, reply any) error {
	ctx, request := c.request(ctx, o, body)
	return c.client.Call(ctx, request, reply)
}

func (c *caller) Stream(ctx context.Context, o harness.Options, body any) (harness.Stream, error) {
	ctx, request := c.request(ctx, o, body, client.StreamingRequest())
	return c.client.Stream(ctx, request)
}

func (c *caller) Failure(err error) harness.Failure {
	e := errors.FromError(err)
	return harness.Failure{ID: e.Id, Code: e.Code, Detail: e.Detail, Status: e.Status}
}

func (c *caller) Headers() map[string]string {
	headers := map[string]string{}
	for key, values := range *c.headers {
		headers[key] = values[0]
	}
	return headers
}

func (framework) Lookup(o harness.Options) (any, error) {
	return newRegistry(o).GetService(o.Name)
}

func (framework) List(o harness.Options) (any, error) {
	return newRegistry(o).ListServices()
}

func (framework) Watch(o harness.Options, ready func(), event func(string, any)) error {
	watcher, err := newRegistry(o).Watch(registry.WatchService(o.Name))
	if err != nil {
		return err
	}
	ready()
	for {
		result, err := watcher.Next()
		if err != nil {
			return err
		}
		event(result.Action, result.Service)
	}
}
