// Package call asks a partner that somebody signs in through: by HTTP, within a
// time limit, following no redirect, reading no more than it must, and not at
// all while the partner does not answer.
package call

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kabinet/internal/platform/breaker"
)

// ErrDown is returned when there is no answer that can be used.
var ErrDown = errors.New("the partner does not answer")

// maxAnswer is the longest answer that is read, in bytes.
const maxAnswer = 1 << 20

// Options of a Caller.
type Options struct {
	Timeout     time.Duration    // of one question; 0: 8 s
	Now         func() time.Time // nil: time.Now
	Certificate *tls.Certificate // shown to the partner; nil for none
}

// Caller asks one partner. Its methods may be called at once.
type Caller struct {
	client  http.Client
	breaker *breaker.Breaker
}

// New returns a Caller.
func New(o Options) *Caller {
	if o.Timeout == 0 {
		o.Timeout = 8 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if o.Certificate != nil {
		transport.TLSClientConfig.Certificates = []tls.Certificate{*o.Certificate}
	}
	return &Caller{breaker: breaker.New(o.Now), client: http.Client{
		Timeout: o.Timeout, Transport: transport,
		// Codes and tokens go to the partner's address and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Answer is what came.
type Answer struct {
	Status int
	Kind   string // Content-Type
	Body   []byte
}

// JSON reads the answer into v. The error quotes nothing: answers hold tokens.
func (a Answer) JSON(v any) error {
	if json.Unmarshal(a.Body, v) != nil {
		return fmt.Errorf("%w (status %d, not the JSON of the protocol)", ErrDown, a.Status)
	}
	return nil
}

// Do sends a request. It returns ErrDown when nothing came, too much, or an
// error of the partner's own (5xx).
func (c *Caller) Do(r *http.Request) (Answer, error) {
	if !c.breaker.Enter() {
		return Answer{}, fmt.Errorf("%w (not asked: it failed several times)", ErrDown)
	}
	a, err := c.do(r)
	// Who asks may lose patience; that says nothing about the partner.
	c.breaker.Leave(err != nil, r.Context().Err() != nil)
	return a, err
}

func (c *Caller) do(r *http.Request) (Answer, error) {
	resp, err := c.client.Do(r)
	if err != nil {
		return Answer{}, fmt.Errorf("%w (%w)", ErrDown, withoutURL(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return Answer{}, fmt.Errorf("%w (%w)", ErrDown, err)
	case len(body) > maxAnswer:
		return Answer{}, fmt.Errorf("%w (the answer is over %d bytes)", ErrDown, maxAnswer)
	case resp.StatusCode >= http.StatusInternalServerError:
		return Answer{}, fmt.Errorf("%w (status %d)", ErrDown, resp.StatusCode)
	}
	return Answer{Status: resp.StatusCode, Kind: resp.Header.Get("Content-Type"), Body: body}, nil
}

// Get asks for JSON at an address.
func (c *Caller) Get(ctx context.Context, address string, header http.Header) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Answer{}, fmt.Errorf("asking a partner: %w", err)
	}
	add(r.Header, header)
	return c.Do(r)
}

// Post sends a form to an address and asks for JSON.
func (c *Caller) Post(ctx context.Context, address string, form url.Values, header http.Header) (Answer, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return Answer{}, fmt.Errorf("asking a partner: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	add(r.Header, header)
	return c.Do(r)
}

func add(to, more http.Header) {
	to.Set("Accept", "application/json")
	for name, values := range more {
		to[http.CanonicalHeaderKey(name)] = values
	}
}

// withoutURL drops the address that http.Client puts before an error: its query
// may hold what nobody should read in a log.
func withoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
