module rollcall.dev/interop/kratos-v2.8.4

go 1.25

require (
	github.com/go-kratos/kratos/contrib/registry/etcd/v2 v2.0.0-20250527152916-d6f5f00cf562
	github.com/go-kratos/kratos/v2 v2.8.4
	rollcall.dev/interop/fleet v0.0.0
	rollcall.dev/interop/fleet-grpc v0.0.0
)

replace (
	rollcall.dev/interop/fleet => ../fleet
	rollcall.dev/interop/fleet-grpc => ../fleet-grpc
	rollcall.dev/interop/harness => ../harness
)
