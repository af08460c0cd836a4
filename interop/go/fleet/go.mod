// What the programs of all frameworks but go-micro share: flags and output. The standard library alone, so that it fits each of them.
module rollcall.dev/interop/fleet

go 1.21
