package login

import (
	"context"
	"errors"
	"time"

	kitjwt "github.com/go-kit/kit/auth/jwt"
	"github.com/go-kit/kit/endpoint"
	"github.com/go-kit/kit/ratelimit"
	"github.com/go-kit/log"
	"github.com/golang-jwt/jwt/v4"
	"golang.org/x/time/rate"
)

// Credentials are the request of Login, whose response is a token. The response of WhoAmI is a name.
type Credentials struct{ Name, Password string }

// Endpoints are the methods of the service, for transports of any kind.
type Endpoints struct {
	Login  endpoint.Endpoint
	WhoAmI endpoint.Endpoint
}

// NewEndpoints puts a log line around each call, then the limit of ten calls a second, then the check of the token.
func NewEndpoints(service *Service, key []byte, logger log.Logger) Endpoints {
	login := func(_ context.Context, request any) (any, error) {
		credentials := request.(Credentials)
		return service.Login(credentials.Name, credentials.Password)
	}
	whoAmI := func(ctx context.Context, _ any) (any, error) {
		claims, ok := ctx.Value(kitjwt.JWTClaimsContextKey).(*jwt.StandardClaims)
		if !ok || claims.Issuer != issuer {
			return nil, kitjwt.ErrTokenInvalid
		}
		return claims.Subject, nil
	}
	limit := ratelimit.NewErroringLimiter(rate.NewLimiter(10, 10))
	parser := kitjwt.NewParser(
		func(*jwt.Token) (any, error) { return key, nil },
		jwt.SigningMethodHS256,
		kitjwt.StandardClaimsFactory)
	return Endpoints{
		Login:  endpoint.Chain(logged(log.With(logger, "method", "Login")), limit)(login),
		WhoAmI: endpoint.Chain(logged(log.With(logger, "method", "WhoAmI")), limit, parser)(whoAmI),
	}
}

// logged names neither request nor response, since both hold secrets.
func logged(logger log.Logger) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, request any) (response any, err error) {
			defer func(began time.Time) { _ = logger.Log("took", time.Since(began), "err", err) }(time.Now())
			return next(ctx, request)
		}
	}
}

func limited(err error) bool {
	return errors.Is(err, ratelimit.ErrLimited)
}
