// The interop program of etcd's naming v3.5.21.
package main

import naming "rollcall.dev/interop/etcd-naming"

func main() {
	naming.Main()
}
