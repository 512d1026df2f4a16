package recovery

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// sendCode sends the code that confirms the new contact.
type sendCode struct {
	Case string
	Send int
}

// sendReceipt sends the number and the code of the status to the new contact.
type sendReceipt struct{ Case string }

// sendRefusal tells the new contact that the case was refused.
type sendRefusal struct{ Case string }

// beginHold has the account wait and warns its old contacts.
type beginHold struct{ Case string }

// endWait offers the link, once the wait is over.
type endWait struct{ Account, Case string }

// sendLink sends the link to the new contact.
type sendLink struct {
	Account, Case string
	Link          int // which of them
}

// closeCase notes how a case ended that the account decided on.
type closeCase struct {
	Case  string
	State State
}

// erase removes the content of a picture whose row is gone.
type erase struct{ Blob string }

// sweep deletes what is over.
type sweep struct{}

// Kinds of jobs.
func (sendCode) Kind() string    { return "recovery.send_code" }
func (sendReceipt) Kind() string { return "recovery.send_receipt" }
func (sendRefusal) Kind() string { return "recovery.send_refusal" }
func (beginHold) Kind() string   { return "recovery.begin_hold" }
func (endWait) Kind() string     { return "recovery.end_wait" }
func (sendLink) Kind() string    { return "recovery.send_link" }
func (closeCase) Kind() string   { return "recovery.close_case" }
func (erase) Kind() string       { return "recovery.erase" }
func (sweep) Kind() string       { return "recovery.sweep" }

// Jobs names who does this feature's work.
func (s *Service) Jobs(r *jobs.Runner) {
	soon, patient := jobs.Policy{Attempts: 8, Timeout: 30 * time.Second}, jobs.Policy{Attempts: 14, Timeout: time.Minute}
	jobs.Handle(r, soon, s.sendCode)
	jobs.Handle(r, patient, s.sendReceipt)
	jobs.Handle(r, patient, s.sendRefusal)
	jobs.Handle(r, patient, s.beginHold)
	jobs.Handle(r, patient, s.endWait)
	jobs.Handle(r, patient, s.sendLink)
	jobs.Handle(r, patient, func(ctx context.Context, j jobs.Job[closeCase]) error {
		return s.closeCase(ctx, j.Args.Case, j.Args.State)
	})
	jobs.Handle(r, jobs.Policy{Attempts: 5}, func(_ context.Context, j jobs.Job[erase]) error { return s.opt.Blobs.Delete(j.Args.Blob) })
	jobs.Handle(r, jobs.Policy{Attempts: 2, Timeout: 10 * time.Minute, Every: time.Hour}, func(ctx context.Context, _ jobs.Job[sweep]) error { return s.Sweep(ctx) })
}

// message sends a text to the new contact of a case, by its kind.
func (s *Service) message(ctx context.Context, messageID string, k Case, key string, args ...any) error {
	to, lang := k.Claim.Contact, k.Claim.Lang
	var err error
	switch {
	case to.Kind == account.Phone:
		err = s.opt.SMS(ctx, messageID, to.Value, s.say(ctx, lang, "recovery.sms_"+key, args...))
	case s.opt.Mail != nil:
		err = s.opt.Mail(ctx, notify.Message{ID: messageID, To: to.Value, Subject: s.say(ctx, lang, "recovery.mail_subject"), Text: s.say(ctx, lang, "recovery.mail_"+key, args...)})
	}
	if err != nil && !errors.Is(err, notify.ErrRefused) {
		return fmt.Errorf("sending message %s: %w", messageID, err)
	}
	return nil
}

// live returns the case, or false when there is none any more.
func (s *Service) live(ctx context.Context, caseID string) (Case, bool, error) {
	k, err := caseByID(ctx, s.db, s.opt.Keys, caseID, "")
	if errors.Is(err, ErrNone) {
		return k, false, nil
	}
	return k, err == nil, err
}

func (s *Service) sendCode(ctx context.Context, j jobs.Job[sendCode]) error {
	k, there, err := s.live(ctx, j.Args.Case)
	if !there || err != nil {
		return err
	}
	if k.sends != j.Args.Send || len(k.code) == 0 || k.State != Draft || !s.now().Before(k.codeSent.Add(codeLife)) {
		return nil
	}
	messageID := "recovery-" + k.ID + "-" + strconv.Itoa(k.sends)
	taken, err := s.taken(ctx, k.Claim.Contact)
	if err != nil {
		return err
	}
	if taken {
		return s.message(ctx, messageID, k, "taken", "url", s.opt.PublicURL+"/recover")
	}
	digits, err := s.opt.Keys.OpenString("recovery_case", "code", k.ID, k.code)
	if err != nil {
		return err
	}
	return s.message(ctx, messageID, k, "code", "code", digits)
}

func (s *Service) sendReceipt(ctx context.Context, j jobs.Job[sendReceipt]) error {
	k, there, err := s.live(ctx, j.Args.Case)
	if !there || err != nil || len(k.code) == 0 {
		return err
	}
	code, err := s.opt.Keys.OpenString("recovery_case", "code", k.ID, k.code)
	if err != nil {
		return err
	}
	if err := s.message(ctx, "recovery-receipt-"+k.ID, k, "receipt", "number", k.Number, "code", code, "url", s.opt.PublicURL+"/recovery/status"); err != nil {
		return err
	}
	return forgetCode(ctx, s.db, k.ID)
}

func (s *Service) sendRefusal(ctx context.Context, j jobs.Job[sendRefusal]) error {
	k, there, err := s.live(ctx, j.Args.Case)
	if !there || err != nil {
		return err
	}
	return s.message(ctx, "recovery-refusal-"+k.ID, k, "refused", "number", k.Number, "why", k.Reason.Text(), "url", s.opt.PublicURL+"/recovery")
}

// beginHold is done once for a case: its row of the account says so.
func (s *Service) beginHold(ctx context.Context, j jobs.Job[beginHold]) error {
	k, there, err := s.live(ctx, j.Args.Case)
	if !there || err != nil || k.State != Approved {
		return err
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		h := hold{account: k.Account, caseID: k.ID, ready: k.Ready, until: k.Ready.Add(takeUp)}
		fresh, err := insertHold(ctx, tx, h)
		if err != nil || !fresh {
			return err
		}
		if err := s.opt.Accounts.Warn(ctx, tx, account.Warning{Account: k.Account, Kind: undoKind, Object: k.ID, Until: h.until}); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, s.now(), audit.Entry{Owner: k.Account, Actor: audit.Portal(), Act: "recovery.audit_waits", Object: "recovery/" + k.ID}); err != nil {
			return err
		}
		return jobs.Add(ctx, tx, endWait{k.Account, k.ID}, jobs.At(h.ready))
	})
	if err != nil {
		return fmt.Errorf("beginning the wait of case %s: %w", k.ID, err)
	}
	ready := i18n.When(s.opt.Catalogue.With(ctx, i18n.Lang(k.Claim.Lang), s.opt.Location, s.now()), k.Ready)
	return s.message(ctx, "recovery-waits-"+k.ID, k, "waits", "number", k.Number, "ready", ready)
}

func (s *Service) endWait(ctx context.Context, j jobs.Job[endWait]) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		h, err := holdOf(ctx, tx, j.Args.Account, j.Args.Case, tx.ForUpdate())
		if err != nil {
			return err
		}
		if h.links > 0 {
			return nil
		}
		return s.newLink(ctx, tx, j.Args.Account, j.Args.Case)
	})
	if errors.Is(err, ErrLink) {
		return nil // cancelled
	}
	if err != nil {
		return fmt.Errorf("ending the wait of case %s: %w", j.Args.Case, err)
	}
	return nil
}

func (s *Service) sendLink(ctx context.Context, j jobs.Job[sendLink]) error {
	h, err := holdOf(ctx, s.db, j.Args.Account, j.Args.Case, "")
	if errors.Is(err, ErrLink) {
		return nil
	}
	if err != nil {
		return err
	}
	k, there, err := s.live(ctx, j.Args.Case)
	if !there || err != nil || h.links != j.Args.Link || len(h.sealed) == 0 || h.takes(s.now()) != nil {
		return err
	}
	secret, err := s.opt.Keys.OpenString("recovery_hold", "sealed", h.account, h.sealed)
	if err != nil {
		return err
	}
	url := s.opt.PublicURL + "/recovery/new/" + h.account + "/" + h.caseID + "/" + secret
	if err := s.message(ctx, "recovery-link-"+k.ID+"-"+strconv.Itoa(h.links), k, "link", "url", url, "status", s.opt.PublicURL+"/recovery/status"); err != nil {
		return err
	}
	return forgetLink(ctx, s.db, h.account, h.caseID, h.links)
}

// closeCase notes how an approved case ended.
func (s *Service) closeCase(ctx context.Context, caseID string, state State) error {
	var cancelled bool
	var k Case
	err := s.db.Tx(ctx, func(tx *sqldb.DB) (err error) {
		k, err = caseByID(ctx, tx, s.opt.Keys, caseID, tx.ForUpdate())
		if errors.Is(err, ErrNone) {
			return nil
		}
		if err != nil || k.State != Approved {
			return err
		}
		k.State, k.Closed = state, s.now()
		cancelled = state == Cancelled
		return updateCase(ctx, tx, s.opt.Keys, k)
	})
	if err != nil {
		return fmt.Errorf("closing case %s: %w", caseID, err)
	}
	if !cancelled {
		return nil
	}
	return s.message(ctx, "recovery-cancelled-"+k.ID, k, "cancelled", "number", k.Number)
}

// orphanAge is how old content without a row must be before it goes.
const orphanAge = 48 * time.Hour

// Sweep deletes drafts nobody sent, pictures of cases decided keepFiles ago,
// cases decided keepCase ago, and closes offers nobody took up.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	stale, err := staleCases(ctx, s.db, s.opt.Keys, now.Add(-draftLife), now.Add(-keepFiles), now.Add(-keepCase))
	if err != nil {
		return fmt.Errorf("sweeping recoveries: %w", err)
	}
	for _, k := range stale {
		if err := s.tidy(ctx, k); err != nil {
			return fmt.Errorf("sweeping recoveries: %w", err)
		}
	}
	if err := dropOrphans(ctx, s.db); err != nil {
		return fmt.Errorf("sweeping recoveries: %w", err)
	}
	if _, err := s.opt.Blobs.Sweep(ctx, now.Add(-orphanAge), func(ctx context.Context, ids []string) ([]string, error) { return blobsOf(ctx, s.db, ids) }); err != nil {
		return fmt.Errorf("sweeping recoveries: %w", err)
	}
	return nil
}

func (s *Service) tidy(ctx context.Context, k Case) error {
	if k.State == Approved {
		if s.now().Before(k.Ready.Add(takeUp)) {
			return nil
		}
		return s.closeCase(ctx, k.ID, Expired)
	}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		for _, f := range k.Files {
			if err := s.drop(ctx, tx, k.ID, f); err != nil {
				return err
			}
		}
		if k.State == Draft || s.now().After(k.Closed.Add(keepCase)) {
			return deleteCase(ctx, tx, k.ID)
		}
		return nil
	})
}
