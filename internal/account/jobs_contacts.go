package account

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/notify"
	"kabinet/internal/platform/jobs"
)

// sendContactCode sends a code to a contact that is to be confirmed.
type sendContactCode struct{ Account, Code string }

// Kind implements jobs.Args.
func (sendContactCode) Kind() string { return "account.send_contact_code" }

func (s *Service) sendContactCode(ctx context.Context, j jobs.Job[sendContactCode]) error {
	c, err := codeByID(ctx, s.db, j.Args.Account, j.Args.Code, "")
	if errors.Is(err, ErrCodeOver) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(c.code) == 0 || c.usable(s.now()) != nil || !c.used.IsZero() {
		return nil //nolint:nilerr // a code that is of no use any more is not sent
	}
	a, err := accountByID(ctx, s.db, c.account)
	if err != nil {
		return err
	}
	all, err := contactsOf(ctx, s.db, s.keys, c.account)
	if err != nil {
		return err
	}
	for _, to := range all {
		if contactObject(to.id) != c.object {
			continue
		}
		if err := s.sendToContact(ctx, a, c, Login{to.kind, to.value}); err != nil {
			return err
		}
		return forgetCode(ctx, s.db, c.account, c.id)
	}
	return nil // removed meanwhile
}

// sendToContact sends the code, or, to a contact of another account, that
// somebody tried to take it.
func (s *Service) sendToContact(ctx context.Context, a Account, c code, to Login) error {
	digits, err := s.keys.OpenString("account_code", "code", c.account, c.code)
	if err != nil {
		return err
	}
	owner, err := accountOf(ctx, s.db, s.keys, to)
	if err != nil {
		return err
	}
	id := "code-" + c.id
	switch {
	case owner == "" || owner == c.account:
		return s.sendDigits(ctx, id, to, a.Lang, digits)
	case to.Kind == Phone:
		err = s.sms(ctx, id, to.Value, s.say(ctx, a.Lang, "account.sms_taken", "url", s.publicURL+"/recover"))
	case s.mail != nil:
		err = s.mail(ctx, notify.Message{ID: id, To: to.Value, Subject: s.say(ctx, a.Lang, "account.mail_taken_subject"),
			Text: s.say(ctx, a.Lang, "account.mail_taken", "url", s.publicURL+"/recover")})
	}
	if err != nil && !errors.Is(err, notify.ErrRefused) {
		return fmt.Errorf("sending code %s: %w", id, err)
	}
	return nil
}
