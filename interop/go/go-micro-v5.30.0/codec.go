package main

import (
	"google.golang.org/grpc/encoding"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

// go-micro v5.30.0's gRPC client and server replace grpc-go's codec "proto" for the whole process by one that refuses
// the messages of etcd's client, which are of the older kind ("error while marshaling: invalid message"): with the gRPC
// packages linked in, the etcd registry cannot read or write. This gives the older messages back what grpc-go does.
type codec struct{ encoding.Codec }

func init() {
	encoding.RegisterCodec(codec{encoding.GetCodec("proto")})
}

func (c codec) Marshal(message any) ([]byte, error) {
	if older, ok := older(message); ok {
		return proto.Marshal(older)
	}
	return c.Codec.Marshal(message)
}

func (c codec) Unmarshal(bytes []byte, message any) error {
	if older, ok := older(message); ok {
		return proto.Unmarshal(bytes, older)
	}
	return c.Codec.Unmarshal(bytes, message)
}

func older(message any) (proto.Message, bool) {
	if _, newer := message.(proto.Message); newer {
		return nil, false
	}
	v1, ok := message.(protoadapt.MessageV1)
	if !ok {
		return nil, false
	}
	return protoadapt.MessageV2Of(v1), true
}
