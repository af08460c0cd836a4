// etcd's own Go client v3.5.21 against any etcd.
package main

import client "rollcall.dev/interop/etcd-client"

func main() {
	client.Main()
}
