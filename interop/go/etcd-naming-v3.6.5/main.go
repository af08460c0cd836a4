// The interop program of etcd's naming v3.6.5.
package main

import naming "rollcall.dev/interop/etcd-naming"

func main() {
	naming.Main()
}
