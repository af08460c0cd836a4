// The program of etcd's naming, for each version of etcd's client that a module beside this one asks for.
module rollcall.dev/interop/etcd-naming

go 1.24

require (
	go.etcd.io/etcd/client/v3 v3.5.21
	google.golang.org/grpc v1.59.0
	rollcall.dev/interop/fleet v0.0.0
	rollcall.dev/interop/fleet-grpc v0.0.0
)

replace (
	rollcall.dev/interop/fleet => ../fleet
	rollcall.dev/interop/fleet-grpc => ../fleet-grpc
	rollcall.dev/interop/harness => ../harness
)
