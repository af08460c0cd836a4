// Package login is a login in the shape of Go kit's best-known tutorial: transport, endpoint and service, with a limit, a token
// and a log line around them. It speaks user.proto of examples/login.
package login

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

const (
	issuer     = "svc.user.agent"
	validity   = 15 * time.Minute
	iterations = 600_000
)

// ErrRefused does not say whether name or password is wrong.
var ErrRefused = errors.New("name or password is wrong")

// Service checks a password and signs a token; it knows nothing of requests, limits or gRPC.
type Service struct {
	user string
	salt []byte
	hash []byte
	key  []byte
}

// NewService has one user.
func NewService(user, password string, key []byte) (*Service, error) {
	salt := make([]byte, 16)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	hash, err := derive(password, salt)
	if err != nil {
		return nil, err
	}
	return &Service{user: user, salt: salt, hash: hash, key: key}, nil
}

func derive(password string, salt []byte) ([]byte, error) {
	return pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
}

// Login returns a token. An unknown name costs as much as a wrong password.
func (s *Service) Login(name, password string) (string, error) {
	hash, err := derive(password, s.salt)
	if err != nil {
		return "", err
	}
	if subtle.ConstantTimeCompare(hash, s.hash) == 0 || name != s.user {
		return "", ErrRefused
	}
	now := time.Now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.StandardClaims{
		Issuer: issuer, Subject: name, IssuedAt: now.Unix(), ExpiresAt: now.Add(validity).Unix(),
	}).SignedString(s.key)
}
