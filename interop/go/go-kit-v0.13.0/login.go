package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"

	kitjwt "github.com/go-kit/kit/auth/jwt"
	"github.com/go-kit/kit/endpoint"
	"github.com/go-kit/kit/sd/lb"
	"google.golang.org/grpc"

	"rollcall.dev/interop/fleet"
	"rollcall.dev/interop/go-kit/login"
)

const john = "john"

// loginServe is an instance of the login service; the secrets come from the environment, as those of examples/login do.
func loginServe(ctx context.Context, o fleet.Options, started func(string)) error {
	key, err := base64.StdEncoding.DecodeString(os.Getenv("LOGIN_KEY"))
	if err != nil || len(key) < 32 {
		return errors.New("LOGIN_KEY: too short or not base64 (expected: base64 of 32 random bytes)")
	}
	service, err := login.NewService(john, os.Getenv("LOGIN_PASSWORD"), key)
	if err != nil {
		return err
	}
	return run(ctx, o, started, func(server *grpc.Server) {
		login.Register(server, login.NewEndpoints(service, key, logger))
	})
}

// answer is a response, and the address of the instance that gave it.
type answer struct {
	response any
	from     string
}

func from(method func(*grpc.ClientConn) endpoint.Endpoint) func(*grpc.ClientConn) endpoint.Endpoint {
	return func(conn *grpc.ClientConn) endpoint.Endpoint {
		next := method(conn)
		return func(ctx context.Context, request any) (any, error) {
			response, err := next(ctx, request)
			return answer{response, conn.Target()}, err
		}
	}
}

// loginCall logs in by name; each token is then shown to another instance, which must know whose it is.
func loginCall(ctx context.Context, o fleet.Options) error {
	// The tutorial's clients watch the bare name, without a slash.
	logins, err := balanced(ctx, o, o.Name, from(login.LoginAt))
	if err != nil {
		return err
	}
	others, err := balanced(ctx, o, o.Name, from(login.WhoAmIAt))
	if err != nil {
		return err
	}
	if _, err := others.Endpoint(); err != nil { // one ahead
		return err
	}
	logIn, whoAmI := lb.Retry(3, o.Timeout, logins), lb.Retry(3, o.Timeout, others)
	fleet.Calls(ctx, o, func(ctx context.Context) (string, error) {
		ticket, err := logIn(ctx, login.Credentials{Name: john, Password: os.Getenv("LOGIN_PASSWORD")})
		if err != nil {
			return "", err
		}
		person, err := whoAmI(context.WithValue(ctx, kitjwt.JWTContextKey, ticket.(answer).response), nil)
		if err != nil {
			return "", err
		}
		if name := person.(answer).response; name != john {
			return "", fmt.Errorf("name: %q (expected: %s)", name, john)
		}
		return ticket.(answer).from + " " + person.(answer).from, nil
	})
	return nil
}
