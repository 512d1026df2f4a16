package sms

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"kabinet/internal/platform/fault"
	"kabinet/internal/sandbox"
)

func newSandbox(t *testing.T) (*sandbox.Sandbox, string) {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Slow: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s.Handler())
	t.Cleanup(func() { s.Close(); srv.Close() })
	return s, srv.URL
}

func TestSend(t *testing.T) {
	t.Parallel()
	s, url := newSandbox(t)
	c := New(Config{URL: url, Token: s.Token()})
	for _, tt := range []struct {
		name, id, to, text string
		want               error
	}{
		{"a message", "n1", "+79000001234", "Код 123456", nil},
		{"the same one again", "n1", "+79000001234", "Код 123456", nil},
		{"another one under its id", "n1", "+79000001234", "Код 654321", ErrRefused},
		{"a phone that is none", "n2", "12", "Код 123456", ErrRefused},
	} {
		err := c.Send(t.Context(), tt.id, tt.to, tt.text)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
		if err != nil && (strings.Contains(err.Error(), tt.to) || strings.Contains(err.Error(), tt.text)) {
			t.Errorf("%s: the error tells the phone or the text", tt.name)
		}
	}
	if got := s.SMSTo("+79000001234"); len(got) != 1 || got[0].Text != "Код 123456" {
		t.Errorf("the gateway has %v", got)
	}
	if err := New(Config{URL: url, Token: "wrong"}).Send(t.Context(), "n3", "+79000001234", "Код"); !errors.Is(err, ErrRefused) {
		t.Errorf("a wrong token: %v, want ErrRefused", err)
	}
}

func TestGatewayInTrouble(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{sandbox.ModeDown, sandbox.ModeBroken, sandbox.ModeSlow} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s, url := newSandbox(t)
			if err := s.SetFault(sandbox.PartnerSMS, mode); err != nil {
				t.Fatal(err)
			}
			c := New(Config{URL: url, Token: s.Token(), Timeout: 50 * time.Millisecond})
			err := c.Send(t.Context(), "n1", "+79000001234", "Код")
			if !errors.Is(err, ErrUnavailable) || fault.Of(err).Kind != fault.Unavailable {
				t.Errorf("%v, want ErrUnavailable", err)
			}
			if err := s.SetFault(sandbox.PartnerSMS, sandbox.ModeOK); err != nil {
				t.Fatal(err)
			}
			c.http.Timeout = 10 * time.Second // the machine may be busy
			if err := c.Send(t.Context(), "n1", "+79000001234", "Код"); err != nil {
				t.Errorf("after it: %v", err)
			}
			if n := len(s.SMSTo("")); n != 1 {
				t.Errorf("%d messages, want 1", n)
			}
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"to another message", 202, `{"id":"n2"}`, ErrUnavailable},
		{"not JSON", 202, `ok`, ErrUnavailable},
		{"not yet taken", 200, `{"id":"n1"}`, ErrUnavailable},
		{"a redirect", 307, ``, ErrUnavailable},
		{"too many", 429, ``, ErrUnavailable},
		{"an error of theirs", 500, ``, ErrUnavailable},
		{"not paid for", 402, ``, ErrRefused},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(tt.status)
				fmt.Fprint(w, tt.body)
			}))
			defer srv.Close()
			if err := New(Config{URL: srv.URL}).Send(t.Context(), "n1", "+79000001234", "Код"); !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
		})
	}
}
