package document

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// Clamd asks a ClamAV daemon whether a file holds a virus.
type Clamd struct {
	network, addr string
	timeout       time.Duration
}

// NewClamd returns a client of the daemon at addr: "unix:/run/clamav/clamd.ctl"
// or "tcp:127.0.0.1:3310". timeout bounds the look at one file; 0 is 30 seconds.
func NewClamd(addr string, timeout time.Duration) (*Clamd, error) {
	network, where, ok := strings.Cut(addr, ":")
	if !ok || network != "unix" && network != "tcp" || where == "" {
		return nil, fmt.Errorf("the scanner's address %q must begin with \"unix:\" or \"tcp:\"", addr)
	}
	if timeout == 0 {
		timeout = 30 * time.Second
	}
	return &Clamd{network, where, timeout}, nil
}

// Scan sends the file to the daemon. It returns ErrInfected, and ErrScanner
// when there was no verdict: an upload nobody looked at is not taken.
// Source: clamd(8), INSTREAM.
func (c *Clamd) Scan(ctx context.Context, r io.Reader) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var d net.Dialer
	conn, err := d.DialContext(ctx, c.network, c.addr)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrScanner, err)
	}
	defer conn.Close()
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return fmt.Errorf("%w: %w", ErrScanner, err)
	}
	if err := send(conn, r); err != nil {
		return fmt.Errorf("%w: %w", ErrScanner, err)
	}
	verdict, err := bufio.NewReader(io.LimitReader(conn, 1024)).ReadString(0)
	switch verdict = strings.TrimRight(verdict, "\x00\n"); {
	case strings.HasSuffix(verdict, ": OK"):
		return nil
	case strings.HasSuffix(verdict, " FOUND"):
		return ErrInfected
	}
	if err != nil {
		return fmt.Errorf("%w: answer %q: %w", ErrScanner, verdict, err)
	}
	return fmt.Errorf("%w: answer %q", ErrScanner, verdict)
}

// send writes the file in pieces, each after its length, a length of 0 last.
func send(conn io.Writer, r io.Reader) error {
	if _, err := io.WriteString(conn, "zINSTREAM\x00"); err != nil {
		return err
	}
	buf := make([]byte, 4+64<<10)
	for {
		n, err := io.ReadFull(r, buf[4:])
		if n > 0 {
			binary.BigEndian.PutUint32(buf, uint32(n))
			if _, err := conn.Write(buf[:4+n]); err != nil {
				return err
			}
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			_, err := conn.Write([]byte{0, 0, 0, 0})
			return err
		}
		if err != nil {
			return err
		}
	}
}
