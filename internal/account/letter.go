package account

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// Letters of flows. A letter carries a link, since it may be read on another
// device than the flow began on: whoever opens the link and presses the button
// goes on there, in a flow of that browser, and the old one is over.

// linked reports whether a letter with a link belongs to the flow.
func (f *flow) linked() bool {
	return f.data.To.Kind == Email && (f.kind == flowRegister || f.kind == flowRecover)
}

// linkOnly reports whether the flow goes on by the link alone.
func (f *flow) linkOnly() bool { return f.kind == flowRegister && f.data.To.Kind == Email }

// life is how long the flow lasts from its first step.
func (f *flow) life() time.Duration {
	switch {
	case f.linkOnly():
		return linkLife
	case f.kind == flowRecover:
		return recoverLife
	}
	return flowLife
}

// StartEmailRegistration sends a link to the address and returns the ID of the
// flow. An address that has an account gets a letter saying so instead, and the
// page learns nothing. It returns ErrNoMail and limit.ErrTooMany.
func (s *Service) StartEmailRegistration(ctx context.Context, c Client, address string, lang i18n.Lang) (string, error) {
	if s.mail == nil {
		return "", ErrNoMail
	}
	return s.startRegistration(ctx, c, Login{Email, address}, lang)
}

// Mails reports whether the portal can send letters.
func (s *Service) Mails() bool { return s.mail != nil }

// CheckLink returns the step that a link in a letter leads to, without using it
// up, or ErrLink.
func (s *Service) CheckLink(ctx context.Context, flowID, secret string) (Step, error) {
	f, err := s.flowOfLink(ctx, s.db, flowID, secret, "")
	return Step{ID: f.id, Kind: f.kind, To: f.data.Login}, err
}

// TakeLink uses up a link and goes on in the browser of c. It returns the new
// flow, or ErrLink.
func (s *Service) TakeLink(ctx context.Context, c Client, flowID, secret string) (Step, error) {
	var next flow
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.flowOfLink(ctx, tx, flowID, secret, tx.ForUpdate())
		if err != nil {
			return err
		}
		next = f
		next.id, next.browser = id.New(), digest(c.Browser)
		if f.linkOnly() {
			next.until = s.now().Add(flowLife)
		}
		next.proved, next.hash, next.code, next.data.Link = s.now(), []byte{}, []byte{}, nil
		if err := insertFlow(ctx, tx, s.keys, next); err != nil {
			return err
		}
		if err := updateFlow(ctx, tx, s.keys, next); err != nil {
			return err
		}
		return s.finish(ctx, tx, f)
	})
	if err != nil && !errors.Is(err, ErrLink) {
		return Step{}, fmt.Errorf("taking a link: %w", err)
	}
	return Step{ID: next.id, Kind: next.kind, To: next.data.Login}, err
}

// flowOfLink returns ErrLink for a link that is unknown, used, over or of a flow
// that went on by its code.
func (s *Service) flowOfLink(ctx context.Context, db *sqldb.DB, flowID, secret, lock string) (flow, error) {
	if !id.Valid(flowID) || !id.Valid(secret) {
		return flow{}, ErrLink
	}
	f, err := flowByID(ctx, db, s.keys, flowID, lock)
	if errors.Is(err, ErrFlow) {
		return f, ErrLink
	}
	if err != nil {
		return f, err
	}
	if !f.linked() || f.hopeless() || len(f.data.Link) == 0 || !hmac.Equal(f.data.Link, digest(secret)) ||
		!f.proved.IsZero() || !f.done.IsZero() || !s.now().Before(f.until) {
		return f, ErrLink
	}
	return f, nil
}

// mailFlow sends the letter of a flow.
func (s *Service) mailFlow(ctx context.Context, f flow, digits, secret string) error {
	if s.mail == nil {
		return nil
	}
	subject, text, url := "account.mail_recover_subject", "account.mail_recover", s.publicURL+"/link/recover/"+f.id+"/"+secret
	if f.linkOnly() {
		subject, text, url = "account.mail_register_subject", "account.mail_register", s.publicURL+"/link/register/"+f.id+"/"+secret
	}
	return s.mailAbout(ctx, f, s.say(ctx, f.data.Lang, subject), s.say(ctx, f.data.Lang, text, "url", url, "code", digits))
}

// mailExists tells the holder of an address that somebody, perhaps they
// themselves, tried to register with it again.
func (s *Service) mailExists(ctx context.Context, f flow) error {
	if s.mail == nil {
		return nil
	}
	text := s.say(ctx, f.data.Lang, "account.mail_exists", "url", s.publicURL+"/login", "recover", s.publicURL+"/recover")
	if err := s.mailAbout(ctx, f, s.say(ctx, f.data.Lang, "account.mail_exists_subject"), text); err != nil {
		return err
	}
	return forgetFlowCode(ctx, s.db, f.id, f.sends)
}

// mailAbout sends a letter of a flow. An address that does not exist is no
// failure: the person sees on the page where the letter was to go.
func (s *Service) mailAbout(ctx context.Context, f flow, subject, text string) error {
	err := s.mail(ctx, notify.Message{ID: "flow-" + f.id + "-" + strconv.Itoa(f.sends), To: f.data.To.Value, Subject: subject, Text: text})
	if err != nil && !errors.Is(err, notify.ErrRefused) {
		return fmt.Errorf("sending a letter of flow %s: %w", f.id, err)
	}
	return nil
}
