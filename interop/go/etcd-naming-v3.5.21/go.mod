module rollcall.dev/interop/etcd-naming-v3.5.21

go 1.24

require (
	go.etcd.io/etcd/client/v3 v3.5.21
	google.golang.org/grpc v1.59.0
	rollcall.dev/interop/etcd-naming v0.0.0
	rollcall.dev/interop/fleet v0.0.0
	rollcall.dev/interop/fleet-grpc v0.0.0
)

require (
	github.com/coreos/go-semver v0.3.0 // indirect
	github.com/coreos/go-systemd/v22 v22.3.2 // indirect
	github.com/gogo/protobuf v1.3.2 // indirect
	github.com/golang/protobuf v1.5.4 // indirect
	go.etcd.io/etcd/api/v3 v3.5.21 // indirect
	go.etcd.io/etcd/client/pkg/v3 v3.5.21 // indirect
	go.uber.org/atomic v1.7.0 // indirect
	go.uber.org/multierr v1.6.0 // indirect
	go.uber.org/zap v1.17.0 // indirect
	golang.org/x/net v0.38.0 // indirect
	golang.org/x/sys v0.31.0 // indirect
	golang.org/x/text v0.23.0 // indirect
	google.golang.org/genproto/googleapis/api v0.0.0-20230822172742-b8732ec3820d // indirect
	google.golang.org/genproto/googleapis/rpc v0.0.0-20230822172742-b8732ec3820d // indirect
	google.golang.org/protobuf v1.33.0 // indirect
	rollcall.dev/interop/harness v0.0.0 // indirect
)

replace (
	rollcall.dev/interop/etcd-naming => ../etcd-naming
	rollcall.dev/interop/fleet => ../fleet
	rollcall.dev/interop/fleet-grpc => ../fleet-grpc
	rollcall.dev/interop/harness => ../harness
)
