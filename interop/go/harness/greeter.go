package harness

import (
	"context"
	"errors"
	"io"
	"time"

	"rollcall.dev/interop/harness/greeter"
)

// Glue is what the Greeter needs of a framework's server.
type Glue struct {
	// Server is the id of this instance.
	Server string
	// Metadata is what came with a call.
	Metadata func(context.Context) map[string]string
	// Reply sends metadata back, where the framework can.
	Reply func(ctx context.Context, key, value string)
	// Fail makes the framework's error.
	Fail func(detail string, code int32) error
}

// Hello answers one message.
func (g *Glue) Hello(ctx context.Context, request *greeter.HelloRequest, reply *greeter.HelloReply) error {
	if err := g.pause(ctx, request.Wait); err != nil {
		return err
	}
	if request.Code > 0 {
		return g.Fail(request.Detail, request.Code)
	}
	g.Reply(ctx, "served-by", g.Server)
	reply.From, reply.To, reply.Msg = request.To, request.From, "hello "+request.From+": "+request.Msg
	reply.Server, reply.Metadata = g.Server, Lower(g.Metadata(ctx))
	return nil
}

// Count answers the numbers from 1 on.
func (g *Glue) Count(ctx context.Context, stream Stream) error {
	request := new(greeter.CountRequest)
	if err := stream.Recv(request); err != nil {
		return err
	}
	for number := int32(1); number <= request.To; number++ {
		if err := g.pause(ctx, request.Wait); err != nil {
			return err
		}
		if err := stream.Send(&greeter.CountReply{Number: number, Server: g.Server}); err != nil {
			return err
		}
	}
	if request.Code > 0 {
		return g.Fail(request.Detail, request.Code)
	}
	return nil
}

// Chat answers each message as Hello would.
func (g *Glue) Chat(ctx context.Context, stream Stream) error {
	for {
		request, reply := new(greeter.HelloRequest), new(greeter.HelloReply)
		if err := stream.Recv(request); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := g.Hello(ctx, request, reply); err != nil {
			return err
		}
		if err := stream.Send(reply); err != nil {
			return err
		}
	}
}

func (g *Glue) pause(ctx context.Context, millis int32) error {
	if millis <= 0 {
		return nil
	}
	began := time.Now()
	select {
	case <-time.After(time.Duration(millis) * time.Millisecond):
		return nil
	case <-ctx.Done():
		Print("gave-up", map[string]any{"after": time.Since(began).Milliseconds(), "reason": ctx.Err().Error()})
		return g.Fail(ctx.Err().Error(), 408)
	}
}
