package centre

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/jobs"
)

// sweepJob forgets what intakes and links knew that are over.
type sweepJob struct{}

// Kind implements jobs.Args.
func (sweepJob) Kind() string { return "centre.sweep" }

// Jobs names what does the background work of this feature.
func (s *Service) Jobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Every: time.Hour, Attempts: 1000}, func(ctx context.Context, _ jobs.Job[sweepJob]) error { return s.sweep(ctx) })
}

func (s *Service) sweep(ctx context.Context) error {
	before := s.Now().Add(-linkLife)
	return errors.Join(forget(ctx, s.DB, before), deleteLinks(ctx, s.DB, before))
}
