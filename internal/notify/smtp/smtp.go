// Package smtp sends letters through a mail server.
//
// SMTP has no idempotency: a server that took a letter and lost the connection
// before it said so gets the letter again. The Message-ID is made from the
// letter's ID, so both carry the same one and most mail programs show one.
package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"regexp"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"kabinet/internal/platform/fault"
)

// Errors of Send.
var (
	// ErrUnavailable: the server cannot be reached, does not let us in, or asks to come later. Try again.
	ErrUnavailable = fault.New(fault.Unavailable, "notify.mail_unavailable")
	// ErrRefused: the letter will never be taken, for instance as there is no such address.
	ErrRefused = errors.New("mail server: letter refused")
)

// Security of the connection.
type Security string

const (
	StartTLS Security = "starttls" // asked for after connecting; without it nothing is sent
	TLS      Security = "tls"      // from the first byte
	None     Security = "none"     // in the clear: only on one machine or a closed network; passwords are sent to localhost alone
)

// Config of a client.
type Config struct {
	Host     string
	Port     int    // 0: 587, 465 or 25, as Security says
	User     string // "" signs in as nobody
	Password string
	From     string         // «Кабинет <noreply@example.test>»; its domain also ends the Message-ID
	Security Security       // "" is StartTLS
	Timeout  time.Duration  // of one letter; 0: 30 s
	Roots    *x509.CertPool // who may vouch for the server; nil: the machine's authorities
}

// Client sends letters, each over a connection of its own. Its methods may be called at once.
type Client struct {
	config Config
	from   *netmail.Address
	domain string
}

// Message is a letter.
type Message struct {
	ID      string // the sender's: letters, digits, dot, hyphen, underscore
	To      string // address
	Subject string
	Text    string
	HTML    string // "" sends the text alone
}

// New returns a client, or says what is wrong with c.
func New(c Config) (*Client, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("address that letters come from: %w", err)
	}
	if c.Security == "" {
		c.Security = StartTLS
	}
	port, ok := map[Security]int{StartTLS: 587, TLS: 465, None: 25}[c.Security]
	if !ok {
		return nil, fmt.Errorf("security of the mail server is %q, may be starttls, tls or none", c.Security)
	}
	if c.Port == 0 {
		c.Port = port
	}
	if c.Timeout == 0 {
		c.Timeout = 30 * time.Second
	}
	client := &Client{config: c, from: from, domain: from.Address[strings.LastIndexByte(from.Address, '@')+1:]}
	if _, err := client.connection(new(net.Dialer).DialContext); err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	return client, nil
}

// Send hands a letter to the server. It returns ErrUnavailable or ErrRefused;
// neither tells the address or the text.
func (c *Client) Send(ctx context.Context, m Message) error {
	letter, err := c.letter(m)
	if err != nil {
		return fmt.Errorf("sending mail %q: %w", m.ID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	stop := func() bool { return false }
	defer func() { stop() }()
	connection, err := c.connection(func(dialling context.Context, network, address string) (net.Conn, error) {
		conn, err := c.dial(dialling, network, address)
		if err == nil {
			// The library gives up when its own time is over, not when ctx is.
			stop = context.AfterFunc(ctx, func() { conn.Close() })
		}
		return conn, err
	})
	if err != nil {
		return fmt.Errorf("sending mail %q: %w", m.ID, err)
	}
	err = connection.DialAndSendWithContext(ctx, letter)
	if letter.IsDelivered() { // whatever went wrong after that
		return nil
	}
	return fmt.Errorf("sending mail %q: %w", m.ID, sorted(err))
}

// connection returns the library's client, which is not connected yet.
func (c *Client) connection(dial mail.DialContextFunc) (*mail.Client, error) {
	options := []mail.Option{
		mail.WithPort(c.config.Port), mail.WithTimeout(c.config.Timeout), mail.WithHELO(c.domain), mail.WithDialContextFunc(dial),
		mail.WithTLSConfig(c.tls()),
	}
	switch c.config.Security {
	case StartTLS:
		options = append(options, mail.WithTLSPolicy(mail.TLSMandatory))
	case TLS:
		options = append(options, mail.WithSSL())
	default:
		options = append(options, mail.WithTLSPolicy(mail.NoTLS))
	}
	if c.config.User != "" {
		options = append(options, mail.WithSMTPAuth(mail.SMTPAuthPlain), mail.WithUsername(c.config.User), mail.WithPassword(c.config.Password))
	}
	return mail.NewClient(c.config.Host, options...)
}

func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if c.config.Security == TLS {
		return (&tls.Dialer{Config: c.tls()}).DialContext(ctx, network, address)
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

func (c *Client) tls() *tls.Config {
	return &tls.Config{ServerName: c.config.Host, RootCAs: c.config.Roots, MinVersion: tls.VersionTLS12}
}

var idShape = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)

// letter writes m as a mail. It returns ErrRefused when there can be no such mail.
func (c *Client) letter(m Message) (*mail.Msg, error) {
	if !idShape.MatchString(m.ID) {
		return nil, fmt.Errorf("%w (the ID cannot be part of a Message-ID)", ErrRefused)
	}
	letter := mail.NewMsg(mail.WithNoDefaultUserAgent())
	letter.FromMailAddress(c.from)
	if letter.To(m.To) != nil { // the error would tell the address
		return nil, fmt.Errorf("%w (the address is none)", ErrRefused)
	}
	letter.SetMessageIDWithValue(m.ID + "@" + c.domain)
	letter.SetDate()
	letter.Subject(strings.Join(strings.Fields(m.Subject), " ")) // a line break would begin another header
	letter.SetGenHeader("Auto-Submitted", "auto-generated")      // no out-of-office answers. Source: RFC 3834 5
	letter.SetBodyString(mail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		letter.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	}
	return letter, nil
}

// sorted makes ErrUnavailable or ErrRefused of an error of the library. The
// words of a server are left out where they may quote the address.
func sorted(err error) error {
	failed := (*mail.SendError)(nil)
	if !errors.As(err, &failed) {
		return fmt.Errorf("%w (%w)", ErrUnavailable, err) // could not connect, greet or sign in
	}
	if code := failed.ErrorCode(); code >= 500 {
		return fmt.Errorf("%w (%s, code %d)", ErrRefused, failed.Reason, code)
	}
	return fmt.Errorf("%w (%s, code %d)", ErrUnavailable, failed.Reason, failed.ErrorCode())
}
