// Package relay carries the video of two browsers that cannot reach each other:
// a TURN server within the program, with credentials that live for minutes.
//
// A user name is "<unix time of expiry>:<anything>" and its password a MAC of it,
// so any process that has the secret can hand out credentials for a relay that
// another one runs.
//
// Source: RFC 8656; draft-uberti-behave-turn-rest.
package relay

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

const realm = "kabinet"

// Server is a running relay.
type Server struct {
	turn *turn.Server
	addr net.Addr
}

// Listen starts a relay on a UDP address, "127.0.0.1:3478". public is the
// address by which browsers reach it and from which it relays.
func Listen(listen string, public netip.Addr, secret string) (*Server, error) {
	conn, err := net.ListenPacket("udp", listen)
	if err != nil {
		return nil, fmt.Errorf("the video relay cannot listen on %s: %w", listen, err)
	}
	host, _, err := net.SplitHostPort(conn.LocalAddr().String())
	if err != nil {
		return nil, fmt.Errorf("the video relay: %w", err)
	}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelError
	srv, err := turn.NewServer(turn.ServerConfig{
		Realm: realm, LoggerFactory: quiet, AuthHandler: turn.LongTermTURNRESTAuthHandler(secret, nil),
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: conn,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: public.AsSlice(), Address: host}}},
	})
	if err != nil {
		return nil, fmt.Errorf("the video relay: %w", err)
	}
	return &Server{srv, conn.LocalAddr()}, nil
}

// Port is where the relay listens.
func (s *Server) Port() int {
	if a, ok := s.addr.(*net.UDPAddr); ok {
		return a.Port
	}
	return 0
}

// Allocations is how many streams are relayed now.
func (s *Server) Allocations() int { return s.turn.AllocationCount() }

// Close ends the relay and every stream through it.
func (s *Server) Close() error { return s.turn.Close() }

// Credentials let user relay for a while.
func Credentials(secret, user string, life time.Duration) (name, password string, err error) {
	name, password, err = turn.GenerateLongTermTURNRESTCredentials(secret, user, life)
	if err != nil {
		return "", "", fmt.Errorf("making credentials of the relay: %w", err)
	}
	return name, password, nil
}
