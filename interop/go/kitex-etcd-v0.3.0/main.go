// The interop program of Kitex's registry-etcd: a Kitex server that needs no generated code, registered as its users do it, and the
// resolver that Kitex's clients ask.
package main

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"

	"github.com/cloudwego/kitex/pkg/generic"
	"github.com/cloudwego/kitex/pkg/registry"
	"github.com/cloudwego/kitex/pkg/rpcinfo"
	"github.com/cloudwego/kitex/server"
	"github.com/cloudwego/kitex/server/genericserver"
	etcd "github.com/kitex-contrib/registry-etcd"

	"rollcall.dev/interop/fleet"
)

func main() {
	fleet.Main(fleet.Program{Serve: serve, Watch: watch})
}

// echo answers each call with its own bytes.
type echo struct{}

func (*echo) GenericCall(_ context.Context, _ string, request any) (any, error) {
	return request, nil
}

// told is the registry, and says when Kitex has registered its server with it, which it does a second after the start.
type told struct {
	registry.Registry
	started func(address string)
}

func (t told) Register(info *registry.Info) error {
	err := t.Registry.Register(info)
	if err == nil {
		t.started(info.Addr.String())
	}
	return err
}

func serve(ctx context.Context, o fleet.Options, started func(string)) error {
	if o.TTL > 0 {
		_ = os.Setenv("KITEX_ETCD_REGISTRY_LEASE_TTL", strconv.Itoa(int(o.TTL.Seconds())))
	}
	r, err := etcd.NewEtcdRegistry([]string{o.Registry})
	if err != nil {
		return err
	}
	address, err := net.ResolveTCPAddr("tcp", o.Address)
	if err != nil {
		return err
	}
	info := &registry.Info{ServiceName: o.Name}
	info.Weight, _ = strconv.Atoi(o.Labels["weight"]) // a field of its own in Kitex
	if len(o.Labels) > 0 {
		info.Tags = o.Labels
	}
	return genericserver.NewServer(new(echo), generic.BinaryThriftGeneric(),
		server.WithServiceAddr(address),
		server.WithServerBasicInfo(&rpcinfo.EndpointBasicInfo{ServiceName: o.Name}),
		server.WithRegistry(told{r, started}),
		server.WithRegistryInfo(info),
		server.WithExitSignal(func() <-chan error {
			end := make(chan error, 1)
			go func() {
				<-ctx.Done()
				end <- nil
			}()
			return end
		}),
	).Run()
}

// tags are those that are looked for: Kitex shows the value of a tag, and not which ones there are.
var tags = []string{"zone", "rollcall.status"}

func watch(ctx context.Context, o fleet.Options, changed func([]fleet.Instance, error)) error {
	resolver, err := etcd.NewEtcdResolver([]string{o.Registry})
	if err != nil {
		return err
	}
	target := resolver.Target(ctx, rpcinfo.NewEndpointInfo(o.Name, "", nil, nil))
	fleet.Poll(ctx, func(ctx context.Context) ([]fleet.Instance, error) {
		result, err := resolver.Resolve(ctx, target)
		if err != nil && strings.HasPrefix(err.Error(), "no instance remains") {
			return nil, nil // how it says that the list is empty
		}
		var instances []fleet.Instance
		for _, seen := range result.Instances {
			metadata := map[string]string{"weight": strconv.Itoa(seen.Weight())}
			for _, tag := range tags {
				if value, ok := seen.Tag(tag); ok {
					metadata[tag] = value
				}
			}
			instances = append(instances, fleet.Instance{Address: seen.Address().String(), Metadata: metadata})
		}
		return instances, err
	}, changed)
	return nil
}
