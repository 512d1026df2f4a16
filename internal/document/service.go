package document

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/limit"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/signature"
)

// Config is what a Service needs.
type Config struct {
	DB        *sqldb.DB
	Keys      *secret.Keyring
	Blobs     *blob.Store
	Sealer    *signature.Sealer
	Scanner   *Clamd // nil: uploads are not looked at by a virus scanner
	Limiter   *limit.Limiter
	Catalogue *i18n.Catalogue
	Location  *time.Location // of the region: dates on paper
	PublicURL string         // "https://kabinet.example": the address in square codes
	Demo      bool           // papers say that they are for demonstration
	Now       func() time.Time

	// Source tells from which address a request came, behind proxies too.
	Source func(*http.Request) string
}

// Service keeps files and issues documents.
type Service struct {
	cfg    Config
	db     *sqldb.DB
	now    func() time.Time
	checks chan struct{} // bounds how many foreign files are in memory at once
}

// maxChecks is how many files strangers can have checked at the same time.
const maxChecks = 4

// New returns a Service.
func New(cfg Config) *Service {
	if cfg.Location == nil {
		cfg.Location = time.UTC
	}
	return &Service{cfg: cfg, db: cfg.DB, now: cfg.Now, checks: make(chan struct{}, maxChecks)}
}

// Upload stores what r gives, under a name as the sender's device calls it.
// It returns ErrEmpty, ErrTooLarge, ErrFormat, ErrBroken, ErrBig, ErrActive,
// ErrCutOff, ErrInfected, ErrScanner and ErrFull; then nothing is stored. A
// file that is stored may still have a Flaw.
func (s *Service) Upload(ctx context.Context, account, name string, r io.Reader) (File, error) {
	return s.UploadAs(ctx, account, Other, name, r)
}

// UploadAs is Upload of a document whose type the person named.
func (s *Service) UploadAs(ctx context.Context, account string, kind Type, name string, r io.Reader) (File, error) {
	if err := checkExtension(name); err != nil {
		return File{}, err
	}
	c, err := inspect(r)
	if err != nil {
		return File{}, err
	}
	ref, _, err := s.cfg.Blobs.Put(ctx, account, c, MaxSize)
	if known, ok := told(err); ok {
		return File{}, known
	} else if err != nil {
		return File{}, fmt.Errorf("storing an upload: %w", err)
	}
	f := File{
		ID: id.New(), Account: account, Kind: Uploaded, Type: kind, Name: cleanName(name, c.format), Format: c.format,
		Size: ref.Size, SHA256: ref.SHA256, Status: StatusUploaded, Flaw: c.flaw, At: sqldb.At(s.now()).Time, blob: ref.ID,
	}
	if f.Flaw != Sound {
		f.Status = StatusClarify
	}
	if err = s.scan(ctx, f); err == nil {
		err = s.add(ctx, f)
	}
	if err != nil {
		return File{}, errors.Join(err, s.cfg.Blobs.Delete(ref.ID))
	}
	return f, nil
}

// scan has the virus scanner look at the stored file. It returns ErrInfected
// and ErrScanner.
func (s *Service) scan(ctx context.Context, f File) error {
	if s.cfg.Scanner == nil {
		return nil
	}
	r, err := s.cfg.Blobs.Open(f.Account, f.ref())
	if err != nil {
		return fmt.Errorf("opening an upload for the scanner: %w", err)
	}
	defer r.Close()
	return s.cfg.Scanner.Scan(ctx, r)
}

// add writes the row of an upload, unless the account is full.
func (s *Service) add(ctx context.Context, f File) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		if err := tx.Lock(ctx, "document/"+f.Account); err != nil {
			return err
		}
		files, bytes, err := usage(ctx, tx, f.Account)
		if err != nil {
			return fmt.Errorf("counting files: %w", err)
		}
		if files >= MaxFiles || bytes+f.Size > MaxTotal {
			return ErrFull
		}
		if err := s.insertFile(ctx, tx, f, s.cfg.Scanner != nil); err != nil {
			return err
		}
		return s.record(ctx, tx, f.Account, f.ID, "document.audit_uploaded")
	})
}

// record writes down what the holder of the account did with a file.
func (s *Service) record(ctx context.Context, tx *sqldb.DB, account, file, act string) error {
	return audit.Record(ctx, tx, s.now(), audit.Entry{
		Owner: account, Actor: audit.Actor{Kind: audit.Person, ID: account}, Act: act, Object: "document/" + file,
	})
}

// File returns one file of the account. It returns ErrNone.
func (s *Service) File(ctx context.Context, account, file string) (File, error) {
	return s.fileByID(ctx, s.db, account, file, "")
}

// Open returns a file and its content, which has just been compared with its
// hash. It returns ErrNone, and ErrDamaged for content that is not what was
// stored. The reader must be closed.
func (s *Service) Open(ctx context.Context, account, file string) (File, io.ReadCloser, error) {
	f, err := s.File(ctx, account, file)
	if err != nil {
		return File{}, nil, err
	}
	// Read to the end before the first byte goes out: an answer that has begun
	// cannot become an error any more.
	if err := s.compare(f); err != nil {
		return File{}, nil, err
	}
	r, err := s.cfg.Blobs.Open(account, f.ref())
	if err != nil {
		return File{}, nil, fmt.Errorf("opening file %s: %w", f.ID, err)
	}
	return f, r, nil
}

func (s *Service) compare(f File) error {
	r, err := s.cfg.Blobs.Open(f.Account, f.ref())
	if err == nil {
		defer r.Close()
		_, err = io.Copy(io.Discard, r)
	}
	if errors.Is(err, blob.ErrChanged) || errors.Is(err, blob.ErrNone) {
		return fmt.Errorf("file %s: %w: %w", f.ID, ErrDamaged, err)
	}
	return err
}

// Order is how a list is sorted.
type Order string

const (
	Newest Order = "newest"
	Oldest Order = "oldest"
	ByName Order = "name"
	BySize Order = "size" // the largest first
)

// Orders returns all orders in the order of lists.
func Orders() []Order { return []Order{Newest, Oldest, ByName, BySize} }

// PageSize is how many files a page of a list has.
const PageSize = 20

// Query says which files to list. Empty fields do not matter.
type Query struct {
	Text   string // part of the name
	Kind   Kind
	Type   Type
	Status Status
	Since  time.Time
	Order  Order  // empty: Newest
	After  string // ID of a file: the page begins behind it
	Before string // ID of a file: the page ends before it; wins over After
}

// Page is a part of a list.
type Page struct {
	Files         []File
	Before, After bool // there are files before and after these
}

// List returns files of the account, PageSize at most.
func (s *Service) List(ctx context.Context, account string, q Query) (Page, error) {
	if q.Text == "" && (q.Order == "" || q.Order == Newest) {
		return s.page(ctx, account, q)
	}
	// Names lie sealed, so the database can neither search nor sort by them:
	// all rows of the account are opened, MaxFiles of them and its issued ones.
	files, err := s.listNewest(ctx, account, Query{Kind: q.Kind, Type: q.Type, Status: q.Status, Since: q.Since}, 2*MaxFiles)
	if err != nil {
		return Page{}, fmt.Errorf("listing files: %w", err)
	}
	if text := fold(q.Text); text != "" {
		files = slices.DeleteFunc(files, func(f File) bool { return !strings.Contains(fold(f.Name), text) })
	}
	slices.SortStableFunc(files, q.Order.compare)
	at := func(id string) int { return slices.IndexFunc(files, func(f File) bool { return f.ID == id }) }
	from := at(q.After) + 1
	if i := at(q.Before); i >= 0 {
		from = max(0, i-PageSize)
	}
	to := min(len(files), from+PageSize)
	return Page{files[from:to], from > 0, to < len(files)}, nil
}

// page is List of what the database can page by itself.
func (s *Service) page(ctx context.Context, account string, q Query) (Page, error) {
	list := s.listNewest
	if q.Before != "" {
		list = s.listBefore
	}
	files, err := list(ctx, account, q, PageSize+1)
	if err != nil {
		return Page{}, fmt.Errorf("listing files: %w", err)
	}
	more := len(files) > PageSize
	files = files[:min(len(files), PageSize)]
	if q.Before != "" {
		slices.Reverse(files)
		return Page{files, more, true}, nil
	}
	return Page{files, q.After != "", more}, nil
}

// Latest returns the newest files of the account, at most limit, for pages that
// show a few.
func (s *Service) Latest(ctx context.Context, account string, limit int) ([]File, error) {
	files, err := s.listNewest(ctx, account, Query{}, limit)
	if err != nil {
		return nil, fmt.Errorf("listing files: %w", err)
	}
	return files, nil
}

func (o Order) compare(a, b File) int {
	switch o {
	case Oldest:
		return strings.Compare(a.ID, b.ID)
	case ByName:
		return strings.Compare(fold(a.Name), fold(b.Name))
	case BySize:
		return int(b.Size - a.Size)
	}
	return strings.Compare(b.ID, a.ID)
}

// Change gives an upload another name and type. It returns ErrNone and ErrIssued.
func (s *Service) Change(ctx context.Context, account, file, name string, kind Type) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.fileByID(ctx, tx, account, file, tx.ForUpdate())
		if err != nil {
			return err
		}
		if f.Kind == Issued {
			return ErrIssued
		}
		if err := s.updateFile(ctx, tx, account, file, cleanName(name+f.Format.extensions()[0], f.Format), kind); err != nil {
			return err
		}
		return s.record(ctx, tx, account, file, "document.audit_changed")
	})
}

// Delete removes an upload for good. It returns ErrNone, ErrIssued, and
// ErrAttached for a file that something sent refers to.
func (s *Service) Delete(ctx context.Context, account, file string) error {
	return s.db.Tx(ctx, func(tx *sqldb.DB) error {
		f, err := s.fileByID(ctx, tx, account, file, tx.ForUpdate())
		if err != nil {
			return err
		}
		if f.Kind == Issued {
			return ErrIssued
		}
		// Asked after the row is locked: f.Attached is of the moment before,
		// when somebody else may have held it.
		if uses, err := countUses(ctx, tx, account, file); err != nil {
			return fmt.Errorf("deleting file %s: %w", file, err)
		} else if uses > 0 {
			return ErrAttached
		}
		gone, err := deleteFile(ctx, tx, account, file)
		switch {
		case err != nil:
			return fmt.Errorf("deleting file %s: %w", file, err)
		case !gone:
			return ErrAttached
		}
		if err := jobs.Add(ctx, tx, erase{f.blob}); err != nil {
			return err
		}
		return s.record(ctx, tx, account, file, "document.audit_deleted")
	})
}

// Attach notes in tx that object, something the account sends, refers to the
// files: from then on they stay. Attaching again changes nothing. It returns
// ErrNone and ErrFlawed.
func (s *Service) Attach(ctx context.Context, tx *sqldb.DB, account, object string, files ...string) error {
	for _, file := range files {
		f, err := s.fileByID(ctx, tx, account, file, tx.ForUpdate())
		if err != nil {
			return err
		}
		if err := f.Usable(); err != nil {
			return err
		}
		if err := insertUse(ctx, tx, account, file, object, s.now()); err != nil {
			return fmt.Errorf("attaching file %s: %w", file, err)
		}
	}
	return nil
}
