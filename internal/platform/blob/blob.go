// Package blob keeps files in a folder, encrypted, one per ID.
//
// A file is written whole or not at all: to a temporary name, synced, renamed,
// and the folder synced. It is bound to its owner: under another owner it does
// not open. The store knows no names and no kinds; whoever owns the row that
// refers to a blob knows them.
package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kabinet/internal/platform/id"
	"kabinet/internal/platform/secret"
)

var (
	// ErrTooLarge is returned by Put for a stream longer than its limit.
	ErrTooLarge = errors.New("file is too large")
	// ErrNone is returned by Open when there is no such file.
	ErrNone = errors.New("no such file")
	// ErrChanged is returned while reading a file that is not what was put.
	ErrChanged = errors.New("file was changed in the store")
)

// headSize is how much of a file's beginning Put returns, enough to tell its
// type.
const headSize = 3072

// Ref names a stored file.
type Ref struct {
	ID     string
	Size   int64    // of the content, in bytes
	SHA256 [32]byte // of the content
}

// Store is a folder of encrypted files.
type Store struct {
	dir  string
	keys *secret.Keyring
}

// Open returns the store in dir, which is made when it is missing.
func Open(dir string, keys *secret.Keyring) (*Store, error) {
	if err := os.MkdirAll(filepath.Join(dir, "tmp"), 0o700); err != nil {
		return nil, fmt.Errorf("opening the file store: %w", err)
	}
	return &Store{dir: dir, keys: keys}, nil
}

// Put stores what r gives, at most limit bytes, for the owner, and returns its
// name and the first bytes of the content. It returns ErrTooLarge, and errors
// of r as they are.
func (s *Store) Put(ctx context.Context, owner string, r io.Reader, limit int64) (ref Ref, head []byte, err error) {
	ref.ID = id.New()
	tmp, err := os.OpenFile(filepath.Join(s.dir, "tmp", ref.ID), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Ref{}, nil, fmt.Errorf("storing a file: %w", err)
	}
	defer func() {
		if err != nil {
			tmp.Close()
			_ = os.Remove(tmp.Name()) // the caller is told of what came first
		}
	}()
	w, err := s.keys.SealTo(tmp, "blob", ref.ID, owner)
	if err != nil {
		return Ref{}, nil, fmt.Errorf("storing a file: %w", err)
	}
	sum := &measured{hash: sha256.New()}
	n, err := io.Copy(io.MultiWriter(w, sum), io.LimitReader(r, limit+1))
	if err != nil {
		return Ref{}, nil, fmt.Errorf("storing a file: %w", err)
	}
	if n > limit {
		return Ref{}, nil, ErrTooLarge
	}
	if err := ctx.Err(); err != nil {
		return Ref{}, nil, err
	}
	if err := errors.Join(w.Close(), tmp.Sync(), tmp.Close()); err != nil {
		return Ref{}, nil, fmt.Errorf("storing a file: %w", err)
	}
	folder := filepath.Dir(s.path(ref.ID))
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Ref{}, nil, fmt.Errorf("storing a file: %w", err)
	}
	if err := os.Rename(tmp.Name(), s.path(ref.ID)); err != nil {
		return Ref{}, nil, fmt.Errorf("storing a file: %w", err)
	}
	if err := syncDir(folder); err != nil {
		return Ref{}, nil, fmt.Errorf("storing a file: %w", err)
	}
	ref.Size = n
	sum.hash.Sum(ref.SHA256[:0])
	return ref, sum.head, nil
}

// Open returns the content of a stored file. Reading fails with ErrChanged at
// the latest at the end when the content is not what was put (its hash is
// compared at each opening), and the reader must be closed.
func (s *Store) Open(owner string, ref Ref) (io.ReadCloser, error) {
	f, err := os.Open(s.path(ref.ID))
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNone
	}
	if err != nil {
		return nil, fmt.Errorf("opening a file: %w", err)
	}
	r, err := s.keys.OpenFrom(f, "blob", ref.ID, owner)
	if err != nil {
		f.Close()
		return nil, ErrChanged
	}
	return &checked{file: f, plain: r, sum: sha256.New(), ref: ref}, nil
}

// Delete removes a file. Removing what is not there is no error.
func (s *Store) Delete(id string) error {
	if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("deleting a file: %w", err)
	}
	return nil
}

// sweepBatch is how many files Sweep asks about at a time.
const sweepBatch = 50

// Sweep removes files older than a time that nobody needs: what broken uploads
// left behind, and stored files that needed does not return. needed gets at most
// 50 IDs and returns those of them that some row refers to. It returns how many
// files were removed.
func (s *Store) Sweep(ctx context.Context, before time.Time, needed func(ctx context.Context, ids []string) ([]string, error)) (removed int, err error) {
	folders, err := os.ReadDir(s.dir)
	if err != nil {
		return 0, fmt.Errorf("sweeping the file store: %w", err)
	}
	for _, folder := range folders {
		old, err := s.olderThan(folder.Name(), before)
		if err != nil {
			return removed, err
		}
		for batch := range slices.Chunk(old, sweepBatch) {
			var keep []string
			if folder.Name() != "tmp" {
				if keep, err = needed(ctx, batch); err != nil {
					return removed, fmt.Errorf("sweeping the file store: %w", err)
				}
			}
			for _, name := range batch {
				if slices.Contains(keep, name) {
					continue
				}
				if err := os.Remove(filepath.Join(s.dir, folder.Name(), name)); err != nil {
					return removed, fmt.Errorf("sweeping the file store: %w", err)
				}
				removed++
			}
		}
	}
	return removed, nil
}

// olderThan lists the files of a folder that were last changed before a time.
func (s *Store) olderThan(folder string, before time.Time) (names []string, err error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, folder))
	if err != nil {
		return nil, fmt.Errorf("sweeping the file store: %w", err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.ModTime().Before(before) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// path spreads files over 1024 folders by the last, random characters of the ID.
func (s *Store) path(name string) string {
	if !id.Valid(name) {
		return filepath.Join(s.dir, "none")
	}
	return filepath.Join(s.dir, name[24:], name)
}

// measured hashes a stream and keeps its beginning.
type measured struct {
	hash hash.Hash
	head []byte
}

func (m *measured) Write(p []byte) (int, error) {
	if room := headSize - len(m.head); room > 0 {
		m.head = append(m.head, p[:min(room, len(p))]...)
	}
	return m.hash.Write(p)
}

// checked compares what is read with what was put.
type checked struct {
	file  *os.File
	plain io.Reader
	sum   hash.Hash
	n     int64
	ref   Ref
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.plain.Read(p)
	c.sum.Write(p[:n])
	c.n += int64(n)
	if err == io.EOF && (c.n != c.ref.Size || [32]byte(c.sum.Sum(nil)) != c.ref.SHA256) {
		return n, ErrChanged
	}
	if err != nil && err != io.EOF {
		return n, ErrChanged
	}
	return n, err
}

func (c *checked) Close() error { return c.file.Close() }

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
