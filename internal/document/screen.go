package document

import (
	"context"
	"errors"
	"fmt"
	"io"

	"kabinet/internal/platform/blob"
)

// Screened is a file that passed the checks of uploads and lies in the store of
// another feature, which keeps its row.
type Screened struct {
	Name   string // safe to show and to write in a header
	Format Format
	Ref    blob.Ref
}

// File is the screened file as Send takes it.
func (f Screened) File() File {
	return File{Name: f.Name, Format: f.Format, Size: f.Ref.Size, SHA256: f.Ref.SHA256}
}

// Screen checks what r gives as Upload does and stores it for an owner in the
// store of another feature: for files that belong to no account yet. It returns
// ErrEmpty, ErrTooLarge, ErrFormat, ErrBroken, ErrBig, ErrActive, ErrCutOff,
// ErrInfected, ErrScanner and ErrFlawed; then nothing is stored.
func (s *Service) Screen(ctx context.Context, store *blob.Store, owner, name string, r io.Reader) (Screened, error) {
	if err := checkExtension(name); err != nil {
		return Screened{}, err
	}
	c, err := inspect(r)
	if err != nil {
		return Screened{}, received(err)
	}
	ref, _, err := store.Put(ctx, owner, c, MaxSize)
	if known, ok := told(err); ok {
		return Screened{}, known
	} else if err != nil {
		return Screened{}, received(fmt.Errorf("storing a screened file: %w", err))
	}
	f := Screened{Name: cleanName(name, c.format), Format: c.format, Ref: ref}
	if c.flaw != Sound {
		err = ErrFlawed
	} else if s.cfg.Scanner != nil {
		err = s.scanIn(ctx, store, owner, ref)
	}
	if err != nil {
		return Screened{}, errors.Join(err, store.Delete(ref.ID))
	}
	return f, nil
}

func (s *Service) scanIn(ctx context.Context, store *blob.Store, owner string, ref blob.Ref) error {
	r, err := store.Open(owner, ref)
	if err != nil {
		return fmt.Errorf("opening a file for the scanner: %w", err)
	}
	defer r.Close()
	return s.cfg.Scanner.Scan(ctx, r)
}
