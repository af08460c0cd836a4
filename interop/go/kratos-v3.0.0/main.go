// The interop program of Kratos v3.0.0.
package main

import (
	"context"
	"net/url"
	"syscall"
	"time"

	"github.com/go-kratos/kratos/v3"
	"github.com/go-kratos/kratos/v3/registry"
	"github.com/go-kratos/kratos/v3/transport/grpc"
	grpcgo "google.golang.org/grpc"

	"rollcall.dev/interop/fleet"
	fleetgrpc "rollcall.dev/interop/fleet-grpc"
)

func main() {
	fleet.Main(fleet.Program{Serve: serve, Watch: watch, Dial: dial})
}

func serve(ctx context.Context, o fleet.Options, started func(string)) error {
	registrar, err := newRegistry(o)
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.Address(o.Address))
	options := []kratos.Option{
		kratos.Name(o.Name), kratos.Version(o.Version), kratos.Server(server), kratos.Registrar(registrar),
		kratos.Signal(syscall.SIGUSR2), // fleet stops it, at SIGTERM too: two at a time end in "concurrent map writes"
		kratos.AfterStart(func(context.Context) error {
			endpoint, err := server.Endpoint()
			if err == nil {
				started(endpoint.Host)
			}
			return err
		}),
	}
	if o.ID != "" {
		options = append(options, kratos.ID(o.ID))
	}
	if len(o.Labels) > 0 {
		options = append(options, kratos.Metadata(o.Labels))
	}
	app := kratos.New(options...)
	fleetgrpc.Register(server, app.ID())
	defer context.AfterFunc(ctx, func() { _ = app.Stop() })()
	return app.Run()
}

func watch(ctx context.Context, o fleet.Options, changed func([]fleet.Instance, error)) error {
	discovery, err := newRegistry(o)
	if err != nil {
		return err
	}
	watcher, err := discovery.Watch(ctx, o.Name)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		found, err := watcher.Next()
		if ctx.Err() != nil {
			return nil
		}
		changed(instances(found), err)
		if err != nil {
			fleet.Sleep(ctx, time.Second) // as Kratos' own gRPC resolver does
		}
	}
	return nil
}

func instances(found []*registry.ServiceInstance) []fleet.Instance {
	var all []fleet.Instance
	for _, one := range found {
		instance := fleet.Instance{ID: one.ID, Version: one.Version, Metadata: one.Metadata}
		for _, endpoint := range one.Endpoints {
			if parsed, err := url.Parse(endpoint); err == nil && parsed.Scheme == "grpc" {
				instance.Address = parsed.Host
			}
		}
		all = append(all, instance)
	}
	return all
}

func dial(ctx context.Context, o fleet.Options) (func(context.Context) (string, error), error) {
	discovery, err := newRegistry(o)
	if err != nil {
		return nil, err
	}
	connection, err := grpc.NewClient(ctx,
		grpc.WithEndpoint("discovery:///"+o.Name), grpc.WithDiscovery(discovery), grpc.WithTimeout(o.Timeout),
		// Kratos' own balancer is a nil pointer in v3.0.0, go-kratos/kratos#3842
		grpc.WithOptions(grpcgo.WithDefaultServiceConfig(
			`{"loadBalancingConfig":[{"round_robin":{}}],"healthCheckConfig":{"serviceName":""}}`)))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) { return fleetgrpc.Hello(ctx, connection) }, nil
}
