package takeout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// copyJob puts a copy together. Documents of an account may weigh gigabytes.
type copyJob struct{ Account, Copy string }

// Kind implements jobs.Args.
func (copyJob) Kind() string { return "takeout.copy" }

// remindJob tells a day before that an account will be deleted.
type remindJob struct{ Account, Deletion string }

// Kind implements jobs.Args.
func (remindJob) Kind() string { return "takeout.remind" }

// deleteJob deletes an account whose time has come.
type deleteJob struct{ Account, Deletion string }

// Kind implements jobs.Args.
func (deleteJob) Kind() string { return "takeout.delete" }

// farewellJob tells somebody, by the contact that was kept for it, that the
// account is gone.
type farewellJob struct{ Account, Deletion string }

// Kind implements jobs.Args.
func (farewellJob) Kind() string { return "takeout.farewell" }

// sweepJob removes copies whose term is over and what the law no longer wants
// kept.
type sweepJob struct{}

// Kind implements jobs.Args.
func (sweepJob) Kind() string { return "takeout.sweep" }

// sweepBatch is how many copies, and accounts, one run removes at most.
const sweepBatch = 500

// Jobs tells the runner of this feature's work.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: 4, Timeout: 2 * time.Hour}, s.make)
	jobs.Handle(r, jobs.Policy{Attempts: 10, Timeout: time.Minute}, s.remind)
	// A partner of open applications may be down for days.
	jobs.Handle(r, jobs.Policy{Attempts: 40, Timeout: 10 * time.Minute}, s.delete)
	jobs.Handle(r, jobs.Policy{Attempts: 14, Timeout: time.Minute}, s.farewell)
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: time.Hour, Timeout: 30 * time.Minute}, func(ctx context.Context, _ jobs.Job[sweepJob]) error { return s.Sweep(ctx) })
}

// make puts a copy together, and after the last failed attempt says so.
func (s *Service) make(ctx context.Context, j jobs.Job[copyJob]) error {
	c, err := copyByID(ctx, s.db, j.Args.Account, j.Args.Copy, "")
	if errors.Is(err, ErrNoCopy) || err == nil && c.State != Asked {
		return nil // the account is gone, or an earlier attempt got this far
	}
	if err != nil {
		return err
	}
	c, cause := s.assemble(ctx, j.Args.Account, c)
	if cause != nil {
		if !j.Last {
			return cause
		}
		slog.ErrorContext(ctx, "a copy of somebody's data could not be made", "copy", c.ID, "err", cause)
		c.State = Failed
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := updateCopy(ctx, tx, j.Args.Account, c); err != nil {
			return err
		}
		n := notify.Notice{Owner: j.Args.Account, Key: "takeout/copy/" + c.ID, Topic: notify.TopicPerson, Level: notify.Success, Link: copyPath,
			Title: "takeout.notice_ready", Text: "takeout.notice_ready_text", Args: []any{"until", notify.Moment{Time: c.Until}}}
		if c.State == Failed {
			n.Level, n.Title, n.Text, n.Args = notify.Danger, "takeout.notice_failed", "takeout.notice_failed_text", nil
		}
		if err := s.opt.Notices.Send(ctx, tx, n); err != nil {
			return err
		}
		return j.Finish(ctx, tx)
	})
	if err != nil && c.blob != "" {
		return errors.Join(err, s.opt.Blobs.Delete(c.blob))
	}
	return err
}

// assemble stores the archive and returns the copy as it is when it is ready.
func (s *Service) assemble(ctx context.Context, acc string, c Copy) (Copy, error) {
	a, err := s.opt.Accounts.Account(ctx, acc)
	if err != nil {
		return c, err
	}
	reader := s.opt.Catalogue.With(ctx, i18n.Lang(a.Lang), s.opt.Location, s.now())
	src, dst := io.Pipe()
	go func() { dst.CloseWithError(s.archive(reader, dst, acc, a.Number, c)) }()
	ref, _, err := s.opt.Blobs.Put(ctx, acc, src, maxArchive)
	src.CloseWithError(err) // the writer must not wait for a reader that gave up
	if err != nil {
		return c, fmt.Errorf("storing copy %s: %w", c.ID, err)
	}
	c.State, c.ReadyAt, c.Until = Ready, s.now(), s.now().Add(s.opt.Life)
	c.Size, c.sum, c.blob = ref.Size, ref.SHA256[:], ref.ID
	return c, nil
}

func (s *Service) remind(ctx context.Context, j jobs.Job[remindJob]) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		d, err := deletionOf(ctx, tx, j.Args.Account, "")
		if err != nil || d.ID != j.Args.Deletion || !d.Waits() {
			return err
		}
		return s.tell(ctx, tx, j.Args.Account, d, "soon")
	})
}

// delete removes an account unless its holder took the wish back.
func (s *Service) delete(ctx context.Context, j jobs.Job[deleteJob]) error {
	acc := j.Args.Account
	d, err := deletionOf(ctx, s.db, acc, "")
	if err != nil || d.ID != j.Args.Deletion || !d.Waits() {
		return err
	}
	for _, leave := range s.opt.Leaving {
		if err := leave(ctx, acc); err != nil {
			return fmt.Errorf("leaving before a deletion: %w", err)
		}
	}
	to, err := s.opt.Accounts.Contacts(ctx, acc)
	if err != nil {
		return err
	}
	farewell, err := s.opt.Keys.SealJSON("takeout_deletion", "farewell", acc, to)
	if err != nil {
		return err
	}
	var files []string
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		d, err := deletionOf(ctx, tx, acc, tx.ForUpdate())
		if err != nil || d.ID != j.Args.Deletion || !d.Waits() {
			return err
		}
		if files, err = filesOf(ctx, tx, acc); err != nil {
			return err
		}
		if err := s.erase(ctx, tx, acc, false); err != nil {
			return err
		}
		d.DoneAt, d.KeptUntil, d.farewell = s.now(), s.now().Add(s.opt.KeepFor), farewell
		if err := putDeletion(ctx, tx, acc, d); err != nil {
			return err
		}
		if err := jobs.Add(ctx, tx, farewellJob{acc, d.ID}); err != nil {
			return err
		}
		if err := audit.Record(ctx, tx, s.now(), audit.Entry{Owner: acc, Actor: audit.Portal(), Act: "takeout.audit_deleted"}); err != nil {
			return err
		}
		return j.Finish(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("deleting an account: %w", err)
	}
	for _, name := range files {
		if err := s.opt.Blobs.Delete(name); err != nil {
			slog.ErrorContext(ctx, "a copy stays until the sweep", "err", err)
		}
	}
	return nil
}

// erase removes rows and files: what goes at once, or with kept the rest.
func (s *Service) erase(ctx context.Context, tx *sqldb.DB, acc string, kept bool) error {
	for _, f := range s.opt.Erase {
		if err := f(ctx, tx, acc, kept); err != nil {
			return err
		}
	}
	return eraseRows(ctx, tx, s.opt.Tables, acc, kept)
}

// farewell tells by letter, or by SMS where there is no address.
func (s *Service) farewell(ctx context.Context, j jobs.Job[farewellJob]) error {
	acc := j.Args.Account
	d, err := deletionOf(ctx, s.db, acc, "")
	if err != nil || d.ID != j.Args.Deletion || len(d.farewell) == 0 {
		return err
	}
	var to notify.Contact
	if err := s.opt.Keys.OpenJSON("takeout_deletion", "farewell", acc, d.farewell, &to); err != nil {
		return err
	}
	reader := s.opt.Catalogue.With(ctx, to.Lang, s.opt.Location, s.now())
	text := i18n.T(reader, "takeout.farewell", "day", i18n.DateFull(reader, d.DoneAt))
	switch {
	case s.opt.Mail != nil && to.Email != "":
		err = s.opt.Mail(ctx, notify.Message{ID: d.ID, To: to.Email, Subject: i18n.T(reader, "takeout.farewell_subject"), Text: text})
	case s.opt.SMS != nil && to.Phone != "":
		err = s.opt.SMS(ctx, d.ID, to.Phone, text)
	}
	if err != nil && !errors.Is(err, notify.ErrRefused) && !j.Last {
		return errors.New("the last message could not be sent") // the partner's words may repeat the contact
	}
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		d, err := deletionOf(ctx, tx, acc, tx.ForUpdate())
		if err != nil || d.ID != j.Args.Deletion {
			return err
		}
		d.farewell = nil
		return putDeletion(ctx, tx, acc, d)
	})
}

// Sweep removes copies that are over, what the law no longer wants kept, and
// files that broken attempts left behind.
func (s *Service) Sweep(ctx context.Context) error {
	over, err := copiesOver(ctx, s.db, s.now(), sweepBatch)
	if err != nil {
		return fmt.Errorf("listing copies that are over: %w", err)
	}
	for _, p := range over {
		if err := s.dropCopy(ctx, p); err != nil {
			return err
		}
	}
	accounts, err := keptOver(ctx, s.db, s.now(), sweepBatch)
	if err != nil {
		return fmt.Errorf("listing what need not be kept: %w", err)
	}
	for _, acc := range accounts {
		if err := s.dropKept(ctx, acc); err != nil {
			return err
		}
	}
	_, err = s.opt.Blobs.Sweep(ctx, s.now().Add(-s.opt.Life-2*day), func(context.Context, []string) ([]string, error) { return nil, nil })
	return err
}

func (s *Service) dropCopy(ctx context.Context, p place) error {
	name := ""
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		c, err := copyByID(ctx, tx, p.account, p.id, tx.ForUpdate())
		if err != nil || c.State != Ready {
			return err
		}
		name = c.blob
		c.State, c.blob = Gone, ""
		return updateCopy(ctx, tx, p.account, c)
	})
	if err != nil || name == "" {
		return wrap(err, "dropping a copy")
	}
	return s.opt.Blobs.Delete(name)
}

// dropKept removes what was kept of a deleted account, its row included: what
// is left is the audit log.
func (s *Service) dropKept(ctx context.Context, acc string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		d, err := deletionOf(ctx, tx, acc, tx.ForUpdate())
		if err != nil || d.KeptUntil.IsZero() || s.now().Before(d.KeptUntil) {
			return err
		}
		if err := s.erase(ctx, tx, acc, true); err != nil {
			return err
		}
		d.KeptUntil, d.farewell = time.Time{}, nil
		if err := putDeletion(ctx, tx, acc, d); err != nil {
			return err
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: acc, Actor: audit.Portal(), Act: "takeout.audit_kept_erased"})
	})
	return wrap(err, "erasing what was kept")
}
