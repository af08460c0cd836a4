package main

import (
	"context"

	"github.com/go-kratos/kratos/contrib/registry/etcd/v2"
	before "github.com/go-kratos/kratos/v2/registry"
	"github.com/go-kratos/kratos/v3/registry"
	clientv3 "go.etcd.io/etcd/client/v3"

	"rollcall.dev/interop/fleet"
)

// etcdRegistry is the registry of Kratos 2 with the types of Kratos 3, which have the same fields: the Go module proxy refuses
// contrib/registry/etcd/v3.
type etcdRegistry struct{ inner *etcd.Registry }

func newRegistry(o fleet.Options) (etcdRegistry, error) {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{o.Registry}})
	if err != nil {
		return etcdRegistry{}, err
	}
	if o.TTL > 0 {
		return etcdRegistry{etcd.New(client, etcd.RegisterTTL(o.TTL))}, nil
	}
	return etcdRegistry{etcd.New(client)}, nil
}

func (r etcdRegistry) Register(ctx context.Context, instance *registry.ServiceInstance) error {
	return r.inner.Register(ctx, (*before.ServiceInstance)(instance))
}

func (r etcdRegistry) Deregister(ctx context.Context, instance *registry.ServiceInstance) error {
	return r.inner.Deregister(ctx, (*before.ServiceInstance)(instance))
}

func (r etcdRegistry) GetService(ctx context.Context, name string) ([]*registry.ServiceInstance, error) {
	found, err := r.inner.GetService(ctx, name)
	return now(found), err
}

func (r etcdRegistry) Watch(ctx context.Context, name string) (registry.Watcher, error) {
	inner, err := r.inner.Watch(ctx, name)
	return watcher{inner}, err
}

type watcher struct{ inner before.Watcher }

func (w watcher) Next() ([]*registry.ServiceInstance, error) {
	found, err := w.inner.Next()
	return now(found), err
}

func (w watcher) Stop() error { return w.inner.Stop() }

func now(found []*before.ServiceInstance) []*registry.ServiceInstance {
	instances := make([]*registry.ServiceInstance, len(found))
	for i, one := range found {
		instances[i] = (*registry.ServiceInstance)(one)
	}
	return instances
}
