package sandbox

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Mail is a message that the mail server took. Raw and the envelope are kept;
// the rest is read from Raw, as far as it can be read.
type Mail struct {
	ID   int       `json:"id"` // grows by one
	Time time.Time `json:"time"`
	From string    `json:"from"` // of the envelope, like To
	To   []string  `json:"to"`
	Raw  []byte    `json:"raw"`

	MessageID   string       `json:"-"` // without angle brackets
	Subject     string       `json:"-"`
	Text        string       `json:"-"`
	HTML        string       `json:"-"`
	Attachments []Attachment `json:"-"`
	Copies      int          `json:"-"` // mails with this Message-ID that are kept, this one included; set by MailTo and MailByID
}

// Attachment is a part of a mail that is neither its text nor its HTML.
type Attachment struct {
	Name string
	Type string // as the sender says
	Data []byte
}

// MailTo returns the mails to an address, newest first; "" stands for every address.
func (s *Sandbox) MailTo(address string) []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Mail
	for _, m := range slices.Backward(s.mail) {
		if address == "" || slices.ContainsFunc(m.To, func(to string) bool { return strings.EqualFold(to, address) }) {
			found = append(found, s.counted(m))
		}
	}
	return found
}

// MailByID returns a mail that is kept.
func (s *Sandbox) MailByID(id int) (Mail, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := slices.BinarySearchFunc(s.mail, id, func(m *Mail, id int) int { return m.ID - id })
	if !ok {
		return Mail{}, false
	}
	return s.counted(s.mail[i]), true
}

func (s *Sandbox) counted(m *Mail) Mail {
	c := *m
	c.Copies = s.copies[m.MessageID]
	return c
}

// newSMTP returns the mail server of the sandbox.
func (s *Sandbox) newSMTP() *smtp.Server {
	srv := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &smtpSession{sandbox: s, conn: c}, nil
	}))
	srv.Domain = "sandbox.example.test"
	srv.MaxMessageBytes = 16 << 20
	srv.MaxRecipients = 100
	srv.ReadTimeout, srv.WriteTimeout = time.Minute, time.Minute
	srv.AllowInsecureAuth = true // loopback, nothing to hide
	srv.EnableSMTPUTF8 = true
	srv.ErrorLog = log.New(io.Discard, "", 0) // clients that hang up are no news here
	return srv
}

// smtpSession is the conversation over one connection.
type smtpSession struct {
	sandbox *Sandbox
	conn    *smtp.Conn
	from    string
	to      []string
}

func (c *smtpSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (c *smtpSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != c.sandbox.token {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (c *smtpSession) Mail(from string, _ *smtp.MailOptions) error {
	if c.sandbox.fault(PartnerMail) == ModeDown {
		return &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Switched off for practice"}
	}
	c.from = from
	return nil
}

func (c *smtpSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	c.to = append(c.to, to)
	return nil
}

func (c *smtpSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	mode := c.sandbox.fault(PartnerMail)
	if mode == ModeSlow {
		c.sandbox.wait()
	}
	if err := c.sandbox.takeMail(c.from, c.to, raw); err != nil {
		return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 3, 1}, Message: "Could not be kept"}
	}
	if mode == ModeBroken {
		return errors.Join(io.ErrUnexpectedEOF, c.conn.Conn().Close())
	}
	return nil
}

func (c *smtpSession) Reset()        { c.from, c.to = "", nil }
func (c *smtpSession) Logout() error { return nil }

func (s *Sandbox) takeMail(from string, to []string, raw []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(record{Mail: &Mail{ID: s.lastMail + 1, Time: s.now().UTC(), From: from, To: slices.Clone(to), Raw: raw}})
}

// parse fills what is read from Raw. A mail that breaks the rules is shown as
// far as it was understood, with its body as text.
func (m *Mail) parse() {
	msg, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		m.Text = strings.ToValidUTF8(string(m.Raw), "\uFFFD")
		return
	}
	m.MessageID = strings.Trim(msg.Header.Get("Message-Id"), "<> ")
	m.Subject = decodeWords(msg.Header.Get("Subject"))
	m.readPart(textproto.MIMEHeader(msg.Header), msg.Body, 0)
}

// readPart sorts one part of a mail into text, HTML and attachments. Ten levels
// and a hundred attachments are more than a letter needs.
func (m *Mail) readPart(h textproto.MIMEHeader, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth < 10 {
		parts := multipart.NewReader(body, params["boundary"])
		for len(m.Attachments) < 100 {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			m.readPart(p.Header, p, depth+1)
		}
		return
	}
	data := decodeBody(h.Get("Content-Transfer-Encoding"), body)
	disposition, dparams, _ := mime.ParseMediaType(h.Get("Content-Disposition")) // none or a bad one: shown in place
	switch {
	case disposition != "attachment" && kind == "text/plain" && m.Text == "":
		m.Text = strings.ReplaceAll(strings.ToValidUTF8(string(data), "\uFFFD"), "\r\n", "\n")
	case disposition != "attachment" && kind == "text/html" && m.HTML == "":
		m.HTML = strings.ToValidUTF8(string(data), "\uFFFD")
	default:
		name := decodeWords(dparams["filename"])
		if name == "" {
			name = decodeWords(params["name"])
		}
		m.Attachments = append(m.Attachments, Attachment{Name: name, Type: kind, Data: data})
	}
}

// decodeBody undoes a transfer encoding. What a damaged body gives before the damage is kept.
func decodeBody(encoding string, body io.Reader) []byte {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	}
	data, _ := io.ReadAll(body)
	return data
}

func decodeWords(v string) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(v)
	if err != nil {
		return strings.ToValidUTF8(v, "\uFFFD")
	}
	return decoded
}
