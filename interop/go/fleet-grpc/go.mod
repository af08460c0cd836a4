// The Greeter over grpc-go, for the frameworks that call by it; a module of its own, since package fleet needs no gRPC.
module rollcall.dev/interop/fleet-grpc

go 1.21

// Only what has been there for long is used, so that each framework gets the version it asks for.
require (
	google.golang.org/grpc v1.40.0
	rollcall.dev/interop/harness v0.0.0
)

replace rollcall.dev/interop/harness => ../harness
