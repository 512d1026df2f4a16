package account

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// sendFlow sends the code of a flow; Send tells it from those before and after.
type sendFlow struct {
	Flow string
	Send int
}

// Kind implements jobs.Args.
func (sendFlow) Kind() string { return "account.send_flow" }

// sendCode sends a code of somebody signed in.
type sendCode struct{ Account, Code string }

// Kind implements jobs.Args.
func (sendCode) Kind() string { return "account.send_code" }

// sendLink sends the letter that confirms an address.
type sendLink struct{ Account, Link string }

// Kind implements jobs.Args.
func (sendLink) Kind() string { return "account.send_link" }

// sweep deletes what is over.
type sweep struct{}

// Kind implements jobs.Args.
func (sweep) Kind() string { return "account.sweep" }

// RegisterJobs names who does this feature's work.
func (s *Service) RegisterJobs(r *jobs.Runner) {
	// A code is worth sending for as long as it lives: 1, 2, 4 … 64 seconds
	// apart. A letter with a link may come hours later.
	soon := jobs.Policy{Attempts: 8, Timeout: 30 * time.Second}
	jobs.Handle(r, soon, s.sendFlowCode)
	jobs.Handle(r, soon, s.sendAccountCode)
	jobs.Handle(r, soon, s.sendContactCode)
	// A warning may come hours later, as a link, when the partner is down.
	jobs.Handle(r, jobs.Policy{Attempts: 14, Timeout: time.Minute}, s.sendWarning)
	jobs.Handle(r, failedPolicy, s.afterFailure)
	jobs.Handle(r, failedPolicy, s.tellUnfinished)
	jobs.Handle(r, jobs.Policy{Attempts: 14, Timeout: time.Minute}, s.sendEmailLink)
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: time.Hour}, func(ctx context.Context, _ jobs.Job[sweep]) error {
		return purge(ctx, s.db, s.now())
	})
}

func (s *Service) sendFlowCode(ctx context.Context, j jobs.Job[sendFlow]) error {
	f, err := flowByID(ctx, s.db, s.keys, j.Args.Flow, "")
	if errors.Is(err, ErrFlow) {
		return nil
	}
	if err != nil {
		return err
	}
	if f.sends != j.Args.Send || len(f.code) == 0 || !s.now().Before(f.oneTime.until) {
		return nil // superseded, sent or over
	}
	if f.data.Exists {
		return s.tellExists(ctx, f)
	}
	if f.hopeless() || f.data.To.Value == "" {
		return forgetFlowCode(ctx, s.db, f.id, f.sends)
	}
	sealed, err := s.keys.OpenString("account_flow", "code", f.id, f.code)
	if err != nil {
		return err
	}
	digits, secret, linked := strings.Cut(sealed, " ")
	if linked {
		err = s.mailFlow(ctx, f, digits, secret)
	} else {
		err = s.sendDigits(ctx, "flow-"+f.id+"-"+strconv.Itoa(f.sends), f.data.To, f.data.Lang, digits)
	}
	if err != nil {
		return err
	}
	return forgetFlowCode(ctx, s.db, f.id, f.sends)
}

// tellExists tells the holder of a phone that somebody, perhaps they
// themselves, tried to register with it again.
func (s *Service) tellExists(ctx context.Context, f flow) error {
	if f.data.To.Kind == Email {
		return s.mailExists(ctx, f)
	}
	text := s.say(ctx, f.data.Lang, "account.sms_exists", "url", s.publicURL+"/recover")
	if err := s.sms(ctx, "flow-"+f.id+"-"+strconv.Itoa(f.sends), f.data.To.Value, text); err != nil && !errors.Is(err, notify.ErrRefused) {
		return fmt.Errorf("sending an SMS of flow %s: %w", f.id, err)
	}
	return forgetFlowCode(ctx, s.db, f.id, f.sends)
}

// sendDigits sends a code to a phone or address. One that does not exist is no
// failure: the person sees on the page where the code was to go.
func (s *Service) sendDigits(ctx context.Context, messageID string, to Login, lang, digits string) error {
	var err error
	if to.Kind == Email {
		if s.mail == nil {
			return nil
		}
		subject := s.say(ctx, lang, "account.mail_code_subject")
		text := s.say(ctx, lang, "account.mail_code", "code", digits, "n", int(EmailLife/time.Minute))
		err = s.mail(ctx, notify.Message{ID: messageID, To: to.Value, Subject: subject, Text: text})
	} else {
		err = s.sms(ctx, messageID, to.Value, s.say(ctx, lang, "account.sms_code", "code", digits))
	}
	if err != nil && !errors.Is(err, notify.ErrRefused) {
		return fmt.Errorf("sending code %s: %w", messageID, err)
	}
	return nil
}

func (s *Service) sendAccountCode(ctx context.Context, j jobs.Job[sendCode]) error {
	c, err := codeByID(ctx, s.db, j.Args.Account, j.Args.Code, "")
	if errors.Is(err, ErrCodeOver) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(c.code) == 0 || c.usable(s.now()) != nil {
		return nil //nolint:nilerr // a code that is of no use any more is not sent
	}
	contact, err := s.Contacts(ctx, c.account)
	if err != nil {
		return err
	}
	to := Login{Phone, contact.Phone}
	if c.kind == Email {
		to = Login{Email, contact.Email}
	}
	if to.Value == "" {
		return nil
	}
	digits, err := s.keys.OpenString("account_code", "code", c.account, c.code)
	if err != nil {
		return err
	}
	if err := s.sendDigits(ctx, "code-"+c.id, to, string(contact.Lang), digits); err != nil {
		return err
	}
	return forgetCode(ctx, s.db, c.account, c.id)
}

func (s *Service) sendEmailLink(ctx context.Context, j jobs.Job[sendLink]) error {
	if s.mail == nil {
		return nil
	}
	l, err := linkByID(ctx, s.db, j.Args.Account, j.Args.Link)
	if errors.Is(err, ErrLink) {
		return nil
	}
	if err != nil {
		return err
	}
	a, err := accountByID(ctx, s.db, l.account)
	if err != nil {
		return err
	}
	contacts, err := contactsOf(ctx, s.db, s.keys, l.account)
	if err != nil {
		return err
	}
	for _, c := range contacts {
		if c.id == l.contact {
			return s.mailLink(ctx, a, l, c.value)
		}
	}
	return nil
}

func (s *Service) mailLink(ctx context.Context, a Account, l link, to string) error {
	secret, err := s.keys.OpenString("account_link", "sealed", l.account, l.sealed)
	if err != nil {
		return err
	}
	owner, err := accountOf(ctx, s.db, s.keys, Login{Email, to})
	if err != nil {
		return err
	}
	subject, text := "account.mail_link_subject", "account.mail_link"
	url := s.publicURL + "/email/" + l.account + "/" + l.id + "/" + secret
	if owner != "" && owner != l.account {
		subject, text, url = "account.mail_taken_subject", "account.mail_taken", s.publicURL+"/recover"
	}
	err = s.mail(ctx, notify.Message{ID: "link-" + l.id, To: to, Subject: s.say(ctx, a.Lang, subject), Text: s.say(ctx, a.Lang, text, "url", url)})
	if err != nil && !errors.Is(err, notify.ErrRefused) {
		return fmt.Errorf("sending link %s: %w", l.id, err)
	}
	return nil
}

// Contacts tells notices where the account is reached: by what it confirmed.
// The name is not known here.
func (s *Service) Contacts(ctx context.Context, account string) (notify.Contact, error) {
	lang, all, err := reachOf(ctx, s.db, s.keys, account)
	if err != nil {
		return notify.Contact{}, fmt.Errorf("reading contacts: %w", err)
	}
	return notify.Contact{Phone: confirmedContact(all, Phone), Email: confirmedContact(all, Email), Lang: i18n.Lang(lang)}, nil
}

// Reach tells in tx by which channels the account is reached.
func (s *Service) Reach(ctx context.Context, tx *sqldb.DB, account string) (email, phone bool, err error) {
	email, phone, err = confirmedKinds(ctx, tx, account)
	if err != nil {
		return false, false, fmt.Errorf("reading contacts: %w", err)
	}
	return email, phone, nil
}
