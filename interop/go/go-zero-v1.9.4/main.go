// The interop program of go-zero v1.9.4.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/zeromicro/go-zero/core/conf"
	"github.com/zeromicro/go-zero/core/discov"
	"github.com/zeromicro/go-zero/core/logx"
	"github.com/zeromicro/go-zero/zrpc"
	"google.golang.org/grpc"

	"rollcall.dev/interop/fleet"
	fleetgrpc "rollcall.dev/interop/fleet-grpc"
)

func main() {
	fleet.Main(fleet.Program{Serve: serve, Watch: watch, Dial: dial})
}

func serve(ctx context.Context, o fleet.Options, started func(string)) error {
	if o.TTL > 0 {
		discov.TimeToLive = int64(o.TTL.Seconds())
	}
	address, err := free(o.Address)
	if err != nil {
		return err
	}
	var c zrpc.RpcServerConf
	if err := load(&c, `
Name: %s
ListenOn: %s
Log:
  Encoding: plain
  Stat: false
Etcd:
  Hosts: [%q]
  Key: %s
`, o.Name, address, o.Registry, o.Name); err != nil {
		return err
	}
	name := o.ID
	if name == "" {
		name = address
	}
	server, err := zrpc.NewServer(c, func(server *grpc.Server) { fleetgrpc.Register(server, name) })
	if err != nil {
		return err
	}
	defer server.Stop()
	logx.SetWriter(logx.NewWriter(os.Stderr))
	// go-zero leaves at SIGTERM, and only then
	defer context.AfterFunc(ctx, func() { _ = syscall.Kill(os.Getpid(), syscall.SIGTERM) })()
	go func() {
		if listens(ctx, address) && registered(ctx, o, address) {
			started(address)
		}
	}()
	server.Start()
	return nil
}

// free is an address with a port: go-zero registers the one in its configuration.
func free(address string) (string, error) {
	if !strings.HasSuffix(address, ":0") {
		return address, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func load(into any, yaml string, values ...any) error {
	return conf.LoadFromYamlBytes([]byte(fmt.Sprintf(yaml, values...)), into)
}

func listens(ctx context.Context, address string) bool {
	for ctx.Err() == nil {
		if connection, err := net.Dial("tcp", address); err == nil {
			_ = connection.Close()
			return true
		}
		fleet.Sleep(ctx, 10*time.Millisecond)
	}
	return false
}

// registered waits until go-zero itself finds the server; it has no hook for that.
func registered(ctx context.Context, o fleet.Options, address string) bool {
	subscriber, err := discov.NewSubscriber([]string{o.Registry}, o.Name)
	if err != nil {
		return false
	}
	defer subscriber.Close()
	for ctx.Err() == nil {
		for _, value := range subscriber.Values() {
			if value == address {
				return true
			}
		}
		fleet.Sleep(ctx, 10*time.Millisecond)
	}
	return false
}

func watch(ctx context.Context, o fleet.Options, changed func([]fleet.Instance, error)) error {
	logx.SetWriter(logx.NewWriter(os.Stderr))
	subscriber, err := discov.NewSubscriber([]string{o.Registry}, o.Name)
	if err != nil {
		return err
	}
	defer subscriber.Close()
	events := make(chan struct{}, 1)
	tell := func() {
		select {
		case events <- struct{}{}:
		default:
		}
	}
	subscriber.AddListener(tell)
	tell()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events:
			var all []fleet.Instance
			for _, value := range subscriber.Values() {
				all = append(all, fleet.Instance{Address: value})
			}
			changed(all, nil)
		}
	}
}

func dial(_ context.Context, o fleet.Options) (func(context.Context) (string, error), error) {
	logx.SetWriter(logx.NewWriter(os.Stderr))
	var c zrpc.RpcClientConf
	if err := load(&c, `
Timeout: %d
Etcd:
  Hosts: [%q]
  Key: %s
`, o.Timeout.Milliseconds(), o.Registry, o.Name); err != nil {
		return nil, err
	}
	client, err := zrpc.NewClient(c)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) { return fleetgrpc.Hello(ctx, client.Conn()) }, nil
}
