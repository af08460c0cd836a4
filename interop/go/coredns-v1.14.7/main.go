// CoreDNS as it is, with few plugins: etcd, bind to stay on loopback, and errors. It prints where it answers over UDP.
package main

import (
	"context"
	"fmt"

	"github.com/coredns/caddy"
	"github.com/coredns/coredns/core/dnsserver"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/etcd"

	"rollcall.dev/interop/fleet"
)

const corefile = `svc.local:0 {
    bind 127.0.0.1
    errors
    etcd {
        endpoint http://%s
    }
}
`

func main() {
	fleet.Main(fleet.Program{Serve: serve})
}

func serve(ctx context.Context, o fleet.Options, started func(string)) error {
	dnsserver.Quiet = true
	instance, err := caddy.Start(caddy.CaddyfileInput{
		Contents:       fmt.Appendf(nil, corefile, o.Registry),
		Filepath:       "Corefile",
		ServerTypeName: "dns",
	})
	if err != nil {
		return err
	}
	started(instance.Servers()[0].LocalAddr().String())
	<-ctx.Done()
	return instance.Stop()
}
