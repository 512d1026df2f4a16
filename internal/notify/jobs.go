package notify

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
)

// deliverJob sends the messages of one notice.
type deliverJob struct{ Account, Notice string }

// Kind implements jobs.Args.
func (deliverJob) Kind() string { return "notify.deliver" }

// attempts, with the back-off, bridge a partner's outage of about two days: 5,
// 10, 20 seconds and so on, and every four hours at last.
const attempts = 24

func backoff(n int) time.Duration { return min(5*time.Second<<min(n-1, 20), 4*time.Hour) }

// RegisterJobs names who sends messages.
func (s *Service) RegisterJobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: attempts, Timeout: 2 * time.Minute, Backoff: backoff}, s.deliver)
}

// deliver sends by each channel that the notice asks for and the person has.
// Channels that are done are passed over, so it may run any number of times. A
// notice deleted meanwhile is sent too: whoever broke into an account must not
// be able to hold back the warning of it.
func (s *Service) deliver(ctx context.Context, j jobs.Job[deliverJob]) error {
	item, err := s.notice(ctx, j.Args.Account, j.Args.Notice)
	if errors.Is(err, ErrNoNotice) {
		return nil // the account was deleted with all that was its own
	}
	if err != nil {
		return err
	}
	contact, err := s.opt.Contacts(ctx, j.Args.Account)
	if err != nil {
		return fmt.Errorf("reading contacts: %w", err)
	}
	reader := s.reader(ctx, contact.Lang)
	var failed []error
	if s.opt.Mail != nil && contact.Email != "" {
		failed = append(failed, s.hand(ctx, j, Mail, i18n.MaskEmail(contact.Email), func() error {
			m, err := s.letter(reader, item.Item, contact)
			if err != nil {
				return err
			}
			return redact(s.opt.Mail(ctx, m), contact)
		}))
	}
	if s.opt.SMS != nil && item.sms && contact.Phone != "" {
		failed = append(failed, s.hand(ctx, j, SMS, i18n.MaskPhone(contact.Phone), func() error {
			return redact(s.opt.SMS(ctx, item.ID, contact.Phone, shortText(reader, item.Item)), contact)
		}))
	}
	return errors.Join(failed...)
}

// hand sends one message, with a row before that says so and the outcome after.
func (s *Service) hand(ctx context.Context, j jobs.Job[deliverJob], ch Channel, masked string, send func() error) error {
	account, notice := j.Args.Account, j.Args.Notice
	target := s.opt.Keys.SealString("delivery", "target", account, masked)
	if todo, err := beginDelivery(ctx, s.db, account, notice, ch, target); err != nil || !todo {
		return wrap(err, "noting message %s of notice %s", ch, notice)
	}
	err := send()
	state, at := Waiting, time.Time{}
	switch {
	case err == nil:
		state, at = Sent, s.now()
	case errors.Is(err, ErrRefused), j.Last:
		state = Failed
	}
	// The outcome is written down even when the time for this attempt is over.
	if err := endDelivery(context.WithoutCancel(ctx), s.db, account, notice, ch, state, at); err != nil {
		return fmt.Errorf("noting what became of message %s of notice %s: %w", ch, notice, err)
	}
	if errors.Is(err, ErrRefused) {
		return nil // the person sees it in the history, and no attempt could cure it
	}
	return wrap(err, "sending %s of notice %s", ch, notice)
}

// redacted is a partner's error without the contact that it may repeat.
type redacted struct {
	error
	text string
}

func redact(err error, c Contact) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, contact := range []string{c.Email, c.Phone, strings.TrimPrefix(c.Phone, "+")} {
		if contact != "" {
			text = strings.ReplaceAll(text, contact, "•••")
		}
	}
	return redacted{err, text}
}

func (r redacted) Error() string { return r.text }

func (r redacted) Unwrap() error { return r.error }
