// Package client is etcd's own Go client and its concurrency package against any etcd: every kind of call once.
package client

import (
	"context"
	"fmt"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

func must(err error) {
	if err != nil {
		fmt.Println("FAILED", err)
		os.Exit(1)
	}
}

// Main prints what it sees and, at the end, OK.
func Main() {
	c, err := clientv3.New(clientv3.Config{Endpoints: []string{os.Args[1]}, DialTimeout: 5 * time.Second})
	must(err)
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	w := c.Watch(clientv3.WithRequireLeader(ctx), "g/", clientv3.WithPrefix(), clientv3.WithPrevKV(), clientv3.WithProgressNotify(), clientv3.WithFragment(), clientv3.WithCreatedNotify())
	created := <-w
	fmt.Println("created", created.Created)
	for i := 0; i < 3; i++ {
		_, err = c.Put(ctx, "g/a", fmt.Sprint(i))
		must(err)
	}
	_, err = c.Delete(ctx, "g/", clientv3.WithPrefix())
	must(err)
	n := 0
	for n < 4 {
		r := <-w
		must(r.Err())
		for _, e := range r.Events {
			fmt.Println(e.Type, string(e.Kv.Key), string(e.Kv.Value), e.PrevKv != nil, e.IsCreate())
			n++
		}
	}
	must(c.RequestProgress(clientv3.WithRequireLeader(ctx)))
	p := <-w
	fmt.Println("progress", p.IsProgressNotify(), p.Header.Revision)
	s, err := concurrency.NewSession(c, concurrency.WithTTL(5))
	must(err)
	m := concurrency.NewMutex(s, "lock/")
	must(m.Lock(ctx))
	must(m.Unlock(ctx))
	e := concurrency.NewElection(s, "elect/")
	must(e.Campaign(ctx, "me"))
	must(e.Resign(ctx))
	_, err = concurrency.NewSTM(c, func(stm concurrency.STM) error { stm.Put("stm", stm.Get("stm")+"x"); return nil })
	must(err)
	must(s.Close())
	l, err := c.Grant(ctx, 60)
	must(err)
	ka, err := c.KeepAlive(ctx, l.ID)
	must(err)
	fmt.Println("keepalive", (<-ka).TTL)
	t, err := c.TimeToLive(ctx, l.ID, clientv3.WithAttachedKeys())
	must(err)
	fmt.Println("ttl", t.GrantedTTL)
	st, err := c.Status(ctx, os.Args[1])
	must(err)
	fmt.Println("status", st.Version, st.Leader == st.Header.MemberId)
	ml, err := c.MemberList(ctx)
	must(err)
	fmt.Println("members", len(ml.Members))
	_, err = c.Compact(ctx, st.Header.Revision)
	must(err)
	_, err = c.Get(ctx, "g/", clientv3.WithRev(2))
	fmt.Println("compacted:", err)
	old := c.Watch(ctx, "g/", clientv3.WithRev(2))
	or := <-old
	fmt.Println("old watch:", or.Err())
	_, err = c.MemberPromote(ctx, 1)
	fmt.Println("promote:", err)
	_, err = c.AuthStatus(ctx)
	must(err)
	fmt.Println("OK")
}
