package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"kabinet/internal/platform/fault"
	"kabinet/internal/sandbox"
)

var letter = Message{ID: "n1", To: "sokolova@example.test", Subject: "Заявка № 1 принята", Text: "Ответим до 4 декабря.", HTML: "<p>Ответим до 4 декабря.</p>"}

func newSandbox(t *testing.T) (*sandbox.Sandbox, Config) {
	t.Helper()
	s, err := sandbox.New(sandbox.Options{Slow: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ln := listen(t)
	go s.ServeSMTP(ln)
	t.Cleanup(func() { s.Close() })
	return s, Config{
		Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port, User: "portal", Password: s.Token(),
		From: "Кабинет <noreply@example.test>", Security: None,
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return ln
}

func newClient(t *testing.T, c Config) *Client {
	t.Helper()
	client, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestSend(t *testing.T) {
	t.Parallel()
	s, config := newSandbox(t)
	c := newClient(t, config)
	if err := c.Send(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	got := s.MailTo(letter.To)
	if len(got) != 1 || got[0].MessageID != "n1@example.test" || got[0].Subject != letter.Subject || got[0].From != "noreply@example.test" ||
		strings.TrimSpace(got[0].Text) != letter.Text || strings.TrimSpace(got[0].HTML) != letter.HTML {
		t.Errorf("the server has %+v", got)
	}
	if raw := string(got[0].Raw); !strings.Contains(raw, "Auto-Submitted: auto-generated\r\n") || strings.Contains(raw, "X-Mailer") {
		t.Errorf("headers of %s", raw)
	}
	plain := letter
	plain.ID, plain.Subject, plain.HTML = "n2", "Код\r\nBcc: kim@example.test", ""
	if err := c.Send(t.Context(), plain); err != nil {
		t.Fatal(err)
	}
	if got := s.MailTo(""); len(got) != 2 || got[0].HTML != "" || got[0].Subject != "Код Bcc: kim@example.test" {
		t.Errorf("the server has %+v", got)
	}
}

func TestLetterThatCannotBe(t *testing.T) {
	t.Parallel()
	s, config := newSandbox(t)
	c := newClient(t, config)
	for _, tt := range []struct {
		name   string
		change func(*Message)
	}{
		{"an address that is none", func(m *Message) { m.To = "sokolova" }},
		{"two addresses in one", func(m *Message) { m.To = "a@example.test, b@example.test" }},
		{"an ID with a bracket", func(m *Message) { m.ID = "n1>" }},
		{"no ID", func(m *Message) { m.ID = "" }},
	} {
		m := letter
		tt.change(&m)
		err := c.Send(t.Context(), m)
		if !errors.Is(err, ErrRefused) || strings.Contains(err.Error(), m.To) {
			t.Errorf("%s: %v, want ErrRefused without the address", tt.name, err)
		}
	}
	if n := len(s.MailTo("")); n != 0 {
		t.Errorf("%d letters came", n)
	}
}

func TestServerInTrouble(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{sandbox.ModeDown, sandbox.ModeBroken, sandbox.ModeSlow} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			s, config := newSandbox(t)
			if mode == sandbox.ModeSlow {
				config.Timeout = 300 * time.Millisecond
			}
			if err := s.SetFault(sandbox.PartnerMail, mode); err != nil {
				t.Fatal(err)
			}
			err := newClient(t, config).Send(t.Context(), letter)
			if !errors.Is(err, ErrUnavailable) || fault.Of(err).Kind != fault.Unavailable || strings.Contains(err.Error(), letter.To) {
				t.Errorf("%v, want ErrUnavailable without the address", err)
			}
			if err := s.SetFault(sandbox.PartnerMail, sandbox.ModeOK); err != nil {
				t.Fatal(err)
			}
			config.Timeout = 0
			if err := newClient(t, config).Send(t.Context(), letter); err != nil {
				t.Errorf("after it: %v", err)
			}
			for _, m := range s.MailTo("") {
				if m.MessageID != "n1@example.test" {
					t.Errorf("a repeated letter has the Message-ID %s", m.MessageID)
				}
			}
		})
	}
}

func TestSendStopsWithItsContext(t *testing.T) {
	t.Parallel()
	s, config := newSandbox(t)
	if err := s.SetFault(sandbox.PartnerMail, sandbox.ModeSlow); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	if err := newClient(t, config).Send(ctx, letter); !errors.Is(err, ErrUnavailable) || time.Since(start) > 900*time.Millisecond {
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestSignInIsRefused(t *testing.T) {
	t.Parallel()
	s, config := newSandbox(t)
	config.Password = "a wrong password"
	err := newClient(t, config).Send(t.Context(), letter)
	if !errors.Is(err, ErrUnavailable) || strings.Contains(err.Error(), config.Password) {
		t.Errorf("%v, want ErrUnavailable without the password", err)
	}
	config.User = ""
	if err := newClient(t, config).Send(t.Context(), letter); err != nil || len(s.MailTo("")) != 1 {
		t.Errorf("without signing in: %v", err)
	}
}

func TestNobodyThere(t *testing.T) {
	t.Parallel()
	ln := listen(t)
	port := ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	c := newClient(t, Config{Host: "127.0.0.1", Port: port, From: "noreply@example.test"})
	if err := c.Send(t.Context(), letter); !errors.Is(err, ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}

func TestSecurity(t *testing.T) {
	t.Parallel()
	web := httptest.NewTLSServer(nil) // for its certificate
	t.Cleanup(web.Close)
	certificate := &tls.Config{Certificates: web.TLS.Certificates}
	trusted := x509.NewCertPool()
	trusted.AddCert(web.Certificate())
	for _, tt := range []struct {
		name     string
		server   Security
		client   Security
		roots    *x509.CertPool
		accepted bool
	}{
		{"STARTTLS is the default", StartTLS, "", trusted, true},
		{"TLS from the first byte", TLS, TLS, trusted, true},
		{"a certificate of a stranger, STARTTLS", StartTLS, StartTLS, x509.NewCertPool(), false},
		{"a certificate of a stranger, TLS", TLS, TLS, x509.NewCertPool(), false},
		{"a server without TLS gets nothing", None, StartTLS, trusted, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			taken := make(chan string, 1)
			srv := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &session{taken: taken}, nil }))
			srv.ErrorLog = log.New(io.Discard, "", 0)
			ln := listen(t)
			switch tt.server {
			case StartTLS:
				srv.TLSConfig = certificate
			case TLS:
				ln = tls.NewListener(ln, certificate)
			}
			go srv.Serve(ln)
			t.Cleanup(func() { srv.Close() })
			c := newClient(t, Config{
				Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port, From: "noreply@example.test", Security: tt.client, Roots: tt.roots,
			})
			err := c.Send(t.Context(), letter)
			if tt.accepted && (err != nil || len(taken) != 1) || !tt.accepted && (!errors.Is(err, ErrUnavailable) || len(taken) != 0) {
				t.Errorf("%v, %d letters", err, len(taken))
			}
		})
	}
}

func TestServerRefusesAnAddress(t *testing.T) {
	t.Parallel()
	srv := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) {
		return &session{refuse: &gosmtp.SMTPError{Code: 550, Message: "no " + letter.To + " here"}}, nil
	}))
	ln := listen(t)
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close() })
	c := newClient(t, Config{Host: "127.0.0.1", Port: ln.Addr().(*net.TCPAddr).Port, From: "noreply@example.test", Security: None})
	if err := c.Send(t.Context(), letter); !errors.Is(err, ErrRefused) || strings.Contains(err.Error(), letter.To) {
		t.Errorf("%v, want ErrRefused without the address", err)
	}
}

// session takes a letter, or refuses every address.
type session struct {
	taken  chan string
	refuse error
}

func (s *session) Mail(string, *gosmtp.MailOptions) error { return nil }
func (s *session) Rcpt(string, *gosmtp.RcptOptions) error { return s.refuse }
func (s *session) Reset()                                 {}
func (s *session) Logout() error                          { return nil }
func (s *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	s.taken <- string(b)
	return err
}

func TestBadConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{
		{Host: "mail.example.test", From: "nobody"},
		{Host: "mail.example.test", From: "a@example.test", Security: "ssl"},
		{Host: "", From: "a@example.test"},
		{Host: "mail.example.test", From: "a@example.test", Port: 70000},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}
