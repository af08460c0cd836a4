// Package naming is the interop program of etcd's own naming: naming/endpoints with a lease, naming/resolver with grpc-go.
package naming

import (
	"context"
	"fmt"
	"net"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
	"go.etcd.io/etcd/client/v3/naming/resolver"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"rollcall.dev/interop/fleet"
	"rollcall.dev/interop/fleet-grpc"
)

// Main runs it.
func Main() {
	fleet.Main(fleet.Program{Serve: serve, Watch: watch, Dial: dial})
}

func connect(o fleet.Options) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: []string{o.Registry}, DialTimeout: 3 * time.Second})
}

func serve(ctx context.Context, o fleet.Options, started func(string)) error {
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	fleetgrpc.Register(server, o.ID)
	go func() { _ = server.Serve(listener) }()
	client, err := connect(o)
	if err != nil {
		return err
	}
	defer client.Close()
	// The naming has no lease of its own: its documentation says to grant one and to keep it alive.
	background := context.Background()
	if o.TTL == 0 {
		o.TTL = 10 * time.Second
	}
	lease, err := client.Grant(background, int64(o.TTL/time.Second))
	if err != nil {
		return err
	}
	alive, err := client.KeepAlive(background, lease.ID)
	if err != nil {
		return err
	}
	go func() {
		for range alive {
		}
	}()
	manager, err := endpoints.NewManager(client, o.Name)
	if err != nil {
		return err
	}
	address := listener.Addr().String()
	key := o.Name + "/" + address
	endpoint := endpoints.Endpoint{Addr: address}
	if o.Layout == "etcd-naming" {
		endpoint.Metadata = o.Labels
	}
	if err := manager.AddEndpoint(background, key, endpoint, clientv3.WithLease(lease.ID)); err != nil {
		return err
	}
	started(address)
	<-ctx.Done()
	if err := manager.DeleteEndpoint(background, key); err != nil {
		return err
	}
	server.GracefulStop()
	_, err = client.Revoke(background, lease.ID)
	return err
}

func watch(ctx context.Context, o fleet.Options, changed func([]fleet.Instance, error)) error {
	client, err := connect(o)
	if err != nil {
		return err
	}
	defer client.Close()
	manager, err := endpoints.NewManager(client, o.Name)
	if err != nil {
		return err
	}
	all, err := manager.List(ctx)
	if err != nil {
		return err
	}
	changed(instances(all), nil)
	updates, err := manager.NewWatchChannel(ctx)
	if err != nil {
		return err
	}
	all = endpoints.Key2EndpointMap{}
	for batch := range updates {
		for _, update := range batch {
			if update.Op == endpoints.Delete {
				delete(all, update.Key)
			} else {
				all[update.Key] = update.Endpoint
			}
		}
		changed(instances(all), nil)
	}
	return nil
}

func instances(all endpoints.Key2EndpointMap) []fleet.Instance {
	var found []fleet.Instance
	for _, endpoint := range all {
		instance := fleet.Instance{Address: endpoint.Addr, Metadata: map[string]string{}}
		if metadata, ok := endpoint.Metadata.(map[string]any); ok {
			for key, value := range metadata {
				instance.Metadata[key] = fmt.Sprint(value)
			}
		}
		found = append(found, instance)
	}
	return found
}

func dial(_ context.Context, o fleet.Options) (func(context.Context) (string, error), error) {
	client, err := connect(o)
	if err != nil {
		return nil, err
	}
	builder, err := resolver.NewBuilder(client)
	if err != nil {
		return nil, err
	}
	connection, err := grpc.Dial("etcd:///"+o.Name, grpc.WithResolvers(builder),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig":[{"round_robin":{}}]}`))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) { return fleetgrpc.Hello(ctx, connection) }, nil
}
