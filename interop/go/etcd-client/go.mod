// The program of etcd's client, for each of its versions that a module beside this one asks for.
module rollcall.dev/interop/etcd-client

go 1.23.0

require go.etcd.io/etcd/client/v3 v3.5.21
