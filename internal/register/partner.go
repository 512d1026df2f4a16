package register

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kabinet/internal/platform/breaker"
	"kabinet/internal/platform/fault"
)

// ErrRefused is returned when a partner does not take this request or our
// token. Trying again does not help; somebody must look.
var ErrRefused = errors.New("register: request refused")

// maxAnswer is the longest answer that is read, in bytes.
const maxAnswer = 1 << 20

// Config says how a partner is reached.
type Config struct {
	URL     string           // without a path: https://tax.example.test
	Token   string           // bearer token
	Timeout time.Duration    // of one question; 0: 10 s
	Now     func() time.Time // nil: time.Now
}

// Partner is a register behind JSON over HTTP with a bearer token. After five
// failures in a row it is not asked for half a minute. Its methods may be
// called at once.
type Partner struct {
	name        string
	url         string
	token       string
	unavailable *fault.Error
	http        http.Client
	breaker     *breaker.Breaker
}

// NewPartner returns a partner called name in errors, whose failures wrap
// unavailable.
func NewPartner(name string, c Config, unavailable *fault.Error) *Partner {
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Partner{
		name: name, url: strings.TrimRight(c.URL, "/"), token: c.Token, unavailable: unavailable,
		http: http.Client{
			Timeout: c.Timeout,
			// The token goes to the register and nowhere else.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		breaker: breaker.New(c.Now),
	}
}

// Question is what a partner is asked.
type Question struct {
	ID   string        // for errors
	Path string        // on the partner's server
	Body any           // becomes JSON
	Flaw func() string // what is wrong with the answer that was read, "" when nothing; nil: any will do
}

// Ask posts a question and reads the answer, 200 or 202, into answer. An answer
// that is not JSON or has a flaw counts as none. It returns ErrRefused and what
// the partner's failures wrap.
func (p *Partner) Ask(ctx context.Context, q Question, answer any) error {
	if !p.breaker.Enter() {
		return fmt.Errorf("asking the %s, request %s: %w (not asked: it failed several times)", p.name, q.ID, p.unavailable)
	}
	err := p.ask(ctx, q, answer)
	// Who asks may lose patience; that says nothing about the partner.
	p.breaker.Leave(errors.Is(err, p.unavailable), ctx.Err() != nil)
	if err != nil {
		return fmt.Errorf("asking the %s, request %s: %w", p.name, q.ID, err)
	}
	return nil
}

func (p *Partner) ask(ctx context.Context, q Question, answer any) error {
	body, err := json.Marshal(q.Body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+q.Path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	resp, err := p.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w (%w)", p.unavailable, withoutURL(err))
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fmt.Errorf("%w (%w)", p.unavailable, err)
	case len(got) > maxAnswer:
		return fmt.Errorf("%w (the answer is over %d bytes)", p.unavailable, maxAnswer)
	case resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusAccepted:
		return p.read(got, q, answer)
	case resp.StatusCode >= 400 && resp.StatusCode < 500 &&
		resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusRequestTimeout:
		return fmt.Errorf("%w with status %d", ErrRefused, resp.StatusCode)
	default:
		return fmt.Errorf("%w (status %d)", p.unavailable, resp.StatusCode)
	}
}

// read decodes an answer. Errors of the decoder are left out: they may quote
// the answer.
func (p *Partner) read(body []byte, q Question, answer any) error {
	if json.Unmarshal(body, answer) != nil {
		return fmt.Errorf("%w (the answer is not the JSON of the protocol)", p.unavailable)
	}
	if q.Flaw == nil {
		return nil
	}
	if flaw := q.Flaw(); flaw != "" {
		return fmt.Errorf("%w (the answer makes no sense: %s)", p.unavailable, flaw)
	}
	return nil
}

// withoutURL drops the address that http.Client puts before an error: it is in the configuration.
func withoutURL(err error) error {
	if e := (*url.Error)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}
