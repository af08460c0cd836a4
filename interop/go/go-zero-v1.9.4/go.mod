module rollcall.dev/interop/go-zero-v1.9.4

go 1.25

require (
	github.com/zeromicro/go-zero v1.9.4
	rollcall.dev/interop/fleet v0.0.0
	rollcall.dev/interop/fleet-grpc v0.0.0
)

replace (
	rollcall.dev/interop/fleet => ../fleet
	rollcall.dev/interop/fleet-grpc => ../fleet-grpc
	rollcall.dev/interop/harness => ../harness
)
