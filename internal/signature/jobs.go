package signature

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/audit"
	"kabinet/internal/platform/jobs"
)

// watchCertificates checks bound certificates and warns before they end.
type watchCertificates struct{}

// Kind implements jobs.Args.
func (watchCertificates) Kind() string { return "signature.watch" }

// refreshLists renews revocation lists.
type refreshLists struct{}

// Kind implements jobs.Args.
func (refreshLists) Kind() string { return "signature.lists" }

// renewTrust fetches the trust list.
type renewTrust struct{}

// Kind implements jobs.Args.
func (renewTrust) Kind() string { return "signature.trust" }

// sweep deletes what is over.
type sweep struct{}

// Kind implements jobs.Args.
func (sweep) Kind() string { return "signature.sweep" }

// RegisterJobs names who does this feature's work.
func (s *Service) RegisterJobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: time.Hour, Timeout: 10 * time.Minute}, func(ctx context.Context, _ jobs.Job[watchCertificates]) error {
		return s.watch(ctx)
	})
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: 10 * time.Minute, Timeout: 10 * time.Minute}, func(ctx context.Context, _ jobs.Job[refreshLists]) error {
		return s.refresh(ctx)
	})
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: time.Hour}, func(ctx context.Context, _ jobs.Job[sweep]) error {
		return purge(ctx, s.db, s.now())
	})
	if s.listURL == "" {
		return
	}
	// The list may change any day; the last good copy serves meanwhile.
	jobs.Handle(r, jobs.Policy{Attempts: 1000, Every: 24 * time.Hour, Timeout: 5 * time.Minute}, func(ctx context.Context, _ jobs.Job[renewTrust]) error {
		_, err := s.FetchList(ctx, audit.Portal())
		if errors.Is(err, ErrOlder) {
			return nil // there is nothing newer
		}
		return err
	})
}
