package sandbox

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// Partners, as POST /faults names them.
const (
	PartnerSMS  = "sms"
	PartnerMail = "mail"
	PartnerTax  = "tax"

	PartnerPassport = "passport"
	PartnerPension  = "pension"
	PartnerPost     = "post"
)

// partners are all of them in the order of the overview.
var partners = []string{PartnerSMS, PartnerMail, PartnerTax, PartnerPassport, PartnerPension, PartnerPost,
	PartnerESIA, PartnerSber, PartnerBereg, PartnerSever, PartnerCentre}

// Modes a partner can be switched to.
const (
	ModeOK     = "ok"
	ModeSlow   = "slow"   // does its work after Options.Slow, even if nobody waits for the answer any more
	ModeDown   = "down"   // 503, SMTP 421
	ModeBroken = "broken" // a page of HTML instead of an answer; SMTP takes the message and hangs up without a word
)

// What is kept of each kind; the oldest goes first.
const (
	maxKept      = 5000
	maxMailBytes = 64 << 20 // of all mails together, as they came
)

// ErrFault is returned by SetFault for a partner or mode that does not exist.
var ErrFault = errors.New("sandbox: no such partner or mode")

// Options of a sandbox. The zero value keeps everything in memory.
type Options struct {
	Dir string           // folder of the state file, made when missing; "" keeps nothing after Close
	Now func() time.Time // nil: time.Now
	// Portal is where the sign-ins of partners send people back to, without a slash
	// at the end; "" lets any address of this machine be it.
	Portal string
	Token  string        // what clients must show; "" takes the one of the state file, else makes one
	Slow   time.Duration // how long a slow partner waits; 0: 15 s
}

// Sandbox is all partners together. Its methods may be called at once.
type Sandbox struct {
	now     func() time.Time
	slow    time.Duration
	token   string
	pages   pages
	smtp    *smtp.Server
	closed  chan struct{}
	portal  string
	bankids []*bankid
	closing sync.Once

	mu        sync.Mutex // guards what follows
	journal   *journal   // nil: in memory only
	faults    map[string]string
	sms       []*SMS // oldest first, like mail and answers
	smsByID   map[string]*SMS
	mail      []*Mail
	mailBytes int
	copies    map[string]int // Message-ID → how many mails with it are kept
	lastMail  int
	people    []*Payer // in the order of being added
	answers   []*answer
	answerFor map[string]*answer
	states    map[string]State // what the registers of papers say, by Payer.ID
	letters   []*Letter
	signIns   signIns
	esia      *esia
	issued    []*issued // certificates, oldest first
}

// New returns a sandbox with the state its folder holds.
func New(o Options) (*Sandbox, error) {
	s := &Sandbox{
		now: o.Now, slow: o.Slow, closed: make(chan struct{}), portal: o.Portal, bankids: bankids(), signIns: newSignIns(), esia: newESIA(),
		faults:    map[string]string{},
		smsByID:   map[string]*SMS{},
		copies:    map[string]int{},
		people:    samplePayers(),
		answerFor: map[string]*answer{},
		states:    map[string]State{},
	}
	for _, partner := range partners {
		s.faults[partner] = ModeOK
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.slow == 0 {
		s.slow = 15 * time.Second
	}
	var err error
	if s.pages, err = newPages(); err != nil {
		return nil, err
	}
	if o.Dir != "" {
		if s.journal, err = openJournal(o.Dir, s.apply); err != nil {
			return nil, err
		}
	}
	if o.Token != "" {
		s.token = o.Token
	} else if s.token == "" {
		s.token = rand.Text()
	}
	if err := s.compact(); err != nil {
		return nil, err
	}
	s.smtp = s.newSMTP()
	return s, nil
}

// Token is what a client sends as its bearer token and as its SMTP password.
func (s *Sandbox) Token() string { return s.token }

// ServeSMTP takes mail on ln until Close, then returns nil.
func (s *Sandbox) ServeSMTP(ln net.Listener) error {
	// A server that is closed before it serves would wait on ln for ever.
	go func() {
		<-s.closed
		_ = ln.Close() // it may be closed already
	}()
	err := s.smtp.Serve(ln)
	select {
	case <-s.closed:
		return nil
	default:
		return err
	}
}

// Close stops the mail server and whatever waits in a slow partner, and lets go
// of the state file. Requests that come later are answered as if it were full.
func (s *Sandbox) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.closed)
		if e := s.smtp.Close(); e != nil && !errors.Is(e, smtp.ErrServerClosed) && !errors.Is(e, net.ErrClosed) {
			err = e
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.journal != nil {
			err = errors.Join(err, s.journal.close())
		}
	})
	return err
}

// SetFault switches a partner to a mode. It returns ErrFault when there is no such one.
func (s *Sandbox) SetFault(partner, mode string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.faults[partner]; !ok || !slices.Contains([]string{ModeOK, ModeSlow, ModeDown, ModeBroken}, mode) {
		return ErrFault
	}
	return s.add(record{Fault: &switched{Partner: partner, Mode: mode}})
}

// fault returns the mode that the partner is in.
func (s *Sandbox) fault(partner string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults[partner]
}

// wait lets the time of a slow partner pass, or returns at once when the sandbox closes.
func (s *Sandbox) wait() {
	t := time.NewTimer(s.slow)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.closed:
	}
}

// record is one line of the state file: exactly one field is set.
type record struct {
	Token  string    `json:"token,omitempty"`
	Fault  *switched `json:"fault,omitempty"`
	SMS    *SMS      `json:"sms,omitempty"`
	Mail   *Mail     `json:"mail,omitempty"`
	Person *Payer    `json:"person,omitempty"`
	Answer *answer   `json:"answer,omitempty"`
	State  *State    `json:"state,omitempty"`
	Letter *Letter   `json:"letter,omitempty"`
	Issued *issued   `json:"issued,omitempty"`
}

type switched struct {
	Partner string `json:"partner"`
	Mode    string `json:"mode"`
}

// add writes r to the state file and applies it: what is acknowledged survives
// the end of the process. The caller holds s.mu.
func (s *Sandbox) add(r record) error {
	if s.journal != nil {
		if err := s.journal.append(r); err != nil {
			return err
		}
	}
	s.apply(r)
	if s.journal != nil && s.journal.lines > 2*(len(s.sms)+len(s.mail)+len(s.people)+len(s.answers)+len(s.states)+len(s.letters)+len(s.issued))+1000 {
		return s.compact()
	}
	return nil
}

// apply changes the state in memory by one record and drops what is too much.
func (s *Sandbox) apply(r record) {
	switch {
	case r.Token != "":
		s.token = r.Token
	case r.Fault != nil:
		s.faults[r.Fault.Partner] = r.Fault.Mode
	case r.SMS != nil:
		s.sms = append(s.sms, r.SMS)
		s.smsByID[r.SMS.ID] = r.SMS
		if len(s.sms) > maxKept {
			delete(s.smsByID, s.sms[0].ID)
			s.sms = slices.Delete(s.sms, 0, 1)
		}
	case r.Mail != nil:
		s.keepMail(r.Mail)
	case r.Person != nil:
		if i := slices.IndexFunc(s.people, func(p *Payer) bool { return p.ID == r.Person.ID }); i >= 0 {
			s.people[i] = r.Person
		} else {
			s.people = append(s.people, r.Person)
		}
		if len(s.people) > maxKept {
			s.people = slices.Delete(s.people, len(People), len(People)+1)
		}
	case r.State != nil:
		s.states[r.State.Person] = *r.State
	case r.Issued != nil:
		s.keepIssued(r.Issued)
	case r.Letter != nil:
		s.keepLetter(r.Letter)
	case r.Answer != nil:
		s.answers = append(s.answers, r.Answer)
		s.answerFor[r.Answer.RequestID] = r.Answer
		if len(s.answers) > maxKept {
			delete(s.answerFor, s.answers[0].RequestID)
			s.answers = slices.Delete(s.answers, 0, 1)
		}
	}
}

func (s *Sandbox) keepMail(m *Mail) {
	m.parse()
	s.lastMail = max(s.lastMail, m.ID)
	s.mail = append(s.mail, m)
	s.mailBytes += len(m.Raw)
	s.copies[m.MessageID]++
	for len(s.mail) > maxKept || s.mailBytes > maxMailBytes && len(s.mail) > 1 {
		old := s.mail[0]
		s.mailBytes -= len(old.Raw)
		if s.copies[old.MessageID]--; s.copies[old.MessageID] == 0 {
			delete(s.copies, old.MessageID)
		}
		s.mail = slices.Delete(s.mail, 0, 1)
	}
}

// compact rewrites the state file without the lines that no longer matter.
func (s *Sandbox) compact() error {
	if s.journal == nil {
		return nil
	}
	return s.journal.rewrite(func(yield func(record) bool) {
		if !yield(record{Token: s.token}) {
			return
		}
		for partner, mode := range s.faults {
			if !yield(record{Fault: &switched{partner, mode}}) {
				return
			}
		}
		samples := samplePayers()
		for i, p := range s.people {
			if i < len(samples) && sameJSON(p, samples[i]) {
				continue // a later version may know them better
			}
			if !yield(record{Person: p}) {
				return
			}
		}
		for _, st := range s.states {
			if !yield(record{State: &st}) {
				return
			}
		}
		for _, c := range s.issued {
			if !yield(record{Issued: c}) {
				return
			}
		}
		for _, l := range s.letters {
			if !yield(record{Letter: l}) {
				return
			}
		}
		for _, a := range s.answers {
			if !yield(record{Answer: a}) {
				return
			}
		}
		for _, m := range s.sms {
			if !yield(record{SMS: m}) {
				return
			}
		}
		for _, m := range s.mail {
			if !yield(record{Mail: m}) {
				return
			}
		}
	})
}

// authorised says whether the request carries the token.
func (s *Sandbox) authorised(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return ok && token == s.token
}

// digits returns the digits of v: how numbers typed with spaces, brackets and hyphens are compared.
func digits(v string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, v)
}

// errClosed is what a write to the state file gets after Close.
var errClosed = fmt.Errorf("sandbox: %w", os.ErrClosed)
