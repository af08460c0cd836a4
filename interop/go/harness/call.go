package harness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"rollcall.dev/interop/harness/greeter"
)

func call(ctx context.Context, framework Framework, o Options) error {
	client := framework.Client(o)
	kinds := map[string]func(context.Context, Client, Options, func(proto.Message)) error{
		"unary": unary, "server-stream": count, "bidi": chat,
	}
	kind := kinds[o.Kind]
	if kind == nil {
		return fmt.Errorf("kind: %q (expected: unary, server-stream or bidi)", o.Kind)
	}
	for n := 0; o.Repeat == 0 || n < o.Repeat; n++ {
		began := time.Now()
		fields := func() map[string]any {
			return map[string]any{"n": n, "micros": time.Since(began).Microseconds(), "headers": Lower(client.Headers())}
		}
		err := kind(ctx, client, o, func(reply proto.Message) {
			line := fields()
			text, err := protojson.Marshal(reply)
			if err != nil {
				fail(err)
			}
			line["reply"] = json.RawMessage(text)
			Print("reply", line)
		})
		line := fields()
		if err != nil {
			line["failure"], line["text"] = client.Failure(err), err.Error()
			Print("failed", line)
		} else {
			Print("done", line)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(o.Interval):
		}
	}
	return nil
}

func unary(ctx context.Context, client Client, o Options, print func(proto.Message)) error {
	request, reply := new(greeter.HelloRequest), new(greeter.HelloReply)
	if err := protojson.Unmarshal([]byte(o.Body), request); err != nil {
		return err
	}
	if err := client.Call(ctx, o, request, reply); err != nil {
		return err
	}
	print(reply)
	return nil
}

func count(ctx context.Context, client Client, o Options, print func(proto.Message)) error {
	request := new(greeter.CountRequest)
	if err := protojson.Unmarshal([]byte(o.Body), request); err != nil {
		return err
	}
	stream, err := client.Stream(ctx, o, request)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := stream.Send(request); err != nil {
		return err
	}
	for {
		reply := new(greeter.CountReply)
		if err := stream.Recv(reply); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		print(reply)
	}
}

// chat sends the messages one by one, each after the reply to the one before.
func chat(ctx context.Context, client Client, o Options, print func(proto.Message)) error {
	var bodies []json.RawMessage
	if err := json.Unmarshal([]byte(o.Body), &bodies); err != nil {
		return err
	}
	stream, err := client.Stream(ctx, o, new(greeter.HelloRequest))
	if err != nil {
		return err
	}
	defer stream.Close()
	for _, body := range bodies {
		request, reply := new(greeter.HelloRequest), new(greeter.HelloReply)
		if err := protojson.Unmarshal(body, request); err != nil {
			return err
		}
		if err := stream.Send(request); err != nil {
			return err
		}
		if err := stream.Recv(reply); err != nil {
			return err
		}
		print(reply)
	}
	return nil
}
