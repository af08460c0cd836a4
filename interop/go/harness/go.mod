// What the programs of all framework versions share: flags, output, the service itself.
module rollcall.dev/interop/harness

go 1.24

// The oldest that go-micro v2.9.1 allows, so that its program gets the versions it was released with.
require google.golang.org/protobuf v1.22.0
