package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/staff"
)

// Options is what a Service works with.
type Options struct {
	DB      *sqldb.DB
	Now     func() time.Time
	Staff   *staff.Service
	Version string // of the program
}

// Service looks after the portal.
type Service struct{ Options }

// New returns a Service.
func New(o Options) *Service { return &Service{o} }

// Operations tells how the portal works at the moment.
func (s *Service) Operations(ctx context.Context) (Operations, error) {
	o := Operations{Version: s.Version, Postgres: s.DB.Postgres()}
	counts, err := jobs.Counts(ctx, s.DB)
	if err != nil {
		return o, fmt.Errorf("counting jobs: %w", err)
	}
	o.Waiting, o.Running, o.Failed = counts["ready"], counts["run"], counts["dead"]
	dead, err := jobs.ListDead(ctx, s.DB, jobsShown)
	if err != nil {
		return o, fmt.Errorf("listing failed jobs: %w", err)
	}
	for _, d := range dead {
		o.Jobs = append(o.Jobs, Job{ID: d.ID, Kind: d.Kind, Attempts: d.Attempt, Error: d.Error, At: d.At.Time})
	}
	return o, nil
}

// Revive lets a failed job run again from its first attempt. It returns ErrGone
// when somebody did so before, or when the same work waits again already.
func (s *Service) Revive(ctx context.Context, by audit.Actor, job string) error {
	err := s.DB.Tx(ctx, func(tx *sqldb.DB) error {
		now := s.Now()
		ok, err := jobs.Revive(ctx, tx, job, now)
		if err != nil {
			return err
		}
		if !ok {
			return ErrGone
		}
		return audit.Record(ctx, tx, now, audit.Entry{Owner: staff.Portal, Actor: by, Act: "desk.audit_revived", Object: "job/" + job, Agency: staff.Portal})
	})
	if errors.Is(err, sqldb.ErrDuplicate) {
		return ErrGone
	}
	if err != nil {
		return fmt.Errorf("starting job %s again: %w", job, err)
	}
	return nil
}
