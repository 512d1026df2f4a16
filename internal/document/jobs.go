package document

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
)

// erase removes the content of a file whose row is gone. Five attempts over
// half a minute, a minute each: a folder that stays unwritable longer is an
// operator's matter.
type erase struct {
	Blob string `json:"blob"`
}

func (erase) Kind() string { return "document.erase" }

// inspection compares stored files with their hashes, so that damage is known
// before somebody needs the file. Two attempts, ten minutes each; what is left
// is taken up the next time.
type inspection struct{}

func (inspection) Kind() string { return "document.inspection" }

// sweep removes content that no row refers to: a process died between storing
// it and writing its row. Once a day; what fails is taken up the next time.
type sweep struct{}

func (sweep) Kind() string { return "document.sweep" }

// orphanAge is how old content without a row must be before it goes: far longer
// than any upload or document takes from the one to the other.
const orphanAge = 48 * time.Hour

const (
	inspectEvery = 10 * time.Minute
	inspectAge   = 30 * 24 * time.Hour // how old the last comparison of a file may get
	inspectBatch = 200                 // files of one run: at most 1 GB is read
)

// Jobs tells the runner of this feature's work.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: 5}, func(_ context.Context, j jobs.Job[erase]) error {
		return s.cfg.Blobs.Delete(j.Args.Blob)
	})
	jobs.Handle(r, jobs.Policy{Attempts: 2, Timeout: 10 * time.Minute, Every: inspectEvery}, func(ctx context.Context, _ jobs.Job[inspection]) error {
		return s.Inspect(ctx)
	})
	jobs.Handle(r, jobs.Policy{Attempts: 2, Timeout: time.Hour, Every: 24 * time.Hour}, func(ctx context.Context, _ jobs.Job[sweep]) error {
		return s.Sweep(ctx)
	})
}

// Sweep removes content that no row refers to.
func (s *Service) Sweep(ctx context.Context) error {
	n, err := s.cfg.Blobs.Sweep(ctx, s.now().Add(-orphanAge), s.referred)
	if n > 0 {
		slog.InfoContext(ctx, "content without a file was removed", "files", n)
	}
	return err
}

// Inspect compares the files that were not compared for a month, inspectBatch
// of them at most, and writes down which are not what was stored.
func (s *Service) Inspect(ctx context.Context) error {
	files, err := s.unchecked(ctx, s.now().Add(-inspectAge), inspectBatch)
	if err != nil {
		return fmt.Errorf("listing files to inspect: %w", err)
	}
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		damage := s.compare(f)
		if damage != nil && !errors.Is(damage, ErrDamaged) {
			return damage
		}
		if err := s.db.Tx(ctx, func(tx *sqldb.DB) error { return s.inspected(ctx, tx, f, damage) }); err != nil {
			return fmt.Errorf("noting the inspection of file %s: %w", f.ID, err)
		}
	}
	return nil
}

func (s *Service) inspected(ctx context.Context, tx *sqldb.DB, f File, damage error) error {
	news, err := markChecked(ctx, tx, f, s.now(), damage != nil)
	if err != nil || !news || damage == nil {
		return err
	}
	tx.OnCommit(func() { slog.ErrorContext(ctx, "a stored file is damaged", "file", f.ID, "err", damage) })
	return audit.Record(ctx, tx, s.now(), audit.Entry{
		Owner: f.Account, Actor: audit.Portal(), Act: "document.audit_damaged", Object: "document/" + f.ID,
	})
}
