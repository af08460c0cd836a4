// A current etcd, whole and unchanged: a second server beside the installed one to compare the embedded one with.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() {
	etcdmain.Main(os.Args)
}
