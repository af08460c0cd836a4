// Package harness is what the programs of all framework versions have in common: their flags, their
// output of one JSON object per line, and the service they serve. Only the calls into the framework differ.
package harness

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"
	"time"
)

// Options are the flags of a program; which of them matter depends on the command.
type Options struct {
	Registry string
	Protocol string

	Name    string
	ID      string
	Address string
	Version string
	TTL     time.Duration
	Refresh time.Duration
	Labels  map[string]string

	Endpoint string
	Kind     string
	Content  string
	Body     string
	Metadata map[string]string
	Timeout  time.Duration
	Retries  int
	Repeat   int
	Interval time.Duration
}

// Framework is one version of go-micro.
type Framework interface {
	// Serve runs the Greeter until the context ends; started is called once it is registered.
	Serve(ctx context.Context, o Options, started func(address string)) error
	// Client makes the one client that all calls of this process use, with its default cache.
	Client(o Options) Client
	// Lookup and List are GetService and ListServices of the framework's registry.
	Lookup(o Options) (any, error)
	List(o Options) (any, error)
	// Watch hands over each event of the framework's watcher; it returns when the watcher ends.
	Watch(o Options, ready func(), event func(action string, service any)) error
}

// Client calls by service name and endpoint.
type Client interface {
	Call(ctx context.Context, o Options, request, reply any) error
	Stream(ctx context.Context, o Options, request any) (Stream, error)
	// Failure is the framework's own reading of an error.
	Failure(err error) Failure
	// Headers are those of the last reply, where the framework shows them.
	Headers() map[string]string
}

// Stream is the part of a framework's stream that is used here, on both sides.
type Stream interface {
	Send(any) error
	Recv(any) error
	Close() error
}

// Failure is a go-micro error.
type Failure struct {
	ID     string `json:"id"`
	Code   int32  `json:"code"`
	Detail string `json:"detail"`
	Status string `json:"status"`
}

// Main runs the command named by the first argument. Its input is only watched for its end, which stops the
// program, so that none outlives the test that started it.
func Main(framework Framework, protocols ...string) {
	commands := map[string]func(context.Context, Framework, Options) error{
		"serve": serve, "call": call, "list": list, "describe": describe, "watch": watch,
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fail(fmt.Errorf("command: %q (expected: serve, call, list, describe or watch)", strings.Join(os.Args[1:], " ")))
	}
	o := flags(protocols, os.Args[2:])
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, bufio.NewReader(os.Stdin))
		cancel()
	}()
	if err := commands[os.Args[1]](ctx, framework, o); err != nil {
		fail(err)
	}
}

func flags(protocols, arguments []string) Options {
	o := Options{Metadata: map[string]string{}, Labels: map[string]string{}}
	set := flag.NewFlagSet("", flag.ExitOnError)
	set.StringVar(&o.Registry, "registry-address", "127.0.0.1:2379", "etcd, host:port")
	set.StringVar(&o.Protocol, "protocol", protocols[0], strings.Join(protocols, " or "))
	set.StringVar(&o.Name, "name", "hello.srv.say", "the service")
	set.StringVar(&o.ID, "id", "", "the instance, without the name in front that go-micro adds (default: go-micro's)")
	set.StringVar(&o.Address, "address", "127.0.0.1:0", "where to listen")
	set.StringVar(&o.Version, "version", "latest", "the instance's version")
	set.DurationVar(&o.TTL, "ttl", time.Minute, "of the registration")
	set.DurationVar(&o.Refresh, "refresh", 30*time.Second, "time between two registrations")
	set.Func("label", "k=v, metadata of the instance; repeatable", pair(o.Labels))
	set.StringVar(&o.Endpoint, "endpoint", "Greeter.Hello", "what to call")
	set.StringVar(&o.Kind, "kind", "unary", "unary, server-stream or bidi")
	set.StringVar(&o.Content, "content-type", "", "of calls (default: go-micro's)")
	set.StringVar(&o.Body, "body", "{}", "the request as JSON; of bidi a JSON array of them")
	set.Func("metadata", "k=v, of calls; repeatable", pair(o.Metadata))
	set.DurationVar(&o.Timeout, "timeout", 0, "of a call (default: go-micro's)")
	set.IntVar(&o.Retries, "retries", -1, "of a call (default: go-micro's)")
	set.IntVar(&o.Repeat, "repeat", 1, "number of calls, 0: until the input ends")
	set.DurationVar(&o.Interval, "interval", 0, "time between two calls")
	_ = set.Parse(arguments)
	for _, protocol := range protocols {
		if protocol == o.Protocol {
			return o
		}
	}
	fail(fmt.Errorf("protocol: %q (expected: %s)", o.Protocol, strings.Join(protocols, " or ")))
	return o
}

func pair(into map[string]string) func(string) error {
	return func(text string) error {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("%q (expected: k=v)", text)
		}
		into[key] = value
		return nil
	}
}

var output sync.Mutex

// Print writes one line of JSON with the key "event" first among equals.
func Print(event string, fields map[string]any) {
	line := map[string]any{"event": event}
	for key, value := range fields {
		line[key] = value
	}
	text, err := json.Marshal(line)
	if err != nil {
		fail(err)
	}
	output.Lock()
	defer output.Unlock()
	_, _ = os.Stdout.Write(append(text, '\n'))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func list(_ context.Context, framework Framework, o Options) error {
	services, err := framework.List(o)
	if err != nil {
		return err
	}
	Print("list", map[string]any{"services": services})
	return nil
}

func describe(_ context.Context, framework Framework, o Options) error {
	services, err := framework.Lookup(o)
	if err != nil {
		return err
	}
	Print("describe", map[string]any{"services": services})
	return nil
}

func watch(ctx context.Context, framework Framework, o Options) error {
	ended := make(chan error, 1)
	go func() {
		ended <- framework.Watch(o,
			func() { Print("watching", nil) },
			func(action string, service any) {
				Print("change", map[string]any{"action": action, "service": service})
			})
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return nil
	}
}

func serve(ctx context.Context, framework Framework, o Options) error {
	err := framework.Serve(ctx, o, func(address string) { Print("serving", map[string]any{"address": address}) })
	if err == nil {
		Print("stopped", nil)
	}
	return err
}

// Lower is metadata as the tests compare it: keys in lower case, as gRPC has them anyway.
func Lower(metadata map[string]string) map[string]string {
	lower := make(map[string]string, len(metadata))
	keys := make([]string, 0, len(metadata))
	for key := range metadata {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	for _, key := range keys {
		lower[strings.ToLower(key)] = metadata[key]
	}
	return lower
}
