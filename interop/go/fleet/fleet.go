// Package fleet is what the programs of all frameworks but go-micro have in common: their flags and their output of one JSON
// object per line. Only the calls into the framework differ.
package fleet

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Options are the flags of a program; which of them matter depends on the command and the framework.
type Options struct {
	Registry string
	Layout   string
	Name     string

	ID      string
	Address string
	Version string
	TTL     time.Duration
	Labels  map[string]string

	Repeat   int
	Interval time.Duration
	Timeout  time.Duration
}

// Instance is what a framework shows its users of an instance; what it does not show stays empty.
type Instance struct {
	Address  string            `json:"address"`
	ID       string            `json:"id,omitempty"`
	Version  string            `json:"version,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Program is one version of one framework; a command that it does not have is nil.
type Program struct {
	// Serve registers a server of the framework and calls started once it listens and is registered; when the context ends it
	// leaves as the framework does, and returns.
	Serve func(ctx context.Context, o Options, started func(address string)) error
	// Watch calls changed with all instances that the framework's discovery shows, or its error, first and after each change.
	Watch func(ctx context.Context, o Options, changed func([]Instance, error)) error
	// Dial makes a client that finds instances by name; each call of hello says which instance answered.
	Dial func(ctx context.Context, o Options) (hello func(context.Context) (from string, err error), err error)
	// More are commands of this program alone.
	More map[string]func(ctx context.Context, o Options) error
}

// Main runs the command named by the first argument until it is done, SIGTERM comes or the input ends, so that no program
// outlives the test that started it.
func Main(program Program) {
	commands := map[string]func(context.Context, Options) error{}
	if program.Serve != nil {
		commands["serve"] = Serving(program.Serve)
	}
	if program.Watch != nil {
		commands["watch"] = program.watch
	}
	if program.Dial != nil {
		commands["call"] = program.call
	}
	for name, command := range program.More {
		commands[name] = command
	}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		names := make([]string, 0, len(commands))
		for name := range commands {
			names = append(names, name)
		}
		sort.Strings(names)
		fail(fmt.Errorf("command: %q (expected: %s)", strings.Join(os.Args[1:], " "), strings.Join(names, " or ")))
	}
	o := parse(os.Args[2:])
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := commands[os.Args[1]](ctx, o); err != nil {
		fail(err)
	}
}

func parse(arguments []string) Options {
	o := Options{Labels: map[string]string{}}
	set := flag.NewFlagSet("", flag.ExitOnError)
	set.StringVar(&o.Registry, "registry-address", "127.0.0.1:2379", "etcd, host:port")
	set.StringVar(&o.Layout, "layout", "", "Rollcall's name for the keys and values, for programs that have several")
	set.StringVar(&o.Name, "name", "hello.srv.say", "the service")
	set.StringVar(&o.ID, "id", "", "the instance (default: the framework's)")
	set.StringVar(&o.Address, "address", "127.0.0.1:0", "where to listen")
	set.StringVar(&o.Version, "version", "", "the instance's version")
	set.DurationVar(&o.TTL, "ttl", 0, "of the registration (default: the framework's)")
	set.Func("label", "k=v, metadata of the instance; repeatable", func(text string) error {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return fmt.Errorf("%q (expected: k=v)", text)
		}
		o.Labels[key] = value
		return nil
	})
	set.IntVar(&o.Repeat, "repeat", 1, "number of calls, 0: until the input ends")
	set.DurationVar(&o.Interval, "interval", 0, "time between two calls")
	set.DurationVar(&o.Timeout, "timeout", 10*time.Second, "of a call")
	_ = set.Parse(arguments)
	return o
}

// Serving is a command that prints when it serves and when it has stopped.
func Serving(serve func(ctx context.Context, o Options, started func(address string)) error) func(context.Context, Options) error {
	return func(ctx context.Context, o Options) error {
		err := serve(ctx, o, func(address string) { Print("serving", map[string]any{"address": address}) })
		if err == nil {
			Print("stopped", nil)
		}
		return err
	}
}

func (program Program) watch(ctx context.Context, o Options) error {
	return program.Watch(ctx, o, func(instances []Instance, err error) {
		if err != nil {
			Print("error", map[string]any{"error": err.Error()})
			return
		}
		sorted := append([]Instance{}, instances...)
		sort.SliceStable(sorted, func(i, j int) bool { return sorted[i].Address < sorted[j].Address })
		Print("instances", map[string]any{"instances": sorted})
	})
}

func (program Program) call(ctx context.Context, o Options) error {
	hello, err := program.Dial(ctx, o)
	if err != nil {
		return err
	}
	Calls(ctx, o, hello)
	return nil
}

// Calls calls as often as the options say, and prints who answered each call, or why nobody did; then that it is done.
func Calls(ctx context.Context, o Options, call func(context.Context) (from string, err error)) {
	for n := 0; (o.Repeat == 0 || n < o.Repeat) && ctx.Err() == nil; n++ {
		if n > 0 {
			Sleep(ctx, o.Interval)
		}
		limited, cancel := context.WithTimeout(ctx, o.Timeout)
		if from, err := call(limited); err != nil {
			Print("failed", map[string]any{"error": err.Error()})
		} else {
			Print("reply", map[string]any{"from": from})
		}
		cancel()
	}
	Print("done", nil)
}

// Poll watches with a framework that can only be asked: five times a second, and what differs is a change.
func Poll(ctx context.Context, ask func(context.Context) ([]Instance, error), changed func([]Instance, error)) {
	type answer struct {
		instances map[string]Instance
		failure   string
	}
	var last *answer
	for ctx.Err() == nil {
		instances, err := ask(ctx)
		now := &answer{instances: map[string]Instance{}}
		for _, instance := range instances {
			now.instances[instance.Address+" "+instance.ID] = instance
		}
		if err != nil {
			now.failure = err.Error()
		}
		if ctx.Err() == nil && !reflect.DeepEqual(now, last) {
			last = now
			changed(instances, err)
		}
		Sleep(ctx, 200*time.Millisecond)
	}
}

// Sleep waits, or less when the context ends.
func Sleep(ctx context.Context, duration time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(duration):
	}
}

var output sync.Mutex

// Print writes one line of JSON about an event.
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
