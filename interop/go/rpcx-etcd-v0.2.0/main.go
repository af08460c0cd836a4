// The interop program of rpcx with rpcx-etcd: a server with the register plugin for etcd v3, and the discovery that rpcx's clients use.
package main

import (
	"context"
	"net"
	"net/url"
	"reflect"
	"strings"
	"time"

	etcd "github.com/rpcxio/rpcx-etcd/client"
	"github.com/rpcxio/rpcx-etcd/serverplugin"
	"github.com/smallnest/rpcx/client"
	"github.com/smallnest/rpcx/server"

	"rollcall.dev/interop/fleet"
)

const base = "/rpcx"

func main() {
	fleet.Main(fleet.Program{Serve: serve, Watch: watch})
}

// Greeter is what is served: rpcx registers no service without a method.
type Greeter struct{}

// Hello answers what it was asked.
func (*Greeter) Hello(_ context.Context, asked *string, reply *string) error {
	*reply = *asked
	return nil
}

func serve(ctx context.Context, o fleet.Options, started func(string)) error {
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return err
	}
	if o.TTL == 0 {
		o.TTL = 30 * time.Second
	}
	plugin := &serverplugin.EtcdV3RegisterPlugin{
		ServiceAddress: "tcp@" + listener.Addr().String(),
		EtcdServers:    []string{o.Registry},
		BasePath:       base,
		UpdateInterval: o.TTL / 2, // the plugin's leases live for two of them
	}
	if err := plugin.Start(); err != nil {
		return err
	}
	s := server.NewServer()
	s.Plugins.Add(plugin)
	metadata := url.Values{}
	for name, value := range o.Labels {
		metadata.Set(name, value)
	}
	if err := s.RegisterName(o.Name, new(Greeter), metadata.Encode()); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- s.ServeListener("tcp", listener) }()
	started(listener.Addr().String())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	limited, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return s.Shutdown(limited)
}

func watch(ctx context.Context, o fleet.Options, changed func([]fleet.Instance, error)) error {
	discovery, err := etcd.NewEtcdV3Discovery(base, o.Name, []string{o.Registry}, true, nil)
	if err != nil {
		return err
	}
	defer discovery.Close()
	changes := discovery.WatchService()
	last := instances(discovery.GetServices())
	changed(last, nil)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-changes:
			// The lists themselves may arrive in another order than they were read in.
			if now := instances(discovery.GetServices()); !reflect.DeepEqual(now, last) {
				last = now
				changed(now, nil)
			}
		}
	}
}

func instances(pairs []*client.KVPair) []fleet.Instance {
	seen := []fleet.Instance{}
	for _, pair := range pairs {
		_, address, _ := strings.Cut(pair.Key, "@")
		metadata := map[string]string{}
		values, _ := url.ParseQuery(pair.Value)
		for name := range values {
			metadata[name] = values.Get(name)
		}
		seen = append(seen, fleet.Instance{Address: address, Metadata: metadata})
	}
	return seen
}
