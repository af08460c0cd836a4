module rollcall.dev/interop/go-kit

go 1.24

require (
	github.com/go-kit/kit v0.13.0
	rollcall.dev/interop/fleet v0.0.0
	rollcall.dev/interop/fleet-grpc v0.0.0
	rollcall.dev/interop/harness v0.0.0
)

replace (
	rollcall.dev/interop/fleet => ../fleet
	rollcall.dev/interop/fleet-grpc => ../fleet-grpc
	rollcall.dev/interop/harness => ../harness
)
