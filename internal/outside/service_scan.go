package outside

import (
	"context"
	"errors"
	"fmt"

	"kabinet/internal/account"
	"kabinet/internal/outside/jwt"
	"kabinet/internal/outside/oidc"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// startScan begins a sign-in that a second device confirms and returns the ID of
// the arrival. It returns ErrNone, ErrDown and limit.ErrTooMany.
func (s *Service) startScan(ctx context.Context, c account.Client, provider, next string) (string, error) {
	p, err := s.provider(provider)
	if err != nil {
		return "", err
	}
	if p.scan == nil {
		return "", ErrNone
	}
	if err := s.limits.TakeFast(limitTrips, c.IP); err != nil {
		return "", err
	}
	d, err := p.scan.Scan(ctx)
	if errors.Is(err, errors.ErrUnsupported) {
		return "", ErrNone
	}
	if err != nil {
		return "", told(ctx, p.ID, err)
	}
	a := arrival{id: id.New(), browser: browser(c), until: s.now().Add(arrivalLife), data: arrivalData{Provider: p.ID, Next: next,
		Scan: scan{Code: d.Code, UserCode: d.UserCode, URL: d.URL, Interval: d.Interval, Next: s.now().Add(d.Interval), Until: d.Until}}}
	if err := insertArrival(ctx, s.db, s.keys, a); err != nil {
		return "", fmt.Errorf("keeping an arrival: %w", err)
	}
	return a.id, nil
}

// poll asks the provider whether the second device confirmed, unless it was
// asked a moment ago, and returns the arrival as it stands now. It returns
// ErrOver and limit.ErrTooMany.
func (s *Service) poll(ctx context.Context, c account.Client, arrivalID string) (arrival, Provider, error) {
	if err := s.limits.TakeFast(limitPolls, c.IP); err != nil {
		return arrival{}, Provider{}, err
	}
	a, p, due, err := s.due(ctx, c, arrivalID)
	if err != nil || !due {
		return a, p, err
	}
	claims, err := p.scan.Poll(ctx, a.data.Scan.Code)
	var said Said
	if err == nil {
		said, err = p.gate.(*relying).said(claims)
	}
	failed := ""
	switch {
	case err == nil:
	case errors.Is(err, oidc.ErrPending):
		return a, p, nil
	case errors.Is(err, oidc.ErrHasty):
		a.data.Scan.Interval *= 2
	case errors.Is(err, oidc.ErrDenied):
		failed = "outside.denied"
	case errors.Is(err, oidc.ErrOver):
		failed = "outside.scan_over"
	case errors.Is(err, jwt.ErrToken):
		_ = told(ctx, p.ID, err)
		failed = "outside.answer"
	default:
		_ = told(ctx, p.ID, err) // it may answer the next time
		return a, p, nil
	}
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		fresh, _, err := s.arrivalFor(ctx, tx, c, arrivalID, tx.ForUpdate())
		if err != nil {
			return err
		}
		if fresh.data.Scan.Failed, fresh.data.Scan.Interval = failed, a.data.Scan.Interval; said.Subject != "" {
			fresh.data.Said = &said
		}
		a = fresh
		return updateArrival(ctx, tx, s.keys, fresh)
	})
	return a, p, err
}

// due reports whether the provider is to be asked now, and by whom: of two pages
// that ask at once, one does.
func (s *Service) due(ctx context.Context, c account.Client, arrivalID string) (a arrival, p Provider, due bool, err error) {
	err = s.db.Tx(ctx, func(tx *sqldb.DB) error {
		due = false
		if a, p, err = s.arrivalFor(ctx, tx, c, arrivalID, tx.ForUpdate()); err != nil {
			return err
		}
		now := s.now()
		switch sc := &a.data.Scan; {
		case sc.Code == "" || p.scan == nil:
			return ErrOver
		case a.data.Said != nil, sc.Failed != "", now.Before(sc.Next):
			return nil
		case !now.Before(sc.Until):
			sc.Failed = "outside.scan_over"
		default:
			due, sc.Next = true, now.Add(sc.Interval)
		}
		return updateArrival(ctx, tx, s.keys, a)
	})
	return a, p, due, err
}

// takeScan goes on with an arrival that the second device confirmed: into the
// linked account, or on as one that is new. It returns ErrOver and ErrOther.
func (s *Service) takeScan(ctx context.Context, c account.Client, arrivalID, signedIn string) (Entry, error) {
	a, p, err := s.arrivalFor(ctx, s.db, c, arrivalID, "")
	if err != nil {
		return Entry{}, err
	}
	if a.data.Said == nil {
		return Entry{}, ErrOver
	}
	e, err := s.entry(ctx, p, *a.data.Said, signedIn)
	if err != nil {
		return e, err
	}
	e.Next = a.data.Next
	if e.Account == "" {
		e.Arrival = a.id
		return e, s.change(ctx, c, a.id, func(a *arrival) error { a.data.Owner = e.owner; return nil })
	}
	if p.Kind == Sber {
		e.Method = "outside.method_scan"
	}
	return e, s.Refuse(ctx, c, arrivalID) // it lets in once
}
