package eform

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/document"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Service keeps drafts.
type Service struct {
	db        *sqldb.DB
	keys      *secret.Keyring
	documents *document.Service
	now       func() time.Time
}

// New returns a Service.
func New(db *sqldb.DB, keys *secret.Keyring, documents *document.Service, now func() time.Time) *Service {
	return &Service{db, keys, documents, now}
}

// Beginning is what a draft begins with.
type Beginning struct {
	ID            string // chosen before, so that a form sent twice begins one draft; "" makes one
	Form, Version string
	Answers       Answers // of an earlier application that is started again; nil: none
}

// Start begins a draft for the account; one of that ID that is there already is
// returned as it is, also when it was sent. It returns ErrMany and ErrTooMuch.
func (s *Service) Start(ctx context.Context, by audit.Actor, account string, b Beginning) (Draft, error) {
	now := sqldb.At(s.now()).Time
	if b.ID == "" {
		b.ID = id.New()
	}
	d := Draft{Account: account, ID: b.ID, Form: b.Form, Version: b.Version, Answers: b.Answers.Clone(), Rev: 1, Created: now, Updated: now}
	err := s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := tx.Lock(ctx, "eform/"+account); err != nil {
			return err
		}
		switch there, err := s.draftByID(ctx, tx, account, b.ID, ""); {
		case err == nil:
			d = there
			return nil
		case !errors.Is(err, ErrNoDraft):
			return err
		}
		if n, err := countDrafts(ctx, tx, account); err != nil {
			return fmt.Errorf("counting drafts: %w", err)
		} else if n >= MaxDrafts {
			return ErrMany
		}
		if err := s.insertDraft(ctx, tx, d); err != nil {
			return err
		}
		return audit.Record(ctx, tx, now, audit.Entry{Owner: account, Actor: by, Act: "eform.audit_started", Object: "draft/" + d.ID})
	})
	if err != nil {
		return Draft{}, err
	}
	return d, nil
}

// Draft returns a draft of the account. It returns ErrNoDraft, also for the
// draft of somebody else.
func (s *Service) Draft(ctx context.Context, account, draft string) (Draft, error) {
	return s.draftByID(ctx, s.db, account, draft, "")
}

// Page is one page of a person's drafts.
type Page struct {
	Drafts []Draft // without answers, latest first
	Next   string  // asks for the next page; "" when this is the last
}

// Drafts lists the drafts of an account that are not sent. after is Next of the
// page before, "" for the first.
func (s *Service) Drafts(ctx context.Context, account, after string, limit int) (Page, error) {
	before, last := time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), ""
	if at, id, ok := strings.Cut(after, "_"); ok {
		if t, err := time.Parse(cursorTime, at); err == nil {
			before, last = t, id
		}
	}
	drafts, err := listDrafts(ctx, s.db, account, before, last, limit+1)
	if err != nil {
		return Page{}, fmt.Errorf("listing drafts: %w", err)
	}
	page := Page{Drafts: drafts}
	if len(drafts) > limit {
		page.Drafts = drafts[:limit]
		end := drafts[limit-1]
		page.Next = end.Updated.Format(cursorTime) + "_" + end.ID
	}
	return page, nil
}

const cursorTime = "20060102T150405.000000"

// Save puts what was posted of a step into the draft, wrong values as they were
// typed, and does what the button asked: adds, copies or removes a row, drops a
// file. Only fields of the step, in rows that are still there, are taken. An
// answer that was meanwhile changed differently elsewhere stays as it is and
// comes back as a conflict. It returns ErrNoDraft, ErrSent and ErrTooMuch.
func (s *Service) Save(ctx context.Context, account, draft string, c *Compiled, p Posted) (d Draft, conflicts []Conflict, err error) {
	err = s.change(ctx, account, draft, func(got *Draft) error {
		conflicts = got.merge(c.within(got.Answers, p), got.Rev+1)
		if p.Do.Do != "check" {
			got.Step = p.Step
		}
		c.obey(got.Answers, p)
		return nil
	}, &d)
	return d, conflicts, err
}

// GoTo notes the step with which the person will go on. It returns ErrNoDraft
// and ErrSent.
func (s *Service) GoTo(ctx context.Context, account, draft, step string) error {
	var d Draft
	return s.change(ctx, account, draft, func(got *Draft) error {
		got.Step = step
		return nil
	}, &d)
}

// change runs f on a draft that is not sent and stores it as a new revision,
// which it writes to result too.
func (s *Service) change(ctx context.Context, account, draft string, f func(*Draft) error, result *Draft) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		d, err := s.draftByID(ctx, tx, account, draft, tx.ForUpdate())
		if err != nil {
			return err
		}
		if !d.Sent.IsZero() {
			return ErrSent
		}
		if err := f(&d); err != nil {
			return err
		}
		d.forget()
		d.Rev++
		d.Updated = sqldb.At(s.now()).Time
		*result = d
		return s.updateDraft(ctx, tx, d)
	})
}

// AttachFile stores a file and adds it to the answer at path, which must be a
// file field that is asked now. What the file is its content tells: its name
// only saves reading one that calls itself something else. It returns
// ErrNoDraft, ErrSent, ErrNoField, ErrFileType, ErrFileSize, ErrFileCount,
// document.ErrFlawed and what document.Upload returns; then the draft is as it
// was.
func (s *Service) AttachFile(ctx context.Context, look *State, d Draft, path, name string, r io.Reader) (Attachment, error) {
	f, _, err := look.fileField(path)
	if err != nil {
		return Attachment{}, err
	}
	if !f.takesName(name) {
		return Attachment{}, ErrFileType
	}
	limited := &limitedReader{r: r, left: int64(f.Size) << 20}
	stored, err := s.documents.Upload(ctx, d.Account, name, limited)
	if err != nil && limited.over {
		return Attachment{}, ErrFileSize
	}
	if err != nil {
		return Attachment{}, err
	}
	file := attachment(stored)
	if err = f.takes(stored); err == nil && limited.over {
		err = ErrFileSize
	}
	if err == nil {
		err = s.attach(ctx, look, d, path, file)
	}
	if err != nil {
		return Attachment{}, errors.Join(err, s.documents.Delete(ctx, d.Account, stored.ID))
	}
	return file, nil
}

// takesName reports whether a field takes files with the ending of a name.
// Phones send names without one, or with a date at the end.
func (f *field) takesName(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	ending := strings.ToLower(name[dot+1:])
	if ending == "jpeg" {
		ending = "jpg"
	}
	return dot < 0 || strings.Trim(ending, "0123456789") == "" || slices.Contains(f.Types, ending)
}

// takes returns why a stored file cannot be an answer to the field:
// document.ErrFlawed, ErrFileType or ErrFileSize.
func (f *field) takes(stored document.File) error {
	switch a := attachment(stored); {
	case stored.Usable() != nil:
		return stored.Usable()
	case !slices.Contains(f.Types, a.Type):
		return ErrFileType
	case a.Size > int64(f.Size)<<20:
		return ErrFileSize
	}
	return nil
}

// UseFile adds a file of the person's documents to the answer at path. It
// returns what AttachFile returns, and document.ErrNone.
func (s *Service) UseFile(ctx context.Context, look *State, d Draft, path, file string) (Attachment, error) {
	f, _, err := look.fileField(path)
	if err != nil {
		return Attachment{}, err
	}
	stored, err := s.documents.File(ctx, d.Account, file)
	if err != nil {
		return Attachment{}, err
	}
	if err := f.takes(stored); err != nil {
		return Attachment{}, err
	}
	a := attachment(stored)
	return a, s.attach(ctx, look, d, path, a)
}

func attachment(f document.File) Attachment {
	ending := string(f.Format)
	if f.Format == document.JPEG {
		ending = "jpg"
	}
	return Attachment{Key: "f" + strings.ToLower(f.ID), ID: f.ID, Name: f.Name, Type: ending, Size: f.Size}
}

func (s *Service) attach(ctx context.Context, look *State, d Draft, path string, file Attachment) error {
	_, most, err := look.fileField(path)
	if err != nil {
		return err
	}
	return s.change(ctx, d.Account, d.ID, func(got *Draft) error {
		keys := got.Answers.keys(path)
		if len(keys) >= most && !slices.Contains(keys, file.Key) {
			if most != 1 {
				return ErrFileCount
			}
			got.Answers.Detach(path, keys[0]) // the one file is replaced
		}
		got.Answers.Attach(path, file)
		return nil
	}, &d)
}

// fileField returns the file field at a path that is asked now, and how many
// files it takes. It returns ErrNoField.
func (s *State) fileField(path string) (*field, int, error) {
	f, sp, _ := s.find(path)
	if f == nil || f.Kind != File || sp.prefix+f.id != path || !sp.visible(f) {
		return nil, 0, ErrNoField
	}
	_, most := sp.limits(f)
	return f, most, nil
}

// limitedReader ends a file that is too large early and remembers it.
type limitedReader struct {
	r    io.Reader
	left int64
	over bool
}

// Read reads until the limit, and then says that the file ends.
func (l *limitedReader) Read(p []byte) (int, error) {
	n, err := l.r.Read(p[:min(int64(len(p)), l.left+1)])
	l.left -= int64(n)
	if l.left < 0 {
		l.over = true
		return 0, ErrFileSize
	}
	return n, err
}

// Discard removes a draft with its answers. Files stay among the person's
// documents. It returns ErrNoDraft and ErrSent.
func (s *Service) Discard(ctx context.Context, by audit.Actor, account, draft string) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		d, err := s.draftByID(ctx, tx, account, draft, tx.ForUpdate())
		if err != nil {
			return err
		}
		if !d.Sent.IsZero() {
			return ErrSent
		}
		if err := deleteDraft(ctx, tx, account, draft); err != nil {
			return fmt.Errorf("discarding draft %s: %w", draft, err)
		}
		return audit.Record(ctx, tx, s.now(), audit.Entry{Owner: account, Actor: by, Act: "eform.audit_discarded", Object: "draft/" + draft})
	})
}

// Send marks a draft as sent, in the transaction that makes the application,
// and takes its answers out: they are the application's from then on. rev is
// the revision that the person looked over. It returns ErrNoDraft, ErrSent for
// a draft that is sent already, and ErrChanged when it is not as it was looked
// over: what is signed is what was seen.
func (s *Service) Send(ctx context.Context, tx *sqldb.DB, account, draft string, rev int64) error {
	d, err := s.draftByID(ctx, tx, account, draft, tx.ForUpdate())
	switch {
	case err != nil:
		return err
	case !d.Sent.IsZero():
		return ErrSent
	case d.Rev != rev:
		return ErrChanged
	}
	d.Sent = sqldb.At(s.now()).Time
	d.Updated, d.Answers, d.changes = d.Sent, nil, nil
	return s.updateDraft(ctx, tx, d)
}
