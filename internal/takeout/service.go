package takeout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"kabinet/internal/account"
	"kabinet/internal/audit"
	"kabinet/internal/notify"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/export"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Options is what a Service needs.
type Options struct {
	DB        *sqldb.DB
	Keys      *secret.Keyring
	Now       func() time.Time
	Blobs     *blob.Store // of copies alone: what is too old there goes
	Accounts  *account.Service
	Notices   *notify.Service
	Catalogue *i18n.Catalogue
	Location  *time.Location

	// Parts tell what each feature keeps of an account.
	Parts []func(ctx context.Context, account string) (export.Section, error)
	// Tables are those of all features.
	Tables []schema.Table
	// Leaving is done before an account goes, outside of any transaction, and
	// may be done again: open applications are taken back.
	Leaving []func(ctx context.Context, account string) error
	// Erase removes, in the transaction that erases the rows and before them,
	// what is no row: files. With all, also what was kept for the law.
	Erase []func(ctx context.Context, tx *sqldb.DB, account string, all bool) error
	// Mail and SMS tell somebody who has no account any more; nil when the
	// portal has no such channel.
	Mail func(ctx context.Context, m notify.Message) error
	SMS  func(ctx context.Context, id, to, text string) error

	Life    time.Duration // of a copy, from when it is ready
	Wait    time.Duration // between the wish to be deleted and the deletion
	KeepFor time.Duration // how long the law wants applications and documents kept
}

// Service makes copies and deletes accounts.
type Service struct {
	opt Options
	db  *sqldb.DB
	now func() time.Time
}

// New returns a Service.
func New(o Options) *Service { return &Service{opt: o, db: o.DB, now: o.Now} }

// purposeCopy is the purpose of the code that confirms a copy.
const purposeCopy = "takeout.copy"

// copiesShown is how many copies the page lists.
const copiesShown = 10

// StartCopy sends the code that confirms a copy. It returns ErrFormat,
// ErrWaiting, account.ErrNoPhone and limit.ErrTooMany.
func (s *Service) StartCopy(ctx context.Context, acc string, f Format) (account.Code, error) {
	if !f.valid() {
		return account.Code{}, ErrFormat
	}
	if err := s.free(ctx, s.db, acc); err != nil {
		return account.Code{}, err
	}
	return s.opt.Accounts.StartCode(ctx, acc, purposeCopy, string(f))
}

// free returns ErrWaiting while a copy is being put together.
func (s *Service) free(ctx context.Context, db *sqldb.DB, acc string) error {
	all, err := copiesOf(ctx, db, acc, copiesShown)
	if err != nil {
		return fmt.Errorf("listing copies: %w", err)
	}
	if slices.ContainsFunc(all, func(c Copy) bool { return c.State == Asked }) {
		return ErrWaiting
	}
	return nil
}

// Copy has a copy put together. It returns ErrFormat, ErrWaiting,
// account.ErrCodeOver or a *account.WrongCode.
func (s *Service) Copy(ctx context.Context, acc, session string, f Format, codeID, code string) error {
	if !f.valid() {
		return ErrFormat
	}
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := tx.Lock(ctx, "takeout "+acc); err != nil {
			return err
		}
		if err := s.free(ctx, tx, acc); err != nil {
			return err
		}
		if err := s.opt.Accounts.CheckCode(ctx, tx, acc, codeID, purposeCopy, string(f), code); err != nil {
			return err
		}
		c := Copy{ID: id.New(), Format: f, State: Asked, AskedAt: s.now()}
		if err := insertCopy(ctx, tx, acc, c); err != nil {
			return err
		}
		if err := jobs.Add(ctx, tx, copyJob{acc, c.ID}); err != nil {
			return err
		}
		return s.record(ctx, tx, acc, session, "takeout.audit_asked", "copy/"+c.ID)
	})
	return s.opt.Accounts.MissCode(ctx, acc, codeID, wrap(err, "asking for a copy"))
}

// Copies returns the newest copies of an account.
func (s *Service) Copies(ctx context.Context, acc string) ([]Copy, error) {
	all, err := copiesOf(ctx, s.db, acc, copiesShown)
	return all, wrap(err, "listing copies")
}

// Open returns a copy and its content, which the caller closes, and writes down
// that it was downloaded. It returns ErrNoCopy.
func (s *Service) Open(ctx context.Context, acc, session, copyID string) (Copy, io.ReadCloser, error) {
	c, err := copyByID(ctx, s.db, acc, copyID, "")
	if err != nil {
		return c, nil, wrap(err, "reading a copy")
	}
	if !c.Open(s.now()) {
		return c, nil, ErrNoCopy
	}
	ref := blob.Ref{ID: c.blob, Size: c.Size}
	copy(ref.SHA256[:], c.sum)
	content, err := s.opt.Blobs.Open(acc, ref)
	if err != nil {
		return c, nil, fmt.Errorf("opening copy %s: %w", c.ID, err)
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		return s.record(ctx, tx, acc, session, "takeout.audit_downloaded", "copy/"+c.ID)
	})
	if err != nil {
		return c, nil, errors.Join(fmt.Errorf("noting a download: %w", err), content.Close())
	}
	return c, content, nil
}

func (s *Service) record(ctx context.Context, tx *sqldb.DB, acc, session, act, object string) error {
	return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: acc, Actor: audit.Actor{Kind: audit.Person, ID: acc, Session: session}, Act: act, Object: object})
}

// Deletion returns the newest deletion of an account, the zero one when there
// was none.
func (s *Service) Deletion(ctx context.Context, acc string) (Deletion, error) {
	d, err := deletionOf(ctx, s.db, acc, "")
	return d, wrap(err, "reading a deletion")
}

// Kept lists, as message keys, what stays after a deletion and why.
func (s *Service) Kept() (all []string) {
	for _, t := range s.opt.Tables {
		if t.Kept != "" && !slices.Contains(all, t.Kept) {
			all = append(all, t.Kept)
		}
	}
	return all
}

// Delete has an account deleted after Options.Wait and tells its holder. Asking
// twice changes nothing. It returns ErrStaff.
func (s *Service) Delete(ctx context.Context, acc, session string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		a, err := s.opt.Accounts.AccountIn(ctx, tx, acc)
		if err != nil {
			return err
		}
		if a.Staff {
			return ErrStaff
		}
		d, err := deletionOf(ctx, tx, acc, tx.ForUpdate())
		if err != nil || d.Waits() {
			return err
		}
		d = Deletion{ID: id.New(), AskedAt: s.now(), DueAt: s.now().Add(s.opt.Wait)}
		if err := putDeletion(ctx, tx, acc, d); err != nil {
			return err
		}
		if err := jobs.Add(ctx, tx, deleteJob{acc, d.ID}, jobs.At(d.DueAt)); err != nil {
			return err
		}
		if remind := d.DueAt.Add(-day); remind.After(s.now()) {
			if err := jobs.Add(ctx, tx, remindJob{acc, d.ID}, jobs.At(remind)); err != nil {
				return err
			}
		}
		if err := s.tell(ctx, tx, acc, d, "asked"); err != nil {
			return err
		}
		return s.record(ctx, tx, acc, session, "takeout.audit_delete_asked", "")
	})
	return wrap(err, "asking for a deletion")
}

// Cancel takes a deletion back. It returns ErrNoDeletion.
func (s *Service) Cancel(ctx context.Context, acc, session string) error {
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		d, err := deletionOf(ctx, tx, acc, tx.ForUpdate())
		if err != nil {
			return err
		}
		if !d.Waits() {
			return ErrNoDeletion
		}
		d.CancelledAt = s.now()
		if err := putDeletion(ctx, tx, acc, d); err != nil {
			return err
		}
		if err := s.tell(ctx, tx, acc, d, "cancelled"); err != nil {
			return err
		}
		return s.record(ctx, tx, acc, session, "takeout.audit_delete_cancelled", "")
	})
	return wrap(err, "taking a deletion back")
}

const day = 24 * time.Hour

// tell sends a notice of what happens to the account.
func (s *Service) tell(ctx context.Context, tx *sqldb.DB, acc string, d Deletion, what string) error {
	level := notify.Warning
	if what == "cancelled" {
		level = notify.Success
	}
	return s.opt.Notices.Send(ctx, tx, notify.Notice{Owner: acc, Key: "takeout/" + d.ID + "/" + what, Topic: notify.TopicSecurity, Level: level, SMS: true,
		Title: "takeout.notice_" + what, Text: "takeout.notice_" + what + "_text", Args: []any{"day", notify.Day{Time: d.DueAt}}, Link: deletePath})
}

// wrap says what was being done, unless a person can be told of err.
func wrap(err error, doing string) error {
	if err == nil || fault.Of(err).Kind != fault.Internal {
		return err
	}
	return fmt.Errorf("%s: %w", doing, err)
}
